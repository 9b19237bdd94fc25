"""The desk's day: who is expected, who is in the house, who has left; from keys, door events and notes of the desk.

An arrival is the first door that opened for somebody today, or the desk's own note; a departure is always a note:
nobody shows a card to leave. Notes stand in this workstation's audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, Repeat
from core.entities.event import DOOR_EVENT
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE
from core.rules.access_times import local_of
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context, Permission

ARRIVED, LEFT = "arrived", "left"
MOST_EVENTS = 5_000
"""More events than a busy site has in a day: the day's beginning is found among them."""


class Place(StrEnum):
    """A column of the board."""

    EXPECTED = "expected"
    INSIDE = "arrived"
    GONE = "left"


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One person of the day. `due`: when they were expected at this site today; None for who comes without a time."""

    person: Resident
    place: Place
    due: datetime | None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    missed: bool = False
    """The time of the key is over and nobody came."""


async def note_arrival(ctx: Context, person_id: str) -> None:
    """The desk saw somebody come in."""
    await _note(ctx, person_id, ARRIVED)


async def note_departure(ctx: Context, person_id: str) -> None:
    """The desk saw somebody leave."""
    await _note(ctx, person_id, LEFT)


async def _note(ctx: Context, person_id: str, word: str) -> None:
    ctx.require(Permission.EDIT_PEOPLE)
    await ctx.mirror.write(
        lambda tx: tx.note_act(RESIDENT, tx.require(RESIDENT, person_id), word),
        origin=Origin.USER,
        act=f"Desk: {word}",
    )


async def load_board(ctx: Context, site_id: str) -> list[BoardLine]:
    """Everybody of the site's day but residents; expected ones by time, the others by what happened last."""
    ctx.require_signed_in()
    now = ctx.clock.now()
    return await ctx.mirror.read(lambda reader: _board(reader, site_id, now), limit_ms=10_000)


def _board(reader: Reader, site_id: str, now: datetime) -> list[BoardLine]:
    zone = reader.require(SITE, site_id).time_zone
    local = local_of(now, zone)
    midnight = now - timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    opened = _first_openings(reader, site_id, midnight)
    notes = _notes(reader, midnight)
    groups = _groups_of(reader, site_id)
    lines = []
    for person in reader.find(RESIDENT, scope_id=site_id):
        if person.kind in {PersonKind.RESIDENT, PersonKind.OFFICE_USER}:
            continue
        mine = groups.get(person.id, [])
        today = [g for g in mine if _is_today(g, local)]
        due = _due(today, person, midnight)
        seen = [t for t in (opened.get(person.id), notes.get((person.id, ARRIVED))) if t is not None]
        left = notes.get((person.id, LEFT))
        if due is None and not seen and left is None:
            continue
        over = bool(today) and all(g.to_time < local.time() for g in today)
        arrived = min(seen) if seen else None
        place = _place(arrived, left, over=over)
        lines.append(
            BoardLine(person, place, due, arrived, left, missed=over and arrived is None and left is None)
        )
    return sorted(lines, key=_order)


def _place(arrived: datetime | None, left: datetime | None, *, over: bool) -> Place:
    if left is not None and (arrived is None or left >= arrived):
        return Place.GONE
    if arrived is not None:
        return Place.INSIDE
    return Place.GONE if over else Place.EXPECTED


def _order(line: BoardLine) -> tuple[int, float]:
    last = line.left_at or line.arrived_at or line.due
    moment = last.timestamp() if last else 0.0
    return list(Place).index(line.place), -moment if line.place is Place.GONE else moment


def _first_openings(reader: Reader, site_id: str, midnight: datetime) -> dict[str, datetime]:
    newest = rows(reader, ListQuery(DOOR_EVENT, {"scope_id": site_id}, sort="-at", limit=MOST_EVENTS))
    found: dict[str, datetime] = {}
    for event in newest:
        if event.at < midnight:
            break
        if event.worked and event.person_id:
            found[event.person_id] = event.at
    return found


def _notes(reader: Reader, midnight: datetime) -> dict[tuple[str, str], datetime]:
    found: dict[tuple[str, str], datetime] = {}
    for word in (ARRIVED, LEFT):
        for entry in reader.find(AUDIT_ENTRY, entity=RESIDENT.name, op=word):
            if entry.at >= midnight:
                key = (entry.entity_id, word)
                found[key] = max(found.get(key, entry.at), entry.at)
    return found


def _groups_of(reader: Reader, site_id: str) -> Mapping[str, Sequence[AccessGroup]]:
    groups = {g.id: g for g in reader.find(ACCESS_GROUP, scope_id=site_id)}
    found: dict[str, list[AccessGroup]] = {}
    for group in groups.values():
        if group.owner_id is not None:
            found.setdefault(group.owner_id, []).append(group)
    for member in reader.find(GROUP_MEMBER, scope_id=site_id):
        if member.group_id in groups:
            found.setdefault(member.person_id, []).append(groups[member.group_id])
    return found


def _is_today(group: AccessGroup, local: datetime) -> bool:
    if group.repeat is Repeat.NEVER:
        first, last = group.from_day, group.to_day
        return first is not None and last is not None and first <= local.date() <= last
    if group.repeat is Repeat.WEEKLY:
        return str(local.isoweekday() % 7) in group.days
    return True


def _due(today: Sequence[AccessGroup], person: Resident, midnight: datetime) -> datetime | None:
    """When somebody is expected; who may come at any time of the day (staff of a whole-day group) is not."""
    spans = [g for g in today if person.kind is PersonKind.VISITOR or g.from_time > time(0, 0)]
    if not spans:
        return None
    first = min(g.from_time for g in spans)
    return midnight + timedelta(hours=first.hour, minutes=first.minute)
