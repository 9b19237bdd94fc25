"""Access groups and what hangs on them: doors, locks, people, private schedules (GRP)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import (
    ACCESS_GROUP,
    GROUP_DOOR,
    GROUP_MEMBER,
    AccessGroup,
    GroupMember,
)
from core.entities.device import DEVICE, RELAY, Relay
from core.entities.lock import GROUP_LOCK, LOCK, GroupLock
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import SITE
from core.rules.explain import name_of
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, Outcome, Verb, run_act, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.devices import put_door
from core.usecases.guards import guard_access, guard_change
from core.usecases.people import ON_GROUPS
from core.usecases.places import next_group_code


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What is asked for an access group. `times` are fields of the row: repeat, days, from_time, to_time."""

    site_id: str
    name: str
    relay_ids: Sequence[str] = ()
    person_ids: Sequence[str] = ()
    times: dict[str, Any] = field(default_factory=dict)
    lock_ids: Sequence[str] = ()


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
        put_door(tx, group, own_relay(tx, site.id, relay_id))
    for lock_id in new.lock_ids:
        put_lock_door(tx, group, lock_id)
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


def own_relay(tx: Reader, site_id: str, relay_id: str) -> Relay:
    """A relay of this site; UserError for one of another."""
    relay = tx.require(RELAY, relay_id)
    if relay.scope_id != site_id:
        raise UserError(
            "access_groups.other_site", f"'{relay.name}' is a door of another site.", field="relay_id"
        )
    return relay


def put_lock_door(tx: Tx, group: AccessGroup, lock_id: str) -> GroupLock:
    """One third-party lock of a group inside a transaction; refused when the lock follows a door phone."""
    lock = tx.require(LOCK, lock_id)
    if lock.site_id != group.site_id:
        words = f"'{lock.name}' is a lock of another site."
        raise UserError("access_groups.other_site", words, field="lock_id")
    row = GroupLock(id=new_id(), scope_id=group.scope_id, group_id=group.id, lock_id=lock.id)
    return tx.put(GROUP_LOCK, row)


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


async def remove_group(ctx: Context, group_id: str, *, check: bool = False) -> BulkReport:
    """Remove a group with its doors, locks and memberships; a building's default group stays (GRP-01)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> BulkReport:
        group = tx.require(ACCESS_GROUP, group_id)
        for member in tx.find(GROUP_MEMBER, group_id=group_id):
            guard_access(ctx, tx, tx.require(RESIDENT, member.person_id))
        gone = [Line(group.id, f"Access group {group.name}")]
        for spec in ON_GROUPS:
            rows = tx.find(spec, group_id=group.id)
            gone += [Line(row.id, spec.label) for row in rows]
            for row in rows:
                tx.remove(spec, row.id)
        tx.remove(ACCESS_GROUP, group.id)
        return BulkReport(False, tuple(gone))

    site_id = await ctx.mirror.read(lambda r: r.require(ACCESS_GROUP, group_id).site_id)
    return await run_act(ctx, "Remove access group", work, check=check, site_id=site_id)


async def change_group(ctx: Context, *, group_id: str, **changes: Any) -> AccessGroup:
    """Change a group's name or times (GRP-01, GRP-02); everybody in it opens by the new ones after the next push."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> AccessGroup:
        group = tx.require(ACCESS_GROUP, group_id)
        guard_change(ctx, tx, ACCESS_GROUP, group, changes)
        return tx.patch(ACCESS_GROUP, group, **changes)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change access group")


