"""`gatewright demo` with a display: the same world, and the window on it, signed in, with a short guided path."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from desktop.app.window import run_window
from desktop.demo import main_job
from desktop.demo.stage import Stage
from desktop.views.guide_bar import go_along

T = TypeVar("T")
Say = Callable[[str], None]


class Backstage:
    """An event loop on a thread of its own: cloud and LAN are its children while the window has the main thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-backstage", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def run_windowed(root: Path, say: Say) -> int:
    """Start the demo's world, prepare the job, open the window; gives the window's exit code."""
    stage = Stage(root)
    helped = stage.unlock()
    if helped:
        say(helped)
    with Backstage() as backstage:
        try:
            backstage.do(_prepare(stage, say))
            say("The window opens. Follow the bar at its top; closing the window ends the demo.")
            return run_window(stage.station, stage.surroundings(), guide=go_along)
        finally:
            backstage.do(stage.stop())


async def _prepare(stage: Stage, say: Say) -> None:
    say("Starting the cloud core and a simulated LAN.")
    url = await stage.start_cloud()
    await stage.start_lan()
    stage.prefer(scan_targets=" ".join(stage.targets()))
    station = await stage.open(stage.station)
    try:
        await main_job.sign_in(station, url)
        await main_job.prepare(station, stage, say)
    finally:
        await station.close()
