"""The owner of the simulator's background tasks. Nothing else in this package starts a task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """Starts tasks and keeps them until they end; `aclose` cancels and awaits whatever is left."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start `work` and own it; an error in it is logged."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - this class is the owner that the rule asks for
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("simulator task %s failed: %s", task.get_name(), type(error).__name__, exc_info=error)

    def __len__(self) -> int:
        return len(self._running)

    async def drain(self) -> None:
        """Wait until every task that runs now, and every one those start, has ended."""
        while others := self._others():
            await asyncio.wait(others)

    async def aclose(self) -> None:
        """Cancel all tasks but the caller's own and wait until they are gone."""
        while others := self._others():
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    def _others(self) -> set[asyncio.Task[None]]:
        return {task for task in self._running if task is not asyncio.current_task()}
