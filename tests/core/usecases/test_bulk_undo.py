"""Every verb over many rows: its dry run touches nothing, it does what the dry run said, and its undo gives all back.

The verbs are found, not listed: a new one without an act in ACTS fails.
"""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from core.entities import SYNCED
from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL
from core.entities.lock import LockBrand
from core.entities.person import RESIDENT, AccountType, PersonKind
from core.entities.plan import FLOOR_PLAN
from core.entities.site import SITE, SiteKind
from core.store.changes import Origin
from core.usecases import (
    apartments,
    doors,
    floor_plans,
    groups,
    keys,
    leaving,
    library,
    lock_codes,
    people_bulk,
    sites,
    turnover,
)
from core.usecases.locks import add_lock
from core.usecases.people import NewResident
from core.usecases.places import add_building, add_site
from core.usecases.undo import undo
from core.usecases.visitors import NewKey, add_key
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_groups_and_visitors import WEEK
from tests.core.usecases.test_roles import verbs

Ids = dict[str, str]
Act = Callable[..., Awaitable[Any]]

NO_ACTS = {
    "undo.undo": "it is the undo",
    "due.run_due": "it is done by the clock, each receipt with its own undo",
}

ACTS: dict[str, Callable[[Desk, Ids], Act]] = {
    "apartments.edit_apartments": lambda d, _i: (
        lambda **c: apartments.edit_apartments(d.ctx, site_id=d.site.id, changes={"name": "Sky"}, **c)
    ),
    "apartments.renew_qr_codes": lambda d, _i: (
        lambda **c: apartments.renew_qr_codes(d.ctx, site_id=d.site.id, **c)
    ),
    "apartments.reset_apartments": lambda d, _i: (
        lambda **c: apartments.reset_apartments(d.ctx, site_id=d.site.id, **c)
    ),
    "apartments.reset_house": lambda d, _i: lambda **c: apartments.reset_house(d.ctx, site_id=d.site.id, **c),
    "doors.hold_lock_open": lambda d, i: (
        lambda **c: doors.hold_lock_open(d.ctx, lock_id=i["lock"], group_ids=[i["group"]], **c)
    ),
    "doors.hold_open": lambda d, i: (
        lambda **c: doors.hold_open(d.ctx, relay_id=d.relays[0].id, group_ids=[i["group"]], **c)
    ),
    "doors.set_emergency_doors": lambda d, _i: (
        lambda **c: doors.set_emergency_doors(d.ctx, site_id=d.site.id, relay_ids=[d.relays[0].id], **c)
    ),
    "doors.set_group_doors": lambda d, i: (
        lambda **c: doors.set_group_doors(
            d.ctx, group_id=i["group"], relay_ids=[d.relays[1].id], lock_ids=[], **c
        )
    ),
    "doors.unshare_door": lambda d, _i: lambda **c: doors.unshare_door(d.ctx, relay_id=d.relays[0].id, **c),
    "floor_plans.add_plan": lambda d, _i: (
        lambda **c: floor_plans.add_plan(d.ctx, site_id=d.site.id, name="Roof", **c)
    ),
    "floor_plans.change_plan": lambda d, i: (
        lambda **c: floor_plans.change_plan(d.ctx, plan_id=i["plan"], name="Ground", **c)
    ),
    "floor_plans.place_door": lambda d, i: (
        lambda **c: floor_plans.place_door(d.ctx, plan_id=i["plan"], relay_id=d.relays[1].id, x=5, y=6, **c)
    ),
    "floor_plans.remove_plan": lambda d, i: lambda **c: floor_plans.remove_plan(d.ctx, i["plan"], **c),
    "floor_plans.take_off": lambda d, i: (
        lambda **c: floor_plans.take_off(d.ctx, plan_id=i["plan"], relay_id=d.relays[0].id, **c)
    ),
    "groups.add_members": lambda d, i: (
        lambda **c: groups.add_members(d.ctx, group_id=i["group"], person_ids=[i["kit"]], **c)
    ),
    "groups.remove_group": lambda d, i: lambda **c: groups.remove_group(d.ctx, i["group"], **c),
    "groups.remove_members": lambda d, i: (
        lambda **c: groups.remove_members(d.ctx, group_id=i["group"], person_ids=[d.ada.id], **c)
    ),
    "groups.set_private_schedule": lambda d, i: (
        lambda **c: groups.set_private_schedule(d.ctx, person_id=i["kit"], relay_ids=[i["own"]], **c)
    ),
    "keys.extend_keys": lambda d, i: (
        lambda **c: keys.extend_keys(d.ctx, [i["visitor"]], by=timedelta(days=2), **c)
    ),
    "keys.remove_codes": lambda d, i: lambda **c: keys.remove_codes(d.ctx, [i["pin"]], **c),
    "keys.remove_keys": lambda d, i: lambda **c: keys.remove_keys(d.ctx, [i["visitor"]], **c),
    "leaving.delete_people": lambda d, i: lambda **c: leaving.delete_people(d.ctx, [i["kit"]], **c),
    "library.remove_lot": lambda d, i: lambda **c: library.remove_lot(d.ctx, i["lot"], **c),
    "library.set_lot": lambda d, i: (
        lambda **c: library.set_lot(d.ctx, lot_id=i["lot"], name="Yard", relay_ids=[d.relays[1].id], **c)
    ),
    "lock_codes.note_lock_items": lambda d, i: (
        lambda **c: lock_codes.note_lock_items(d.ctx, site_id=d.site.id, keys=[i["lock_code"]], **c)
    ),
    "lock_codes.note_lock_work": lambda d, i: (
        lambda **c: lock_codes.note_lock_work(d.ctx, lock_id=i["lock"], **c)
    ),
    "people_bulk.clear_visitors": lambda d, i: (
        lambda **c: people_bulk.clear_visitors(d.ctx, site_id=d.site.id, ids=[i["visitor"]], **c)
    ),
    "people_bulk.edit_people": lambda d, i: (
        lambda **c: people_bulk.edit_people(
            d.ctx, site_id=d.site.id, ids=[d.ada.id, i["kit"]], changes={"remark": "Cello"}, **c
        )
    ),
    "sites.remove_site": lambda d, i: lambda **c: sites.remove_site(d.ctx, i["other"], **c),
    "turnover.move_in": lambda d, _i: (
        lambda **c: turnover.move_in(
            d.ctx,
            apartment_id=d.home.id,
            people=[NewResident(d.home.id, "Mo", "Roe", more={"account_type": AccountType.MEMBER})],
            **c,
        )
    ),
    "turnover.move_out": lambda d, _i: lambda **c: turnover.move_out(d.ctx, apartment_id=d.home.id, **c),
}


