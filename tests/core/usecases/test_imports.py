"""The import studio without a window: TPL-08 (check whole, mend here, apply, rejects), TPL-10."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities.person import RESIDENT
from core.sheets.residents import LAYOUT
from core.sheets.write import write_table
from core.usecases import imports
from core.usecases.context import Context
from core.usecases.imports import Decision
from tests.core.usecases.conftest import Desk

HEADS = ("Building", "Unit", "Account Type", "First Name", "Surname", "PIN", "Shoe size")


def sheet(folder: Path, rows: Sequence[Sequence[str]], heads: Sequence[str] = LAYOUT.heads) -> Path:
    path = folder / "people.xlsx"
    write_table(path, heads, rows)
    return path


def line(**cells: str) -> list[str]:
    base = {"building": "Building A", "apartment": "101", "account_type": "1"}
    return [(base | cells).get(c.field, "") for c in LAYOUT.columns]


async def test_tpl_08_a_fix_is_checked_with_the_rows_that_hang_on_it(desk: Desk, tmp_path: Path) -> None:
    rows = [
        line(first_name="Bea", last_name="Byron", pin="5511"),
        line(first_name="Cy", last_name="Byron", pin="5511"),
    ]
    plan = await imports.plan(desk.ctx, path=sheet(tmp_path, rows), kind="residents", site_id=desk.site.id)
    assert (plan.new, plan.faulty) == (1, 1)
    [fault] = plan.faults
    assert (fault.row, fault.field, fault.cell) == (3, "pin", "O3")

    mended = await imports.fix(desk.ctx, plan, row=2, column="PIN", text="5512")
    assert mended.faults == ()
    assert [(f.row, f.was, f.now) for f in mended.fixes] == [(2, "5511", "5512")]
    assert mended.row(2).fixed == {"pin"}
    assert plan.faulty == 1, "the plan of before is kept for going back"

    receipt = await imports.apply(desk.ctx, mended)
    assert receipt.result.new == 2
    names = {p.first_name for p in await desk.read(RESIDENT, site_id=desk.site.id)}
    assert names == {"Ada", "Bea", "Cy"}


async def test_tpl_08_skipped_rows_go_to_the_rejects_file(desk: Desk, tmp_path: Path) -> None:
    rows = [line(first_name=name, last_name="Byron") for name in ("Bea", "Cy")]
    plan = await imports.plan(desk.ctx, path=sheet(tmp_path, rows), kind="residents", site_id=desk.site.id)
    plan = await imports.decide(desk.ctx, plan, row=3, decision=Decision.SKIP)
    assert (plan.new, plan.faulty) == (1, 1)
    receipt = await imports.apply(desk.ctx, plan)
    back = tmp_path / "back.xlsx"
    assert await imports.rejects(desk.ctx, plan, back, receipt) == 1
    again = await imports.plan(desk.ctx, path=back, kind="residents", site_id=desk.site.id)
    assert [row.title for row in again.rows] == ["Cy Byron"]
    assert again.new == 1


async def test_columns_tell_what_they_are_called_in_the_file(desk: Desk, tmp_path: Path) -> None:
    rows = [["Building A", "101", "1", "Bea", "Byron", "5511", "38"]]
    path = sheet(tmp_path, rows, HEADS)
    plan = await imports.plan(desk.ctx, path=path, kind="residents", site_id=desk.site.id)
    found = {c.field: c for c in plan.columns}
    assert (found["apartment"].head, found["apartment"].by_alias, found["apartment"].letter) == (
        "Unit",
        True,
        "B",
    )
    assert (found["pin"].by_alias, found["pin"].secret, found["pin"].filled) == (False, True, 1)
    assert found["remark"].place is None
    assert plan.extra == ("Shoe size",)
    assert plan.new == 1


async def test_a_fix_of_what_the_file_does_not_have_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = sheet(tmp_path, [["Building A", "101", "1", "Bea", "Byron", "", ""]], HEADS)
    plan = await imports.plan(desk.ctx, path=path, kind="residents", site_id=desk.site.id)
    with pytest.raises(UserError, match="no column 'remark'"):
        await imports.fix(desk.ctx, plan, row=2, column="remark", text="x")
    with pytest.raises(UserError, match="no row 9"):
        await imports.fix(desk.ctx, plan, row=9, column="pin", text="1234")


async def test_the_library_is_not_a_managers(ctx: Context, as_manager: object, tmp_path: Path) -> None:
    assert callable(as_manager)
    as_manager()
    path = tmp_path / "macs.csv"
    path.write_text("0C11052A7F31\n")
    with pytest.raises(NotAllowedError):
        await imports.plan(ctx, path=path, kind="macs")
