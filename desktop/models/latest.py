"""Work that is wanted again and again, of which only the latest wish counts: fetching a list, checking a form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from core.base.errors import CancelledByPerson, GatewrightError
from core.base.tasks import TaskOwner


class Latest:
    """Runs `work` at most once at a time; wishes that come meanwhile are folded into one more run.

    `failed(error)` hears of worded errors, not of work that was stopped; `settled()` is called when nothing runs and
    nothing is wanted.
    """

    def __init__(
        self,
        tasks: TaskOwner,
        work: Callable[[], Coroutine[Any, Any, None]],
        *,
        failed: Callable[[GatewrightError], None],
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._tasks, self._work = tasks, work
        self._failed, self._settled = failed, settled
        self._running = self._wanted = self._closed = False
        self._pause = 0.0
        self._at_once = asyncio.Event()

    @property
    def busy(self) -> bool:
        """True while it runs or is about to."""
        return self._running

    @property
    def closed(self) -> bool:
        """True when nothing is wanted any more: what a work that was under way found is then not shown."""
        return self._closed

    def ask(self, *, after_s: float = 0.0) -> None:
        """Want the work done with what is true from now on. Needs the running loop.

        `after_s`: not before so many seconds; a wish without it ends such a pause.
        """
        if self._closed:
            return
        if not after_s:
            self._at_once.set()
        elif not self._wanted:
            self._pause = after_s
            self._at_once.clear()
        self._wanted = True
        if not self._running:
            self._running = True
            self._tasks.keep(self._run(), name="latest")

    def close(self) -> None:
        """Start nothing any more; what runs comes to its end without effect."""
        self._closed = True
        self._at_once.set()

    async def _run(self) -> None:
        try:
            while self._wanted and not self._closed:
                if not self._at_once.is_set():
                    await self._wait()
                    continue
                self._wanted = False
                await self._once()
        finally:
            self._running = False
        if not self._closed:
            self._settled()

    async def _wait(self) -> None:
        """The pause, or as much of it as nobody minds."""
        try:
            await asyncio.wait_for(self._at_once.wait(), self._pause)
        except TimeoutError:
            self._at_once.set()

    async def _once(self) -> None:
        try:
            await self._work()
        except CancelledByPerson:
            return  # another wish has come, and that is what is done next
        except GatewrightError as fault:
            if not self._closed:
                self._failed(fault)
