"""The residents' file, new people: TPL-01, TPL-08, RES-01, RES-04, CRED-01, CRED-02, GRP-04."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from core.base.errors import UserError
from core.entities.credential import CREDENTIAL
from core.entities.person import AccountType
from core.entities.site import APARTMENT, SITE
from core.rules.cards import Notation
from core.sheets.options import Decision, ImportOptions
from core.sheets.residents import LAYOUT
from core.sheets.rows import RowVerdict
from core.store.changes import Origin
from core.store.tables import OUTBOX
from core.store.tx import Tx
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.core.sheets.people import HEADS, codes, groups, line, person


def test_tpl_01_the_21_columns_stand_in_the_order_of_the_files_that_people_have() -> None:
    words = (
        "Building,Accessible Floors,Apt,Apt Name,Account Type,First Name,Last Name,Email,MobileNumber,"
        "TelephoneCallingCode,1stPhone,2ndPhone,3rdPhone,RF Card,PIN,License Plate,UHF Card,Fingerprint,"
        "Access Group ID,Remark,UID"
    )
    assert ",".join(HEADS) == words


async def test_a_new_person_comes_with_codes_and_the_default_group(town: Town) -> None:
    row = line(
        floors="-1;G1;12",
        email="p@example.com",
        mobile="600123123",
        card="1A;2B;1a",
        pin="1234",
        remark="Cello",
    )
    plan = await town.plan_rows("residents", [row])
    assert verdicts(plan) == ["new"]
    assert plan.rows[0].title == "Paul Edward"
    assert (await town.apply(plan)).document()["new"] == 1
    paul = await person(town, "Paul")
    assert (paul.email, paul.mobile, paul.remark) == ("p@example.com", "600123123", "Cello")
    assert paul.floors == ("-1", "G1", "12")
    assert paul.apartment_id == town.apartments["B101"].id
    assert paul.account_type is AccountType.MASTER
    assert await codes(town, paul.id) == {"pin": ["1234"], "card": ["1A", "2B"]}
    assert await groups(town, paul.id) == {1002}


async def test_a_person_is_one_group_of_edits_for_the_cloud(town: Town) -> None:
    before = await outbox(town)
    rows = [line(pin="1234"), line(first_name="Pia", account_type="1", pin="1235")]
    await town.apply(await town.plan_rows("residents", rows))
    made = (await outbox(town))[len(before) :]
    grouped: dict[str, int] = {}
    for mutation in made:
        grouped[mutation["grp"]] = grouped.get(mutation["grp"], 0) + 1
    assert sorted(grouped.values()) == [3, 3]
    assert None not in grouped


async def outbox(town: Town) -> Sequence[Any]:
    query = OUTBOX.select().order_by(OUTBOX.c.n)
    return await town.mirror.read(lambda r: r.connection.execute(query).mappings().all())


async def test_groups_of_the_file_take_the_place_of_the_default(town: Town) -> None:
    await town.apply(await town.plan_rows("residents", [line(groups="2001; 1001")]))
    assert await groups(town, (await person(town, "Paul")).id) == {1001, 2001}


async def test_every_fault_of_every_row_in_one_pass(town: Town) -> None:
    rows = [
        line(
            building="Building Z",
            account_type="7",
            email="x" * 300,
            pin="9123",
            card="XYZ;1A",
            groups="5;2001",
        ),
        line(apartment="999", first_name="", remark="r" * 256, pin="1"),
        line(first_name="F" * 65, last_name="", floors="200", pin="123456789", card="0" * 30),
        line(account_type="", pin="4711", card="0A1B2C3D"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["refused"] * 4
    first, second, third, fourth = (faults(row) for row in plan.rows)
    assert first.keys() == {"Building", "Account Type", "Email", "PIN", "RF Card", "Access Group ID"}
    assert "cannot start with 9" in first["PIN"]
    assert first["Access Group ID"].endswith("ID 5.")
    assert second.keys() == {"Apt", "First Name", "Remark", "PIN"}
    assert second["Apt"] == "Apt is unknown in 'Building B'."
    assert second["First Name"] == "First name is missing."
    assert {"First Name", "Last Name", "PIN", "RF Card"} <= third.keys()
    assert fourth.keys() == {"Account Type", "PIN", "RF Card"}
    assert fourth["PIN"].startswith("This PIN belongs to another person")
    assert [f.cell for f in plan.rows[3].faults] == ["E5", "N5", "O5"]
    result = await town.apply(plan)
    assert (result.new, result.refused) == (0, 4)


async def test_no_sentence_of_a_plan_tells_a_code(town: Town) -> None:
    rows = [line(pin="91112223", card="ZZ55667788"), line(first_name="Q", account_type="1", pin="4711")]
    plan = await town.plan_rows("residents", rows)
    shown = f"{plan.document()} {plan!r}"
    assert plan.counts[RowVerdict.REFUSED] == 2
    for secret in ("91112223", "ZZ55667788", "4711", "0A1B2C3D"):
        assert secret not in shown


async def test_codes_are_single_within_the_file(town: Town) -> None:
    rows = [line(pin="1234"), line(first_name="Pia", account_type="1", pin="1234", card="77;77")]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "refused"]
    assert faults(plan.rows[1])["PIN"].startswith("This PIN belongs to row 2 of this file")


async def test_the_same_person_twice_is_named(town: Town) -> None:
    rows = [
        line(),
        line(last_name="EDWARD ", first_name="paul"),
        line(apartment="101", building="building  b"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "refused", "refused"]
    assert faults(plan.rows[1])["Last Name"] == "The same person stands in row 2."


async def test_a_member_needs_a_master_who_is_there_or_comes_along(town: Town) -> None:
    rows = [
        line(building="Building A", first_name="Ida", account_type="1"),
        line(first_name="Member", account_type="1"),
        line(first_name="Master"),
        line(building="Building A", apartment="102", first_name="Lost", account_type="Member"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "new", "new", "refused"]
    assert "no family master" in faults(plan.rows[3])["Account Type"]
    result = await town.apply(plan)
    assert (result.new, result.late) == (3, {})


async def test_a_master_far_behind_its_members_is_written_before_them(town: Town) -> None:
    rows = [line(first_name=f"Member {n}", account_type="1") for n in range(700)]
    options = ImportOptions(fee_accepted=True)
    plan = await town.plan_rows(
        "residents", [*rows, line(first_name="Master")], suffix=".csv", options=options
    )
    result = await town.apply(plan)
    assert (result.new, result.late) == (701, {})


async def test_zeros_in_front_of_a_card_make_no_other_card(town: Town) -> None:
    rows = [
        line(card="000A1B2C3D"),
        line(first_name="Pia", account_type="1", card="0F"),
        line(first_name="T", card="F"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert [row.faults[0].code for row in plan.refused] == [
        "residents.card.taken",
        "residents.master.refused",
        "residents.card.taken",
    ]


@pytest.mark.parametrize(("dormakaba", "verdict"), [(False, "refused"), (True, "new")])
async def test_long_cards_fit_where_dormakaba_is_on(town: Town, dormakaba: bool, verdict: str) -> None:
    """CRED-05."""

    def switch(tx: Tx) -> None:
        tx.patch(SITE, town.site, dormakaba=dormakaba)

    await town.mirror.write(switch, origin=Origin.USER)
    plan = await town.plan_rows("residents", [line(card="0" * 3 + "A" * 17)])
    assert verdicts(plan) == [verdict]
    assert (await town.apply(plan)).late == {}


async def test_a_member_is_refused_with_its_master(town: Town) -> None:
    rows = [line(pin="9999"), line(first_name="Pia", account_type="1")]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["refused", "refused"]
    assert plan.rows[1].faults[0].code == "residents.master.refused"
    assert "row 2" in plan.rows[1].faults[0].reason


async def test_the_name_of_the_apartment_comes_along(town: Town) -> None:
    rows = [
        line(apartment_name="The Loft"),
        line(first_name="Pia", account_type="1", apartment_name="The Loft"),
        line(first_name="Tom", account_type="1", apartment_name="The Attic"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "new", "refused"]
    await town.apply(plan)
    found = await town.mirror.read(lambda r: r.require(APARTMENT, town.apartments["B101"].id))
    assert found.name == "The Loft"


async def test_what_nobody_knows_is_named(town: Town) -> None:
    heads = [*HEADS, "Shoe size", ""]
    plan = await town.plan_rows("residents", [[*line(), "44", "?"]], heads)
    assert plan.extra == ("Shoe size",)


async def test_plates_uhf_cards_and_prints_are_kept_with_who_made_them(town: Town) -> None:
    """TPL-01, CRED-02, CRED-03, CRED-04."""
    rows = [
        line(plate="1234 abc; 8820-jhn", uhf="e2 00 10", fingerprint="Enrolled", pin="5511"),
        line(first_name="Pia", account_type="1", plate="A;B;C;D;E;F"),
        line(first_name="Tom", account_type="1", plate="1234ABC"),
        line(first_name="Una", account_type="1", fingerprint="left thumb"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "refused", "refused", "refused"]
    assert faults(plan.rows[1]) == {"License Plate": "One person has up to 5 licence plates."}
    assert "belongs to row 2" in faults(plan.rows[2])["License Plate"]
    assert "taken at the reader" in faults(plan.rows[3])["Fingerprint"]
    await town.apply(plan)
    paul = await person(town, "Paul")
    made = await town.mirror.read(lambda r: r.find(CREDENTIAL, person_id=paul.id))
    assert sorted((c.kind.value, c.code) for c in made) == [
        ("fingerprint", ""),
        ("pin", "5511"),
        ("plate", "1234ABC"),
        ("plate", "8820JHN"),
        ("uhf", "E20010"),
    ]
    assert {c.made_by for c in made} == {town.mirror.author.name}
    assert all(c.made_at is not None for c in made)


async def test_members_beyond_the_free_ones_need_a_yes(town: Town) -> None:
    """RES-06, SITE-12: the fourth member costs, and an apartment's own limit is a limit."""
    rows = [line(), *(line(first_name=f"M{n}", account_type="1") for n in range(4))]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new"] * 4 + ["refused"]
    assert "say yes" in faults(plan.rows[4])["Account Type"]
    agreed = await town.plan_rows("residents", rows, options=ImportOptions(fee_accepted=True))
    assert verdicts(agreed) == ["new"] * 5


