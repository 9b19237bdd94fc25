"""The pages Devices, Residents and Cards and PINs over one large site, in a process of its own; prints JSON.

    .venv/bin/python benchmarks/window_lists.py FOLDER

FOLDER/site is a profile written by `window_site.write_site`. Processor seconds of all threads, and of the window's
thread alone: "rows" until the first screenful is painted, "verdicts" until every verdict is known, then one order by
verdict, one by name, one key in the search field, all rows ticked, and the whole list as CSV.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

# Else `window` would be the benchmark and not a package's module.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from PySide6.QtTest import QTest  # noqa: E402

from benchmarks.window_tables import forget_peak, megabytes  # noqa: E402
from core.base.paths import Profile  # noqa: E402
from desktop.app.window import run_window  # noqa: E402
from desktop.views.main_window import MainWindow  # noqa: E402

LISTS = {"devices": ("verdict", "7"), "residents": ("doors", "7"), "codes": ("doors", "7")}
LIMIT_S = 600.0
SCREENFUL = 64


async def _when(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError("the list did not become right")
        await asyncio.sleep(0.002)


async def _step(found: dict[str, Any], name: str, work: Callable[[], Awaitable[object]]) -> None:
    used, own = time.process_time(), time.thread_time()
    await work()
    found[f"{name} cpu"] = time.process_time() - used
    found[f"{name} window"] = time.thread_time() - own


class Shown:
    """One page as somebody sees it."""

    def __init__(self, frame: Any, key: str) -> None:
        self._frame, self._key = frame, key
        self.page: Any = None

    @property
    def rows(self) -> Any:
        """The list's model."""
        return self.page.listing

    async def open(self) -> None:
        """Go to the page; its first screenful is painted."""
        self._frame.show_page(self._key)
        page = self._frame.page_of(self._key)
        self.page = getattr(page, "list", page)
        await _when(lambda: self.rows.fetched and self.rows.rowCount() >= SCREENFUL)
        self.page.pane.table.viewport().repaint()

    async def settle(self) -> None:
        """Everything is known, and painted."""
        await _when(lambda: self.rows.is_settled)
        self.page.pane.table.viewport().repaint()

    async def sort(self, key: str) -> None:
        """By a column, downwards."""
        self.rows.sort_by(key, descending=True)
        await self.settle()

    async def press(self, letter: str) -> None:
        """A key in the search field."""
        QTest.keyClicks(self.page.pane.search, letter)
        await _when(lambda: self.rows.search == letter and self.rows.is_settled)
        self.page.pane.table.viewport().repaint()

    async def tick_all(self) -> None:
        """All rows, until the batch bar says what they have in common."""
        self.page.pane.table.tick_all()
        await _when(lambda: not self.page.batch_busy)
        self.page.pane.table.clear_ticks()


async def _measured(frame: Any, key: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    before, shown = megabytes(), Shown(frame, key)
    forget_peak()
    await _step(found, "rows", shown.open)
    await _step(found, "verdicts", shown.settle)
    found["memory"] = megabytes() - before
    order, letter = LISTS[key]
    await _step(found, "by verdict", partial(shown.sort, order))
    await _step(found, "by name", partial(shown.sort, "name"))
    await _step(found, "key", partial(shown.press, letter))
    found["hits"] = shown.rows.rowCount()
    shown.page.pane.show_all()
    await shown.settle()
    found["count"] = shown.rows.rowCount()
    await _step(found, "tick all", shown.tick_all)
    await _step(found, "csv", lambda: shown.page.pane.export.write_to(folder / f"{key}.csv"))
    return found | {"memory at end": megabytes() - before, "peak": megabytes("VmHWM") - before}


def measure(folder: Path) -> dict[str, Any]:
    """Every list, one after another in one window."""
    found: dict[str, Any] = {}
    faults: list[BaseException] = []

    async def guide(window: MainWindow) -> None:
        try:
            await _when(lambda: window.frame is not None and window.frame.page is not None)
            frame: Any = window.frame
            await _when(lambda: frame.page.is_settled)
            for key in LISTS:
                found[key] = await _measured(frame, key, folder)
        except BaseException as fault:  # noqa: BLE001  told after the loop has ended, else the window stays open
            faults.append(fault)
        finally:
            window.close()

    run_window(Profile(folder / "site"), guide=guide)
    if faults:
        raise faults[0]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(Path(sys.argv[1]))) + "\n")
