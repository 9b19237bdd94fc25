"""One table of MACs in a window without a display, in a process of its own; prints one JSON document.

    .venv/bin/python benchmarks/window_tables.py ours|sql|list FOLDER NEEDLE

`ours`: the page MAC library of the whole program on an encrypted mirror. `sql`: QSqlTableModel in a QTableView on a
plain SQLite file. `list`: the same file's rows in a Python list behind a QAbstractTableModel. benchmarks/window.py
writes both files and starts this. A screenful counts as right when its first row is the one that plain SQLite gives,
there are rows for the whole of it, and the view has been painted after that. How many rows there are in all is told
afterwards by ours ("counted": until the number is there and is the one that plain SQLite gives, from the same key on),
at once by the list, and never by QSqlTableModel, which fetches 256 rows.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

# Else `window` would be the benchmark and not a package's module.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt  # noqa: E402
from PySide6.QtSql import QSqlDatabase, QSqlTableModel  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QTableView  # noqa: E402

from core.base.paths import Profile  # noqa: E402
from desktop.app.window import run_window  # noqa: E402
from desktop.views.main_window import MainWindow  # noqa: E402

JUMPS = 20
SCREENFUL = 64
LIMIT_S = 180.0
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


def megabytes(what: str = "VmRSS") -> float:
    """Memory of this process by the kernel's word."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(x.split()[1]) / 1024 for x in lines if x.startswith(what))


def forget_peak() -> None:
    """Count the peak of memory from here on; what the program's first page took before is told by itself."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def expected(file: Path, words: str) -> tuple[int, str]:
    """How many rows match and the MAC of the first, by plain SQLite."""
    with sqlite3.connect(file) as raw:
        count = raw.execute(f"SELECT count(*) FROM macs WHERE {condition(words)}").fetchone()[0]  # noqa: S608  ours
        first = raw.execute(f"SELECT mac FROM macs WHERE {condition(words)} ORDER BY mac LIMIT 1").fetchone()  # noqa: S608
    raw.close()
    return count, first[0] if first else ""


def condition(words: str) -> str:
    """The same question that the product asks: a word in any of the three texts."""
    return " OR ".join(f"{column} LIKE '%{words}%'" for column in ("mac", "model", "note"))


def places(rows: int) -> list[int]:
    """Rows to jump to: the first far away, then anywhere."""
    rng = random.Random(7)
    return [rows * 9 // 10, *(rng.randrange(rows) for _ in range(JUMPS))]


def jumps(rows: int, jump: Callable[[int], None]) -> dict[str, float]:
    """Seconds of the first jump, far down, and of the others."""
    took = []
    for place in places(rows):
        began = time.perf_counter()
        jump(place)
        took.append(time.perf_counter() - began)
    far, *others = took
    return {"far jump": far, "random jump": sorted(others)[len(others) // 2], "worst jump": max(others)}


# ---------------------------------------------------------------------------------------------------------------- ours


class Timed:
    """Measures steps of one window: wall clock, processor time of all threads, and of the window's thread alone."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    async def step(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        began, used, own = time.perf_counter(), time.process_time(), time.thread_time()
        await work()
        self.found[name] = time.perf_counter() - began
        self.found[f"{name} cpu"] = time.process_time() - used
        self.found[f"{name} window"] = time.thread_time() - own


