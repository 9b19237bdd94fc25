from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt

from core.base.tasks import TaskOwner
from core.entities.device import MAC_ENTRY, MacEntry
from core.entities.person import RESIDENT
from core.store.changes import Origin
from core.store.query import ListQuery, row_numbers
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import generic
from desktop.models import entity_table
from desktop.models.columns import columns_of
from desktop.models.entity_table import HEAD, EntityTable
from desktop.models.latest import Latest
from desktop.models.listing import spans_of
from desktop.qt.bridge import Crossing, bridge_feed
from desktop.qt.roles import Look, Role
from tests.desktop.fixtures_window import Drive, until
from tests.desktop.furnish_window import Furnished

Scenario = Callable[[EntityTable], Awaitable[None]]


class Bench:
    """A table over a furnished mirror, with its crossing and tasks."""

    def __init__(self, furnished: Furnished, spec: Any, names: list[str]) -> None:
        self.tasks = TaskOwner()
        self.feed: Crossing = bridge_feed(furnished.mirror.feed)
        self.table = EntityTable(furnished.mirror, spec, columns_of(spec, names), self.tasks, self.feed)
        self.table.refresh()

    async def close(self) -> None:
        self.table.close()
        self.feed.close()
        await self.tasks.close()

    async def settled(self) -> None:
        await until(lambda: self.table.is_settled)


def run(drive: Drive[Any], furnished: Furnished, spec: Any, names: list[str], scenario: Any) -> None:
    async def whole() -> None:
        bench = Bench(furnished, spec, names)
        try:
            await bench.settled()
            await scenario(bench)
        finally:
            await bench.close()

    drive(whole())


def texts(table: EntityTable, column: int = 0) -> list[str]:
    return [str(table.index(row, column).data()) for row in range(table.rowCount())]


def test_it_sorts_searches_and_filters_in_sql(drive: Drive[Any], furnished: Furnished) -> None:
    async def scenario(bench: Bench) -> None:
        table = bench.table
        assert (table.shown, table.total) == (40, 40)
        table.sort_by("last_name", descending=True)
        await bench.settled()
        names = texts(table, 1)
        assert names == sorted(names, key=str.casefold, reverse=True)
        table.set_search("castan mir")
        await bench.settled()
        assert texts(table, 0) == ["Mirela"]
        assert (table.shown, table.total) == (1, 40)
        table.clear_narrowing()
        table.set_filter("last_name", "Castan")
        await bench.settled()
        assert set(texts(table, 1)) == {"Castan"}

    run(drive, furnished, RESIDENT, ["first_name", "last_name"], scenario)


