"""Doors: which ones a group opens, when they are held open, in an emergency, for other sites (GRP, ALM-02)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from core.base.ids import new_id
from core.entities.access import (
    ACCESS_GROUP,
    DOOR_SHARE,
    EMERGENCY_DOOR,
    GROUP_DOOR,
    RELAY_SCHEDULE,
    AccessGroup,
    DoorShare,
    EmergencyDoor,
    RelaySchedule,
)
from core.entities.device import DEVICE, RELAY, Relay
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_HOLD, LockHold
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from core.entities.site import SITE, AccessReach
from core.rules.catalogue import Can, ability
from core.rules.door import Door
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import Assignment, BulkReport, run_assignment
from core.usecases.context import Context, Permission
from core.usecases.devices import put_door
from core.usecases.groups import own_relay, put_lock_door
from core.usecases.guards import guard_access, site_of


async def set_group_doors(
    ctx: Context,
    *,
    group_id: str,
    relay_ids: Sequence[str] | None = None,
    lock_ids: Sequence[str] | None = None,
    check: bool = False,
) -> BulkReport:
    """GRP-01: the group opens exactly these relays and third-party locks; None leaves a list as it is."""
    ctx.require(Permission.EDIT_PEOPLE)
    group = await ctx.mirror.read(lambda r: _open_group(ctx, r, group_id))
    lists: list[tuple[Assignment, Sequence[str]]] = []
    if relay_ids is not None:
        lists.append((_doors(ctx, group), relay_ids))
    if lock_ids is not None:
        lists.append((_locks(group), lock_ids))
    if not lists:
        return BulkReport(check)
    return await run_assignment(ctx, lists, check=check, site_id=group.site_id)


def _open_group(ctx: Context, reader: Reader, group_id: str) -> AccessGroup:
    group = reader.require(ACCESS_GROUP, group_id)
    if group.owner_id is not None:
        guard_access(ctx, reader, reader.require(RESIDENT, group.owner_id))
    return group


def _doors(ctx: Context, group: AccessGroup) -> Assignment:
    def why(reader: Reader, relay_id: str) -> str:
        relay = reader.get(RELAY, relay_id)
        if relay is None or relay.scope_id != group.site_id:
            return "It is no door of this site."
        return private_door_closed(ctx, reader, relay)

    return Assignment(
        f"Set doors of {group.name}"[:120],
        partial(_rows_of, GROUP_DOOR, "relay_id", {"group_id": group.id}),
        lambda tx, i: put_door(tx, group, own_relay(tx, group.site_id, i)),
        _relay_title,
        why,
    )


def private_door_closed(ctx: Context, reader: Reader, relay: Relay) -> str:
    """GRP-05: with 'only public area' a property manager opens no private device to a group; empty when it may be."""
    site, device = site_of(reader, relay), reader.get(DEVICE, relay.device_id)
    private = device is not None and (device.apartment_id is not None or device.owner_id is not None)
    if site is None or not private or ctx.me.role is not Role.MANAGER or site.pm_access is AccessReach.FULL:
        return ""
    return "It is a private door, and the installer lets managers set up public areas only."


def _locks(group: AccessGroup) -> Assignment:
    def why(reader: Reader, lock_id: str) -> str:
        lock = reader.get(LOCK, lock_id)
        if lock is None or lock.scope_id != group.site_id:
            return "It is no lock of this site."
        return "It is linked to a door phone and opens for whom that opens." if lock.device_id else ""

    def title(reader: Reader, lock_id: str) -> str:
        lock = reader.get(LOCK, lock_id)
        return lock.name if lock else lock_id

    return Assignment(
        f"Set doors of {group.name}"[:120],
        partial(_rows_of, GROUP_LOCK, "lock_id", {"group_id": group.id}),
        lambda tx, i: put_lock_door(tx, group, i),
        title,
        why,
    )


def _rows_of(
    spec: EntitySpec[Any], key: str, where: Mapping[str, Any], reader: Reader
) -> dict[str, Callable[[Tx], None]]:
    """The rows of a list by what they name, each with how to strike it."""
    return {getattr(row, key): partial(_strike, spec, row.id) for row in reader.find(spec, **where)}


def _strike(spec: EntitySpec[Any], row_id: str, tx: Tx) -> None:
    tx.remove(spec, row_id)


def _relay_title(reader: Reader, relay_id: str) -> str:
    relay = reader.get(RELAY, relay_id)
    device = reader.get(DEVICE, relay.device_id) if relay else None
    return Door(device, relay).name if relay and device else relay_id


async def hold_open(
    ctx: Context, *, relay_id: str, group_ids: Sequence[str], check: bool = False
) -> BulkReport:
    """GRP-03: the relay is held open in the times of exactly these groups."""
    ctx.require(Permission.SET_DEVICES)
    relay = await ctx.mirror.read(lambda r: r.require(RELAY, relay_id))

    def enter(tx: Tx, group_id: str) -> None:
        row = RelaySchedule(id=new_id(), scope_id=relay.scope_id, relay_id=relay.id, group_id=group_id)
        tx.put(RELAY_SCHEDULE, row)

    present = partial(_rows_of, RELAY_SCHEDULE, "group_id", {"relay_id": relay.id})
    holds = _by_groups("Set relay schedule", relay.scope_id, present, enter)
    return await run_assignment(ctx, [(holds, group_ids)], check=check, site_id=relay.scope_id)


async def hold_lock_open(
    ctx: Context, *, lock_id: str, group_ids: Sequence[str], check: bool = False
) -> BulkReport:
    """DEV-10: an iTec lock is held open in the times of exactly these groups."""
    ctx.require(Permission.SET_DEVICES)
    lock = await ctx.mirror.read(lambda r: r.require(LOCK, lock_id))

    def enter(tx: Tx, group_id: str) -> None:
        tx.put(LOCK_HOLD, LockHold(id=new_id(), scope_id=lock.scope_id, lock_id=lock.id, group_id=group_id))

    present = partial(_rows_of, LOCK_HOLD, "group_id", {"lock_id": lock.id})
    holds = _by_groups("Hold lock open", lock.scope_id, present, enter)
    return await run_assignment(ctx, [(holds, group_ids)], check=check, site_id=lock.scope_id)


def _by_groups(
    act: str,
    site_id: str,
    present: Callable[[Reader], dict[str, Callable[[Tx], None]]],
    enter: Callable[[Tx, str], None],
) -> Assignment:
    """Something that is held open in the times of a site's public groups."""

    def title(reader: Reader, group_id: str) -> str:
        group = reader.get(ACCESS_GROUP, group_id)
        return group.name if group else group_id

    def why(reader: Reader, group_id: str) -> str:
        group = reader.get(ACCESS_GROUP, group_id)
        own = group is not None and group.site_id == site_id and group.owner_id is None
        return "" if own else "It is no public access group of this site."

    return Assignment(act, present, enter, title, why)


