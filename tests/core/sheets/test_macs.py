"""MAC files: MAC-02, TPL-06, TPL-08."""

from __future__ import annotations

from functools import partial

import pytest

from core.base.errors import CancelledByPerson, UserError
from core.entities.device import MAC_ENTRY
from core.sheets import apply as sheets_apply
from core.sheets.apply import apply_plan, write_rejects
from core.sheets.export import export_kind
from core.sheets.read import read_table
from core.sheets.rows import RowVerdict
from core.store.tables import OUTBOX
from core.usecases.import_makers import MAKERS
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.fixtures_core import Planter


async def test_tpl_06_one_mac_a_line_in_any_notation(town: Town) -> None:
    path = town.folder / "macs.txt"
    path.write_text("0C:11:05:2A:7F:31\n0c-11-05-2a-7f-32\n0c11.052a.7f33\n0C11052A7F34\n0C 11 05 2A 7F 35\n")
    plan = await town.plan("macs", path)
    assert verdicts(plan) == ["new"] * 5
    assert [row.title for row in plan.rows] == [f"0C:11:05:2A:7F:3{n}" for n in range(1, 6)]
    assert (await town.apply(plan)).new == 5
    rows = await town.mirror.read(lambda r: r.find(MAC_ENTRY, scope_id=town.org.id))
    assert [e.mac for e in rows] == [f"0C11052A7F3{n}" for n in range(1, 6)]


async def test_errors_by_row_and_duplicates_named(town: Town, planted: Planter) -> None:
    await planted(MAC_ENTRY, scope_id=town.org.id, mac="0C11052A7F39")
    lines = [
        "MAC",
        "0C11052A7F31",
        "0C11052A7F3",
        "0c:11:05:2a:7f:31",
        "hello",
        "0C11052A7F39",
        "0" * 12,
        "F" * 12,
    ]
    path = town.folder / "macs.csv"
    path.write_text("\n".join(lines))
    plan = await town.plan("macs", path)
    assert verdicts(plan) == ["new", "refused", "refused", "refused", "unchanged", "refused", "refused"]
    assert faults(plan.rows[2]) == {"MAC": "The same MAC stands in row 2."}
    assert "twelve hexadecimal digits" in plan.rows[1].faults[0].reason
    assert [row.faults[0].cell for row in plan.refused] == ["A3", "A4", "A5", "A7", "A8"]
    assert plan.counts == {
        RowVerdict.NEW: 1,
        RowVerdict.CHANGED: 0,
        RowVerdict.UNCHANGED: 1,
        RowVerdict.REFUSED: 5,
    }


async def test_a_library_of_somebody_else_does_not_count(town: Town, planted: Planter) -> None:
    await planted(MAC_ENTRY, mac="0C11052A7F31")
    assert verdicts(await town.plan_rows("macs", [["0C11052A7F31", "", ""]])) == ["new"]


async def test_model_and_note_come_along_and_a_blank_leaves_the_old(town: Town, planted: Planter) -> None:
    await planted(MAC_ENTRY, scope_id=town.org.id, mac="0C11052A7F31", model="R29", note="spare")
    heads = ["Remark", "Serial", "MAC Address", "model"]
    rows = [["", "x", "0C11052A7F31", "R20"], ["new", "", "0C11052A7F32", ""]]
    plan = await town.plan_rows("macs", rows, heads)
    assert verdicts(plan) == ["changed", "new"]
    assert [(c.column, c.was, c.now) for c in plan.rows[0].changes] == [("Model", "R29", "R20")]
    assert plan.extra == ("Serial",)
    assert (await town.apply(plan)).changed == 1
    found = await town.mirror.read(lambda r: {e.mac: (e.model, e.note) for e in r.find(MAC_ENTRY)})
    assert found == {"0C11052A7F31": ("R20", "spare"), "0C11052A7F32": ("", "new")}


async def test_planning_writes_nothing(town: Town) -> None:
    await town.plan_rows("macs", [["0C11052A7F31", "", ""]])
    assert await town.mirror.read(lambda r: r.find(MAC_ENTRY)) == []


