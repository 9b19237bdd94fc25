"""A file with 500 rows and 23 seeded faults, from the first look to the undo: TPL-01, TPL-08."""

from __future__ import annotations

from pathlib import Path

from core.sheets.residents import LAYOUT
from core.sheets.rows import letters
from core.sheets.write import write_table
from core.usecases import imports
from core.usecases.places import add_apartment, add_building
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_import_undo import export_of, mirror_of

HOMES = 125
"""Four people each, but for the last of the file, who lives alone in one more."""

FAULTS = {
    # row -> (column, what is wrong there, what it should be)
    11: ("pin", "9123", "2010"),
    23: ("pin", "1", "2022"),
    31: ("pin", "12ab", "2030"),
    44: ("pin", "123456789", "2043"),
    57: ("pin", "4711", "2056"),  # Ada's
    63: ("pin", "2061", "2062"),  # that of the row before
    77: ("card", "0A1B2C3D", "C0004C"),  # Ada's
    88: ("card", "XYZ", "C00057"),
    99: ("card", "C00061", "C00062"),  # that of the row before
    111: ("card", "1234567890ABCDEF1", "C0006E"),
    121: ("building", "Building Q", "Big"),
    135: ("apartment", "999", "33"),
    147: ("first_name", "N" * 65, "N146"),
    157: ("last_name", "", "L156"),
    168: ("email", "n@place", "n167@example.org"),
    179: ("mobile", "call me", "600000178"),
    191: ("account_type", "2", "1"),
    203: ("account_type", "", "1"),
    215: ("floors", "129", "3"),
    227: ("groups", "12", ""),
    237: ("remark", "R" * 256, "R"),
    248: ("plate", "A;B;C;D;E;F", "A;B"),
    501: ("account_type", "1", "0"),  # alone in its apartment, which has no master
}


def cells(number: int) -> dict[str, str]:
    """The good cells of a row of the file; row 2 is the first person."""
    n = number - 1
    home = (number - 2) // 4 if number < 501 else HOMES
    return {
        "building": "Big",
        "apartment": str(home),
        "account_type": "0" if (number - 2) % 4 == 0 else "1",
        "first_name": f"N{n}",
        "last_name": f"L{n}",
        "pin": f"{2000 + n}",
        "card": f"C{n:05X}",
    }


def write(path: Path, *, seeded: bool) -> Path:
    rows = []
    for number in range(2, 502):
        row = cells(number)
        if number in FAULTS:
            column, wrong, right = FAULTS[number]
            row[column] = wrong if seeded else right
        rows.append([row.get(c.field, "") for c in LAYOUT.columns])
    write_table(path, LAYOUT.heads, rows)
    return path


async def furnish(desk: Desk) -> None:
    building = await add_building(desk.ctx, site_id=desk.site.id, name="Big")
    for number in range(HOMES + 1):
        await add_apartment(desk.ctx, building_id=building.id, number=str(number))


async def test_tpl_08_23_faults_in_one_pass_then_mended_then_undone(desk: Desk, tmp_path: Path) -> None:
    await furnish(desk)
    before, was = await mirror_of(desk), await export_of(desk, tmp_path / "before.csv")
    path = write(tmp_path / "big.xlsx", seeded=True)
    plan = await imports.plan(desk.ctx, path=path, kind="residents", site_id=desk.site.id)

    assert len(plan.rows) == 500
    assert len(plan.faults) == 23
    assert {(f.row, f.field) for f in plan.faults} == {
        (row, column) for row, (column, _, _) in FAULTS.items()
    }
    assert {f.cell for f in plan.faults} == {
        f"{letters(plan.sheet.places[column] + 1)}{row}" for row, (column, _, _) in FAULTS.items()
    }
    first = await imports.apply(desk.ctx, plan)

    back = tmp_path / "back.xlsx"
    await imports.rejects(desk.ctx, plan, back, first)
    again = await imports.plan(desk.ctx, path=back, kind="residents", site_id=desk.site.id)
    mended = await imports.fix_many(desk.ctx, again, fixes_for(again))
    assert mended.faults == ()
    second = await imports.apply(desk.ctx, mended)
    assert (first.result.new, second.result.new) == (477, 23)

    good = tmp_path / "good.xlsx"
    whole = await imports.plan(
        desk.ctx, path=write(good, seeded=False), kind="residents", site_id=desk.site.id
    )
    assert (whole.same, whole.new, whole.changed, whole.faulty) == (500, 0, 0, 0)

    for receipt in (second, first):
        assert (await undo(desk.ctx, receipt.undo_id)).cannot == ()
    assert await mirror_of(desk) == before
    assert await export_of(desk, tmp_path / "after.csv") == was


def fixes_for(plan: imports.ImportPlan) -> list[tuple[int, str, str]]:
    """For every seeded row of the rejects file its right cell, found by the card, the PIN or the name."""
    found = []
    for row in plan.rows:
        number = original(plan, row.cells)
        if number in FAULTS:
            column, _, right = FAULTS[number]
            found.append((row.number, column, right))
    return found


def original(plan: imports.ImportPlan, texts: object) -> int:
    """The row's number in the first file, by the last or the first name, of which one is always right."""
    assert isinstance(texts, list | tuple)
    last = texts[plan.sheet.places["last_name"]]
    first = texts[plan.sheet.places["first_name"]]
    return int((last or first)[1:]) + 1
