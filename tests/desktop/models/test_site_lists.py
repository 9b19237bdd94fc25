"""Lists of one site from SQL: the same answers as their rows give one by one, however they are asked; and exports."""

from __future__ import annotations

import asyncio
import csv
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from core.base.errors import DataError
from core.base.verdict import SEVERITY
from core.entities.credential import CredentialKind
from core.entities.person import RESIDENT, PersonKind
from core.store.changes import Origin
from core.store.direct import run
from core.usecases.desired import site_status
from core.usecases.matrix import matrix
from core.usecases.standing import SiteStanding, site_standing
from desktop.models import export, picked, standings
from desktop.models.codes import CodeTable
from desktop.models.columns import ListColumn
from desktop.models.device_list import DeviceTable
from desktop.models.devices import device_columns
from desktop.models.entity_table import EntityTable
from desktop.models.residents import ResidentTable
from desktop.models.standings import SiteTable
from desktop.views.list_export import ListExport
from tests.desktop.fixtures_window import Opened, Scene, lines_of, until

Stage = Callable[[Scene], None]


def _tables(opened: Opened) -> dict[str, SiteTable]:
    desk = opened.desk
    made = {
        "devices": DeviceTable(desk, device_columns(desk.ctx.clock.now)),
        "residents": ResidentTable(desk, PersonKind.RESIDENT),
        "codes": CodeTable(desk, CredentialKind.PIN),
    }
    for table in made.values():
        table.refresh()
    return made


async def _lines(table: SiteTable) -> list[Any]:
    await until(lambda: table.is_settled)
    return lines_of(table)


def test_a_standing_says_what_every_item_says_one_by_one(stage: Stage) -> None:
    """The numbers of a list are those of the statuses and of the matrix: never better than the receipts."""

    async def scene(opened: Opened) -> None:
        ctx, site = opened.made.ctx, opened.made.site.id
        tables = _tables(opened)
        devices = {x.device.id: x.standing for x in await _lines(tables["devices"])}
        for device, status in await site_status(ctx, site):
            found = devices[device.id]
            assert (found.verdict, found.wanted, found.reason) == (
                status.verdict(),
                len(status.items),
                status.reason(),
            )
        people = {x.resident.id: x.doors for x in await _lines(tables["residents"])}
        told = await matrix(ctx, site)
        names = {door.relay.id: door.device.name for door in told.doors}
        for line in (x for x in told.lines if x.person.id in people):
            cells = {names[relay]: (c.verdict, c.said, c.at) for relay, c in reversed(line.cells.items())}
            assert {d.device: (d.verdict, d.said, d.at) for d in people[line.person.id]} == cells
        gaps = tables["residents"]
        assert isinstance(gaps, ResidentTable)
        assert gaps.left == sum(
            1 for doors in people.values() if any(d.verdict.value != "proved" for d in doors)
        )
        for table in tables.values():
            table.close()

    stage(scene)


ORDERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "devices": {
        "name": lambda x: x.device.name.casefold(),
        "place": lambda x: x.place.casefold(),
        "verdict": lambda x: (SEVERITY.index(x.verdict), x.proved - x.wanted),
        "proof": lambda x: x.proved / x.wanted if x.wanted else 1.0,
        "seen": lambda x: -x.device.seen_at.timestamp() if x.device.seen_at else 0.0,
        "mac": lambda x: x.device.mac,
    },
    "residents": {
        "unit": lambda x: x.unit.casefold(),
        "name": lambda x: (x.resident.last_name.casefold(), x.resident.first_name.casefold()),
        "keys": lambda x: (x.pins, x.cards),
        "doors": lambda x: (len(x.doors) - x.proved, len(x.doors)),
        "until": lambda x: x.resident.valid_until.timestamp() if x.resident.valid_until else 9e18,
        "groups": lambda x: ", ".join(x.groups).casefold(),
    },
    "codes": {
        "name": lambda x: x.line.name.casefold(),
        "unit": lambda x: (x.line.building.casefold(), x.line.apartment.casefold()),
        "doors": lambda x: (sum(1 for d in x.doors if d.verdict.value != "proved"), len(x.doors)),
    },
}
FILTERS: dict[str, dict[str, Callable[[Any], object]]] = {
    "devices": {
        "verdict": lambda x: x.verdict.value,
        "model": lambda x: x.device.model,
        "building": lambda x: x.place.partition(" · ")[0],
    },
    "residents": {
        "doors": lambda x: x.verdict.value,
        "type": lambda x: x.resident.account_type.value,
        "building": lambda x: x.unit.partition(" · ")[0],
    },
    "codes": {"building": lambda x: x.line.building, "identity": lambda x: x.line.identity},
}
WORDS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "devices": {
        "gate": lambda x: "gate" in x.device.name.casefold(),
        "refused": lambda x: x.verdict == "refused",
    },
    "residents": {"castan": lambda x: "castan" in x.name.casefold()},
    "codes": {"0102": lambda x: x.line.apartment == "0102"},
}


