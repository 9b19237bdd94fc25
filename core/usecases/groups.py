"""Access groups and what hangs on them: doors, people, private schedules, hold-open times (GRP), emergency doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import (
    ACCESS_GROUP,
    DOOR_SHARE,
    EMERGENCY_DOOR,
    GROUP_DOOR,
    GROUP_MEMBER,
    RELAY_SCHEDULE,
    AccessGroup,
    DoorShare,
    EmergencyDoor,
    GroupMember,
    RelaySchedule,
)
from core.entities.device import DEVICE, RELAY, Relay
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import SITE
from core.rules.explain import name_of
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.devices import put_door
from core.usecases.guards import guard_access
from core.usecases.places import next_group_code


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What is asked for an access group. `times` are fields of the row: repeat, days, from_time, to_time, days."""

    site_id: str
    name: str
    relay_ids: Sequence[str] = ()
    person_ids: Sequence[str] = ()
    times: dict[str, Any] = field(default_factory=dict)


async def add_group(ctx: Context, new: NewGroup) -> AccessGroup:
    """Make a group with its doors and people, all or nothing (GRP-01)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> AccessGroup:
        tx.grouped()
        return put_group(ctx, tx, new)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add access group")


def put_group(ctx: Context, tx: Tx, new: NewGroup, *, owner: Resident | None = None) -> AccessGroup:
    """The rows of `add_group` inside a transaction; with an `owner` it is private to that person."""
    site = tx.require(SITE, new.site_id)
    group = AccessGroup(
        id=new_id(),
        scope_id=site.id,
        site_id=site.id,
        name=new.name,
        code=next_group_code(tx, site.id),
        owner_id=owner.id if owner else None,
        **new.times,
    )
    tx.put(ACCESS_GROUP, group)
    for relay_id in new.relay_ids:
        put_door(tx, group, _own_relay(tx, site.id, relay_id))
    for person_id in dict.fromkeys((*new.person_ids, *([owner.id] if owner else ()))):
        person = tx.require(RESIDENT, person_id)
        if owner is None:
            guard_access(ctx, tx, person)
        put_group_member(tx, group, person)
    return group


def put_group_member(tx: Tx, group: AccessGroup, person: Resident) -> GroupMember:
    """One membership inside a transaction; UserError across sites."""
    if group.site_id != person.site_id:
        raise UserError("access_groups.other_site", f"'{group.name}' belongs to another site.")
    row = GroupMember(id=new_id(), scope_id=group.scope_id, group_id=group.id, person_id=person.id)
    return tx.put(GROUP_MEMBER, row)


def _own_relay(tx: Tx, site_id: str, relay_id: str) -> Relay:
    relay = tx.require(RELAY, relay_id)
    if relay.scope_id != site_id:
        raise UserError(
            "access_groups.other_site", f"'{relay.name}' is a door of another site.", field="relay_id"
        )
    return relay


async def add_members(
    ctx: Context, *, group_id: str, person_ids: Sequence[str], check: bool = False
) -> BulkReport:
    """Put people into a group (GRP-01)."""
    return await _members(ctx, group_id, person_ids, check=check, inside=True)


async def remove_members(
    ctx: Context, *, group_id: str, person_ids: Sequence[str], check: bool = False
) -> BulkReport:
    """Take people out of a group (GRP-01)."""
    return await _members(ctx, group_id, person_ids, check=check, inside=False)


async def _members(
    ctx: Context, group_id: str, person_ids: Sequence[str], *, check: bool, inside: bool
) -> BulkReport:
    ctx.require(Permission.EDIT_PEOPLE)
    group = await ctx.mirror.read(lambda r: r.require(ACCESS_GROUP, group_id))

    def judge(reader: Reader, person: Resident) -> tuple[Outcome, str]:
        guard_access(ctx, reader, person)
        member = reader.first(GROUP_MEMBER, group_id=group_id, person_id=person.id)
        if (member is not None) == inside:
            return Outcome.ALREADY, ""
        if inside and person.site_id != group.site_id:
            return Outcome.CANNOT, f"'{group.name}' belongs to another site."
        if inside and group.owner_id not in {None, person.id}:
            return Outcome.CANNOT, f"'{group.name}' is another person's private schedule."
        return Outcome.CHANGE, ""

    def do(tx: Tx, person: Resident) -> None:
        if inside:
            put_group_member(tx, group, person)
            return
        for member in tx.find(GROUP_MEMBER, group_id=group_id, person_id=person.id):
            tx.remove(GROUP_MEMBER, member.id)

    act = f"{'Add people to' if inside else 'Remove people from'} {group.name}"[:120]
    verb = Verb(act, judge, do)
    ids = list(dict.fromkeys(person_ids))
    pick = lambda r: r.find_in(RESIDENT, "id", ids)  # noqa: E731  one line, used once
    return await run_bulk(ctx, RESIDENT, pick, verb, check=check, site_id=group.site_id)


async def remove_group(ctx: Context, group_id: str) -> None:
    """Remove a group with its doors and memberships; a building's default group stays (GRP-01)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        group = tx.require(ACCESS_GROUP, group_id)
        parts: tuple[EntitySpec[Any], ...] = (GROUP_DOOR, GROUP_MEMBER, RELAY_SCHEDULE)
        for spec in parts:
            for row in tx.find(spec, group_id=group.id):
                tx.remove(spec, row.id)
        tx.remove(ACCESS_GROUP, group.id)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove access group")


