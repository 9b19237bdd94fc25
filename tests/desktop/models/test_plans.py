"""The first screenful of every list from SQL comes from an index: nothing is sorted, no table read whole for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import desktop
from core.base.tasks import TaskOwner
from core.entities.record import AUDIT_ENTRY
from core.store.query import ListQuery, row_numbers
from core.store.reader import Reader
from desktop.models.door_log import DoorLog
from desktop.models.entity_table import HEAD, EntityTable
from desktop.models.mac_library import MacTable
from desktop.qt.bridge import bridge_feed
from tests.desktop.fixtures_window import Drive
from tests.desktop.furnish_window import Furnished

KNOWN = {"models/door_log.py", "models/mac_library.py", "models/standings.py", "views/audit.py"}
"""Where tables from SQL are made; a new one comes here, and its question below. Lists of one site (`SiteTable`) stand
in the order of joined values, which no index has: there each row of the site is found by an index, and sorted.
"""


def plan_of(reader: Reader, query: ListQuery) -> list[str]:
    """How SQLite answers a question of a list, step by step."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(reader.connection, "before_cursor_execute", note)
    row_numbers(reader, query)
    event.remove(reader.connection, "before_cursor_execute", note)
    [(statement, parameters)] = asked
    return [str(row[3]) for row in reader.raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


async def questions(made: Furnished) -> dict[str, ListQuery]:
    """What each list asks when it is opened, and the library's with each of its filters."""
    tasks, feed = TaskOwner(), bridge_feed(made.mirror.feed)
    macs, supply = (MacTable(made.ctx, tasks, feed, supply=one) for one in (False, True))
    log = DoorLog(made.ctx, tasks, feed, lambda: "UTC")
    log.show_site(made.site.id)
    tables: list[EntityTable] = [macs, supply, log]
    for library in (macs, supply):
        library.sort_by("mac")
    asked = {"macs": macs.query(), "supply": supply.query(), "log": log.query()}
    asked["audit"] = ListQuery(AUDIT_ENTRY, sort="-at")
    macs.sort_by("mac", descending=True)
    asked["macs backwards"] = macs.query()
    for state in ("free", "bound"):
        macs.set_filter("state", state)
        asked[f"macs {state}"] = macs.query()
    asked["macs found"] = replace(asked["macs"], search="a3")
    for table in tables:
        table.close()
    feed.close()
    await tasks.close()
    return asked


def test_a_screenful_and_the_whole_order_come_from_an_index(drive: Drive[Any], furnished: Furnished) -> None:
    """Issue 6: a million rows, first paint and keystroke."""

    async def work() -> None:
        for name, query in (await questions(furnished)).items():
            for asked in (replace(query, limit=HEAD), query):
                plan = await furnished.mirror.read(lambda r, q=asked: plan_of(r, q))  # type: ignore[misc]
                words = f"{name}: {plan}"
                assert not any("TEMP B-TREE" in step for step in plan), words
                [first] = [
                    step for step in plan if step.startswith(("SCAN", "SEARCH")) and query.spec.name in step
                ]
                assert "INDEX" in first, words

    drive(work())


def test_every_list_from_sql_is_looked_at_here() -> None:
    folder = Path(desktop.__file__).parent
    found = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        if "EntityTable(" in (text := file.read_text("utf-8")).replace("class EntityTable(", "")
        or "(EntityTable)" in text
    }
    assert found == KNOWN


@pytest.mark.parametrize("words", ["A3F7", "0c:11:05", "nothing at all"])
def test_a_search_of_some_letters_looks_its_rows_up(
    drive: Drive[Any], furnished: Furnished, words: str
) -> None:
    async def work() -> None:
        query = replace((await questions(furnished))["macs"], search=words)
        plan = await furnished.mirror.read(lambda r: plan_of(r, query))
        assert any(step.startswith("SEARCH mac_entries USING INTEGER PRIMARY KEY") for step in plan), plan

    drive(work())