async def test_applying_twice_writes_nothing_twice(town: Town) -> None:
    plan = await town.plan_rows("macs", [[f"0C11050000{n:02X}", "", ""] for n in range(20)])
    await town.apply(plan)
    await town.apply(plan)
    again = await town.plan_rows("macs", [[f"0C11050000{n:02X}", "", ""] for n in range(20)])
    assert len(await town.mirror.read(lambda r: r.find(MAC_ENTRY))) == 20
    assert again.counts[RowVerdict.UNCHANGED] == 20


async def test_a_stopped_import_says_how_far_it_came_and_the_file_can_be_taken_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets_apply, "PER_TRANSACTION", 500)
    rows = [[f"0C1105{n:06X}", "", ""] for n in range(1201)]
    plan = await town.plan_rows("macs", rows, suffix=".csv")
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 1000:
            raise CancelledByPerson

    result = await apply_plan(town.mirror, plan, MAKERS, progress=progress)
    assert (result.new, result.untouched) == (1000, 201)
    assert seen == [(0, 1201), (500, 1201), (1000, 1201)]
    again = await town.plan_rows("macs", rows, suffix=".csv")
    assert (again.counts[RowVerdict.UNCHANGED], again.counts[RowVerdict.NEW]) == (1000, 201)
    assert (await town.apply(again)).new == 201


async def test_each_mac_is_an_edit_of_its_own_for_the_cloud(town: Town) -> None:
    await town.apply(await town.plan_rows("macs", [[f"0C11050000{n:02X}", "", ""] for n in range(3)]))
    query = OUTBOX.select().where(OUTBOX.c.entity == MAC_ENTRY.number)
    found = await town.mirror.read(lambda r: r.connection.execute(query).mappings().all())
    assert [(m["op"], m["grp"], m["needs"]) for m in found] == [("create", None, None)] * 3


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
async def test_refused_rows_come_back_and_are_taken_when_mended(town: Town, suffix: str) -> None:
    path = town.folder / f"rejects{suffix}"
    rows = [["0C11052A7F31", "R29", "=1+1"], ["0C11052A7F3", "R20", "-x"]]
    plan = await town.plan_rows("macs", rows, suffix=suffix)
    assert write_rejects(path, plan) == 1
    table = read_table(path)
    assert table.rows[0] == ["MAC", "Model", "Note", "Reason"]
    assert table.rows[1][:3] == rows[1]
    assert table.rows[1][3].startswith("MAC is not a MAC address")
    table.rows[1][0] = "0C11052A7F33"
    again = await town.plan_rows("macs", table.rows[1:], table.rows[0], suffix)
    assert verdicts(again) == ["new"]
    assert again.extra == ()
    assert write_rejects(path, again) == 0


async def test_a_file_without_heads_gets_them_in_the_rejects(town: Town) -> None:
    path = town.folder / "macs.txt"
    path.write_text("nonsense\n0C11052A7F31\n")
    plan = await town.plan("macs", path)
    assert verdicts(plan) == ["refused", "new"]
    write_rejects(town.folder / "r.csv", plan)
    assert read_table(town.folder / "r.csv").rows[0] == ["MAC", "Model", "Note", "Reason"]


async def test_a_sheet_of_another_kind_is_refused_as_a_whole(town: Town) -> None:
    with pytest.raises(UserError, match="no column MAC"):
        await town.plan_rows("macs", [["R29", "x"]], ["Model", "Colour"])


async def test_export_reads_back_as_unchanged(town: Town) -> None:
    await town.apply(
        await town.plan_rows("macs", [["0C11052A7F31", "R29", "@home"], ["0C11052A7F32", "", ""]])
    )
    for name in ("out.xlsx", "out.csv"):
        path = town.folder / name
        assert (
            await town.mirror.read(partial(export_kind, kind_name="macs", into=town.org.id, path=path)) == 2
        )
        assert verdicts(await town.plan("macs", path)) == ["unchanged", "unchanged"]
