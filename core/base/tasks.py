"""Background tasks with an owner: whoever starts one here also waits for it or cancels it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")


class TaskOwner:
    """Holds tasks strongly until they end. The owner calls `close` before it goes."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run a coroutine in the running loop; the task is kept until it ends."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def keep(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """As `start`, for work that nobody awaits one by one."""
        task = self.start(work, name=name)
        task.add_done_callback(_log_fault)

    @property
    def count(self) -> int:
        """How many have not ended yet."""
        return len(self._tasks)

    async def settle(self, *, limit_s: float | None = None) -> bool:
        """Wait until every task has ended, those that they start included; False when `limit_s` was not enough."""
        loop = asyncio.get_running_loop()
        deadline = None if limit_s is None else loop.time() + limit_s
        while self._tasks:
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                return False
            await asyncio.wait(set(self._tasks), timeout=left)
        return True

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Let the tasks end for `grace_s`, then cancel and await the rest."""
        await self.settle(limit_s=grace_s)
        while self._tasks:
            rest = set(self._tasks)
            for task in rest:
                task.cancel()
            await asyncio.wait(rest)


def _log_fault(task: asyncio.Task[Any]) -> None:
    fault = None if task.cancelled() else task.exception()
    if fault is not None:
        _log.error("the background task %s failed", task.get_name(), exc_info=fault)
