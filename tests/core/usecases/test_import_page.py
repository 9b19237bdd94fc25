"""A text whose code page the bytes do not tell is asked about before it is applied: TPL-08."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import UserError
from core.entities.person import RESIDENT
from core.usecases import imports
from tests.core.usecases.conftest import Desk


async def test_tpl_08_an_unsure_code_page_is_asked_and_fixes_survive_the_answer(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    lines = [
        "Building;Apt;Account Type;First Name;Last Name;PIN",
        f"{desk.building.name};{desk.home.number};1;François;Lefèvre;9123",
    ]
    path.write_bytes("\n".join(lines).encode("cp1252"))
    plan = await imports.plan(desk.ctx, path=path, kind="residents", site_id=desk.site.id)
    assert plan.table.pages[0] == "cp1252"
    assert len(plan.table.pages) > 1
    assert any("Say which it is" in note for note in plan.notes)
    plan = await imports.fix(desk.ctx, plan, row=2, column="pin", text="3123")
    with pytest.raises(UserError, match="bytes do not tell") as asked:
        await imports.apply(desk.ctx, plan)
    assert "9123" not in str(asked.value)
    assert await desk.read(RESIDENT, first_name="François") == []
    plan = await imports.choose(desk.ctx, plan, page="cp1252")
    assert (plan.table.pages, plan.faults) == ((), ())
    assert [(fix.was, fix.now) for fix in plan.fixes] == [("9123", "3123")]
    assert (await imports.apply(desk.ctx, plan)).result.new == 1
    [made] = await desk.read(RESIDENT, first_name="François")
    assert made.last_name == "Lefèvre"
