"""The people of the desk's day: who is expected, in the house, left; from keys, door events and notes of the desk.

The whole day is `core.usecases.today`, of which this is the part about people. An arrival is the first door that
opened for somebody today, or the desk's own note; a departure is always a note: nobody shows a card to leave. Notes
stand in this workstation's audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, Repeat
from core.entities.event import DOOR_EVENT
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE
from core.rules.access_times import DAY_ENDS, local_of, weekday_digit
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context, Permission

ARRIVED, LEFT = "arrived", "left"
Span = tuple[time, time]
MOST_EVENTS = 5_000
"""More events than a busy site has in a day: the day's beginning is found among them."""


class Place(StrEnum):
    """A column of the board."""

    EXPECTED = "expected"
    INSIDE = "arrived"
    GONE = "left"


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One person of the day. `due` to `until`: when they are expected at this site today; None for who comes without
    a time.
    """

    person: Resident
    place: Place
    due: datetime | None
    until: datetime | None = None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    missed: bool = False
    """The time of the key is over and nobody came."""
    all_day: bool = False
    """Expected at any time of the day: no moment was said, so nobody is late."""


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


def board_of(reader: Reader, site_id: str, now: datetime) -> tuple[BoardLine, ...]:
    """Everybody of the site's day but residents; expected ones by time, the others by what happened last."""
    local = local_of(now, reader.require(SITE, site_id).time_zone)
    midnight = datetime.combine(local.date(), time(0), local.tzinfo)
    opened = _first_openings(reader, site_id, midnight)
    notes = _notes(reader, midnight)
    groups = _groups_of(reader, site_id)
    lines = []
    for person in reader.find(RESIDENT, scope_id=site_id):
        if person.kind in {PersonKind.RESIDENT, PersonKind.OFFICE_USER}:
            continue
        spans = [span for g in groups.get(person.id, []) if (span := span_of(g, local.date()))]
        came = [t for t in (opened.get(person.id), notes.get((person.id, ARRIVED))) if t is not None]
        left = notes.get((person.id, LEFT))
        line = _line(person, spans, min(came) if came else None, left, local)
        if line.due is not None or came or left is not None:
            lines.append(line)
    return tuple(sorted(lines, key=_order))


def _line(
    person: Resident, spans: Sequence[Span], arrived: datetime | None, left: datetime | None, local: datetime
) -> BoardLine:
    """A person with the spans of their groups on this day. Staff who may come at any time are not expected."""
    due = [s for s in spans if person.kind is PersonKind.VISITOR or s[0] > time(0)]
    over = bool(spans) and all(s[1] < local.time() for s in spans)
    day, zone = local.date(), local.tzinfo
    return BoardLine(
        person,
        _place(arrived, left, over=over),
        datetime.combine(day, min(s[0] for s in due), zone) if due else None,
        datetime.combine(day, max(s[1] for s in due), zone) if due else None,
        arrived,
        left,
        missed=over and arrived is None and left is None,
        all_day=bool(due) and min(s[0] for s in due) == time(0),
    )


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


def span_of(group: AccessGroup, day: date) -> Span | None:
    """From when to when a group opens on a day; None when it does not. Of a key of some days the first and the last
    are cut, and those between are whole.
    """
    first, last = group.from_time, group.to_time
    if group.repeat is Repeat.NEVER:
        if group.from_day is None or group.to_day is None or not group.from_day <= day <= group.to_day:
            return None
        first = first if group.from_day == day else time(0)
        last = last if group.to_day == day else DAY_ENDS
    elif group.repeat is Repeat.WEEKLY and weekday_digit(day) not in group.days:
        return None
    return first, last
