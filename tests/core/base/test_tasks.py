"""Background tasks with an owner."""

from __future__ import annotations

import asyncio

import pytest

from core.base.tasks import TaskOwner
from tests.guards.logs import LogGuard


async def test_tasks_are_held_until_they_end() -> None:
    owner, go_on = TaskOwner(), asyncio.Event()
    task = owner.start(go_on.wait(), name="one")
    assert owner.count == 1
    assert not await owner.settle(limit_s=0)
    go_on.set()
    assert await owner.settle()
    assert task.result() is True
    assert owner.count == 0


async def test_settling_waits_for_what_tasks_start() -> None:
    owner = TaskOwner()
    ended: list[str] = []

    async def child() -> None:
        await asyncio.sleep(0)
        ended.append("child")

    async def parent() -> None:
        owner.keep(child(), name="child")
        ended.append("parent")

    owner.keep(parent(), name="parent")
    assert await owner.settle(limit_s=5)
    assert ended == ["parent", "child"]


async def test_closing_cancels_and_awaits_what_does_not_end() -> None:
    owner = TaskOwner()
    unwound: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            unwound.append("yes")

    task = owner.start(forever(), name="forever")
    await asyncio.sleep(0)
    await owner.close(grace_s=0.01)
    assert task.cancelled()
    assert unwound == ["yes"]


async def test_a_kept_task_that_fails_is_logged(log_guard: LogGuard) -> None:
    log_guard.expect("background task bad failed")
    owner = TaskOwner()

    async def bad() -> None:
        raise ZeroDivisionError

    owner.keep(bad(), name="bad")
    await owner.close(grace_s=5)
    assert owner.count == 0


async def test_a_started_task_that_fails_tells_whoever_awaits_it() -> None:
    owner = TaskOwner()

    async def bad() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await owner.start(bad(), name="bad")
