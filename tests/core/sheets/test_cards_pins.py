"""The file of RF cards and PINs: TPL-02."""

from __future__ import annotations

from functools import partial

from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.sheets.export import export_kind
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.fixtures_core import Planter


async def held(town: Town, person_id: str) -> list[str]:
    found = await town.mirror.read(lambda r: r.find(CREDENTIAL, person_id=person_id))
    return sorted(c.code for c in found)


async def test_tpl_02_cards_are_added_and_the_pin_is_replaced(town: Town) -> None:
    plan = await town.plan_rows("cards_pins", [["Building A", "101", "Ada Byron", "AA;BB;0A1B2C3D", "5822"]])
    assert verdicts(plan) == ["changed"]
    assert [(c.column, c.now) for c in plan.rows[0].changes] == [("RF Card", "2 added"), ("PIN", "1 changed")]
    assert (await town.apply(plan)).changed == 1
    assert await held(town, town.ada.id) == ["0A1B2C3D", "5822", "AA", "BB"]
    again = await town.plan_rows("cards_pins", [["building a", "101", "ada  byron", "AA", ""]])
    assert verdicts(again) == ["unchanged"]


async def test_faults_by_row_and_column(town: Town) -> None:
    rows = [
        ["Building A", "101", "Ada Byron", "XX", "9"],
        ["Building A", "101", "Nobody Here", "AA", ""],
        ["Building A", "101", "", "AA", ""],
        ["Building A", "777", "Ada Byron", "AA", ""],
        ["", "101", "Ada Byron", "AA", ""],
        ["Building A", "101", "Ada Byron", "BB", ""],
    ]
    plan = await town.plan_rows("cards_pins", rows)
    assert verdicts(plan) == ["refused"] * 6
    assert [list(faults(row)) for row in plan.rows] == [
        ["RF Card", "PIN"],
        ["User"],
        ["User"],
        ["Apt"],
        ["Building"],
        ["User"],
    ]
    assert faults(plan.rows[5])["User"] == "The same person stands in row 2."


async def test_a_code_of_somebody_else_is_refused_in_the_plan_and_later(town: Town, planted: Planter) -> None:
    home = town.apartments["A101"].id
    tom = await planted(
        RESIDENT, site_id=town.site.id, apartment_id=home, first_name="Tom", last_name="Wills"
    )
    taken = await town.plan_rows("cards_pins", [["Building A", "101", "Tom Wills", "0A1B2C3D", ""]])
    assert verdicts(taken) == ["refused"]
    plan = await town.plan_rows("cards_pins", [["Building A", "101", "Tom Wills", "AB", "1234"]])
    await planted(
        CREDENTIAL, scope_id=town.site.id, person_id=town.ada.id, kind=CredentialKind.PIN, code="1234"
    )
    result = await town.apply(plan)
    assert list(result.late) == [2]
    assert await held(town, tom.id) == []


async def test_an_export_reads_back_as_unchanged(town: Town) -> None:
    for show in (True, False):
        path = town.folder / f"codes-{show}.xlsx"

        export = partial(export_kind, kind_name="cards_pins", into=town.site.id, path=path, show_secrets=show)
        assert await town.mirror.read(export) == 1
        assert verdicts(await town.plan("cards_pins", path)) == ["unchanged"]