async def set_private_schedule(
    ctx: Context,
    *,
    person_id: str,
    relay_ids: Sequence[str],
    times: dict[str, Any] | None = None,
    check: bool = False,
) -> BulkReport:
    """RES-04: the times in which a resident's own devices open; daily 00:00:00 to 23:59:59 at first.

    Offered once the apartment has devices: UserError otherwise, and for relays of other devices. No relays: none.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> BulkReport:
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
            remove_private(tx, old)
        new = NewGroup(person.site_id, private_name(person), relay_ids, (), dict(times or {}))
        group = put_group(ctx, tx, new, owner=person)
        return BulkReport(False, (Line(group.id, group.name),))

    site_id = await ctx.mirror.read(lambda r: r.require(RESIDENT, person_id).site_id)
    return await run_act(ctx, "Set private schedule", work, check=check, site_id=site_id)


def own_relays(reader: Reader, person: Resident) -> list[Relay]:
    """Relays of a person's 'self devices': those of the apartment, or an office user's own."""
    devices = reader.find(DEVICE, apartment_id=person.apartment_id) if person.apartment_id else []
    devices += reader.find(DEVICE, owner_id=person.id)
    return [relay for device in devices for relay in reader.find(RELAY, device_id=device.id)]


def private_name(person: Resident) -> str:
    """The name of a private group: unique at the site by the UID."""
    return f"{name_of(person)[:96]} · {person.uid or person.id[-9:]}"


def remove_private(tx: Tx, group: AccessGroup) -> None:
    """A private schedule or the times of a key, with everything that hangs on it."""
    for spec in ON_GROUPS:
        for row in tx.find(spec, group_id=group.id):
            tx.remove(spec, row.id)
    tx.remove(ACCESS_GROUP, group.id)


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the list of groups: how many doors, people and third-party locks it has."""

    group: AccessGroup
    doors: int
    people: int
    locks: int = 0


async def list_groups(
    ctx: Context, site_id: str, *, keyword: str = "", by: str = "name", private: bool = False
) -> list[Contact]:
    """GRP-01: a site's groups by name; private schedules only when asked for.

    `keyword` is searched in what `by` names: `name` of the group, `person`, `device` (its doors) or `lock`.
    """
    ctx.require(Permission.SEE_PEOPLE)
    if by not in _SEARCH:
        raise UserError("access_groups.search", f"Groups are searched by {', '.join(_SEARCH)}.", field="by")

    def work(reader: Reader) -> list[Contact]:
        groups = [g for g in reader.find(ACCESS_GROUP, site_id=site_id) if private or g.owner_id is None]
        doors, people = _counts(reader, GROUP_DOOR, site_id), _counts(reader, GROUP_MEMBER, site_id)
        locks = _counts(reader, GROUP_LOCK, site_id)
        hits = _SEARCH[by](reader, groups, keyword.strip().lower())
        found = [g for g in groups if g.id in hits]
        return [
            Contact(g, doors.get(g.id, 0), people.get(g.id, 0), locks.get(g.id, 0))
            for g in sorted(found, key=lambda g: g.name)
        ]

    return await ctx.mirror.read(work, limit_ms=20_000)


def _by_name(_reader: Reader, groups: Sequence[AccessGroup], word: str) -> set[str]:
    return {g.id for g in groups if word in g.name.lower() or word == str(g.code)}


def _by_person(reader: Reader, groups: Sequence[AccessGroup], word: str) -> set[str]:
    people = [
        person.id
        for site_id in {g.site_id for g in groups}
        for person in rows(reader, ListQuery(RESIDENT, {"scope_id": site_id}, word))
        if word in name_of(person).lower()
    ]
    return {m.group_id for m in reader.find_in(GROUP_MEMBER, "person_id", people)}


def _by_device(reader: Reader, groups: Sequence[AccessGroup], word: str) -> set[str]:
    devices = {
        d.id: d.name.lower() for i in {g.site_id for g in groups} for d in reader.find(DEVICE, scope_id=i)
    }
    relays = {
        r.id
        for r in reader.find_in(RELAY, "device_id", devices)
        if word in r.name.lower() or word in devices[r.device_id]
    }
    return {d.group_id for d in reader.find_in(GROUP_DOOR, "relay_id", relays)}


def _by_lock(reader: Reader, groups: Sequence[AccessGroup], word: str) -> set[str]:
    locks = {
        k.id
        for i in {g.site_id for g in groups}
        for k in reader.find(LOCK, scope_id=i)
        if word in k.name.lower()
    }
    return {d.group_id for d in reader.find_in(GROUP_LOCK, "lock_id", locks)}


_SEARCH: dict[str, Callable[[Reader, Sequence[AccessGroup], str], set[str]]] = {
    "name": _by_name,
    "person": _by_person,
    "device": _by_device,
    "lock": _by_lock,
}
"""GRP-01: search by type and keyword."""


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