async def set_private_schedule(
    ctx: Context, *, person_id: str, relay_ids: Sequence[str], times: dict[str, Any] | None = None
) -> AccessGroup:
    """RES-04: the times in which a resident's own devices open; daily 00:00:00 to 23:59:59 at first.

    Offered once the apartment has devices: UserError otherwise, and for relays of other devices.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> AccessGroup:
        tx.grouped()
        person = tx.require(RESIDENT, person_id)
        guard_access(ctx, tx, person)
        own = own_relays(tx, person)
        if not own:
            words = f"{name_of(person)} has no devices of their own yet."
            raise UserError(
                "access_groups.no_own_devices", words, remedy="Add a device to the apartment first."
            )
        if foreign := set(relay_ids) - {r.id for r in own}:
            raise UserError(
                "access_groups.not_own", f"{len(foreign)} doors are not of the person's own devices."
            )
        for old in tx.find(ACCESS_GROUP, owner_id=person.id):
            _remove_private(tx, old)
        new = NewGroup(person.site_id, private_name(person), relay_ids, (), dict(times or {}))
        return put_group(ctx, tx, new, owner=person)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Set private schedule")


def own_relays(reader: Reader, person: Resident) -> list[Relay]:
    """Relays of a person's 'self devices': those of the apartment, or an office user's own."""
    devices = reader.find(DEVICE, apartment_id=person.apartment_id) if person.apartment_id else []
    devices += reader.find(DEVICE, owner_id=person.id)
    return [relay for device in devices for relay in reader.find(RELAY, device_id=device.id)]


def private_name(person: Resident) -> str:
    """The name of a private group: unique at the site by the UID."""
    return f"{name_of(person)[:96]} · {person.uid or person.id[-9:]}"


def _remove_private(tx: Tx, group: AccessGroup) -> None:
    parts: tuple[EntitySpec[Any], ...] = (GROUP_DOOR, GROUP_MEMBER)
    for spec in parts:
        for row in tx.find(spec, group_id=group.id):
            tx.remove(spec, row.id)
    tx.remove(ACCESS_GROUP, group.id)


async def hold_open(ctx: Context, *, relay_id: str, group_ids: Sequence[str]) -> list[RelaySchedule]:
    """GRP-03: the relay is held open in the times of exactly these groups."""
    ctx.require(Permission.SET_DEVICES)

    def work(tx: Tx) -> list[RelaySchedule]:
        tx.grouped()
        relay = tx.require(RELAY, relay_id)
        present = {row.group_id: row for row in tx.find(RELAY_SCHEDULE, relay_id=relay_id)}
        for group_id in present.keys() - set(group_ids):
            tx.remove(RELAY_SCHEDULE, present[group_id].id)
        for group_id in dict.fromkeys(group_ids):
            if group_id not in present:
                row = RelaySchedule(
                    id=new_id(), scope_id=relay.scope_id, relay_id=relay_id, group_id=group_id
                )
                tx.put(RELAY_SCHEDULE, row)
        return tx.find(RELAY_SCHEDULE, relay_id=relay_id)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Set relay schedule")


async def set_emergency_doors(ctx: Context, *, site_id: str, relay_ids: Sequence[str] | None) -> list[Relay]:
    """ALM-02: which doors an emergency opens; None means all. Returns the doors that it opens now."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> list[Relay]:
        tx.grouped()
        site = tx.require(SITE, site_id)
        tx.patch(SITE, site, emergency_all=relay_ids is None)
        for row in tx.find(EMERGENCY_DOOR, site_id=site_id):
            tx.remove(EMERGENCY_DOOR, row.id)
        for relay_id in dict.fromkeys(relay_ids or ()):
            relay = _own_relay(tx, site_id, relay_id)
            tx.put(
                EMERGENCY_DOOR,
                EmergencyDoor(id=new_id(), scope_id=site_id, site_id=site_id, relay_id=relay.id),
            )
        return emergency_doors(tx, site_id)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Set emergency doors")


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


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a group is told apart in lists: how many doors and people it has."""

    group: AccessGroup
    doors: int
    people: int
    made: datetime | None = None


async def list_groups(
    ctx: Context, site_id: str, *, keyword: str = "", private: bool = False
) -> list[Contact]:
    """GRP-01: a site's groups by name; private schedules only when asked for."""
    ctx.require_signed_in()

    def work(reader: Reader) -> list[Contact]:
        groups = [g for g in reader.find(ACCESS_GROUP, site_id=site_id) if private or g.owner_id is None]
        doors, people = _counts(reader, GROUP_DOOR, site_id), _counts(reader, GROUP_MEMBER, site_id)
        found = [g for g in groups if keyword.lower() in g.name.lower()]
        return [
            Contact(g, doors.get(g.id, 0), people.get(g.id, 0)) for g in sorted(found, key=lambda g: g.name)
        ]

    return await ctx.mirror.read(work)


def _counts(reader: Reader, spec: Any, site_id: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in reader.find(spec, scope_id=site_id):
        counts[row.group_id] = counts.get(row.group_id, 0) + 1
    return counts


def groups_for(reader: Reader, person: Resident) -> list[AccessGroup]:
    """SITE-22: groups that may be offered to a person. A basic office user has those of the own department only."""
    groups = [g for g in reader.find(ACCESS_GROUP, site_id=person.site_id) if g.owner_id in {None, person.id}]
    if person.kind is not PersonKind.OFFICE_USER or person.identity.value == "advanced":
        return groups
    kept = []
    for group in groups:
        relays = [reader.get(RELAY, door.relay_id) for door in reader.find(GROUP_DOOR, group_id=group.id)]
        devices = [reader.get(DEVICE, r.device_id) for r in relays if r is not None]
        if all(d is None or d.department_id in {None, person.department_id} for d in devices):
            kept.append(group)
    return kept