async def _when(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError("the table did not become right")
        await asyncio.sleep(0.002)


def ours(folder: Path, needle: str) -> dict[str, Any]:
    """The page of the program, driven from beside its window."""
    found: dict[str, Any] = {}
    faults: list[BaseException] = []

    async def guide(window: MainWindow) -> None:
        try:
            found.update(await _ours(window, folder / "plain.db", needle))
        except BaseException as fault:  # noqa: BLE001  told after the loop has ended, else the window stays open
            faults.append(fault)
        finally:
            window.close()

    run_window(Profile(folder / "profile"), guide=guide)
    if faults:
        raise faults[0]
    return found


class Shown:
    """The page MAC library as somebody sees it who knows what is right."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.page: Any = None

    async def open(self, count: int, mac: str) -> None:
        """Go to the page and wait for its first screenful."""
        self._frame.show_page("macs")
        self.page = self._frame.page_of("macs")
        await _when(lambda: self.right("", count, mac))
        self.page.pane.table.viewport().repaint()

    def right(self, words: str, count: int, mac: str) -> bool:
        """Whether the first screenful is that of the words."""
        listing = self.page.listing
        if not listing.fetched or listing.search != words:
            return False
        if not min(count, SCREENFUL) <= listing.rowCount() <= count:
            return False
        return not count or listing.index(0, 0).data().replace(":", "") == mac

    def counted(self, count: int) -> bool:
        """Whether the right number is told."""
        return not self.page.listing.counting and self.page.listing.shown == count

    def jump(self, place: int) -> None:
        """Show a row."""
        table, listing = self.page.pane.table, self.page.listing
        table.scrollTo(listing.index(place, 0))
        table.viewport().repaint()
        assert listing.object_at(place) is not None


async def _ours(window: MainWindow, file: Path, needle: str) -> dict[str, Any]:
    await _when(lambda: window.frame is not None and window.frame.page is not None)
    frame: Any = window.frame
    await _when(lambda: frame.page.is_settled)
    all_rows, first = await asyncio.to_thread(expected, file, "")
    before, timed, shown = megabytes(), Timed(), Shown(frame)
    timed.found["peak of the first page"] = megabytes("VmHWM")
    forget_peak()
    began = time.perf_counter()
    await timed.step("first paint", partial(shown.open, all_rows, first))
    timed.found["memory"] = megabytes() - before
    await _when(partial(shown.counted, all_rows))
    timed.found["counted"] = time.perf_counter() - began
    await _when(lambda: shown.page.is_settled)
    timed.found |= jumps(all_rows, shown.jump)
    for length in range(1, len(needle) + 1):
        count, mac = await asyncio.to_thread(expected, file, needle[:length])
        check = partial(shown.right, needle[:length], count, mac)
        began = time.perf_counter()
        await timed.step(f"keystroke {length}", partial(_press, shown.page, needle[length - 1], check))
        await _when(partial(shown.counted, count))
        timed.found |= {f"counted {length}": time.perf_counter() - began, f"rows {length}": count}
        await _when(lambda: shown.page.is_settled)
    timed.found |= {"memory at end": megabytes() - before, "peak": megabytes("VmHWM") - before}
    return timed.found


async def _press(page: Any, letter: str, right: Callable[[], bool]) -> None:
    """A key in the search field, until the list shows what it asks for."""
    QTest.keyClicks(page.pane.search, letter)
    await _when(right)
    page.pane.table.viewport().repaint()


# -------------------------------------------------------------------------------------------------------------- others


class ListModel(QAbstractTableModel):
    """All rows in a Python list; a filter goes through them."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        with sqlite3.connect(file) as raw:
            self.all: list[tuple[str, str, str]] = raw.execute(
                "SELECT mac, model, note FROM macs ORDER BY mac"
            ).fetchall()
        raw.close()
        self.rows = self.all

    def narrow(self, words: str) -> None:
        """Show only rows with these words."""
        sought = words.upper()
        self.beginResetModel()
        self.rows = [r for r in self.all if any(sought in text.upper() for text in r)]
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802  Qt's name
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802  Qt's name
        return 0 if parent.isValid() else 3

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self.rows[index.row()][index.column()] if role == Qt.ItemDataRole.DisplayRole else None


def sql_model(file: Path) -> QSqlTableModel:
    """Qt's own model over the file, with everything at its default."""
    database = QSqlDatabase.addDatabase("QSQLITE")
    database.setDatabaseName(str(file))
    assert database.open(), database.lastError().text()
    model = QSqlTableModel(None, database)
    model.setTable("macs")
    model.setSort(1, Qt.SortOrder.AscendingOrder)
    model.select()
    return model


def other(kind: str, file: Path, needle: str) -> dict[str, Any]:
    """A QTableView of the same size over one of the two models."""
    app = QApplication(sys.argv[:1])
    view = QTableView()
    view.resize(1280, 800)
    view.show()
    app.processEvents()
    all_rows, first = expected(file, "")
    before, found = megabytes(), {"peak of the first page": 0.0}
    forget_peak()

    def clock(name: str, work: Callable[[], None]) -> None:
        began, used = time.perf_counter(), time.process_time()
        work()
        app.processEvents()
        view.viewport().repaint()
        found[name], found[f"{name} cpu"] = time.perf_counter() - began, time.process_time() - used

    model: Any = None
    mac_column = 1 if kind == "sql" else 0

    def show() -> None:
        nonlocal model
        model = sql_model(file) if kind == "sql" else ListModel(file)
        view.setModel(model)

    clock("first paint", show)
    found["counted"] = found["first paint"] if kind == "list" else float("nan")
    assert model.index(0, mac_column).data() == first
    found["memory"] = megabytes() - before
    found |= jumps(all_rows, partial(_jump, view, model, mac_column))
    for length in range(1, len(needle) + 1):
        words = needle[:length]
        count, mac = expected(file, words)
        clock(f"keystroke {length}", partial(_narrow, model, words))
        assert not count or model.index(0, mac_column).data() == mac
        found[f"counted {length}"] = found[f"keystroke {length}"] if kind == "list" else float("nan")
        found[f"rows {length}"] = count
    found |= {"memory at end": megabytes() - before, "peak": megabytes("VmHWM") - before}
    return found


def _jump(view: QTableView, model: Any, column: int, place: int) -> None:
    while model.rowCount() <= place and model.canFetchMore(_ROOT):
        model.fetchMore(_ROOT)
    view.scrollTo(model.index(place, column))
    view.viewport().repaint()
    assert model.index(place, column).data()


def _narrow(model: Any, words: str) -> None:
    if isinstance(model, QSqlTableModel):
        model.setFilter(condition(words))  # selects again by itself
    else:
        model.narrow(words)


def main() -> None:
    kind, folder, needle = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    found = ours(folder, needle) if kind == "ours" else other(kind, folder / "plain.db", needle)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
