"""SITE: sites of three kinds, their settings, apartments, batch edit, reset and delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE
from core.entities.person import RESIDENT, AccountType, PersonKind, PersonState
from core.entities.site import (
    APARTMENT,
    APARTMENT_CALL_TYPES,
    BUILDING,
    LANGUAGES,
    SITE,
    CallMode,
    CallType,
    ContactMode,
    Payer,
    Plan,
    Site,
    SiteKind,
    VideoPlan,
)
from core.rules.plans import Feature, plan_forbids
from core.store.changes import Origin
from core.usecases import generic
from core.usecases.apartments import (
    apartment_lines,
    change_apartment,
    edit_apartments,
    renew_qr_codes,
    reset_apartments,
)
from core.usecases.desired import device_target
from core.usecases.due import Due, run_due
from core.usecases.places import add_apartment, add_building, add_site
from core.usecases.sites import add_house, add_public_area, change_site, counts_of, list_sites, remove_site
from core.usecases.staff import NewPerson, add_person
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock


async def house(desk: Desk, **settings: Any) -> Site:
    return await add_house(
        desk.ctx,
        name="Ryan's",
        owner=("Ryan", "Hale"),
        time_zone="Europe/Lisbon",
        email="ryan@example.org",
        **settings,
    )


async def test_site_01_a_house_has_its_owner_and_its_settings(desk: Desk) -> None:
    site = await house(desk, room_name="Ryan's Home", call_mode=CallMode.IP, phone_1="555")
    [owner] = await desk.read(RESIDENT, scope_id=site.id)
    assert (owner.account_type, owner.email, owner.call_mode) == (
        AccountType.MASTER,
        "ryan@example.org",
        CallMode.IP,
    )
    assert (site.room_name, site.time_zone, site.language) == ("Ryan's Home", "Europe/Lisbon", "English")
    with pytest.raises(UserError, match="premium"):
        await house(desk, landline_service=True)


async def test_site_02_twenty_languages_of_mails(desk: Desk) -> None:
    assert len(LANGUAGES) == len(set(LANGUAGES)) == 20
    for language in LANGUAGES:
        assert (await change_site(desk.ctx, site_id=desk.site.id, language=language)).language == language
    with pytest.raises(UserError, match="none of the twenty"):
        await change_site(desk.ctx, site_id=desk.site.id, language="Latin")


async def test_site_03_video_is_kept_30_60_or_90_days_and_30_in_the_trial(desk: Desk) -> None:
    for days in (30, 60, 90):
        changed = await change_site(
            desk.ctx, site_id=desk.site.id, video_plan=VideoPlan.SUBSCRIBED, video_days=days
        )
        assert changed.video_days == days
    for plan, days in ((VideoPlan.SUBSCRIBED, 45), (VideoPlan.TRIAL, 60)):
        with pytest.raises(UserError, match=r"(?i)days"):
            await change_site(desk.ctx, site_id=desk.site.id, video_plan=plan, video_days=days)


async def test_site_04_a_smart_home_link_stays_on(desk: Desk) -> None:
    await change_site(desk.ctx, site_id=desk.site.id, smart_home=True)
    with pytest.raises(UserError, match="cannot be turned off"):
        await change_site(desk.ctx, site_id=desk.site.id, smart_home=False)
    with pytest.raises(UserError, match="cannot be turned off"):
        await generic.put_row(desk.ctx, SITE, {"smart_home": "no"}, row_id=desk.site.id)


async def test_site_05_family_comes_after_the_master_is_active(desk: Desk) -> None:
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(RESIDENT, desk.ada, state=PersonState.INACTIVE), origin=Origin.USER
    )
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), kind=SiteKind.HOUSE), origin=Origin.PULL
    )
    with pytest.raises(UserError, match="after the master is active"):
        await desk.person("Kit", account_type=AccountType.MEMBER)


async def test_site_06_site_25_site_30_one_list_of_all_kinds(desk: Desk) -> None:
    home = await house(desk, mobile="600700", sip_number="4411")
    office = await add_site(desk.ctx, name="Larch", kind=SiteKind.OFFICE, time_zone="UTC")
    assert [s.name for s in await list_sites(desk.ctx)] == ["Larch", "Ryan's", "Tamarind Court"]
    assert [s.id for s in await list_sites(desk.ctx, kinds=[SiteKind.OFFICE])] == [office.id]
    for text in ("ryan", "600700", "4411", "example.org"):
        assert [s.id for s in await list_sites(desk.ctx, search=text)] == [home.id]
    assert (await list_sites(desk.ctx, descending=True))[0].name == "Tamarind Court"


async def test_site_08_site_25_a_site_is_deleted_with_everything_but_not_under_its_devices(
    desk: Desk,
) -> None:
    with pytest.raises(UserError, match="still bound"):
        await remove_site(desk.ctx, desk.site.id)
    other = await add_site(desk.ctx, name="Gone", kind=SiteKind.COMMUNITY, time_zone="UTC")
    await add_building(desk.ctx, site_id=other.id, name="B")
    dry = await remove_site(desk.ctx, other.id, check=True)
    assert counts_of(dry) == {"Building": 1, "Access group": 1, "Site": 1}
    assert len(await desk.read(SITE, id=other.id)) == 1, "a dry run touches nothing"
    done = await remove_site(desk.ctx, other.id)
    assert counts_of(done) == counts_of(dry)
    assert await desk.read(ACCESS_GROUP, scope_id=other.id) == []
    assert await desk.read(SITE, id=other.id) == []
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert [b.name for b in await desk.read(BUILDING, scope_id=other.id)] == ["B"]


@pytest.mark.parametrize(("number", "fits"), [("2#123A", True), ("#12", False), ("1-2", False), ("", False)])
async def test_site_10_apartment_numbers_that_a_door_phone_can_read(
    desk: Desk, number: str, fits: bool
) -> None:
    if fits:
        assert (await add_apartment(desk.ctx, building_id=desk.building.id, number=number)).number == number
        return
    with pytest.raises(UserError):
        await add_apartment(desk.ctx, building_id=desk.building.id, number=number)


async def test_site_10_buildings_and_areas_have_one_name_each(desk: Desk) -> None:
    area = await add_public_area(desk.ctx, site_id=desk.site.id, name="Lobby", building_id=desk.building.id)
    assert area.building_id == desk.building.id
    with pytest.raises(UserError, match="already a public area"):
        await add_public_area(desk.ctx, site_id=desk.site.id, name="Lobby", building_id=desk.building.id)
    await add_public_area(desk.ctx, site_id=desk.site.id, name="Lobby")
    with pytest.raises(UserError, match="already a building"):
        await add_building(desk.ctx, site_id=desk.site.id, name="Building A")
    with pytest.raises(UserError, match="128"):
        await add_building(desk.ctx, site_id=desk.site.id, name="x" * 129)


async def test_site_11_set_01_settings_of_a_community_and_who_sets_them(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    """ACC-12 too: the manager's permissions are the installer's to give."""
    await change_site(
        desk.ctx, site_id=desk.site.id, charge_mode=Payer.MANAGER, pm_logs=False, plan=Plan.PREMIUM
    )
    as_manager()
    changed = await change_site(
        desk.ctx, site_id=desk.site.id, key_days=30, city="Madrid", disconnect_mail=True
    )
    assert (changed.key_days, changed.city) == (30, "Madrid")
    for field, value in (("pm_logs", True), ("plan", Plan.BASIC), ("charge_mode", Payer.INSTALLER)):
        with pytest.raises(NotAllowedError):
            await change_site(desk.ctx, site_id=desk.site.id, **{field: value})
    with pytest.raises(NotAllowedError, match="video storage"):
        await change_site(desk.ctx, site_id=desk.site.id, video_days=60)
    with pytest.raises(UserError, match="from 0 to 30"):
        await change_site(desk.ctx, site_id=desk.site.id, key_days=31)


async def test_site_12_switches_need_a_premium_plan_and_a_lease_shuts_the_door(
    desk: Desk, hand_clock: HandClock
) -> None:
    with pytest.raises(UserError, match="needs a premium plan"):
        await change_apartment(desk.ctx, apartment_id=desk.home.id, may_pin=False)
    until = hand_clock.now() + timedelta(days=365)
    await change_site(desk.ctx, site_id=desk.site.id, plan=Plan.PREMIUM, plan_until=until)
    changed = await change_apartment(
        desk.ctx, apartment_id=desk.home.id, may_pin=False, contact=ContactMode.SEQUENCE
    )
    assert (changed.may_pin, changed.may_qr) == (False, True)
    with pytest.raises(UserError, match="on expiry of a lease"):
        await change_apartment(desk.ctx, apartment_id=desk.home.id, delete_members=True)
    ends = hand_clock.now() + timedelta(days=1)
    await change_apartment(desk.ctx, apartment_id=desk.home.id, valid_until=ends, delete_members=True)
    await desk.person("Kit", account_type=AccountType.MEMBER)
    assert (await device_target(desk.ctx, desk.device.id)).desired.people != ()
    hand_clock.advance(timedelta(days=1).total_seconds())
    assert (await device_target(desk.ctx, desk.device.id)).desired.people == ()
    dry = await run_due(desk.ctx, check=True)
    assert [receipt.title for receipt in dry.leases] == ["Kit Byron"]
    assert len(await desk.read(RESIDENT)) == 2, "a dry run touches nothing"
    [receipt] = (await run_due(desk.ctx)).leases
    assert (receipt.title, receipt.made_by, receipt.done_at) == ("Kit Byron", "the clock", hand_clock.now())
    assert [p.first_name for p in await desk.read(RESIDENT)] == ["Ada"]
    assert await run_due(desk.ctx) == Due()


async def test_site_12_a_limit_on_members(desk: Desk) -> None:
    await change_apartment(desk.ctx, apartment_id=desk.home.id, member_limit=1)
    await desk.person("Kit", account_type=AccountType.MEMBER)
    with pytest.raises(UserError, match="may have 1 members"):
        await desk.person("Lou", account_type=AccountType.MEMBER)


async def test_site_13_batch_edit_says_first_what_it_would_do_and_is_taken_back(desk: Desk) -> None:
    flats = [await add_apartment(desk.ctx, building_id=desk.building.id, number=str(n)) for n in range(3)]
    change = {"may_face": False}
    basic = await edit_apartments(desk.ctx, site_id=desk.site.id, changes=change, check=True)
    assert (len(basic.cannot), len(basic.changed)) == (4, 0)
    assert "premium" in basic.sentence
    await change_site(desk.ctx, site_id=desk.site.id, plan=Plan.PREMIUM)
    await change_apartment(desk.ctx, apartment_id=flats[0].id, may_face=False)
    dry = await edit_apartments(desk.ctx, site_id=desk.site.id, changes=change, check=True)
    assert (len(dry.changed), len(dry.cannot), len(dry.already)) == (3, 0, 1)
    assert sum(a.may_face for a in await desk.read(APARTMENT)) == 3, "a dry run touches nothing"
    done = await edit_apartments(desk.ctx, site_id=desk.site.id, changes=change, ids=[a.id for a in flats])
    assert len(done.changed) == 2
    await change_apartment(desk.ctx, apartment_id=flats[1].id, may_face=True)
    await change_apartment(desk.ctx, apartment_id=flats[2].id, name="Attic")
    back = await undo(desk.ctx, done.undo_id)
    assert back.cannot == ()
    assert [a.may_face for a in await desk.read(APARTMENT)] == [True, False, True, True]
    assert (await desk.read(APARTMENT, id=flats[2].id))[0].name == "Attic"
    with pytest.raises(UserError, match="taken back already"):
        await undo(desk.ctx, done.undo_id)


async def test_site_13_site_15_batch_reset_and_renewed_qr_codes(desk: Desk) -> None:
    await desk.person("Kit", account_type=AccountType.MEMBER)
    empty = await add_apartment(desk.ctx, building_id=desk.building.id, number="9")
    dry = await reset_apartments(desk.ctx, site_id=desk.site.id, check=True)
    assert ([line.row_id for line in dry.changed], [line.row_id for line in dry.already]) == (
        [desk.home.id],
        [empty.id],
    )
    await reset_apartments(desk.ctx, site_id=desk.site.id)
    assert [p.first_name for p in await desk.read(RESIDENT)] == ["Ada"]
    assert await desk.read(CREDENTIAL) == []
    assert len((await renew_qr_codes(desk.ctx, site_id=desk.site.id)).changed) == 2
    assert {a.qr_renewed_at for a in await desk.read(APARTMENT)} == {desk.ctx.clock.now()}


async def test_site_14_site_15_the_list_of_apartments(desk: Desk) -> None:
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(RESIDENT, desk.ada, app_registered=True), origin=Origin.USER
    )
    [line] = await apartment_lines(desk.ctx, desk.site.id, building="Building A", search="101")
    assert list(line.values()) == ["Building A", "101 (Floor 7)", "", 1, 0, "App,PIN,RF Card"]
    assert await apartment_lines(desk.ctx, desk.site.id, search="nothing") == []


async def test_site_16_places_are_the_installers_to_make(desk: Desk, as_manager: Callable[[], None]) -> None:
    as_manager()
    with pytest.raises(NotAllowedError):
        await add_apartment(desk.ctx, building_id=desk.building.id, number="7")
    with pytest.raises(NotAllowedError):
        await generic.put_row(desk.ctx, APARTMENT, {"building_id": desk.building.id, "number": "7"})
    with pytest.raises(NotAllowedError):
        await generic.put_row(desk.ctx, BUILDING, {"site_id": desk.site.id, "name": "C"})
    with pytest.raises(NotAllowedError):
        await change_apartment(desk.ctx, apartment_id=desk.home.id, number="8")
    assert (await change_apartment(desk.ctx, apartment_id=desk.home.id, name="Attic")).name == "Attic"


async def test_site_20_an_office_keeps_its_plan_and_is_paid_by_the_installer(desk: Desk) -> None:
    office = await add_site(desk.ctx, name="Larch", kind=SiteKind.OFFICE, time_zone="UTC")
    with pytest.raises(UserError, match="cannot be changed afterwards"):
        await change_site(desk.ctx, site_id=office.id, plan=Plan.PREMIUM)
    with pytest.raises(UserError, match="paid by its installer"):
        await change_site(desk.ctx, site_id=office.id, charge_mode=Payer.MANAGER)
    with pytest.raises(UserError, match="needs a premium plan"):
        await change_site(desk.ctx, site_id=office.id, office_pin_qr=False)
    until = desk.ctx.clock.now() + timedelta(days=1)
    best = await add_site(
        desk.ctx, name="Oak", kind=SiteKind.OFFICE, time_zone="UTC", plan=Plan.PREMIUM, plan_until=until
    )
    assert not (await change_site(desk.ctx, site_id=best.id, office_pin_qr=False)).office_pin_qr
    assert "has expired" in plan_forbids(best, Feature.OFFICE_PIN_QR, until)


async def test_site_24_devices_of_a_department_and_of_a_user(desk: Desk) -> None:
    """SITE-24: department, network group, contact display, owner."""
    assert (desk.device.network_group, desk.device.contact_display.value) == (1, "people")
    staff = await add_person(desk.ctx, NewPerson(desk.site.id, PersonKind.STAFF, "Sam", "Guard"))
    changed = await generic.put_row(
        desk.ctx, DEVICE, {"owner_id": staff.id, "network_group": "2"}, row_id=desk.device.id
    )
    assert (changed.owner_id, changed.network_group) == (staff.id, 2)


async def test_site_31_six_call_types_for_apartments_and_seven_in_all(desk: Desk) -> None:
    assert len(CallType) == 7
    assert CallType.MONITORS_ONLY not in APARTMENT_CALL_TYPES
    for kind in APARTMENT_CALL_TYPES:
        assert (await change_apartment(desk.ctx, apartment_id=desk.home.id, call_type=kind)).call_type is kind
    with pytest.raises(UserError, match="also ring an app or a phone"):
        await change_apartment(desk.ctx, apartment_id=desk.home.id, call_type=CallType.MONITORS_ONLY)
