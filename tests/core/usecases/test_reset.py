"""SITE-07: what a reset of a house or an apartment takes, what it keeps, and that it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.base.ids import new_id
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE
from core.entities.event import DOOR_EVENT, EventSource
from core.entities.person import RESIDENT
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE, CallMode
from core.rules.reset import GOES, STAYS
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.apartments import reset_apartments, reset_house
from core.usecases.people import add_credential
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_places import house
from tests.factories import make, random_mac


async def test_site_07_a_reset_takes_and_keeps_exactly_what_the_list_says(desk: Desk) -> None:
    site = await house(
        desk, mobile="600", phone_1="5", country="Spain", call_mode=CallMode.IP, with_monitor=False
    )
    [owner] = await desk.read(RESIDENT, scope_id=site.id)
    until = desk.ctx.clock.now() + timedelta(days=9)
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(RESIDENT, owner, app_registered=True, valid_until=until), origin=Origin.USER
    )
    await add_credential(desk.ctx, person_id=owner.id, kind=CredentialKind.PIN, code="1234")
    await add_credential(desk.ctx, person_id=owner.id, kind=CredentialKind.NFC)
    before = len(await desk.read(AUDIT_ENTRY))
    plan = await reset_house(desk.ctx, site_id=site.id, check=True)
    assert (plan.goes, plan.stays) == (GOES, STAYS)
    assert (plan.counts["PIN"], plan.counts["NFC"]) == (1, 1)
    assert len(await desk.read(CREDENTIAL, scope_id=site.id)) == 2, "a dry run touches nothing"
    done = await reset_house(desk.ctx, site_id=site.id)
    [after] = await desk.read(RESIDENT, scope_id=site.id)
    assert await desk.read(CREDENTIAL, scope_id=site.id) == []
    assert (after.email, after.mobile, after.phone_1, after.country, after.app_registered) == (
        "",
        "",
        "",
        "",
        False,
    )
    assert after.sign_in_renewed_at == desk.ctx.clock.now()
    assert (after.state, after.valid_until, after.call_mode) == (owner.state, until, CallMode.IP)
    [kept] = await desk.read(SITE, id=site.id)
    assert (kept.email, kept.mobile, kept.country) == ("", "", "")
    same = ("call_mode", "time_zone", "language", "smart_home", "plan", "with_monitor", "free_members")
    assert all(getattr(kept, name) == getattr(site, name) for name in same)
    assert len(await desk.read(AUDIT_ENTRY)) > before, "the audit log stays"
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert (await desk.read(RESIDENT, scope_id=site.id))[0].email == "ryan@example.org"
    assert len(await desk.read(CREDENTIAL, scope_id=site.id)) == 2


async def test_site_07_the_logs_of_the_family_go_but_not_the_audit_log(desk: Desk) -> None:
    seen = DOOR_EVENT.row(
        id=new_id(),
        scope_id=desk.site.id,
        device_id=desk.device.id,
        at=desk.ctx.clock.now(),
        source=EventSource.LOG,
        event="valid_code",
        person_id=desk.ada.id,
    )
    await desk.ctx.mirror.write(lambda tx: tx.put(DOOR_EVENT, seen), origin=Origin.DEVICE)
    await desk.ctx.mirror.write(
        lambda tx: tx.put(DOOR_EVENT, replace(seen, id=new_id(), person_id=None)), origin=Origin.DEVICE
    )
    before = len(await desk.read(AUDIT_ENTRY))
    await reset_apartments(desk.ctx, site_id=desk.site.id)
    assert [e.person_id for e in await desk.read(DOOR_EVENT)] == [None], "what is nobody's stays"
    assert len(await desk.read(AUDIT_ENTRY)) > before


async def test_site_07_calls_and_alarms_of_the_family_s_own_devices_go_too_and_come_back(desk: Desk) -> None:
    """SITE-07: logs, histories (LOG-02) and alarms (ALM-01), each counted under its word; the house's own stay."""
    monitor, _ = await desk.add_device("Monitor", apartment_id=desk.home.id)
    own = ("call_dialed", "tamper", "break_in_b", "opened")
    other = ("call_dialed", "tamper", "opened")
    made = [
        DOOR_EVENT.row(
            id=new_id(),
            scope_id=desk.site.id,
            device_id=device.id,
            at=desk.ctx.clock.now(),
            source=EventSource.LOG,
            event=event,
        )
        for device, events in ((monitor, own), (desk.device, other))
        for event in events
    ]
    await desk.ctx.mirror.write(lambda tx: tx.put_many(DOOR_EVENT, made), origin=Origin.DEVICE)
    dry = await reset_apartments(desk.ctx, site_id=desk.site.id, check=True)
    assert len(dry.changed) == 1
    done = await reset_apartments(desk.ctx, site_id=desk.site.id)
    left = await desk.read(DOOR_EVENT)
    assert sorted(e.event for e in left) == sorted(other)
    assert {e.device_id for e in left} == {desk.device.id}
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert {e.id for e in await desk.read(DOOR_EVENT)} == {e.id for e in made}
    again = await reset_apartments(desk.ctx, site_id=desk.site.id)
    assert len(again.changed) == 1
    once_more = await reset_apartments(desk.ctx, site_id=desk.site.id)
    assert (len(once_more.changed), len(once_more.already)) == (0, 1)


async def test_site_07_the_question_before_a_house_is_reset_counts_every_word(desk: Desk) -> None:
    site = await house(desk)
    [owner] = await desk.read(RESIDENT, scope_id=site.id)
    own: dict[str, Any] = {"scope_id": site.id, "site_id": site.id}
    bell = make(DEVICE, **own, mac=random_mac(), **NOWHERE)
    events = [("opened", owner.id), ("tamper", None), ("call_missed", None), ("call_dialed", None)]

    def plant_events(tx: Tx) -> None:
        tx.put(DEVICE, bell)
        for event, person_id in events:
            row = make(DOOR_EVENT, scope_id=site.id, device_id=bell.id, event=event, person_id=person_id)
            tx.put(DOOR_EVENT, row)

    await desk.ctx.mirror.write(plant_events, origin=Origin.DEVICE)
    plan = await reset_house(desk.ctx, site_id=site.id, check=True)
    told = {word: count for word, count in plan.counts.items() if word in GOES and count}
    assert told == {"logs other than audit logs": 1, "alarms": 1, "histories": 2}
    await reset_house(desk.ctx, site_id=site.id)
    assert await desk.read(DOOR_EVENT, scope_id=site.id) == []


NOWHERE = {
    "building_id": None,
    "apartment_id": None,
    "department_id": None,
    "area_id": None,
    "owner_id": None,
}