async def furnished(desk: Desk) -> Ids:
    """Something for every verb to do."""
    ctx, site = desk.ctx, desk.site
    kit = await desk.person("Kit", account_type=AccountType.MEMBER)
    lock = await add_lock(ctx, site_id=site.id, name="Store", brand=LockBrand.ITEC)
    await sites.change_site(ctx, site_id=site.id, itec=True)
    group = await groups.add_group(
        ctx, groups.NewGroup(site.id, "Cleaners", [desk.relays[0].id], [desk.ada.id])
    )
    await doors.set_group_doors(ctx, group_id=group.id, relay_ids=[desk.relays[0].id], lock_ids=[lock.id])
    key = NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK)
    await add_key(ctx, key)
    [visitor] = await desk.read(RESIDENT, kind=PersonKind.VISITOR)
    lot = await library.add_lot(ctx, site_id=site.id, name="Garage", relay_ids=[desk.relays[0].id])
    await floor_plans.add_plan(ctx, site_id=site.id, name="Cellar")
    [plan] = await desk.read(FLOOR_PLAN)
    await floor_plans.place_door(ctx, plan_id=plan.id, relay_id=desk.relays[0].id, x=1, y=1)
    neighbour = await add_site(ctx, name="Next door", kind=SiteKind.COMMUNITY, time_zone="UTC")
    await add_building(ctx, site_id=neighbour.id, name="B")
    [guests] = await desk.read(ACCESS_GROUP, site_id=neighbour.id)
    await doors.share_door(ctx, relay_id=desk.relays[0].id, guest_group_id=guests.id)
    other = await add_site(ctx, name="Gone", kind=SiteKind.COMMUNITY, time_zone="UTC")
    await add_building(ctx, site_id=other.id, name="B")
    _, [own] = await desk.add_device("Monitor", apartment_id=desk.home.id)
    pin = (await desk.read(CREDENTIAL, person_id=desk.ada.id))[0]
    return {
        "kit": kit.id,
        "lock": lock.id,
        "lock_code": (await lock_codes.lock_work(ctx, site_id=site.id))[0].key,
        "group": group.id,
        "visitor": visitor.id,
        "lot": lot.id,
        "plan": plan.id,
        "other": other.id,
        "own": own.id,
        "pin": pin.id,
    }


async def rows_of(desk: Desk) -> dict[str, dict[str, Any]]:
    """Every synced row in stored form."""

    def work(reader: Any) -> dict[str, dict[str, Any]]:
        return {spec.name: {row.id: spec.store(row) for row in reader.find(spec)} for spec in SYNCED}

    return await desk.ctx.mirror.read(work, limit_ms=20_000)


def bulk_verbs() -> set[str]:
    """Verbs with a dry run, or with a report of many rows."""
    return {
        name
        for name, function in verbs().items()
        if "check"
        in function.__code__.co_varnames[
            : function.__code__.co_argcount + function.__code__.co_kwonlyargcount
        ]
        or "BulkReport" in str(typing.get_type_hints(function).get("return"))
    }


def test_every_bulk_verb_has_an_act_here() -> None:
    assert bulk_verbs() == ACTS.keys() | NO_ACTS.keys()


async def test_every_bulk_verb_has_a_dry_run_that_touches_nothing_and_an_undo_that_gives_all_back(
    desk: Desk,
) -> None:
    ids = await furnished(desk)
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), email="a@example.org"), origin=Origin.USER
    )
    wrong: list[str] = []
    for name, make_act in ACTS.items():
        act = make_act(desk, ids)
        before = await rows_of(desk)
        await act(check=True)
        if await rows_of(desk) != before:
            wrong.append(f"{name}: the dry run changed something")
        done = await act()
        if await rows_of(desk) == before:
            wrong.append(f"{name}: it changed nothing, so nothing is proved")
        elif not done.undo_id:
            wrong.append(f"{name}: no undo entry")
        else:
            report = await undo(desk.ctx, done.undo_id)
            after = await rows_of(desk)
            odd = {spec for spec in before if before[spec] != after[spec]}
            wrong += [f"{name}: undo left {sorted(odd)} otherwise; {report.cannot}"] if odd else []
    assert wrong == []
