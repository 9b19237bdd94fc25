"""Visitors: temporary keys (VIS-01) and ID access (VIS-04). A key is a visitor's credential with private times."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, AccessGroup, Repeat
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import DEVICE, RELAY
from core.entities.event import DOOR_EVENT, DoorEvent
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import APARTMENT, BUILDING, SITE
from core.rules.access_times import local_of
from core.rules.door import Door
from core.rules.explain import name_of
from core.rules.plain_codes import new_uid
from core.rules.sharing import sites_sharing
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.groups import NewGroup, private_name, put_group
from core.usecases.people import put_credential, remove_person

KEY_TRIES = 64


@dataclass(frozen=True, slots=True)
class Times:
    """GRP-02: when a key opens. NEVER takes both days; WEEKLY takes `days`."""

    repeat: Repeat = Repeat.NEVER
    days: str = ""
    from_time: time = time(0, 0, 0)
    to_time: time = time(23, 59, 59)
    from_day: date | None = None
    to_day: date | None = None

    def fields(self) -> dict[str, Any]:
        """As fields of an access group."""
        return {
            "repeat": self.repeat,
            "days": self.days,
            "from_time": self.from_time,
            "to_time": self.to_time,
            "from_day": self.from_day,
            "to_day": self.to_day,
        }


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is asked for a temporary key. Building and name are required; `uses` is n at each chosen door (VIS-01)."""

    building_id: str
    name: str
    relay_ids: Sequence[str]
    times: Times
    apartment_id: str | None = None
    id_number: str = ""
    uses: int | None = None
    email: str = ""


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """A key with its visitor, times and doors."""

    visitor: Resident
    credential: Credential
    group: AccessGroup
    relay_ids: tuple[str, ...] = ()


async def add_key(ctx: Context, new: NewKey) -> TemporaryKey:
    """Make a visitor with a temporary key: eight digits that start with 9, free at every site that shares a door."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> TemporaryKey:
        tx.grouped()
        if not new.relay_ids:
            raise UserError("keys.doors", "A temporary key needs at least one door.", field="relay_ids")
        if new.uses is not None and new.times.repeat is not Repeat.NEVER:
            raise UserError("keys.uses", "Times per device go with a key that does not repeat.", field="uses")
        visitor = _put_visitor(tx, new)
        group = put_group(ctx, tx, _group(visitor, new), owner=visitor)
        code = _free_code(tx, visitor.site_id)
        key = put_credential(tx, visitor, CredentialKind.TEMPORARY, code, uses=new.uses)
        return TemporaryKey(visitor, key, group, tuple(new.relay_ids))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add temporary key")


async def add_id_access(ctx: Context, new: NewKey, *, run: str, serial: str) -> TemporaryKey:
    """VIS-04: a visitor who opens with an ID card; only where the project allows it."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> TemporaryKey:
        tx.grouped()
        visitor = _put_visitor(tx, new)
        group = put_group(ctx, tx, _group(visitor, new), owner=visitor)
        run_plain = "".join(c for c in run if c.isalnum())
        key = put_credential(tx, visitor, CredentialKind.ID_ACCESS, f"{run_plain}-{serial.strip()}")
        return TemporaryKey(visitor, key, group, tuple(new.relay_ids))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add ID access")


def _put_visitor(tx: Tx, new: NewKey) -> Resident:
    building = tx.require(BUILDING, new.building_id)
    if new.apartment_id is not None and tx.require(APARTMENT, new.apartment_id).building_id != building.id:
        raise UserError("keys.apartment", "The apartment is in another building.", field="apartment_id")
    first, _, last = new.name.strip().rpartition(" ")
    visitor = Resident(
        id=new_id(),
        scope_id=building.site_id,
        site_id=building.site_id,
        kind=PersonKind.VISITOR,
        building_id=building.id,
        apartment_id=new.apartment_id,
        first_name=first or last,
        last_name=last if first else "·",
        number=new.id_number,
        email=new.email,
        uid=new_uid(),
    )
    return tx.put(RESIDENT, visitor)


def _group(visitor: Resident, new: NewKey) -> NewGroup:
    return NewGroup(visitor.site_id, private_name(visitor), new.relay_ids, (), new.times.fields())


def _free_code(tx: Tx, site_id: str) -> str:
    """A code that nobody has where it opens; drawn at random, so that keys cannot be guessed from one another."""
    scopes = sites_sharing(tx, site_id)
    for _ in range(KEY_TRIES):
        code = f"9{secrets.randbelow(10_000_000):07}"
        if not any(tx.find(CREDENTIAL, code=code, scope_id=scope) for scope in scopes):
            return code
    raise UserError("keys.full", "No free temporary key was found.", remedy="Remove keys that have expired.")


