"""The front desk's day in words: cards of the board, and everything about the person the desk talks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.entities.device import DEVICE
from core.entities.event import DOOR_EVENT, DoorEvent
from core.entities.person import CREDENTIAL, RESIDENT, AccountType, CredentialKind, PersonKind, Resident
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases import today as desk_day
from core.usecases.context import Context
from core.usecases.desk_board import BoardLine, Place
from desktop.models.door_proofs import Doors, doors_by_person
from desktop.models.places import Places, read_places
from desktop.models.visitors import hosts_of, where_of
from desktop.models.words import age_word, counted, translate, zone_of

TOUCHES = frozenset(
    {
        "residents", "credentials", "access_groups", "group_members", "group_doors", "door_events", "proofs",
        "audit_entries", "apartments", "buildings", "sites", "turnovers", "turnover_lines", "locks", "lock_codes",
    }
)  # fmt: skip
LATE_MIN = 10
"""After so many minutes somebody who is expected is late."""
EVENTS = 5
_ICONS = {PersonKind.VISITOR: "ticket", PersonKind.DELIVERY: "package", PersonKind.STAFF: "id-card"}


@dataclass(frozen=True, slots=True)
class Guest:
    """One line of the board with its words."""

    line: BoardLine
    about: str

    @property
    def name(self) -> str:
        """The person's name."""
        return RESIDENT.name_of(self.line.person).removesuffix(" ·")

    @property
    def icon(self) -> str:
        """What kind of person it is."""
        return _ICONS.get(self.line.person.kind, "square-user")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A resident as the desk looks for one: by name, unit, plate or the end of a phone number."""

    person: Resident
    unit: str
    plates: tuple[str, ...]
    household: int
    doors: Doors
    words: str

    @property
    def name(self) -> str:
        """First and last name."""
        return RESIDENT.name_of(self.person)


@dataclass(frozen=True, slots=True)
class Today:
    """The whole page's data."""

    guests: tuple[Guest, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    events: dict[str, tuple[DoorEvent, ...]] = field(default_factory=dict)
    """The last events of a person."""
    doors: Mapping[str, str] = field(default_factory=dict)
    """Device -> name."""
    day: desk_day.Today | None = None

    def at(self, place: Place) -> list[Guest]:
        """Those of a column."""
        return [g for g in self.guests if g.line.place is place]

    def find(self, text: str) -> list[Neighbour]:
        """The residents that match all words, those whose name begins so first."""
        words = text.casefold().split()
        if not words:
            return []
        found = [n for n in self.neighbours if all(w in n.words for w in words)]
        return sorted(found, key=lambda n: not any(p.startswith(words[0]) for p in n.words.split()))

    def guest(self, person_id: str) -> Guest | None:
        """A line of the board by its person."""
        return next((g for g in self.guests if g.line.person.id == person_id), None)

    def passes_of(self, neighbour: Neighbour) -> list[Guest]:
        """Today's visitors of a unit."""
        home = neighbour.person.apartment_id
        return [g for g in self.guests if home and g.line.person.apartment_id == home]


async def load_today(ctx: Context, site_id: str) -> Today:
    """The day of a site; nothing without one."""
    if not site_id:
        return Today()
    day = await desk_day.today(ctx, site_id)
    proofs = await doors_by_person(ctx, site_id)

    def work(reader: Reader) -> Today:
        places = read_places(reader, site_id)
        hosts = hosts_of(reader, site_id)
        guests = tuple(Guest(line, _about(line.person, places, hosts)) for line in day.people)
        newest = rows(reader, ListQuery(DOOR_EVENT, {"scope_id": site_id}, sort="-at", limit=2_000))
        events: dict[str, list[DoorEvent]] = {}
        for event in newest:
            if event.person_id and len(events.setdefault(event.person_id, [])) < EVENTS:
                events[event.person_id].append(event)
        kept = {person: tuple(found) for person, found in events.items()}
        doors = {d.id: d.name for d in reader.find(DEVICE, scope_id=site_id)}
        return Today(guests, _neighbours(reader, site_id, places, proofs), kept, doors, day)

    return await ctx.mirror.read(work, limit_ms=20_000)


def _about(person: Resident, places: Places, hosts: dict[str, str]) -> str:
    where = where_of(places, person)
    host = hosts.get(person.apartment_id or "", "")
    if host:
        return f"{where} · {host}"
    return where or {PersonKind.STAFF: translate("Staff")}.get(person.kind, person.remark)


def _neighbours(
    reader: Reader, site_id: str, places: Places, proofs: Mapping[str, Doors]
) -> tuple[Neighbour, ...]:
    plates: dict[str, list[str]] = {}
    for code in reader.find(CREDENTIAL, scope_id=site_id, kind=CredentialKind.PLATE):
        plates.setdefault(code.person_id, []).append(code.code)
    people = reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.RESIDENT)
    homes: dict[str, int] = {}
    for person in people:
        homes[person.apartment_id or ""] = homes.get(person.apartment_id or "", 0) + 1
    found = []
    for person in people:
        unit, own = places.unit(person.apartment_id), tuple(plates.get(person.id, ()))
        words = " ".join((RESIDENT.name_of(person), unit, *own, person.mobile[-4:])).casefold()
        house = homes.get(person.apartment_id or "", 1)
        found.append(Neighbour(person, unit, own, house, proofs.get(person.id, ()), words))
    return tuple(sorted(found, key=lambda n: (n.unit, n.name.casefold())))


