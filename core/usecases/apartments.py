"""Apartments: batch edit, batch reset, registration QR codes, the export of SITE-14; and the reset of SITE-07."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE
from core.entities.event import DOOR_EVENT, DoorEvent
from core.entities.person import FLOOR_GRANT, RESIDENT, AccountType, PersonKind, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment
from core.rules.explain import word_of
from core.rules.reset import AFTERWARDS, CLEARED_OF_HOUSE, CLEARED_OF_PERSON, GOES, STAYS, record_word
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, patching, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.groups import remove_private
from core.usecases.guards import guard_change, switches_forbidden
from core.usecases.people import remove_person
from core.usecases.undo_log import keep_undo, last_number


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset takes and keeps, asked before it (SITE-07). `counts`: rows by word, of what goes."""

    goes: tuple[str, ...]
    stays: tuple[str, ...]
    afterwards: tuple[str, ...]
    counts: Mapping[str, int]
    undo_id: str = ""


async def edit_apartments(
    ctx: Context,
    *,
    site_id: str,
    changes: Mapping[str, Any],
    ids: Sequence[str] | None = None,
    check: bool = False,
) -> BulkReport:
    """SITE-13: set the same fields of chosen or all apartments; the switches need a premium plan."""
    ctx.require(Permission.EDIT_APARTMENTS)
    forbidden: dict[str, str] = {}

    def forbid(reader: Reader, apartment: Apartment) -> str:
        if apartment.site_id not in forbidden:
            guard = {n: v for n, v in changes.items() if n not in APARTMENT_FREE}
            forbidden[apartment.site_id] = switches_forbidden(ctx, reader, apartment, guard)
        return forbidden[apartment.site_id]

    verb = patching(APARTMENT, "Edit apartments", changes, forbid=forbid)
    return await run_bulk(ctx, APARTMENT, _picker(site_id, ids), verb, check=check, site_id=site_id)


APARTMENT_FREE = frozenset({"name", "contact", "call_order", "call_type", "call_mode"})
"""Fields that no plan forbids."""


def _picker(site_id: str, ids: Sequence[str] | None) -> Any:
    def pick(reader: Reader) -> list[Apartment]:
        found = reader.find(APARTMENT, scope_id=site_id)
        wanted = None if ids is None else set(ids)
        return [a for a in found if wanted is None or a.id in wanted]

    return pick


async def change_apartment(ctx: Context, *, apartment_id: str, **changes: Any) -> Apartment:
    """SITE-12, SITE-16: one apartment's settings; number and floor are the installer's."""
    ctx.require(Permission.EDIT_APARTMENTS)

    def work(tx: Tx) -> Apartment:
        apartment = tx.require(APARTMENT, apartment_id)
        guard_change(ctx, tx, APARTMENT, apartment, changes)
        return tx.patch(APARTMENT, apartment, **changes)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change apartment")


async def renew_qr_codes(
    ctx: Context, *, site_id: str, ids: Sequence[str] | None = None, check: bool = False
) -> BulkReport:
    """SITE-13: batch refresh of registration QR codes; those of before are void."""
    ctx.require(Permission.EDIT_APARTMENTS)
    now = ctx.clock.now()
    verb = patching(APARTMENT, "Renew QR codes", {"qr_renewed_at": now, "qr_registered": False})
    return await run_bulk(ctx, APARTMENT, _picker(site_id, ids), verb, check=check, site_id=site_id)


async def reset_apartments(
    ctx: Context, *, site_id: str, ids: Sequence[str] | None = None, check: bool = False
) -> BulkReport:
    """SITE-13, SITE-15: reset chosen or all apartments as SITE-07."""
    ctx.require(Permission.EDIT_APARTMENTS)
    await _may_reset(ctx, site_id)

    def judge(reader: Reader, apartment: Apartment) -> tuple[Outcome, str]:
        family = _family_of(reader, apartment_id=apartment.id)
        empty = not any(_counts(reader, family).values()) and all(_is_reset(p) for p in family.people)
        return (Outcome.ALREADY, "") if empty else (Outcome.CHANGE, "")

    verb = Verb("Reset apartments", judge, lambda tx, a: _reset(tx, _family_of(tx, apartment_id=a.id)))
    return await run_bulk(ctx, APARTMENT, _picker(site_id, ids), verb, check=check, site_id=site_id)


async def reset_house(ctx: Context, *, site_id: str, check: bool = False) -> ResetPlan:
    """SITE-07: reset a house's account. With `check`, only what goes and what stays."""
    ctx.require(Permission.EDIT_SITES)

    def plan(reader: Reader) -> ResetPlan:
        family = _family_of(reader, scope_id=reader.require(SITE, site_id).id)
        return ResetPlan(GOES, STAYS, AFTERWARDS, _counts(reader, family))

    def work(tx: Tx) -> ResetPlan:
        tx.grouped()
        since = last_number(tx)
        asked = plan(tx)
        _reset(tx, _family_of(tx, scope_id=site_id))
        tx.patch(SITE, tx.require(SITE, site_id), **CLEARED_OF_HOUSE)
        return replace(asked, undo_id=keep_undo(tx, since, site_id=site_id))

    if check:
        return await ctx.mirror.read(plan)
    return await ctx.mirror.write(work, origin=Origin.USER, act="Reset account")