async def set_emergency_doors(
    ctx: Context, *, site_id: str, relay_ids: Sequence[str] | None, check: bool = False
) -> BulkReport:
    """ALM-02: which doors an emergency opens; None means all of the site."""
    ctx.require(Permission.EDIT_PEOPLE)
    listed = Assignment(
        "Set emergency doors",
        partial(_rows_of, EMERGENCY_DOOR, "relay_id", {"site_id": site_id}),
        partial(_enter_emergency, site_id),
        _relay_title,
        partial(_no_emergency_door, site_id),
    )
    every = Assignment(
        "Set emergency doors",
        lambda r: (
            {"all": partial(_every, site_id, on=False)} if r.require(SITE, site_id).emergency_all else {}
        ),
        lambda tx, _i: _every(site_id, tx, on=True),
        lambda _r, _i: "All doors",
    )
    wanted = ["all"] if relay_ids is None else []
    return await run_assignment(
        ctx, [(every, wanted), (listed, relay_ids or ())], check=check, site_id=site_id
    )


def _no_emergency_door(site_id: str, reader: Reader, relay_id: str) -> str:
    """Why a relay cannot be opened in an emergency: of another site, or a model that cannot (DEV-18, DEV-19)."""
    relay = reader.get(RELAY, relay_id)
    if relay is None or relay.scope_id != site_id:
        return "It is no door of this site."
    device = reader.require(DEVICE, relay.device_id)
    found = ability("emergency_door", device.model, device.firmware)
    return found.said if found.can in {Can.NO, Can.UPDATE} else ""


def _enter_emergency(site_id: str, tx: Tx, relay_id: str) -> None:
    row = EmergencyDoor(id=new_id(), scope_id=site_id, site_id=site_id, relay_id=relay_id)
    tx.put(EMERGENCY_DOOR, row)


def _every(site_id: str, tx: Tx, *, on: bool) -> None:
    tx.patch(SITE, tx.require(SITE, site_id), emergency_all=on)


def emergency_doors(reader: Reader, site_id: str) -> list[Relay]:
    """ALM-02: the relays that an emergency opens."""
    site = reader.require(SITE, site_id)
    relays = [r for r in reader.find(RELAY, scope_id=site_id) if r.enabled]
    if site.emergency_all:
        return relays
    chosen = {row.relay_id for row in reader.find(EMERGENCY_DOOR, site_id=site_id)}
    return [relay for relay in relays if relay.id in chosen]


async def share_door(ctx: Context, *, relay_id: str, guest_group_id: str) -> DoorShare:
    """Let a group of another site open a door of this one; refused while the sites have a code in common (CRED-01)."""
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> DoorShare:
        relay, group = tx.require(RELAY, relay_id), tx.require(ACCESS_GROUP, guest_group_id)
        row = DoorShare(
            id=new_id(),
            scope_id=relay.scope_id,
            site_id=relay.scope_id,
            relay_id=relay.id,
            guest_site=group.site_id,
            guest_group=group.id,
        )
        return tx.put(DOOR_SHARE, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Share door")


async def unshare_door(ctx: Context, *, relay_id: str, check: bool = False) -> BulkReport:
    """Take back every sharing of a door; the guests' people go from the device with the next push."""
    ctx.require(Permission.EDIT_SITES)
    relay = await ctx.mirror.read(lambda r: r.require(RELAY, relay_id))
    shares = Assignment(
        "Stop sharing door",
        partial(_rows_of, DOOR_SHARE, "guest_group", {"relay_id": relay.id}),
        lambda _tx, _i: None,
        lambda _r, _i: f"{relay.name} for another site",
    )
    return await run_assignment(ctx, [(shares, ())], check=check, site_id=relay.scope_id)
