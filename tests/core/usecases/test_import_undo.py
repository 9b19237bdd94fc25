"""TPL-08: an import is taken back exactly, and what was changed since is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.entities import SYNCED
from core.entities.credential import CREDENTIAL
from core.entities.person import RESIDENT
from core.sheets import apply as sheets_apply
from core.store.changes import Origin
from core.usecases import imports
from core.usecases.files import export_file
from core.usecases.imports import ImportReceipt
from core.usecases.undo import next_redo, undo, undo_entries
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_imports import line, sheet


async def mirror_of(desk: Desk) -> dict[str, dict[str, Any]]:
    """Every synced row in stored form."""

    def work(reader: Any) -> dict[str, dict[str, Any]]:
        return {spec.name: {row.id: spec.store(row) for row in reader.find(spec)} for spec in SYNCED}

    return await desk.ctx.mirror.read(work)


def bytes_of(path: Path) -> bytes:
    return path.read_bytes()


async def export_of(desk: Desk, path: Path) -> bytes:
    await export_file(desk.ctx, "residents", path, site_id=desk.site.id, show_secrets=True)
    return bytes_of(path)


async def bring(desk: Desk, path: Path) -> ImportReceipt:
    plan = await imports.plan(desk.ctx, path=path, kind="residents", site_id=desk.site.id)
    assert plan.faults == ()
    return await imports.apply(desk.ctx, plan)


async def test_tpl_08_undo_gives_back_the_mirror_of_before(
    desk: Desk, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(sheets_apply, "PER_TRANSACTION", 2)
    before, was = await mirror_of(desk), await export_of(desk, tmp_path / "before.csv")
    [ada] = await desk.read(RESIDENT, first_name="Ada")
    rows = [
        line(account_type="0", first_name="Ada", last_name="Byron", pin="7788", card="AA;BB", uid=ada.uid),
        *(line(first_name=f"N{n}", last_name="New", pin=f"{6000 + n}", card=f"C{n}") for n in range(3)),
    ]
    receipt = await bring(desk, sheet(tmp_path, rows))
    assert receipt.sentence == "3 new, 1 changed, 0 the same, 0 left out."
    after = await mirror_of(desk)
    assert after != before

    [entry] = [e for e in await undo_entries(desk.ctx) if e.id == receipt.undo_id]
    assert entry.act == "Import people.xlsx"
    report = await undo(desk.ctx, receipt.undo_id)
    assert report.cannot == ()
    assert await mirror_of(desk) == before
    assert await export_of(desk, tmp_path / "after.csv") == was

    again = next_redo(await undo_entries(desk.ctx))
    assert again is not None
    assert (await undo(desk.ctx, again.id)).cannot == ()
    assert await mirror_of(desk) == after


async def test_undo_says_what_was_changed_since(desk: Desk, tmp_path: Path) -> None:
    rows = [line(first_name=f"N{n}", last_name="New", pin=f"{6000 + n}") for n in range(2)]
    receipt = await bring(desk, sheet(tmp_path, rows))
    [person] = await desk.read(RESIDENT, first_name="N1")
    await desk.ctx.mirror.write(lambda tx: tx.patch(RESIDENT, person, remark="key lost"), origin=Origin.USER)
    report = await undo(desk.ctx, receipt.undo_id)
    assert [(one.title, one.why) for one in report.cannot] == [("Resident N1 New", "It was changed since.")]
    assert {p.first_name for p in await desk.read(RESIDENT)} == {"Ada", "N1"}
    assert {c.person_id for c in await desk.read(CREDENTIAL)} == {desk.ada.id}


async def test_undo_takes_new_buildings_with_their_groups_away(desk: Desk, tmp_path: Path) -> None:
    before = await mirror_of(desk)
    path = sheet(tmp_path, [["Building C", "1"], ["Building C", "2"]], ("Building", "Apartment"))
    plan = await imports.plan(desk.ctx, path=path, kind="apartments", site_id=desk.site.id)
    receipt = await imports.apply(desk.ctx, plan)
    assert receipt.result.new == 2
    report = await undo(desk.ctx, receipt.undo_id)
    assert report.cannot == ()
    assert await mirror_of(desk) == before
