"""The residents' file, batch edits, rejects and exports: TPL-01, TPL-08, TPL-09."""

from __future__ import annotations

import pytest

from core.base.ids import new_id
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.sheets.apply import write_rejects
from core.sheets.export import export_kind
from core.sheets.read import read_table
from core.sheets.rows import RowVerdict
from core.store.changes import Origin
from core.store.tx import Tx
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.core.sheets.people import HEADS, codes, groups, line, person
from tests.fixtures_core import Planter


async def test_a_blank_cell_leaves_the_old_value_and_a_filled_one_changes_it(town: Town) -> None:
    rows = [
        line(
            building="",
            apartment="",
            account_type="",
            first_name="",
            last_name="",
            remark="New",
            uid=town.ada.id,
        )
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["changed"]
    assert [(c.column, c.was, c.now) for c in plan.rows[0].changes] == [("Remark", "", "New")]
    await town.apply(plan)
    ada = await person(town, "Ada")
    assert (ada.last_name, ada.remark) == ("Byron", "New")
    assert await codes(town, ada.id) == {"pin": ["4711"], "card": ["0A1B2C3D"]}


async def test_a_file_with_a_uid_and_one_column_is_enough_for_a_batch_edit(town: Town) -> None:
    plan = await town.plan_rows("residents", [[town.ada.id, "ada@example.com"]], ["UID", "E-mail"])
    assert verdicts(plan) == ["changed"]
    await town.apply(plan)
    assert (await person(town, "Ada")).email == "ada@example.com"


async def test_acc_20_a_file_changes_no_address_of_an_account_with_linked_sites(town: Town) -> None:
    """ACC-20 in batch files: mobile number, e-mail and calling code are locked; the other columns are not."""
    await town.mirror.write(lambda tx: tx.patch(RESIDENT, town.ada, linked=True), origin=Origin.USER)
    heads = ["UID", "E-mail", "Mobile number", "Calling code", "Remark"]
    plan = await town.plan_rows("residents", [[town.ada.id, "a@b.org", "1", "34", "New"]], heads)
    assert verdicts(plan) == ["refused"]
    assert len(faults(plan.rows[0])) == 3
    assert all("linked sites" in why for why in faults(plan.rows[0]).values())
    plan = await town.plan_rows("residents", [[town.ada.id, "", "", "", "New"]], heads)
    assert verdicts(plan) == ["changed"]


async def test_without_a_uid_a_person_is_found_by_apartment_and_name(town: Town) -> None:
    row = line(building="building a", first_name="Ada", last_name="Byron", pin="5822", card="0A1B2C3D;FF")
    plan = await town.plan_rows("residents", [row])
    assert verdicts(plan) == ["changed"]
    assert [(c.column, c.was, c.now) for c in plan.rows[0].changes] == [
        ("RF Card", "••••", "1 added"),
        ("PIN", "••••", "1 changed"),
    ]
    await town.apply(plan)
    assert await codes(town, town.ada.id) == {"pin": ["5822"], "card": ["0A1B2C3D", "FF"]}
    assert verdicts(await town.plan_rows("residents", [row])) == ["unchanged"]


async def test_codes_that_go_make_room_for_those_that_come(town: Town) -> None:
    row = line(uid=town.ada.id, building="", apartment="", first_name="", last_name="", card="AA")
    await town.apply(await town.plan_rows("residents", [row]))
    pia = line(building="Building A", first_name="Pia", account_type="1", card="0A1B2C3D")
    plan = await town.plan_rows(
        "residents",
        [
            line(
                uid=town.ada.id,
                card="BB",
                pin="22",
                building="Building A",
                first_name="Ada",
                last_name="Byron",
            ),
            pia,
            line(card="AA", pin="4711"),
        ],
    )
    assert verdicts(plan) == ["changed", "new", "new"]
    result = await town.apply(plan)
    assert (result.late, result.new) == ({}, 2)
    assert await codes(town, town.ada.id) == {"pin": ["22"], "card": ["BB"]}


async def test_groups_of_an_existing_person_become_those_of_the_file(town: Town) -> None:
    for text, wanted in (("1001;2001", {1001, 2001}), ("2001", {2001}), ("", {2001})):
        plan = await town.plan_rows("residents", [[town.ada.id, text]], ["UID", "Access Group ID"])
        await town.apply(plan)
        assert await groups(town, town.ada.id) == wanted


async def test_a_file_does_not_move_people_and_uids_must_be_ours(town: Town) -> None:
    rows = [
        line(uid=town.ada.id, first_name="Ada", last_name="Byron"),
        line(uid=new_id()),
        line(uid="84512277", first_name="From elsewhere"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["refused", "refused", "new"]
    assert "does not move people" in faults(plan.rows[0])["Apt"]
    assert "of no resident" in faults(plan.rows[1])["UID"]


async def test_two_people_of_one_name_need_a_uid(town: Town, planted: Planter) -> None:
    for _ in range(2):
        await planted(
            RESIDENT,
            site_id=town.site.id,
            apartment_id=town.apartments["B101"].id,
            first_name="Paul",
            last_name="Edward",
        )
    plan = await town.plan_rows("residents", [line(remark="which")])
    assert "say by UID" in faults(plan.rows[0])["Last Name"]


async def test_what_changed_after_the_plan_is_refused_row_by_row(town: Town, planted: Planter) -> None:
    rows = [
        line(first_name="Paul", pin="1111"),
        line(first_name="Pia", account_type="1", pin="2222", card="AB"),
        line(uid=town.ada.id, building="", apartment="", first_name="", last_name="", remark="x", pin="3333"),
        line(building="Building A", apartment="102", first_name="Ok", pin="4444"),
    ]
    plan = await town.plan_rows("residents", rows)
    assert plan.counts[RowVerdict.REFUSED] == 0
    home = town.apartments["B101"].id
    await planted(RESIDENT, site_id=town.site.id, apartment_id=home, first_name="Paul", last_name="Edward")
    other = await planted(
        RESIDENT, site_id=town.site.id, apartment_id=home, first_name="Quick", last_name="One"
    )
    for pin in ("2222", "3333"):
        await planted(
            CREDENTIAL, scope_id=town.site.id, person_id=other.id, kind=CredentialKind.PIN, code=pin
        )
    result = await town.apply(plan)
    assert {n: f.column for n, f in result.late.items()} == {2: "Last Name", 3: "PIN", 4: "PIN"}
    assert (result.new, result.changed, result.refused) == (1, 0, 3)
    assert (await person(town, "Ada")).remark == ""
    assert await codes(town, town.ada.id) == {"pin": ["4711"], "card": ["0A1B2C3D"]}
    assert await town.mirror.read(lambda r: r.find(RESIDENT, first_name="Pia")) == []
    assert await town.mirror.read(lambda r: r.find(CREDENTIAL, code="AB")) == []
    assert write_rejects(town.folder / "late.xlsx", plan, result.late) == 3


async def test_applying_a_plan_twice_doubles_nobody(town: Town) -> None:
    plan = await town.plan_rows("residents", [line(pin="1234")])
    await town.apply(plan)
    await town.apply(plan)
    assert len(await town.mirror.read(lambda r: r.find(RESIDENT, first_name="Paul"))) == 1


async def test_refused_rows_mended_and_taken_again_give_the_whole(town: Town) -> None:
    rows = [
        line(pin="1234"),
        line(first_name="Pia", account_type="1", pin="9234"),
        line(first_name="Tom", apartment="1"),
    ]
    plan = await town.plan_rows("residents", rows)
    await town.apply(plan)
    write_rejects(town.folder / "rejects.xlsx", plan)
    table = read_table(town.folder / "rejects.xlsx")
    pin, apartment = HEADS.index("PIN"), HEADS.index("Apt")
    assert [row[pin] if len(row) > pin else "" for row in table.rows[1:]] == ["9234", ""]
    table.rows[1][pin], table.rows[2][apartment] = "8234", "101"
    again = await town.plan_rows("residents", table.rows[1:], table.rows[0])
    assert verdicts(again) == ["new", "new"]
    assert (await town.apply(again)).refused == 0


@pytest.mark.parametrize("show", [True, False])
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
async def test_an_export_reads_back_as_unchanged(town: Town, show: bool, suffix: str) -> None:
    rows = [
        line(
            floors="1;-2",
            pin="0123",
            card="00AB;CD",
            remark="=SUM(A1)",
            mobile="+34600",
            apartment_name="Loft",
        )
    ]
    await town.apply(await town.plan_rows("residents", rows))
    path = town.folder / f"out{suffix}"
    count = await town.mirror.read(
        lambda r: export_kind(r, "residents", town.site.id, path, show_secrets=show), limit_ms=9000
    )
    table = read_table(path)
    assert count == 2
    assert tuple(table.rows[0]) == HEADS
    assert any("0123" in row for row in table.rows) is show
    assert verdicts(await town.plan("residents", path)) == ["unchanged", "unchanged"]


async def test_somebody_who_was_removed_after_the_plan_does_not_come_back(town: Town) -> None:
    plan = await town.plan_rows("residents", [[town.ada.id, "x"]], ["UID", "Remark"])

    def leave(tx: Tx) -> None:
        for row in tx.find(CREDENTIAL, person_id=town.ada.id):
            tx.remove(CREDENTIAL, row.id)
        tx.remove(RESIDENT, town.ada.id)

    await town.mirror.write(leave, origin=Origin.USER)
    result = await town.apply(plan)
    assert list(result.late) == [2]
    assert await town.mirror.read(lambda r: r.get(RESIDENT, town.ada.id)) is None