def role_words(person: Resident) -> str:
    """Family master or member."""
    return (
        translate("family master")
        if person.account_type is AccountType.MASTER
        else translate("family member")
    )


def time_of(guest: Guest, zone: str) -> str:
    """The time on a card: expected, came, left."""
    line = guest.line
    if line.place is Place.EXPECTED and line.all_day:
        return ""
    moment = {Place.EXPECTED: line.due, Place.INSIDE: line.arrived_at, Place.GONE: line.left_at or line.due}[
        line.place
    ]
    return f"{moment.astimezone(zone_of(zone)):%H:%M}" if moment else ""


def note_of(guest: Guest, now: datetime) -> tuple[str, str, bool]:
    """(words at the end of a card, tone, late): how late, how long in the house, did not come."""
    line = guest.line
    if line.place is Place.EXPECTED and line.all_day:
        return translate("all day"), "t2", False
    if line.place is Place.EXPECTED and line.due is not None:
        minutes = int((now - line.due).total_seconds()) // 60
        if minutes >= LATE_MIN:
            return translate("{0} late").format(age_word(line.due, now)), "ambiguous", True
        return translate("key ready"), "t2", False
    if line.place is Place.INSIDE:
        return age_word(line.arrived_at, now), "t2", False
    return (translate("did not come"), "t3", False) if line.missed else ("", "t2", False)


def late_first(guests: Sequence[Guest]) -> list[Guest]:
    """Expected ones in order of their time: late ones rise by it."""
    return sorted(guests, key=lambda g: g.line.due.timestamp() if g.line.due else 0.0)


@dataclass(frozen=True, slots=True)
class DayFact:
    """One count of the day that leads to a page. `names`: what is counted, one a line, for the tool tip."""

    key: str
    page: str
    words: str
    names: str
    tone: str = "acct"


def day_facts(day: desk_day.Today | None) -> list[DayFact]:
    """What the day holds beside its people; counts of nothing are left out."""
    if day is None:
        return []
    ahead = translate("within {0} days").format(desk_day.AHEAD_DAYS)
    facts = (
        ("moves_in", "receipts", day.moves_in, counted(len(day.moves_in), "{0} moves in", "{0} move in"), ""),
        (
            *("moves_out", "receipts", day.moves_out),
            *(counted(len(day.moves_out), "{0} moves out", "{0} move out"), ""),
        ),
        (
            *("offline", "doors", day.offline),
            counted(len(day.offline), "{0} door does not answer", "{0} doors do not answer"),
            "ambiguous",
        ),
        (
            *("receipts", "receipts", day.receipts),
            counted(len(day.receipts), "{0} receipt open", "{0} receipts open"),
            "ambiguous",
        ),
        (
            *("expiring", "codes", day.expiring),
            f"{counted(len(day.expiring), '{0} code ends', '{0} codes end')} {ahead}",
            "",
        ),
        (
            *("lock_codes", "lock_codes", day.lock_codes),
            counted(len(day.lock_codes), "{0} code to do at locks", "{0} codes to do at locks"),
            "ambiguous",
        ),
    )
    return [
        DayFact(key, page, words, "\n".join(e.title for e in entries), tone or "acct")
        for key, page, entries, words, tone in facts
        if entries
    ]
