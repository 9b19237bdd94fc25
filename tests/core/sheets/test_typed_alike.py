"""APT+PIN: what is typed alike is told by the preview, not only when it is written (ACCESS-PUSH, CRED-01, TPL-08)."""

from __future__ import annotations

import random

import pytest

from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT, PersonKind
from core.entities.site import APARTMENT, SITE, PinMode
from core.sheets.options import ImportOptions
from core.sheets.rows import RowVerdict
from core.sheets.sure_rows import SureRows
from core.store.changes import Origin
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.core.sheets.people import line
from tests.factories import plant

ALIKE = "another person would type the same"


async def apartment_first(town: Town) -> None:
    await town.mirror.write(
        lambda tx: tx.patch(SITE, town.site, pin_mode=PinMode.APARTMENT_PIN), origin=Origin.USER
    )


async def test_tpl_08_a_clash_with_somebody_here_and_one_within_the_file_stand_in_the_preview(
    town: Town,
) -> None:
    # A guard of the house types all seven digits that B 101 and 5512 come to, though nobody has the PIN 5512.
    await apartment_first(town)
    rows = [
        line(pin="5512"),
        line(building="Building A", apartment="101", account_type="1", first_name="Mia", pin="5513"),
        line(building="Building A", apartment="102", first_name="Noa", pin="5514"),
    ]
    assert verdicts(await town.plan_rows("residents", rows)) == ["new", "new", "new"]
    here = {"site_id": town.site.id, "scope_id": town.site.id}
    await town.mirror.write(
        lambda tx: plant(
            tx,
            CREDENTIAL,
            scope_id=town.site.id,
            person_id=plant(tx, RESIDENT, **here, kind=PersonKind.STAFF).id,
            kind=CredentialKind.PIN,
            code="1015512",
        ),
        origin=Origin.USER,
    )
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["refused", "new", "new"]
    assert ALIKE in faults(plan.rows[0])["PIN"]
    assert plan.rows[0].faults[0].code == "residents.pin.typed"


async def test_cred_01_two_rows_that_type_alike_and_a_card_file(town: Town) -> None:
    await apartment_first(town)
    here = {"scope_id": town.site.id, "site_id": town.site.id, "building_id": town.buildings["Building B"].id}
    await town.mirror.write(lambda tx: plant(tx, APARTMENT, **here, number="10"), origin=Origin.USER)
    alike = [
        line(building="Building A", apartment="102", first_name="Noa", pin="77"),
        line(building="Building B", apartment="10", first_name="Pia", pin="277"),
        line(building="Building B", apartment="101", first_name="Rex", pin="277"),
    ]
    # 10 and 277 are typed as 102 and 77 are; 101 and 277 are not, though the PIN is the same as Pia's.
    plan = await town.plan_rows("residents", alike[:2])
    assert verdicts(plan) == ["new", "refused"]
    assert ALIKE in faults(plan.rows[1])["PIN"]
    assert verdicts(await town.plan_rows("residents", [alike[0], alike[2]])) == ["new", "new"]
    both = ["Building A", "101", "Ada Byron", "", "5512"]
    assert verdicts(await town.plan_rows("cards_pins", [both])) == ["changed"]
    plan = await town.plan_rows(
        "residents", [line(pin="5512"), line(first_name="Q", account_type="1", pin="5513")]
    )
    await town.apply(plan)
    again = await town.plan_rows("cards_pins", [["Building A", "101", "Ada Byron", "", "5512"]])
    assert verdicts(again) == ["refused"]
    assert "PIN" in faults(again.rows[0])


@pytest.mark.parametrize("seed", range(4))
async def test_columns_and_rows_judge_alike_where_the_apartment_is_typed_first(
    town: Town, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    await apartment_first(town)
    dice = random.Random(seed)
    pins = ("", "71", "171", "0271", "5512", "15512", "025512", "91", "12;13", "4711")
    rows = [
        line(
            building=dice.choice(("Building A", "Building B")),
            apartment=dice.choice(("101", "102", "101")),
            account_type=dice.choice("001"),
            first_name=f"N{n}",
            pin=dice.choice(pins),
        )
        for n in range(12)
    ]
    said = ImportOptions(fee_accepted=True)
    quick = await town.plan_rows("residents", rows, suffix=".csv", options=said)
    with monkeypatch.context() as patched:
        patched.setattr(SureRows, "plans", lambda _self: {})
        slow = await town.plan_rows("residents", rows, suffix=".csv", options=said)
    assert [(r.verdict, r.faults) for r in quick.rows] == [(r.verdict, r.faults) for r in slow.rows]
    # What the preview lets through is not refused when it is written.
    result = await town.apply(quick)
    assert not result.late
    assert result.new == sum(r.verdict is RowVerdict.NEW for r in quick.rows)