async def _may_reset(ctx: Context, site_id: str) -> None:
    """A reset removes members: for a manager it takes the permission to delete accounts (ACC-12)."""
    site = await ctx.mirror.read(lambda r: r.require(SITE, site_id))
    ctx.require_at(Permission.DELETE_ACCOUNTS, site)


def _family(reader: Reader, **where: Any) -> list[Resident]:
    return [p for p in reader.find(RESIDENT, **where) if p.kind is PersonKind.RESIDENT]


@dataclass(frozen=True, slots=True)
class _Family:
    """Whom a reset is about: the people, and the devices that are theirs alone (of the apartment or of a house)."""

    people: Sequence[Resident]
    device_ids: frozenset[str]


def _family_of(reader: Reader, **where: str) -> _Family:
    people = _family(reader, **where)
    own = {device.id for device in reader.find(DEVICE, **where)}
    own |= {device.id for device in reader.find_in(DEVICE, "owner_id", [p.id for p in people])}
    return _Family(people, frozenset(own))


def _records(reader: Reader, family: _Family) -> list[DoorEvent]:
    """Logs, call histories and alarms of the family: by whom, or by whose device."""
    found = reader.find_in(DOOR_EVENT, "person_id", [p.id for p in family.people])
    found += reader.find_in(DOOR_EVENT, "device_id", family.device_ids)
    return list({event.id: event for event in found}.values())


def _counts(reader: Reader, family: _Family) -> dict[str, int]:
    """How many rows of each kind a reset removes."""
    ids = [p.id for p in family.people]
    counts = {"family members": sum(1 for p in family.people if p.account_type is AccountType.MEMBER)}
    for code in reader.find_in(CREDENTIAL, "person_id", ids):
        word = word_of(code.kind)
        counts[word] = counts.get(word, 0) + 1
    counts["private schedules"] = len(reader.find_in(ACCESS_GROUP, "owner_id", ids))
    for event in _records(reader, family):
        word = record_word(event)
        counts[word] = counts.get(word, 0) + 1
    return counts


def _is_reset(person: Resident) -> bool:
    return all(getattr(person, name) == value for name, value in CLEARED_OF_PERSON.items())


def _reset(tx: Tx, family: _Family) -> None:
    """Members go; masters stay with their state, memberships in public groups and settings, without anything else."""
    tx.remove_many(DOOR_EVENT, _records(tx, family))
    people = family.people
    for person in people:
        if person.account_type is AccountType.MEMBER:
            remove_person(tx, person)
    for person in people:
        if person.account_type is AccountType.MASTER:
            _clear_master(tx, person)


def _clear_master(tx: Tx, person: Resident) -> None:
    for code in tx.find(CREDENTIAL, person_id=person.id):
        tx.remove(CREDENTIAL, code.id)
    for group in tx.find(ACCESS_GROUP, owner_id=person.id):
        remove_private(tx, group)
    for grant in tx.find(FLOOR_GRANT, person_id=person.id):
        tx.remove(FLOOR_GRANT, grant.id)
    tx.patch(RESIDENT, person, **{**CLEARED_OF_PERSON, "floors": (), "sign_in_renewed_at": tx.now})


async def apartment_lines(
    ctx: Context, site_id: str, *, building: str = "", search: str = ""
) -> list[dict[str, str | int]]:
    """SITE-14, SITE-15: Building, Apartment (with floor), APT Name, Residents, Devices, Enabled Access Methods."""
    ctx.require(Permission.SEE_PEOPLE)

    def work(reader: Reader) -> list[dict[str, str | int]]:
        buildings = {b.id: b.name for b in reader.find(BUILDING, scope_id=site_id)}
        wanted = ListQuery(APARTMENT, {"scope_id": site_id}, search)
        shown = [a for a in rows(reader, wanted) if not building or buildings.get(a.building_id) == building]
        return _lines(reader, site_id, shown, buildings)

    return await ctx.mirror.read(work, limit_ms=20_000)


def _lines(
    reader: Reader, site_id: str, shown: Sequence[Apartment], buildings: Mapping[str, str]
) -> list[dict[str, str | int]]:
    people: dict[str, list[Resident]] = {}
    for person in _family(reader, scope_id=site_id):
        people.setdefault(person.apartment_id or "", []).append(person)
    codes: dict[str, set[str]] = {}
    for code in reader.find(CREDENTIAL, scope_id=site_id):
        codes.setdefault(code.person_id, set()).add(METHOD_WORDS.get(code.kind.value, word_of(code.kind)))
    devices: dict[str, int] = {}
    for device in reader.find(DEVICE, scope_id=site_id):
        devices[device.apartment_id or ""] = devices.get(device.apartment_id or "", 0) + 1
    lines: list[dict[str, str | int]] = []
    for apartment in shown:
        family = people.get(apartment.id, [])
        methods = {"App"} if any(p.app_registered for p in family) else set()
        methods |= {word for p in family for word in codes.get(p.id, ())}
        floor = "" if apartment.floor is None else f" (Floor {apartment.floor})"
        lines.append(
            {
                "Building": buildings.get(apartment.building_id, ""),
                "Apartment": f"{apartment.number}{floor}",
                "APT Name": apartment.name,
                "Residents": len(family),
                "Devices": devices.get(apartment.id, 0),
                "Enabled Access Methods": ",".join(sorted(methods, key=lambda w: (w != "App", w))),
            }
        )
    return lines


METHOD_WORDS = {"card": "RF Card", "face": "Face", "pin": "PIN", "uhf": "UHF Card", "plate": "License Plate"}
"""Words of the export's last column."""
