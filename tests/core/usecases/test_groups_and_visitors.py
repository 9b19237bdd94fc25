"""GRP, VIS, PARK: groups, private schedules, hold-open times, visitors' keys, staff, delivery, parking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER, RELAY_SCHEDULE, Repeat
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.event import DOOR_EVENT, EventSource
from core.entities.person import FLOOR_GRANT, RESIDENT, Identity, PersonKind
from core.entities.place import DEPARTMENT
from core.entities.site import SITE, PinMode, SiteKind
from core.rules.compile import compile_device
from core.rules.desired import ALWAYS
from core.store.changes import Origin
from core.usecases.desired import device_target, site_rows
from core.usecases.doors import emergency_doors, hold_open, set_emergency_doors, share_door
from core.usecases.groups import (
    NewGroup,
    add_group,
    add_members,
    list_groups,
    remove_group,
    remove_members,
    set_private_schedule,
)
from core.usecases.library import add_lot, list_lots, note_vehicle, remove_lot, set_lot
from core.usecases.people import NewResident, add_credential, add_resident
from core.usecases.places import add_apartment, add_building, add_site
from core.usecases.staff import (
    NewPerson,
    add_department,
    add_person,
    change_person,
    search_people,
    set_floors,
)
from core.usecases.undo import undo
from core.usecases.visitors import (
    NewKey,
    Times,
    add_id_access,
    add_key,
    extend_key,
    key_details,
    key_log,
    list_keys,
    qr_payload,
    remove_visitor,
)
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock

WEEK = Times(Repeat.NEVER, from_day=date(2026, 3, 1), to_day=date(2026, 3, 7))


async def test_grp_04_a_building_brings_its_default_group_which_stays(desk: Desk) -> None:
    [group] = await desk.read(ACCESS_GROUP)
    assert (group.name, group.repeat) == ("Resident-Building Building A", Repeat.DAILY)
    assert (group.from_time, group.to_time) == (time(0, 0, 0), time(23, 59, 59))
    assert group.code > 0
    assert {d.relay_id for d in await desk.read(GROUP_DOOR)} == {r.id for r in desk.relays}
    with pytest.raises(UserError, match="default group"):
        await remove_group(desk.ctx, group.id)


async def test_grp_01_a_group_with_doors_and_people_and_its_members_in_bulk(desk: Desk) -> None:
    kit = await desk.person("Kit")
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Cleaners", [desk.relays[0].id], [desk.ada.id]))
    dry = await add_members(desk.ctx, group_id=group.id, person_ids=[desk.ada.id, kit.id], check=True)
    assert (len(dry.changed), len(dry.already), dry.undo_id) == (1, 1, "")
    assert len(await desk.read(GROUP_MEMBER, group_id=group.id)) == 1
    done = await add_members(desk.ctx, group_id=group.id, person_ids=[desk.ada.id, kit.id])
    assert len(await desk.read(GROUP_MEMBER, group_id=group.id)) == 2
    await undo(desk.ctx, done.undo_id)
    assert {m.person_id for m in await desk.read(GROUP_MEMBER, group_id=group.id)} == {desk.ada.id}
    out = await remove_members(desk.ctx, group_id=group.id, person_ids=[desk.ada.id])
    assert await desk.read(GROUP_MEMBER, group_id=group.id) == []
    await undo(desk.ctx, out.undo_id)
    assert len(await desk.read(GROUP_MEMBER, group_id=group.id)) == 1
    [shown] = await list_groups(desk.ctx, desk.site.id, keyword="clean")
    assert (shown.doors, shown.people) == (1, 1)
    await remove_group(desk.ctx, group.id)
    assert await desk.read(GROUP_DOOR, group_id=group.id) == []


async def test_res_04_a_private_schedule_needs_own_devices_and_opens_only_those(desk: Desk) -> None:
    with pytest.raises(UserError, match="no devices of their own"):
        await set_private_schedule(desk.ctx, person_id=desk.ada.id, relay_ids=[])
    monitor, relays = await desk.add_device("Monitor", apartment_id=desk.home.id)
    with pytest.raises(UserError, match="not of the person's own devices"):
        await set_private_schedule(desk.ctx, person_id=desk.ada.id, relay_ids=[desk.relays[0].id])
    asked: dict[str, Any] = {"person_id": desk.ada.id, "relay_ids": [r.id for r in relays]}
    assert len((await set_private_schedule(desk.ctx, **asked, check=True)).changed) == 1
    assert await desk.read(ACCESS_GROUP, owner_id=desk.ada.id) == []
    await set_private_schedule(desk.ctx, **asked)
    [group] = await desk.read(ACCESS_GROUP, owner_id=desk.ada.id)
    assert (group.owner_id, group.repeat, group.from_time) == (desk.ada.id, Repeat.DAILY, time(0, 0))
    [person] = (await device_target(desk.ctx, monitor.id)).desired.people
    assert person.subject == desk.ada.id
    assert [g.group.id for g in await list_groups(desk.ctx, desk.site.id)] != [group.id]
    kit = await desk.person("Kit")
    report = await add_members(desk.ctx, group_id=group.id, person_ids=[kit.id], check=True)
    assert report.cannot[0].why.endswith("private schedule.")


async def test_grp_03_a_relay_schedule_holds_the_relay_open_by_the_devices_own_numbers(desk: Desk) -> None:
    day = {"from_time": time(8, 0), "to_time": time(18, 0)}
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Office hours", times=day))
    await hold_open(desk.ctx, relay_id=desk.relays[0].id, group_ids=[group.id])
    desired = (await device_target(desk.ctx, desk.device.id)).desired
    settings = {s.name: s for s in desired.settings}
    [schedule] = desired.schedules
    assert settings["relay_a_schedule"].schedules == (schedule.key,)
    assert settings["relay_a_schedule_enabled"].value == "1"
    assert "relay_b_schedule" not in settings
    await hold_open(desk.ctx, relay_id=desk.relays[0].id, group_ids=[])
    assert await desk.read(RELAY_SCHEDULE) == []


async def test_alm_02_emergency_doors_are_all_or_the_chosen_ones(desk: Desk) -> None:
    assert len(await desk.ctx.mirror.read(lambda r: emergency_doors(r, desk.site.id))) == 2
    chosen: dict[str, Any] = {"site_id": desk.site.id, "relay_ids": [desk.relays[1].id]}
    dry = await set_emergency_doors(desk.ctx, **chosen, check=True)
    assert len(await desk.ctx.mirror.read(lambda r: emergency_doors(r, desk.site.id))) == 2
    done = await set_emergency_doors(desk.ctx, **chosen)
    assert [line.title for line in dry.changed] == [line.title for line in done.changed]
    assert await desk.ctx.mirror.read(lambda r: emergency_doors(r, desk.site.id)) == [desk.relays[1]]
    await undo(desk.ctx, done.undo_id)
    assert len(await desk.ctx.mirror.read(lambda r: emergency_doors(r, desk.site.id))) == 2


async def test_vis_01_a_key_is_eight_digits_from_9_and_opens_only_its_doors(desk: Desk) -> None:
    key = await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[1].id], WEEK, uses=3))
    assert len(key.credential.code) == 8
    assert key.credential.code.startswith("9")
    [person] = [
        p for p in (await device_target(desk.ctx, desk.device.id)).desired.people if p.name == "Lee Fixit"
    ]
    assert person.pins == (key.credential.code,)
    assert [g.relays for g in person.grants] == ["2"]
    assert person.uses == 3
    assert key.credential.code in qr_payload(key)


async def test_vis_01_n_uses_at_each_door_go_with_a_period_only(desk: Desk) -> None:
    daily = Times(Repeat.DAILY)
    with pytest.raises(UserError, match="does not repeat"):
        await add_key(desk.ctx, NewKey(desk.building.id, "Lee", [desk.relays[0].id], daily, uses=2))
    with pytest.raises(UserError, match="at least one door"):
        await add_key(desk.ctx, NewKey(desk.building.id, "Lee", [], daily))


async def test_vis_01_a_key_is_extended_before_it_expires_and_not_afterwards(
    desk: Desk, hand_clock: HandClock
) -> None:
    key = await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK))
    with pytest.raises(UserError, match="not later"):
        await extend_key(desk.ctx, visitor_id=key.visitor.id, to_day=date(2026, 3, 6))
    longer = await extend_key(desk.ctx, visitor_id=key.visitor.id, to_day=date(2026, 3, 9))
    assert longer.group.to_day == date(2026, 3, 9)
    hand_clock.advance(timedelta(days=10).total_seconds())
    with pytest.raises(UserError, match="expired already"):
        await extend_key(desk.ctx, visitor_id=key.visitor.id, to_day=date(2026, 3, 20))
    assert await list_keys(desk.ctx, desk.site.id, valid_at=hand_clock.now()) == []
    assert [k.visitor.id for k in await list_keys(desk.ctx, desk.site.id, search="fixit")] == [key.visitor.id]
    await remove_visitor(desk.ctx, key.visitor.id)
    assert await desk.read(RESIDENT, kind=PersonKind.VISITOR) == []
    assert await desk.read(ACCESS_GROUP, owner_id=key.visitor.id) == []
    with pytest.raises(UserError, match="no visitor"):
        await remove_visitor(desk.ctx, desk.ada.id)


async def test_vis_01_a_key_is_found_by_its_whole_code_and_tells_its_doors_and_its_log(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    key = await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK))
    code = key.credential.code
    assert [k.visitor.id for k in await list_keys(desk.ctx, desk.site.id, search=code)] == [key.visitor.id]
    assert await list_keys(desk.ctx, desk.site.id, search=code[:7]) == []
    assert await list_keys(desk.ctx, desk.site.id, kind=CredentialKind.ID_ACCESS) == []
    assert (await key_details(desk.ctx, key.visitor.id)).doors == ("Main entrance · Street",)
    event = DOOR_EVENT.row(
        id=new_id(),
        scope_id=desk.site.id,
        device_id=desk.device.id,
        at=desk.ctx.clock.now(),
        source=EventSource.LOG,
        event="valid_code",
        person_id=key.visitor.id,
    )
    await desk.ctx.mirror.write(lambda tx: tx.put(DOOR_EVENT, event), origin=Origin.DEVICE)
    assert await key_log(desk.ctx, key.visitor.id) == [event]
    off = lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), pm_logs=False)  # noqa: E731
    await desk.ctx.mirror.write(off, origin=Origin.PULL)
    as_manager()
    with pytest.raises(NotAllowedError, match="log access"):
        await key_log(desk.ctx, key.visitor.id)


async def test_vis_01_a_visitor_whose_key_was_taken_away_does_not_hide_the_others(desk: Desk) -> None:
    gone = await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK))
    stays = await add_key(desk.ctx, NewKey(desk.building.id, "Cy Cleaner", [desk.relays[1].id], WEEK))
    await desk.ctx.mirror.write(lambda tx: tx.remove(CREDENTIAL, gone.credential.id), origin=Origin.USER)
    [shown] = await list_keys(desk.ctx, desk.site.id)
    assert (shown.visitor.id, shown.relay_ids) == (stays.visitor.id, (desk.relays[1].id,))


async def test_vis_04_id_access_of_visitors_where_the_project_allows_it(desk: Desk) -> None:
    new = NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK)
    with pytest.raises(UserError, match="not switched on"):
        await add_id_access(desk.ctx, new, run="12.345.678-K", serial="A1")
    assert await desk.read(RESIDENT, kind=PersonKind.VISITOR) == []
    patch = lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), id_access=True)  # noqa: E731
    await desk.ctx.mirror.write(patch, origin=Origin.USER)
    made = await add_id_access(desk.ctx, new, run="12.345.678-K", serial="A1")
    assert made.credential.code == "12345678K-A1"


async def test_vis_02_delivery_people_have_up_to_ten_floors_over_several_buildings(desk: Desk) -> None:
    other = await add_building(desk.ctx, site_id=desk.site.id, name="Building B")
    [group, *_] = await desk.read(ACCESS_GROUP)
    new = NewPerson(
        *(desk.site.id, PersonKind.DELIVERY, "Dan", "Drop", [(CredentialKind.PIN, "2468")], [group.id]),
        {desk.building.id: ["1", "G0"], other.id: ["-2"]},
    )
    dan = await add_person(desk.ctx, new)
    assert {g.floors for g in await desk.read(FLOOR_GRANT)} == {("G0", "1"), ("-2",)}
    [person] = [
        p for p in (await device_target(desk.ctx, desk.device.id)).desired.people if p.subject == dan.id
    ]
    assert person.floors == ("G0", "1"), "the door phone of Building A knows nothing of Building B"
    with pytest.raises(UserError, match="up to 10"):
        await set_floors(desk.ctx, person_id=dan.id, floors={desk.building.id: [str(n) for n in range(11)]})
    assert await search_people(desk.ctx, desk.site.id, PersonKind.DELIVERY, text="2468") == [dan]
    assert await search_people(desk.ctx, desk.site.id, PersonKind.DELIVERY, text="dro") == [dan]


async def test_vis_03_property_staff_with_a_face_that_is_never_sent_as_proved(desk: Desk) -> None:
    [group] = await desk.read(ACCESS_GROUP)
    codes = [(CredentialKind.CARD, "AABB"), (CredentialKind.FINGERPRINT, "")]
    staff = await add_person(
        desk.ctx, NewPerson(desk.site.id, PersonKind.STAFF, "Sam", "Guard", codes, [group.id])
    )
    await add_credential(desk.ctx, person_id=staff.id, kind=CredentialKind.FACE, blob="b" * 64)
    desired = (await device_target(desk.ctx, desk.device.id)).desired
    [person] = [p for p in desired.people if p.subject == staff.id]
    assert person.cards == ("AABB",)
    assert person.faces == (), "no relay of this device lists faces"
    with pytest.raises(UserError, match="their own forms"):
        await add_person(desk.ctx, NewPerson(desk.site.id, PersonKind.RESIDENT, "A", "B"))


async def test_site_22_office_users_take_the_departments_floors_once(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    """SITE-21, SITE-22, SITE-23, SITE-26."""
    office = await add_site(desk.ctx, name="Larch", kind=SiteKind.OFFICE, time_zone="UTC")
    sales = await add_department(desk.ctx, site_id=office.id, name="Sales", floors=["3", "G0"])
    more = {"department_id": sales.id, "number": "E-1", "identity": Identity.ADVANCED}
    user = await add_person(desk.ctx, NewPerson(office.id, PersonKind.OFFICE_USER, "Una", "Desk", more=more))
    assert user.floors == ("G0", "3")
    later = lambda tx: tx.patch(DEPARTMENT, sales, floors=("5",))  # noqa: E731
    await desk.ctx.mirror.write(later, origin=Origin.USER)
    assert (await desk.read(RESIDENT, id=user.id))[0].floors == ("G0", "3")
    with pytest.raises(UserError, match="has this ID"):
        await add_person(desk.ctx, NewPerson(office.id, PersonKind.OFFICE_USER, "Ulf", "Desk", more=more))
    with pytest.raises(UserError, match="manager has moved there"):
        await change_person(desk.ctx, person_id=user.id, remark="x")
    installer = desk.ctx.actor
    as_manager()
    await change_person(desk.ctx, person_id=user.id, department_id=None)
    await change_person(desk.ctx, person_id=user.id, department_id=sales.id)
    desk.ctx.actor = installer
    assert (await change_person(desk.ctx, person_id=user.id, remark="x")).remark == "x"
    with pytest.raises(UserError, match="app off"):
        await change_person(desk.ctx, person_id=user.id, app_enabled=False)
    ulf = await add_person(
        desk.ctx, NewPerson(office.id, PersonKind.OFFICE_USER, "Ulf", "Aas", more={"number": "E-2"})
    )
    for sort, first in (("name", ulf), ("id", user), ("created", user)):
        assert (await search_people(desk.ctx, office.id, PersonKind.OFFICE_USER, sort=sort))[0].id == first.id


async def test_park_02_lots_tell_who_stands_there_and_for_how_long(desk: Desk, hand_clock: HandClock) -> None:
    lot = await add_lot(desk.ctx, site_id=desk.site.id, name="Garage", relay_ids=[desk.relays[0].id])
    await note_vehicle(desk.ctx, lot_id=lot.id, plate="1234BCD")
    hand_clock.advance(3600)
    await note_vehicle(desk.ctx, lot_id=lot.id, plate="9")
    await note_vehicle(desk.ctx, lot_id=lot.id, plate="9", leaves=True)
    [line] = await list_lots(desk.ctx, desk.site.id, name="gar")
    assert (line.doors, line.vehicles) == (("Street",), (("1234BCD", timedelta(hours=1)),))
    with pytest.raises(UserError, match="does not stand"):
        await note_vehicle(desk.ctx, lot_id=lot.id, plate="9", leaves=True)
    dry = await set_lot(desk.ctx, lot_id=lot.id, relay_ids=[desk.relays[1].id], check=True)
    assert (len(dry.changed), dry.undo_id) == (2, "")
    done = await set_lot(desk.ctx, lot_id=lot.id, name="Yard", relay_ids=[desk.relays[1].id])
    [shown] = await list_lots(desk.ctx, desk.site.id, name="yard")
    assert shown.doors == ("Inner",)
    await undo(desk.ctx, done.undo_id)
    await remove_lot(desk.ctx, lot.id)
    assert await list_lots(desk.ctx, desk.site.id) == []


async def test_cred_01_codes_are_unique_across_sites_that_share_a_door(desk: Desk) -> None:
    other = await add_site(desk.ctx, name="Next door", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    building = await add_building(desk.ctx, site_id=other.id, name="B")
    flat = await add_apartment(desk.ctx, building_id=building.id, number="1")
    bea = await add_resident(desk.ctx, NewResident(flat.id, "Bea", "Lind", pins=("4711",)))
    [group] = await desk.read(ACCESS_GROUP, site_id=other.id)
    with pytest.raises(UserError, match="1 codes are in use at both sites"):
        await share_door(desk.ctx, relay_id=desk.relays[0].id, guest_group_id=group.id)
    [pin] = await desk.read(CREDENTIAL, person_id=bea.id)
    await desk.ctx.mirror.write(lambda tx: tx.patch(CREDENTIAL, pin, code="1357"), origin=Origin.USER)
    await share_door(desk.ctx, relay_id=desk.relays[0].id, guest_group_id=group.id)
    with pytest.raises(UserError, match="shares with another"):
        await add_credential(desk.ctx, person_id=bea.id, kind=CredentialKind.PIN, code="4711")
    with pytest.raises(UserError, match="shares with another"):
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.PIN, code="1357")
    rows = await desk.ctx.mirror.read(lambda r: site_rows(r, desk.site.id))
    desired = compile_device(rows, desk.device, datetime(2026, 3, 1, tzinfo=UTC))
    [guest] = [p for p in desired.people if p.name == "Bea Lind"]
    assert [(g.schedule, g.relays) for g in guest.grants] == [(ALWAYS, "1")]
    assert guest.user_id.startswith(desired.tag), "so that a later push may take it off again"


@pytest.mark.parametrize(
    ("kind", "code", "mode"),
    [
        (CredentialKind.CARD, "000A1B2C3D", PinMode.PIN),
        (CredentialKind.UHF, "A1B2C3D", PinMode.PIN),
        (CredentialKind.PIN, "0114711", PinMode.APARTMENT_PIN),
    ],
)
async def test_cred_01_cred_02_no_door_is_shared_over_codes_that_it_could_not_tell_apart(
    desk: Desk, kind: CredentialKind, code: str, mode: PinMode
) -> None:
    """A card with other zeros, a UHF card of the same number, and number and PIN that are typed alike."""
    other = await add_site(desk.ctx, name="Next", kind=SiteKind.COMMUNITY, time_zone="UTC", pin_mode=mode)
    building = await add_building(desk.ctx, site_id=other.id, name="B")
    flat = await add_apartment(desk.ctx, building_id=building.id, number="1")
    bea = await add_resident(desk.ctx, NewResident(flat.id, "Bea", "Lind"))
    await add_credential(desk.ctx, person_id=bea.id, kind=kind, code=code)
    if mode is PinMode.APARTMENT_PIN:
        await add_credential(desk.ctx, person_id=desk.ada.id, kind=kind, code="10114711"[:8])
    [group] = await desk.read(ACCESS_GROUP, site_id=other.id)
    with pytest.raises(UserError, match="1 codes are in use at both sites"):
        await share_door(desk.ctx, relay_id=desk.relays[0].id, guest_group_id=group.id)
