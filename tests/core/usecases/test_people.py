"""RES, CRED: people and their credentials through the use cases, with the permissions of ACC-12."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities import ALL
from core.entities.access import GROUP_MEMBER, Repeat
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT, AccountType, PersonKind, PersonState
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE, AccessReach
from core.rules.sign_in_info import Channel, Destination, needs_new_sign_in, sign_in_goes_to
from core.store.changes import Origin
from core.usecases import generic
from core.usecases.leaving import delete_people
from core.usecases.library import LibraryFilter, add_vehicle, codes
from core.usecases.people import add_credential, remove_resident, renew_sign_in
from core.usecases.places import add_apartment, add_site
from core.usecases.sites import change_site
from core.usecases.staff import PeopleFilter, change_person, search_people
from core.usecases.visitors import NewKey, Times, add_key
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock


async def set_site(desk: Desk, **changes: Any) -> None:
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), **changes), origin=Origin.PULL
    )


async def test_res_01_a_master_comes_before_its_members_and_they_share_the_apartment(desk: Desk) -> None:
    other = await add_apartment(desk.ctx, building_id=desk.building.id, number="102")
    with pytest.raises(UserError, match="needs a family master"):
        await desk.person("Kit", apartment_id=other.id, account_type=AccountType.MEMBER)
    kit = await desk.person("Kit", account_type=AccountType.MEMBER)
    assert kit.uid != desk.ada.uid
    assert len(kit.uid) == 9
    with pytest.raises(UserError, match="only master of 1 members"):
        await remove_resident(desk.ctx, desk.ada.id)


async def test_res_01_both_names_and_an_apartment_are_required_in_a_community(desk: Desk) -> None:
    with pytest.raises(UserError, match="Last name is missing"):
        await generic.put_row(
            desk.ctx, RESIDENT, {"apartment_id": desk.home.id, "first_name": "Ada", "last_name": " "}
        )
    row = replace(desk.ada, id="0" * 12 + "7" + "0" * 3 + "8" + "0" * 15, uid="", apartment_id=None)
    with pytest.raises(UserError, match="Apartment is missing"):
        await desk.ctx.mirror.write(lambda tx: tx.put(RESIDENT, row), origin=Origin.USER)


async def test_res_06_site_05_three_members_are_free_and_the_fourth_says_what_it_costs(desk: Desk) -> None:
    for name in ("Kit", "Lou", "Max"):
        await desk.person(name, account_type=AccountType.MEMBER)
    with pytest.raises(UserError, match="'additional app' fee"):
        await desk.person("Ned", account_type=AccountType.MEMBER)
    ned = await desk.person("Ned", account_type=AccountType.MEMBER, fee_accepted=True)
    assert ned.account_type is AccountType.MEMBER


async def test_res_02_sign_in_goes_to_the_member_else_to_the_master_else_later(desk: Desk) -> None:
    member = replace(desk.ada, account_type=AccountType.MEMBER)
    with_mail, with_phone = (
        replace(desk.ada, email="ada@example.org"),
        replace(desk.ada, mobile="600", calling_code="34"),
    )
    own = sign_in_goes_to(replace(member, email="kit@example.org"), with_mail)
    assert own == Destination(Channel.MAIL, "kit@example.org", AccountType.MEMBER)
    assert sign_in_goes_to(member, with_mail) == Destination(Channel.MAIL, "ada@example.org")
    assert sign_in_goes_to(member, with_phone) == Destination(Channel.MOBILE, "34600", both=True)
    assert sign_in_goes_to(member, desk.ada).channel is Channel.LATER
    assert sign_in_goes_to(member, None).channel is Channel.LATER


def test_res_05_only_another_address_brings_a_new_sign_in(desk: Desk) -> None:
    before = replace(desk.ada, email="ada@example.org")
    assert needs_new_sign_in(before, replace(before, email="byron@example.org"))
    assert not needs_new_sign_in(before, replace(before, email="ADA@example.org"))
    assert not needs_new_sign_in(before, replace(before, email=""))


async def test_res_05_another_address_renews_the_sign_in_by_every_verb(
    desk: Desk, hand_clock: HandClock
) -> None:
    await change_person(desk.ctx, person_id=desk.ada.id, remark="x")
    assert (await desk.read(RESIDENT))[0].sign_in_renewed_at is None
    await change_person(desk.ctx, person_id=desk.ada.id, email="ada@example.org")
    assert (await desk.read(RESIDENT))[0].sign_in_renewed_at == hand_clock.now()
    hand_clock.advance(60)
    await generic.put_row(desk.ctx, RESIDENT, {"email": "byron@example.org"}, row_id=desk.ada.id)
    assert (await desk.read(RESIDENT))[0].sign_in_renewed_at == hand_clock.now()


async def test_res_03_res_02_a_reset_password_goes_where_the_sign_in_goes(desk: Desk) -> None:
    kit = await desk.person("Kit", account_type=AccountType.MEMBER)
    with pytest.raises(UserError, match="Neither Kit Byron nor the master"):
        await renew_sign_in(desk.ctx, kit.id)
    await change_person(desk.ctx, person_id=desk.ada.id, mobile="600", calling_code="34")
    assert await renew_sign_in(desk.ctx, kit.id) == Destination(Channel.MOBILE, "34600", both=True)
    await change_person(desk.ctx, person_id=kit.id, email="kit@example.org")
    assert (await renew_sign_in(desk.ctx, kit.id)).address == "kit@example.org"
    assert (await desk.read(RESIDENT, id=kit.id))[0].sign_in_renewed_at == desk.ctx.clock.now()


async def test_res_05_site_08_linked_sites_lock_three_fields(desk: Desk) -> None:
    await change_person(desk.ctx, person_id=desk.ada.id, linked=True)
    for field, text in (("email", "a@b.org"), ("mobile", "1"), ("calling_code", "34")):
        with pytest.raises(UserError, match="linked sites"):
            await change_person(desk.ctx, person_id=desk.ada.id, **{field: text})
        with pytest.raises(UserError, match="linked sites"):
            await generic.put_row(desk.ctx, RESIDENT, {field: text}, row_id=desk.ada.id)
    assert (await change_person(desk.ctx, person_id=desk.ada.id, remark="x")).remark == "x"


async def test_res_03_acc_12_a_manager_deletes_accounts_only_where_the_installer_lets_it(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    await set_site(desk, pm_delete=False)
    as_manager()
    with pytest.raises(NotAllowedError, match="deleting accounts"):
        await remove_resident(desk.ctx, desk.ada.id)
    with pytest.raises(NotAllowedError, match="deleting accounts"):
        await generic.remove_row(desk.ctx, RESIDENT, desk.ada.id)
    await set_site(desk, pm_delete=True)
    await remove_resident(desk.ctx, desk.ada.id)
    assert await desk.read(RESIDENT) == []
    assert await desk.read(CREDENTIAL) == []
    assert await desk.read(GROUP_MEMBER) == []


async def test_grp_05_with_only_public_area_a_manager_sets_up_no_residents_access(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    await set_site(desk, pm_access=AccessReach.PUBLIC_AREA)
    as_manager()
    with pytest.raises(NotAllowedError, match="residents' access"):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.PIN, code="1234")
    with pytest.raises(NotAllowedError, match="residents' access"):
        await generic.put_row(desk.ctx, CREDENTIAL, {"person_id": desk.ada.id, "kind": "pin", "code": "1234"})
    with pytest.raises(NotAllowedError, match="residents' access"):
        await desk.person("Kit", pins=("1234",))
    assert (await desk.person("Kit")).first_name == "Kit"


@pytest.mark.parametrize("pin", ["1", "123456789", "12a4", "9123", ""])
async def test_cred_01_a_pin_has_two_to_eight_digits_and_never_starts_with_9(desk: Desk, pin: str) -> None:
    with pytest.raises(UserError):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.PIN, code=pin)


async def test_cred_01_a_pin_is_unique_at_its_site(desk: Desk) -> None:
    kit = await desk.person("Kit")
    with pytest.raises(UserError, match="already opens doors of this site for another person"):
        await add_credential(desk.ctx, person_id=kit.id, kind=CredentialKind.PIN, code="4711")


@pytest.mark.parametrize("same", ["0A1B2C3D", "a1b2c3d", "0A-1B-2C-3D", "000A1B2C3D"])
async def test_cred_02_a_card_is_unique_whatever_zeros_stand_in_front(desk: Desk, same: str) -> None:
    kit = await desk.person("Kit")
    with pytest.raises(UserError, match="card already opens"):
        await add_credential(desk.ctx, person_id=kit.id, kind=CredentialKind.CARD, code=same)


async def test_cred_02_a_uhf_code_is_unique_among_cards_since_its_reader_hands_on_a_card_number(
    desk: Desk,
) -> None:
    kit = await desk.person("Kit")
    with pytest.raises(UserError, match="UHF card already opens"):
        await add_credential(desk.ctx, person_id=kit.id, kind=CredentialKind.UHF, code="0A1B2C3D")


async def test_cred_02_park_01_five_plates_each_and_a_period_for_those_who_stay_shortly(
    desk: Desk, hand_clock: HandClock
) -> None:
    now = hand_clock.now()
    made = await add_vehicle(
        desk.ctx,
        person_id=desk.ada.id,
        plate="1234 bcd",
        uhf="e200 11",
        period=(now, now + timedelta(days=3)),
    )
    assert [(c.kind, c.code, c.long_term) for c in made] == [
        (CredentialKind.PLATE, "1234BCD", False),
        (CredentialKind.UHF, "E20011", False),
    ]
    for number in range(4):
        await add_vehicle(desk.ctx, person_id=desk.ada.id, plate=f"10{number}")
    with pytest.raises(UserError, match="up to 5 licence plates"):
        await add_vehicle(desk.ctx, person_id=desk.ada.id, plate="999")
    with pytest.raises(UserError, match="license plate"):
        await add_vehicle(desk.ctx, person_id=desk.ada.id, plate=" ")


async def test_cred_03_a_face_needs_its_photo_and_a_fingerprint_is_a_mark(desk: Desk) -> None:
    with pytest.raises(UserError, match="photo"):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.FACE)
    face = await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.FACE, blob="a" * 64)
    assert face.blob == "a" * 64
    mark = await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.FINGERPRINT)
    assert mark.code == ""
    with pytest.raises(UserError, match="has no code here"):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.NFC, code="12")


async def test_cred_03_id_access_only_where_the_project_allows_it(desk: Desk) -> None:
    give = {"person_id": desk.ada.id, "kind": CredentialKind.ID_ACCESS, "code": "12.345.678-K"}
    with pytest.raises(UserError, match="not switched on"):
        await add_credential(desk.ctx, **give)  # type: ignore[arg-type]
    await set_site(desk, id_access=True)
    assert (await add_credential(desk.ctx, **give)).code == "12345678-K"  # type: ignore[arg-type]


async def test_cred_04_each_credential_says_who_made_it_and_the_library_finds_it(desk: Desk) -> None:
    [line] = await codes(desk.ctx, desk.site.id, CredentialKind.PIN)
    assert (line.building, line.apartment, line.identity, line.name) == (
        "Building A",
        "101",
        "resident",
        "Ada Byron",
    )
    assert line.made_by == "Tor Ostby"
    assert line.made_at == desk.ctx.clock.now()
    assert line.code == "••••"
    assert await codes(desk.ctx, desk.site.id, CredentialKind.PIN, LibraryFilter(code="4711", name="ada"))
    assert await codes(desk.ctx, desk.site.id, CredentialKind.CARD, LibraryFilter(code="a1b2c3d"))
    for nothing in (
        LibraryFilter(code="471"),
        LibraryFilter(building="Building B"),
        LibraryFilter(identity="staff"),
    ):
        assert await codes(desk.ctx, desk.site.id, CredentialKind.PIN, nothing) == []


async def test_cred_04_codes_in_the_clear_are_audited(desk: Desk) -> None:
    [line] = await codes(desk.ctx, desk.site.id, CredentialKind.PIN, reveal=True)
    assert line.code == "4711"
    assert "reveal" in [e.op for e in await desk.read(AUDIT_ENTRY)]


async def test_cred_04_no_list_of_anything_tells_a_code(desk: Desk) -> None:
    """Every entity, as the command line shows it; undo entries hold codes and must not show them."""
    await delete_people(desk.ctx, [desk.ada.id])
    await desk.person("Kit", pins=("24680135",), cards=("DEADBEEF",))
    key = await add_key(
        desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], Times(Repeat.DAILY))
    )
    shown = ""
    for spec in ALL:
        rows = await generic.list_rows(desk.ctx, spec, generic.Filter({}))
        shown += json.dumps([generic.plain(spec, row) for row in rows])
    for code in ("24680135", "DEADBEEF", key.credential.code, "0A1B2C3D"):
        assert code not in shown


async def test_cred_05_twenty_characters_only_where_dormakaba_is_on(desk: Desk) -> None:
    long = "0123456789ABCDEF0123"
    with pytest.raises(UserError, match="Dormakaba"):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.CARD, code=long)
    await change_site(desk.ctx, site_id=desk.site.id, dormakaba=True)
    made = await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.CARD, code=long)
    assert made.code == long


async def test_res_03_residents_by_building_apartment_type_status_and_name_sorted_both_ways(
    desk: Desk,
) -> None:
    other = await add_apartment(desk.ctx, building_id=desk.building.id, number="9")
    zoe = await desk.person("Zoe", apartment_id=other.id, state=PersonState.INACTIVE, app_registered=True)
    kit = await desk.person("Kit", account_type=AccountType.MEMBER)
    for wanted, found in (
        (PeopleFilter(), {"Ada", "Zoe", "Kit"}),
        (PeopleFilter(building_id=desk.building.id), {"Ada", "Zoe", "Kit"}),
        (PeopleFilter(building_id="0" * 32), set()),
        (PeopleFilter(apartment_id=other.id), {"Zoe"}),
        (PeopleFilter(account_type=AccountType.MEMBER), {"Kit"}),
        (PeopleFilter(state=PersonState.INACTIVE), {"Zoe"}),
        (PeopleFilter(registered=True), {"Zoe"}),
        (PeopleFilter("kit"), {"Kit"}),
        (PeopleFilter("4711"), {"Ada"}),
        (PeopleFilter("00-0A-1B-2C-3D"), {"Ada"}),
        (PeopleFilter("471"), set()),
    ):
        people = await search_people(desk.ctx, desk.site.id, PersonKind.RESIDENT, wanted=wanted)
        assert {p.first_name for p in people} == found, wanted
    by_home = await search_people(desk.ctx, desk.site.id, PersonKind.RESIDENT, sort="apartment")
    assert [p.id for p in by_home] == [zoe.id, desk.ada.id, kit.id]
    with pytest.raises(UserError, match="sorted by"):
        await search_people(desk.ctx, desk.site.id, PersonKind.RESIDENT, sort="colour")


async def test_res_03_people_are_found_by_name_and_apartment(desk: Desk) -> None:
    await desk.person("Kit")
    wanted = generic.Filter({"apartment_id": desk.home.id}, "Ada", "last_name")
    assert [p.first_name for p in await generic.list_rows(desk.ctx, RESIDENT, wanted)] == ["Ada"]
    registered = generic.Filter({"app_registered": "no", "kind": "resident", "state": "normal"})
    assert len(await generic.list_rows(desk.ctx, RESIDENT, registered)) == 2


async def test_office_rows_do_not_pass_where_they_do_not_belong(desk: Desk) -> None:
    """SITE-22: office users belong to an office."""
    office = await add_site(desk.ctx, name="Larch", kind=desk.site.kind, time_zone="UTC")
    assert office.kind is desk.site.kind
    with pytest.raises(UserError, match="belong to an office"):
        await change_person(desk.ctx, person_id=desk.ada.id, kind=_office_user())


def _office_user() -> Any:
    return RESIDENT.by_name["kind"].kind.parse("office_user")