async def test_a_look_alike_is_asked_about_and_never_guessed(town: Town) -> None:
    """TPL-08: nothing is guessed silently."""
    cells = {"building": "Building A", "first_name": "Áda", "last_name": "byron", "remark": "x"}
    plan = await town.plan_rows("residents", [line(**cells)])
    assert plan.rows[0].faults[0].code == "residents.double.possible"
    assert plan.rows[0].double is not None
    assert plan.rows[0].double.person_id == town.ada.id
    one = await town.plan_rows(
        "residents", [line(**cells)], options=ImportOptions(decisions={2: Decision.ONE})
    )
    assert verdicts(one) == ["changed"]
    two = await town.plan_rows(
        "residents", [line(**cells)], options=ImportOptions(decisions={2: Decision.TWO})
    )
    assert verdicts(two) == ["new"]


async def test_addresses_and_numbers_have_their_shape(town: Town) -> None:
    rows = [
        line(email="rosa@example", mobile="six", calling_code="+34"),
        line(first_name="B", calling_code="x"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert set(faults(plan.rows[0])) == {"Email", "MobileNumber"}
    assert set(faults(plan.rows[1])) == {"TelephoneCallingCode"}


async def test_a_pin_with_nine_in_front_comes_with_a_free_one(town: Town) -> None:
    plan = await town.plan_rows(
        "residents", [line(pin="1120"), line(first_name="B", account_type="1", pin="9120")]
    )
    [fault] = plan.rows[1].faults
    assert fault.suggestion == "2120", "1120 is taken by the row before"


async def test_card_notations_are_said_for_the_whole_file(town: Town) -> None:
    """CRED-02: decimal cards are converted when it is said, and asked about when they could be meant."""
    rows = [line(first_name=f"P{n}", account_type="1" if n else "0", card=f"16955290{n}") for n in range(5)]
    options = ImportOptions(fee_accepted=True)
    plan = await town.plan_rows("residents", rows, options=options)
    assert any("read as they stand" in note for note in plan.notes)
    decimal = await town.plan_rows("residents", rows, options=replace(options, cards=Notation.DECIMAL))
    await town.apply(decimal)
    assert (await codes(town, (await person(town, "P1")).id))["card"] == [f"{169552901:08X}"]
    pair = await town.plan_rows("residents", [line(first_name="Q", card="27,11325")])
    assert "facility and number" in faults(pair.rows[0])["RF Card"]


async def test_columns_in_any_order_under_any_of_their_names_below_a_title(town: Town) -> None:
    rows = [
        ["People of Tamarind Court"],
        ["last name *", "PIN code", "FIRST_NAME", "account-type", "Apartment", "building", "PIN"],
        ["Edward", "1234", "Paul", "master", "101", "Building B", "5678"],
    ]
    plan = await town.plan_rows("residents", rows[1:], rows[0], ".csv")
    assert verdicts(plan) == ["new"]
    assert plan.rows[0].number == 3
    assert any("come twice" in note for note in plan.notes)
    await town.apply(plan)
    assert (await codes(town, (await person(town, "Paul")).id))["pin"] == ["1234"]


async def test_missing_columns_are_said_for_the_whole_file(town: Town) -> None:
    with pytest.raises(UserError, match="no column Building and Apt") as caught:
        await town.plan_rows(
            "residents", [["Paul", "Edward", "0"]], ["First Name", "Last Name", "Account Type"]
        )
    assert "First Name" in caught.value.remedy


async def test_numbers_of_a_workbook(town: Town) -> None:

    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(list(HEADS))
    for first, pin, card in (("Paul", 1234, 77), ("Pia", 5678, 1234567890123456)):
        sheet.append(
            [
                {"apartment": 101, "account_type": 0, "first_name": first, "pin": pin, "card": card}.get(
                    c.field, text
                )
                for c, text in zip(LAYOUT.columns, line(), strict=True)
            ]
        )
    made.save(town.folder / "numbers.xlsx")
    plan = await town.plan("residents", town.folder / "numbers.xlsx")
    assert verdicts(plan) == ["new", "refused"]
    assert "rounded" in faults(plan.rows[1])["RF Card"]
    assert any("2 cells of PIN are held as numbers" in note for note in plan.notes)
