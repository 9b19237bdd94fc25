"""A visitor pass without widgets: who is visited, by a few letters; defaults for all the rest; made in one act.

The defaults are those of a front desk: today until midnight, the public doors of the host's building, and no limit of
uses, which most door phones cannot count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from core.base.errors import UserError
from core.entities.access import Repeat
from core.entities.person import RESIDENT, PersonKind
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.visitor_pass import NewPass, VisitorPass, usual_doors, visitor_pass
from core.usecases.visitors import Times
from desktop.models.places import read_places
from desktop.models.visitors import relay_words
from desktop.models.words import translate, zone_of

MOST_HOSTS = 5
"""As many hosts are offered as are read at a glance."""


class Span(StrEnum):
    """How long a pass holds."""

    TODAY = "today"
    TOMORROW = "tomorrow"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Host:
    """Who can be visited: a resident, or a whole building."""

    key: str
    name: str
    unit: str
    building_id: str
    apartment_id: str | None
    words: str


@dataclass(frozen=True, slots=True)
class PassData:
    """What the choices are made from."""

    hosts: tuple[Host, ...] = ()
    doors: tuple[tuple[str, str], ...] = ()
    """(relay id, words) of every door of the site."""
    usual: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Building -> relays of its default group."""
    zone: str = ""
    site_id: str = ""


async def load_pass_data(ctx: Context, site_id: str) -> PassData:
    """Hosts and doors of a site; nothing without a site."""
    if not site_id:
        return PassData()
    return await ctx.mirror.read(lambda reader: _data(reader, site_id), limit_ms=10_000)


def _data(reader: Reader, site_id: str) -> PassData:
    places = read_places(reader, site_id)
    hosts = []
    for person in reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.RESIDENT):
        home = places.apartment_by_id.get(person.apartment_id or "")
        if home is not None:
            name, unit = RESIDENT.name_of(person), places.unit(home.id)
            words = f"{name} {unit} {home.number} {person.mobile[-4:]}".casefold()
            hosts.append(Host(person.id, name, unit, home.building_id, home.id, words))
    hosts.sort(key=lambda h: (h.unit, h.name.casefold()))
    house = translate("the building")
    hosts += [Host(b.id, b.name, house, b.id, None, f"{b.name} {house}".casefold()) for b in places.buildings]
    doors = relay_words(reader, site_id)
    usual = {}
    for building in places.buildings:
        relays = [r for r in usual_doors(reader, building.id) if r in doors]
        usual[building.id] = tuple(sorted(relays, key=lambda r: doors[r]))
    named = tuple(sorted(doors.items(), key=lambda pair: pair[1]))
    return PassData(tuple(hosts), named, usual, places.site.time_zone if places.site else "", site_id)


@dataclass(slots=True)
class PassDraft:
    """What the person chose so far. `chosen` is a place in `matches()`, -1 while nobody was looked
    for: an Enter too early must make no pass for whoever is first. `doors` None means the usual ones.
    """

    data: PassData = field(default_factory=PassData)
    text: str = ""
    name: str = ""
    span: Span = Span.TODAY
    uses: int | None = None
    chosen: int = -1
    doors: tuple[str, ...] | None = None
    email: str = ""

    def search(self, text: str) -> None:
        """Look for a host by letters of the name, the unit, or the last digits of a phone."""
        self.text, self.chosen = text, 0 if text.strip() else -1

    def matches(self) -> Sequence[Host]:
        """The hosts that match, those whose name begins so first."""
        words = self.text.casefold().split()
        found = [h for h in self.data.hosts if all(w in h.words for w in words)]
        if words:
            found.sort(key=lambda h: not any(part.startswith(words[0]) for part in h.words.split()))
        return found[:MOST_HOSTS]

    @property
    def host(self) -> Host | None:
        """Who is visited; None while nothing matches."""
        found = self.matches()
        return found[min(self.chosen, len(found) - 1)] if found and self.chosen >= 0 else None

    def move(self, by: int) -> None:
        """Choose the next or the previous match."""
        count = len(self.matches())
        self.chosen = max(-1 + (by > 0), self.chosen + by) % count if count else -1

    def relays(self) -> tuple[str, ...]:
        """The doors that the pass opens."""
        if self.doors is not None:
            return self.doors
        return self.data.usual.get(self.host.building_id, ()) if self.host else ()

    def door_words(self) -> list[str]:
        """Those doors by name."""
        words = dict(self.data.doors)
        return [words[r] for r in self.relays() if r in words]

    def visitor_name(self) -> str:
        """As typed, or whose guest it is."""
        if self.name.strip() or self.host is None:
            return self.name.strip()
        return translate("Guest of {0}").format(self.host.name)

    def times(self, now: datetime) -> Times:
        """When the pass opens: from now on, or from tomorrow's beginning, to the end of its last day there."""
        local = now.astimezone(zone_of(self.data.zone))
        first = local.date() + timedelta(days=1 if self.span is Span.TOMORROW else 0)
        last = first + timedelta(days=6 if self.span is Span.WEEK else 0)
        start = time(0, 0) if self.span is Span.TOMORROW else local.time().replace(second=0, microsecond=0)
        return Times(Repeat.NEVER, "", start, time(23, 59, 59), first, last)

    def reason(self) -> str:
        """Why no pass can be made now; empty when it can."""
        if not self.data.hosts:
            return translate("Nobody lives here yet: add residents first.")
        if self.host is None and not self.text.strip():
            return translate("Say who is visited; a few letters are enough.")
        if self.host is None:
            return translate("Nobody here matches '{0}'.").format(self.text)
        return "" if self.relays() else translate("{0} has no public door yet.").format(self.host.unit)

    async def make(self, ctx: Context) -> VisitorPass:
        """Make the pass. UserError with the reason when it cannot be made."""
        host = self.host
        if host is None or self.reason():
            raise UserError("passes.not_ready", self.reason() or "Say who is visited.")
        new = NewPass(
            self.data.site_id,
            self.visitor_name(),
            apartment_id=host.apartment_id,
            building_id=host.building_id,
            relay_ids=self.relays(),
            uses=self.uses,
            email=self.email.strip(),
            times=self.times(ctx.clock.now()),
        )
        return await visitor_pass(ctx, new)
