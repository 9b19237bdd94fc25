"""One search over people, units, devices, sites and MACs: names, numbers, phones, plates, the tails of cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Building
from core.rules.compile import shown_mac
from core.store.mirror import Stop
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.store.tables import table_of
from core.store.trigrams import GRAM
from core.usecases.context import Context
from desktop.models.places import Places
from desktop.models.words import translate

EACH = 6
LEAST_DIGITS = 4
"""Digits from which on a phone number or the tail of a card is looked for."""
_TAILS = (CredentialKind.CARD, CredentialKind.UHF, CredentialKind.PLATE)
"""Codes that may be looked for by their end; a PIN never is."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: words, a note, its icon, the page that shows it and at what; its site, where it belongs to one."""

    words: str
    note: str
    icon: str
    kind: str
    page: str
    target: str
    site_id: str = ""


async def find_anything(ctx: Context, text: str, site_id: str, stop: Stop | None = None) -> list[Found]:
    """What all words of the text are found in, a few of each kind; things of the chosen site first. CancelledByPerson
    once `stop` was set, since somebody typed on.
    """
    ctx.require_signed_in()
    return await ctx.mirror.read(
        lambda reader: _Search(reader, text.strip(), site_id).run(), limit_ms=2_000, stop=stop
    )


class Search:
    """The search of a field in which somebody types: what was asked for before is stopped, not waited for."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._stop = Stop()

    async def find(self, text: str, site_id: str) -> list[Found]:
        """As `find_anything`."""
        self._stop = Stop()
        return await find_anything(self._ctx, text, site_id, self._stop)

    def stop(self) -> None:
        """Nobody waits any more."""
        self._stop.set()


class _Search:
    """One search; `compact` is the text as one word, without what people put between digits."""

    def __init__(self, reader: Reader, text: str, site_id: str) -> None:
        self._reader, self._text, self._site = reader, text, site_id
        self._compact = "".join(c for c in text if c.isalnum()).upper()
        self._sites = {s.id: s.name for s in reader.find(SITE)}
        self._here = reader.get(SITE, site_id) if site_id else None
        self._buildings: list[Building] = reader.find(BUILDING, site_id=site_id) if site_id else []

    def run(self) -> list[Found]:
        """Everything found."""
        found: dict[tuple[str, str], Found] = {}
        for look in (self._people, self._codes, self._devices, self._units, self._site_rows, self._macs):
            for one in look():
                found.setdefault((one.page, one.target), one)
        return sorted(found.values(), key=lambda f: f.site_id not in {self._site, ""})

    def _at(self, other: str) -> str:
        """The name of another site; empty for the chosen one."""
        return "" if other == self._site else self._sites.get(other, "")

    def _places(self, apartment_id: str | None = None) -> Places:
        """The chosen site with the one apartment that is to be named: it may have thousands."""
        found = self._reader.get(APARTMENT, apartment_id) if apartment_id else None
        home = found if found is not None and found.site_id == self._site else None
        return Places(self._here, self._buildings, (home,) if home else ())

    def _person(self, person: Resident, note: str = "", icon: str = "user") -> Found:
        where = self._at(person.site_id) or self._places(person.apartment_id).unit(person.apartment_id)
        words = " · ".join(part for part in (where, note) if part)
        return Found(RESIDENT.name_of(person), words, icon, "person", "residents", person.id, person.site_id)

    def _people(self) -> Iterable[Found]:
        for person in rows(self._reader, ListQuery(RESIDENT, search=self._text, limit=EACH)):
            yield self._person(person)
        digits = self._compact
        if digits.isdigit() and len(digits) >= LEAST_DIGITS:
            table = table_of(RESIDENT)
            columns = [table.c[name] for name in ("mobile", "phone_1", "phone_2", "phone_3")]
            # Digits in this order, whatever stands between them, is asked first: taking the signs out costs six times.
            loose = f"%{'%'.join(digits)}%"
            fits = or_(*(and_(c.like(loose), _bare(c).contains(digits)) for c in columns))
            for person in self._where(fits):
                number = next(
                    n
                    for n in (person.mobile, person.phone_1, person.phone_2, person.phone_3)
                    if digits in "".join(c for c in n if c.isalnum())
                )
                yield self._person(person, number, "phone")

    def _where(self, condition: ColumnElement[bool]) -> list[Resident]:
        table = table_of(RESIDENT)
        query = select(table.c.id).where(condition).limit(EACH)
        ids = [row[0] for row in self._reader.connection.execute(query)]
        return [self._reader.require(RESIDENT, one) for one in ids]

    def _codes(self) -> Iterable[Found]:
        """Cards by their tail, plates by any part; the code itself is never shown but for what was typed."""
        if len(self._compact) < LEAST_DIGITS - 1:
            return
        table = table_of(CREDENTIAL)
        fits = {
            CredentialKind.PLATE: table.c.code.contains(self._compact, autoescape=True),
            CredentialKind.CARD: table.c.code.endswith(self._compact, autoescape=True),
            CredentialKind.UHF: table.c.code.endswith(self._compact, autoescape=True),
        }
        for kind in _TAILS:
            if kind is not CredentialKind.PLATE and len(self._compact) < LEAST_DIGITS:
                continue
            query = (
                select(table.c.person_id, table.c.code)
                .where(table.c.kind == kind.value, fits[kind])
                .limit(EACH)
            )
            for person_id, code in self._reader.connection.execute(query).all():
                person = self._reader.get(RESIDENT, person_id)
                if person is None:
                    continue
                if kind is CredentialKind.PLATE:
                    yield self._person(person, translate("plate {0}").format(code), "car")
                else:
                    yield self._person(
                        person, translate("card …{0}").format(self._compact[-4:]), "credit-card"
                    )

    def _devices(self) -> Iterable[Found]:
        for device in rows(self._reader, ListQuery(DEVICE, search=self._text, limit=EACH)):
            places = self._places(device.apartment_id)
            where = self._at(device.site_id) or places.place(device.building_id, device.apartment_id)
            note = f"{where} · {shown_mac(device.mac)}"
            yield Found(device.name, note, "cpu", "unit", "devices", device.id, device.site_id)

    def _units(self) -> Iterable[Found]:
        for one in rows(self._reader, ListQuery(APARTMENT, search=self._text, limit=EACH)):
            note = self._at(one.site_id) or self._places().building_name(one.building_id)
            words = translate("Apartment {0}").format(one.number)
            yield Found(words, note, "house", "unit", "sites", one.id, one.site_id)
        for one in rows(self._reader, ListQuery(BUILDING, search=self._text, limit=EACH)):
            note = self._at(one.site_id) or translate("building")
            yield Found(one.name, note, "building-2", "unit", "sites", one.id, one.site_id)

    def _site_rows(self) -> Iterable[Found]:
        for site in rows(self._reader, ListQuery(SITE, search=self._text, limit=EACH)):
            note = " · ".join(p for p in (translate("site"), site.city) if p)
            yield Found(site.name, note, "building-2", "unit", "sites", site.id, site.id)

    def _macs(self) -> Iterable[Found]:
        if len(self._text) < GRAM:
            return  # half of a library of a million fits, and no index has so short a word
        for entry in rows(self._reader, ListQuery(MAC_ENTRY, search=self._text, limit=EACH)):
            note = " ".join(p for p in (entry.model, translate("in the MAC library")) if p)
            yield Found(shown_mac(entry.mac), note, "barcode", "unit", "macs", entry.mac)


def _bare(column: ColumnElement[str]) -> ColumnElement[str]:
    """A phone number's column without what people put between digits."""
    bare: ColumnElement[str] = column
    for char in " -/().+":
        bare = func.replace(bare, char, "")
    return bare
