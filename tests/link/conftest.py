"""Worlds of simulated devices for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from device_link.simulator import SimSpec
from tests.link.desks import Two, two_desks
from tests.link.world import World, world

MakeWorld = Callable[..., Any]


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[MakeWorld]:
    """Makes worlds that are put away after the test."""
    async with AsyncExitStack() as stack:

        async def make(units: Sequence[SimSpec], **more: Any) -> World:
            return await stack.enter_async_context(world(tmp_path, units, **more))

        yield make


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    """Two workstations at one cloud."""
    async with two_desks(tmp_path) as made:
        yield made
