"""The front desk's day: moves, people, doors that do not answer, open receipts, codes that end or wait for a lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.base.clock import to_ms
from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, Repeat
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.proof import PROOF, Proof
from core.entities.site import APARTMENT, SITE
from core.entities.turnover import TURNOVER, TURNOVER_LINE, TurnoverKind, has_followed
from core.rules.access_times import local_of
from core.rules.explain import name_of, word_of
from core.rules.lock_codes import OPEN
from core.schema.entity import EntitySpec, R
from core.store.reader import Reader
from core.store.tables import table_of
from core.usecases.context import Context, Permission
from core.usecases.desk_board import BoardLine, Place, board_of
from core.usecases.lock_codes import items_of

AHEAD_DAYS = 7
"""Codes that end within so many days are told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: who or what, the moment that it is about, and a word more. `row_id`: what it leads to."""

    row_id: str
    title: str
    at: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The board of one day at one site. `day` is the site's own; `people`: everybody of the day but residents."""

    day: str
    moves_in: tuple[Entry, ...]
    moves_out: tuple[Entry, ...]
    people: tuple[BoardLine, ...]
    offline: tuple[Entry, ...]
    receipts: tuple[Entry, ...]
    expiring: tuple[Entry, ...]
    lock_codes: tuple[Entry, ...]
    """What waits to be entered or taken away at the programs of third-party locks."""

    @property
    def visitors(self) -> tuple[Entry, ...]:
        """Visitors who are expected still: their key opens at some time of this day that is not over."""
        return tuple(
            Entry(line.person.id, _guest(line.person), line.due, f"until {line.until:%H:%M}")
            for line in self.people
            if line.place is Place.EXPECTED and line.person.kind is PersonKind.VISITOR
        )

    @property
    def sentence(self) -> str:
        """The day in one line."""
        parts = (
            (self.moves_in, "in"),
            (self.moves_out, "out"),
            (self.visitors, "visitors expected"),
            (self.offline, "doors do not answer"),
            (self.receipts, "receipts open"),
            (self.expiring, f"codes end within {AHEAD_DAYS} days"),
            (self.lock_codes, "codes to do at locks"),
        )
        return ", ".join(f"{len(entries)} {words}" for entries, words in parts) + "."


async def today(ctx: Context, site_id: str) -> Today:
    """The board of a site's present day."""
    ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()
    return await ctx.mirror.read(lambda r: today_of(r, site_id, now), limit_ms=20_000)


def today_of(reader: Reader, site_id: str, now: datetime) -> Today:
    """The board at a moment."""
    zone = ZoneInfo(reader.require(SITE, site_id).time_zone)
    local = local_of(now, zone.key)
    start = datetime.combine(local.date(), time(0), zone)
    day = (start, datetime.combine(local.date() + timedelta(days=1), time(0), zone))
    return Today(
        day=local.date().isoformat(),
        moves_in=_moves(reader, site_id, TurnoverKind.MOVE_IN, day),
        moves_out=(*_moves(reader, site_id, TurnoverKind.MOVE_OUT, day), *_leases(reader, site_id, day)),
        people=board_of(reader, site_id, now),
        offline=_offline(reader, site_id),
        receipts=_receipts(reader, site_id),
        expiring=_expiring(reader, site_id, now, local),
        lock_codes=_lock_codes(reader, site_id, now),
    )


Span = tuple[datetime, datetime]


def _moves(reader: Reader, site_id: str, kind: TurnoverKind, day: Span) -> tuple[Entry, ...]:
    found = [
        t for t in reader.find(TURNOVER, site_id=site_id) if t.kind is kind and day[0] <= t.due_at < day[1]
    ]
    return tuple(
        Entry(t.id, t.title, t.due_at, "done" if t.done_at else "due")
        for t in sorted(found, key=lambda t: t.due_at)
    )


