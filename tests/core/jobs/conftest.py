"""Runners that are closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.jobs.runner import JobRunner
from core.store.mirror import Mirror
from tests.core.jobs.helpers import Body, Build, Scripted
from tests.fixtures_core import HandClock


@pytest.fixture
async def runners(mirror: Mirror, hand_clock: HandClock) -> AsyncIterator[Build]:
    made: list[JobRunner] = []

    def build(body: Body, resume: Body | None = None, **more: Any) -> JobRunner:
        made.append(JobRunner(mirror, hand_clock, {"scripted": Scripted(body, resume)}, **more))
        return made[-1]

    yield build
    for runner in made:
        await runner.close(grace_s=0)