def test_order_filter_and_search_in_sql_are_those_of_the_rows(stage: Stage) -> None:
    """Issue 6: computed columns are sorted, filtered and searched in SQL, and by nothing else."""

    async def scene(opened: Opened) -> None:
        for name, table in _tables(opened).items():
            every = await _lines(table)
            assert len(every) > 5
            for key, order in ORDERS[name].items():
                for down in (False, True):
                    table.sort_by(key, descending=down)
                    found = [order(x) for x in await _lines(table)]
                    assert found == sorted(found, reverse=down), (name, key)
                    assert len(found) == len(every)
            for key, value_of in FILTERS[name].items():
                field = next(f for f in table.filter_fields if f.key == key)
                for value, _words in field.choices():
                    table.set_filter(key, value)
                    wanted = {id(x) for x in every if value_of(x) == value} if key != "building" else None
                    found = await _lines(table)
                    assert all(value_of(x) == value for x in found), (name, key, value)
                    assert wanted is None or len(found) == len(wanted), (name, key, value)
                table.set_filter(key, None)
            for words, fits in WORDS[name].items():
                table.set_search(words)
                found = await _lines(table)
                assert found, words
                assert len(found) == sum(map(fits, every)) == sum(map(fits, found)), (name, words)
            table.close()

    stage(scene)


def test_other_alphabets_are_found_in_any_letter_case(stage: Stage) -> None:
    """SQLite takes letter cases for the same in ASCII only."""

    async def scene(opened: Opened) -> None:
        person = opened.made.residents[0]
        spec_row = {"first_name": "Иван", "last_name": "Öberg"}
        await opened.made.mirror.write(
            lambda tx: tx.patch(RESIDENT, tx.require(RESIDENT, person.id), **spec_row), origin=Origin.USER
        )
        table = _tables(opened)["residents"]
        for words in ("иван", "ИВАН", "öberg иван", "ÖBERG"):
            table.set_search(words)
            assert [x.resident.id for x in await _lines(table)] == [person.id], words
        table.close()

    stage(scene)