def _leases(reader: Reader, site_id: str, day: Span) -> list[Entry]:
    homes = [a for a in reader.find(APARTMENT, scope_id=site_id) if a.valid_until is not None]
    return [
        Entry(a.id, f"Lease of {a.number}", a.valid_until, "family goes" if a.delete_members else "")
        for a in homes
        if a.valid_until is not None and day[0] <= a.valid_until < day[1]
    ]


def _guest(visitor: Resident) -> str:
    return name_of(visitor).removesuffix(" ·")


def _lock_codes(reader: Reader, site_id: str, now: datetime) -> tuple[Entry, ...]:
    todo = [one for one in items_of(reader, now=now, site_id=site_id) if one.todo in OPEN]
    return tuple(
        Entry(one.lock.id, f"{one.lock.name}: {one.name}, {word_of(one.kind)}", None, one.todo.value)
        for one in todo
    )


def _offline(reader: Reader, site_id: str) -> tuple[Entry, ...]:
    """Devices whose latest receipt says that they did not answer."""
    newest: dict[str, Proof] = {}
    for proof in reader.find(PROOF, scope_id=site_id):
        old = newest.get(proof.device_id)
        if proof.at is not None and (old is None or old.at is None or proof.at > old.at):
            newest[proof.device_id] = proof
    devices = sorted(reader.find(DEVICE, scope_id=site_id), key=lambda d: d.name.lower())
    return tuple(
        Entry(d.id, d.name, newest[d.id].at, newest[d.id].said)
        for d in devices
        if d.id in newest and newest[d.id].verdict is Verdict.UNREACHABLE
    )


def _receipts(reader: Reader, site_id: str) -> tuple[Entry, ...]:
    opened = [t for t in reader.find(TURNOVER, site_id=site_id, closed_at=None) if t.done_at is not None]
    lines = reader.find_in(TURNOVER_LINE, "turnover_id", [t.id for t in opened])
    left: dict[str, list[str]] = {}
    for line in lines:
        if not has_followed(line):
            left.setdefault(line.turnover_id, []).append(line.device_name)
    return tuple(
        Entry(t.id, t.title, t.due_at, f"not proved at {', '.join(dict.fromkeys(left.get(t.id, [])))}")
        for t in sorted(opened, key=lambda t: t.due_at)
    )


def _ending(reader: Reader, spec: EntitySpec[R], site_id: str, span: Span) -> list[R]:
    """Rows of a site whose own `valid_until` lies in a span. Asked in SQL: a site has ten thousands that have none."""
    table = table_of(spec)
    ends = table.c.valid_until
    query = select(table.c.id).where(
        table.c.scope_id == site_id, ends >= to_ms(span[0]), ends < to_ms(span[1])
    )
    return reader.find_in(spec, "id", [row[0] for row in reader.connection.execute(query)])


def _expiring(reader: Reader, site_id: str, now: datetime, local: datetime) -> tuple[Entry, ...]:
    """Codes with an end of their own, and people and keys that end, within the next days."""
    span = (now, now + timedelta(days=AHEAD_DAYS))
    people = _ending(reader, RESIDENT, site_id, span)
    found = [Entry(p.id, _guest(p), p.valid_until, p.kind.value.replace("_", " ")) for p in people]
    codes = _ending(reader, CREDENTIAL, site_id, span)
    owners = {p.id: p for p in reader.find_in(RESIDENT, "id", [c.person_id for c in codes])}
    found += [
        Entry(c.id, _guest(owners[c.person_id]), c.valid_until, word_of(c.kind))
        for c in codes
        if c.person_id in owners
    ]
    visitors = {v.id: v for v in reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.VISITOR)}
    for group in reader.find_in(ACCESS_GROUP, "owner_id", visitors):
        if group.repeat is Repeat.NEVER and group.to_day is not None and group.owner_id in visitors:
            end = datetime.combine(group.to_day, group.to_time, local.tzinfo)
            if span[0] <= end < span[1]:
                words = word_of(CredentialKind.TEMPORARY)
                found.append(Entry(group.owner_id, _guest(visitors[group.owner_id]), end, words))
    return tuple(sorted(found, key=lambda e: (e.at is None, e.at, e.title)))