async def extend_key(
    ctx: Context, *, visitor_id: str, to_day: date, to_time: time | None = None
) -> TemporaryKey:
    """VIS-01: extend a key before it expires; UserError afterwards, and for an earlier end."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> TemporaryKey:
        key = _key_of(tx, tx.require(RESIDENT, visitor_id))
        group = key.group
        if group.repeat is not Repeat.NEVER or group.to_day is None:
            raise UserError("keys.repeats", "A key that repeats has no end to extend.")
        zone = tx.require(SITE, group.site_id).time_zone
        now = local_of(tx.now, zone)
        if (group.to_day, group.to_time) < (now.date(), now.time()):
            raise UserError("keys.expired", "This key has expired already.", remedy="Make a new one.")
        end = to_time or group.to_time
        if (to_day, end) <= (group.to_day, group.to_time):
            raise UserError("keys.shorter", "The new end is not later than the present one.", field="to_day")
        changed = tx.patch(ACCESS_GROUP, group, to_day=to_day, to_time=end)
        return TemporaryKey(key.visitor, key.credential, changed, key.relay_ids)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Extend temporary key")


async def remove_visitor(ctx: Context, visitor_id: str) -> None:
    """VIS-01: delete a key with its visitor; the devices hold it until the next push."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        visitor = tx.require(RESIDENT, visitor_id)
        if visitor.kind is not PersonKind.VISITOR:
            raise UserError("keys.no_visitor", f"{name_of(visitor)} is no visitor.")
        remove_person(tx, visitor)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove temporary key")


async def list_keys(
    ctx: Context,
    site_id: str,
    *,
    search: str = "",
    repeat: Repeat | None = None,
    valid_at: datetime | None = None,
    kind: CredentialKind | None = None,
) -> list[TemporaryKey]:
    """VIS-01, VIS-04: keys and ID accesses of a site by name, maker or the whole key; repeat, validity and kind.

    Rows hold codes; lists mask them.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(reader: Reader) -> list[TemporaryKey]:
        zone = reader.require(SITE, site_id).time_zone
        visitors = reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.VISITOR)
        keys = _keys_of(reader, visitors)
        words = search.lower()
        return [
            k
            for k in keys
            if (
                words in name_of(k.visitor).lower()
                or words in k.credential.made_by.lower()
                or search.strip().upper() == k.credential.code
            )
            and kind in {None, k.credential.kind}
            and (repeat is None or k.group.repeat is repeat)
            and (valid_at is None or not key_is_over(k.group, local_of(valid_at, zone)))
        ]

    return await ctx.mirror.read(work, limit_ms=20_000)


@dataclass(frozen=True, slots=True)
class KeyDetails:
    """VIS-01: one key with its doors in words."""

    key: TemporaryKey
    doors: tuple[str, ...]


async def key_details(ctx: Context, visitor_id: str) -> KeyDetails:
    """A key with the devices and relays that it opens."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(reader: Reader) -> KeyDetails:
        key = _key_of(reader, reader.require(RESIDENT, visitor_id))
        relays = [reader.require(RELAY, i) for i in key.relay_ids]
        names = tuple(Door(reader.require(DEVICE, r.device_id), r).name for r in relays)
        return KeyDetails(key, names)

    return await ctx.mirror.read(work)


async def key_log(ctx: Context, visitor_id: str) -> list[DoorEvent]:
    """VIS-01: what was opened with a key, newest first; only with log access (ACC-12)."""
    ctx.require(Permission.SEE_LOGS)

    def work(reader: Reader) -> list[DoorEvent]:
        visitor = reader.require(RESIDENT, visitor_id)
        ctx.require_at(Permission.SEE_LOGS, reader.get(SITE, visitor.site_id))
        return sorted(reader.find(DOOR_EVENT, person_id=visitor.id), key=lambda e: e.at, reverse=True)

    return await ctx.mirror.read(work)


def key_is_over(group: AccessGroup, local: datetime) -> bool:
    """Whether the times of a key lie behind a wall-clock moment of the site; one that repeats is never over."""
    if group.repeat is not Repeat.NEVER or group.to_day is None:
        return False
    return (group.to_day, group.to_time) < (local.date(), local.time())


def _keys_of(reader: Reader, visitors: Sequence[Resident]) -> list[TemporaryKey]:
    """The keys of many visitors with three questions; a visitor whose key was taken away has none."""
    ids = [visitor.id for visitor in visitors]
    codes: dict[str, Credential] = {}
    for code in reader.find_in(CREDENTIAL, "person_id", ids):
        codes.setdefault(code.person_id, code)
    groups = {g.owner_id: g for g in reader.find_in(ACCESS_GROUP, "owner_id", ids)}
    doors: dict[str, list[str]] = {}
    for door in reader.find_in(GROUP_DOOR, "group_id", [g.id for g in groups.values()]):
        doors.setdefault(door.group_id, []).append(door.relay_id)
    return [
        TemporaryKey(v, codes[v.id], groups[v.id], tuple(doors.get(groups[v.id].id, ())))
        for v in visitors
        if v.id in codes and v.id in groups
    ]


def _key_of(reader: Reader, visitor: Resident) -> TemporaryKey:
    codes = reader.find(CREDENTIAL, person_id=visitor.id)
    group = reader.first(ACCESS_GROUP, owner_id=visitor.id)
    if not codes or group is None:
        raise UserError("keys.none", f"{name_of(visitor)} has no key.")
    relays = tuple(door.relay_id for door in reader.find(GROUP_DOOR, group_id=group.id))
    return TemporaryKey(visitor, codes[0], group, relays)


def qr_payload(key: TemporaryKey) -> str:
    """What the QR code of a key says: its digits, which is what a door phone reads (a static QR code)."""
    return key.credential.code