def test_a_removed_row_leaves_ticks_and_cursor_where_they_were(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def scenario(bench: Bench) -> None:
        table = bench.table
        table.sort_by("first_name")
        await bench.settled()
        ticks = QItemSelectionModel(table)
        cursor = table.object_at(20)
        flag = QItemSelectionModel.SelectionFlag
        ticks.select(table.index(20, 0), flag.Select | flag.Rows)
        ticks.setCurrentIndex(table.index(21, 0), flag.NoUpdate)
        current = table.object_at(21)
        gone = table.object_at(3)
        await furnished.mirror.write(lambda tx: _forget(tx, gone.id), origin=Origin.USER)
        await until(lambda: table.rowCount() == 39 and table.is_settled)
        assert [table.object_at(i.row()).id for i in ticks.selectedRows()] == [cursor.id]
        assert table.object_at(ticks.currentIndex().row()).id == current.id
        assert ticks.currentIndex().row() == 20

    run(drive, furnished, RESIDENT, ["first_name", "last_name"], scenario)


def _forget(tx: Tx, row_id: str) -> None:
    tx.remove(RESIDENT, row_id)


def test_a_new_order_leads_the_persistent_indexes_along(drive: Drive[Any], furnished: Furnished) -> None:
    async def scenario(bench: Bench) -> None:
        table = bench.table
        table.sort_by("first_name")
        await bench.settled()
        held = QPersistentModelIndex(table.index(7, 0))
        row = table.object_at(7)
        table.sort_by("last_name", descending=True)
        await bench.settled()
        assert table.object_at(held.row()).id == row.id

    run(drive, furnished, RESIDENT, ["first_name", "last_name"], scenario)


def test_a_changed_row_is_painted_anew_at_once(drive: Drive[Any], furnished: Furnished) -> None:
    async def scenario(bench: Bench) -> None:
        table = bench.table
        row = table.object_at(0)
        changed: list[object] = []
        table.dataChanged.connect(lambda *_: changed.append(1))
        await generic.put_row(furnished.ctx, RESIDENT, {"first_name": "Zora"}, row_id=row.id)
        await until(lambda: table.index(0, 0).data() == "Zora")
        assert changed

    run(drive, furnished, RESIDENT, ["first_name", "last_name"], scenario)


def test_a_hidden_table_fetches_when_it_is_shown_again(drive: Drive[Any], furnished: Furnished) -> None:
    async def scenario(bench: Bench) -> None:
        table = bench.table
        table.set_live(live=False)
        gone = table.object_at(3)
        await furnished.mirror.write(lambda tx: _forget(tx, gone.id), origin=Origin.USER)
        await asyncio.sleep(0.12)
        assert table.rowCount() == 40
        table.set_live(live=True)
        await until(lambda: table.rowCount() == 39)

    run(drive, furnished, RESIDENT, ["first_name", "last_name"], scenario)


def test_only_a_screenful_is_fetched(
    drive: Drive[Any], furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    original = furnished.mirror.rows_now

    def counting(spec: Any, numbers: Any, *more: Any) -> Any:
        asked.append(len(numbers))
        return original(spec, numbers, *more)

    monkeypatch.setattr(furnished.mirror, "rows_now", counting)

    async def scenario(bench: Bench) -> None:
        rows = [MacEntry(id=f"{n:032x}", scope_id="org", mac=f"0C1200{n:06X}") for n in range(3000)]
        await furnished.mirror.write(lambda tx: [tx.put(MAC_ENTRY, r) for r in rows], origin=Origin.PULL)
        await until(lambda: bench.table.rowCount() > 3000)
        bench.table.index(2500, 0).data()
        bench.table.index(2510, 0).data()
        assert asked == [64]

    run(drive, furnished, MAC_ENTRY, ["mac"], scenario)


def test_what_the_search_matched_is_marked_in_any_notation(drive: Drive[Any], furnished: Furnished) -> None:
    async def scenario(bench: Bench) -> None:
        bench.table.set_search("2a-80")
        await bench.settled()
        look = bench.table.index(0, 0).data(Role.LOOK)
        assert isinstance(look, Look)
        text = bench.table.index(0, 0).data(Qt.ItemDataRole.DisplayRole)
        assert [text[a:b] for a, b in look.spans] == ["2A:80"]

    run(drive, furnished, MAC_ENTRY, ["mac"], scenario)


def test_spans_of_words_that_are_not_there_are_none() -> None:
    assert spans_of("Main entrance", "main zzz") == ((0, 4),)
    assert spans_of("", "x") == ()


def test_a_long_list_shows_its_first_screenful_before_it_is_counted(
    drive: Drive[Any], furnished: Furnished
) -> None:
    """Issue 6: first paint and keystroke of a million rows."""

    async def scenario(bench: Bench) -> None:
        rows = [MacEntry(id=f"{n:032x}", scope_id="org", mac=f"0C1200{n:06X}") for n in range(3000)]
        await furnished.mirror.write(lambda tx: tx.put_many(MAC_ENTRY, rows), origin=Origin.PULL)
        await until(lambda: bench.table.rowCount() > 3000 and not bench.table.counting)
        told: list[tuple[bool, int]] = []
        bench.table.counted.connect(lambda *_: told.append((bench.table.counting, bench.table.rowCount())))
        bench.table.set_search("0c:12")
        await until(lambda: told and not told[-1][0])
        assert told == [(True, HEAD), (False, 3000)]
        assert bench.table.total > bench.table.shown == 3000
        bench.table.set_search("0C1200000BB7")
        await until(lambda: bench.table.shown == 1)
        assert told[-1] == (False, 1)

    run(drive, furnished, MAC_ENTRY, ["mac"], scenario)


def test_typing_on_stops_the_question_before(
    drive: Drive[Any], furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 6: an outdated question is interrupted, not waited for."""
    endless = "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT count(*) FROM n"
    begun: list[str] = []

    def slow(reader: Reader, query: ListQuery) -> Any:
        if query.search == "first":
            begun.append(query.search)
            reader.connection.exec_driver_sql(endless).scalar_one()
        return row_numbers(reader, query)

    monkeypatch.setattr(entity_table, "row_numbers", slow)

    async def scenario(bench: Bench) -> None:
        bench.table.set_search("first")
        await until(lambda: begun)
        bench.table.set_search("0C11")
        await until(lambda: bench.table.is_settled and bench.table.search == "0C11")
        assert bench.table.shown == bench.table.rowCount() > 0
        assert bench.table.fault is None

    run(drive, furnished, MAC_ENTRY, ["mac"], scenario)


def test_work_that_may_rest_is_done_at_once_when_a_person_asks(drive: Drive[Any]) -> None:
    async def whole() -> None:
        tasks, done = TaskOwner(), asyncio.Event()

        async def work() -> None:
            done.set()

        latest = Latest(tasks, work, failed=lambda _fault: None)
        latest.ask(after_s=3600)
        await asyncio.sleep(0)
        assert latest.busy
        assert not done.is_set()
        latest.ask()
        await asyncio.wait_for(done.wait(), 30)
        await until(lambda: not latest.busy)
        latest.ask(after_s=0.001)
        await until(lambda: not latest.busy)
        latest.close()
        await tasks.close()

    drive(whole())