def test_a_code_whose_person_is_not_here_is_not_listed(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        table = _tables(opened)["codes"]
        before = len(await _lines(table))
        sql = "UPDATE credentials SET person_id = 'f' WHERE row_no = ?"
        number = table.key_at(0)
        await opened.made.mirror.write(lambda tx: run(tx.connection, sql, number), origin=Origin.PULL)
        table.refresh()
        assert len(await _lines(table)) == table.total == before - 1
        table.close()

    stage(scene)


def test_somebody_may_type_on_while_verdicts_are_being_found_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large site takes seconds; the list is there at once, says that they are coming, and then shows them."""
    gate = asyncio.Event()

    async def slow(*arguments: Any, **named: Any) -> SiteStanding:
        await gate.wait()
        return await site_standing(*arguments, **named)

    async def scene(opened: Opened) -> None:
        monkeypatch.setattr(standings, "site_standing", slow)
        monkeypatch.setattr(standings, "SOON_S", 0.01)
        opened.desk.standings.known = None
        opened.desk.standings._stale = True
        table = _tables(opened)["residents"]
        table.sort_by("doors", descending=True)
        await until(lambda: table.fetched)
        assert {x.doors for x in lines_of(table)} == {None}
        assert not table.is_settled
        table.set_search("castan mir")
        await until(lambda: table.rowCount() == 1)
        table.set_search("")
        gate.set()
        lines = await _lines(table)
        open_doors = [len(x.doors) - x.proved for x in lines]
        assert open_doors == sorted(open_doors, reverse=True)
        assert open_doors[0] > 0
        table.close()

    stage(scene)


def test_an_export_is_streamed_and_leaves_nothing_half_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Issue 6: what the filter shows, page by page: no more than a page is held."""
    monkeypatch.setattr(picked, "PIECE", 7)

    async def scene(opened: Opened) -> None:
        table = _tables(opened)["residents"]
        table.sort_by("name")
        names = [x.name for x in await _lines(table)]
        pages = [len(page) async for page in table.pages()]
        assert max(pages) == 7
        assert sum(pages) == len(names)
        files = ListExport(table, "Residents", list)
        assert await files.write_to(tmp_path / "people.csv") == len(names)
        with (tmp_path / "people.csv").open(encoding="utf-8-sig", newline="") as file:
            assert [row["Name"] for row in csv.DictReader(file)] == names
        await files.write_to(tmp_path / "people.xlsx")
        sheet = CalamineWorkbook.from_path(str(tmp_path / "people.xlsx")).get_sheet_by_index(0).to_python()
        assert [row[sheet[0].index("Name")] for row in sheet[1:]] == names
        before = (tmp_path / "people.csv").read_bytes()
        for turns in range(6):
            stopped = opened.desk.tasks.start(files.write_to(tmp_path / "people.csv"), name="export")
            for _ in range(turns):
                await asyncio.sleep(0)
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)
        assert (tmp_path / "people.csv").read_bytes() == before
        assert _names(tmp_path) == ["people.csv", "people.xlsx", "profile"]
        with pytest.raises(DataError, match=r"gone\.csv could not be written"):
            await files.write_to(tmp_path / "no" / "gone.csv")
        table.close()

    stage(scene)


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_sheet_that_is_full_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 3)
    sheet = _sheet(tmp_path / "full.xlsx")
    with pytest.raises(DataError, match="3"):
        sheet.add(["a", "b", "c", "d"])
    sheet.close()
    assert not list(tmp_path.iterdir())
    lines = _sheet(tmp_path / "long.csv")
    lines.add(["a", "=1+1", "c", "d"])
    assert lines.finish() == 4
    assert "'=1+1" in (tmp_path / "long.csv").read_text("utf-8-sig")


def _sheet(path: Path) -> export.Sheet:
    return export.Sheet(path, [ListColumn("word", "Word", str)])


def test_all_that_a_filter_shows_is_chosen_by_number_and_counted_in_sql(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 6: a batch of any size; what is common is counted, and the rows are not loaded into the window."""
    monkeypatch.setattr(EntityTable, "at_once", 4)

    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        table = page.pane.table
        page.rows.set_search("building a")
        await until(lambda: page.rows.is_settled)
        table.tick_all()
        count = page.rows.rowCount()
        assert count > 4
        assert len(page.pane.ticked()) == 4
        chosen = page.rows.pick(page.pane.ranges())
        homes = {x.resident.apartment_id for x in lines_of(page.rows)}
        words = f"{len(homes)} apartments"
        await until(lambda: words in page.pane.batch_bar.accessibleName())
        assert page.pane.batch_bar.accessibleName().startswith(f"{count} selected")
        assert await chosen.ids() == [x.resident.id for x in lines_of(page.rows)]
        assert chosen.numbers == array("q", [page.rows.key_at(n) for n in range(count)])
        last = lines_of(page.rows)[-1].resident.id
        page.rows.set_search("nobody has this")
        await until(lambda: page.rows.rowCount() == 0)
        assert page.rows.row_of(last) == -1
        assert page.rows.line_of(last).resident.id == last

    stage(scene)
