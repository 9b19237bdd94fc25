"""Who is on which door with what: person x door of a site, with the last proof, its time and how it was had.

From rows and receipts; no device is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from core.base.verdict import Verdict, worst
from core.entities.device import Device, Relay
from core.entities.person import PersonKind, Resident
from core.entities.proof import PROOF, ItemKind, Proof
from core.entities.site import SITE
from core.rules.compile import compile_device
from core.rules.desired import Desired, WantedPerson
from core.rules.door import Door
from core.rules.explain import name_of
from core.rules.site_rows import SiteRows
from core.rules.status import DeviceStatus, ItemStatus, status_of
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows


@dataclass(frozen=True, slots=True)
class Cell:
    """One person at one door. `methods`: with what it opens; `at`: when the device was last read about this person.

    A door that the person may not open has no cell, unless the device holds the person still: then `methods` is empty.
    """

    verdict: Verdict
    methods: tuple[str, ...]
    at: datetime | None = None
    by: str = ""
    said: str = ""
    meant: str = ""
    """The fingerprint of what was meant when the device was last read."""


@dataclass(frozen=True, slots=True)
class Stray:
    """What a device holds that is nobody's here."""

    device_id: str
    title: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Line:
    """One person with the cells by relay id."""

    person: Resident
    cells: dict[str, Cell]

    @property
    def verdict(self) -> Verdict:
        """The worst of the person's cells; PROVED when there are none."""
        return worst([cell.verdict for cell in self.cells.values()])


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole: columns in the order of their names, people by name. `away`: devices that did not answer the last
    time about anybody.
    """

    doors: tuple[Door, ...]
    lines: tuple[Line, ...]
    strays: tuple[Stray, ...] = ()
    away: frozenset[str] = frozenset()

    def count(self, *verdicts: Verdict) -> int:
        """How many cells have one of the verdicts."""
        return sum(cell.verdict in verdicts for line in self.lines for cell in line.cells.values())


async def matrix(
    ctx: Context,
    site_id: str,
    *,
    search: str = "",
    kinds: tuple[PersonKind, ...] = (),
    only_open: bool = False,
) -> Matrix:
    """Person x door of a site. `search`: part of a name; `kinds`: of these people only; `only_open`: people with
    anything that is not proved.
    """
    ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> Matrix:
        rows = site_rows(reader, reader.require(SITE, site_id).id)
        found = matrix_of(rows, reader.find(PROOF, scope_id=site_id, kind=ItemKind.PERSON), now)
        words = search.strip().lower()
        kept = (
            line
            for line in found.lines
            if words in name_of(line.person).lower()
            and (not kinds or line.person.kind in kinds)
            and not (only_open and line.verdict is Verdict.PROVED)
        )
        return replace(found, lines=tuple(kept))

    return await ctx.mirror.read(work, limit_ms=30_000)


def matrix_of(rows: SiteRows, proofs: list[Proof], now: datetime) -> Matrix:
    """The matrix from rows and receipts. Pure. Each device is compiled once."""
    about: dict[str, list[Proof]] = {}
    for proof in proofs:
        about.setdefault(proof.device_id, []).append(proof)
    people = {p.id: p for guest in (rows, *rows.guests.values()) for p in guest.residents}
    cells: dict[str, dict[str, Cell]] = {}
    doors: list[Door] = []
    strays: list[Stray] = []
    away: set[str] = set()
    for device in sorted(rows.devices, key=lambda d: d.name.lower()):
        relays = rows.relays_of.get(device.id, [])
        doors += [Door(device, relay) for relay in relays]
        desired = compile_device(rows, device, now)
        status = status_of(desired, about.get(device.id, []))
        strays += [_stray(device, item) for item in status.foreign if item.kind is ItemKind.PERSON]
        if status.verdict(ItemKind.PERSON) is Verdict.UNREACHABLE:
            away.add(device.id)
        for person_id, by_relay in cells_of(relays, desired, status).items():
            if person_id in people:
                cells.setdefault(person_id, {}).update(by_relay)
    lines = [Line(people[i], found) for i, found in cells.items()]
    lines.sort(key=lambda one: (name_of(one.person).lower(), one.person.id))
    return Matrix(tuple(doors), tuple(lines), tuple(strays), frozenset(away))


def person_of(subject: str) -> str:
    """The person of an item: behind the id stand the method, a limit of uses, or a number of a further record."""
    return subject.partition(":")[0].partition("+")[0].partition("#")[0]


def _stray(device: Device, item: ItemStatus) -> Stray:
    return Stray(device.id, item.title or item.subject, _cell(item, ()))


def cells_of(relays: list[Relay], desired: Desired, status: DeviceStatus) -> dict[str, dict[str, Cell]]:
    """Everybody that a device should hold or holds, by id, with the cells of its relays by relay id."""
    wanted: dict[str, list[WantedPerson]] = {}
    for record in desired.people:
        wanted.setdefault(person_of(record.subject), []).append(record)
    items: dict[str, list[ItemStatus]] = {}
    for item in status.items:
        if item.kind is ItemKind.PERSON:
            items.setdefault(person_of(item.subject), []).append(item)
    return {person_id: _cells(relays, wanted.get(person_id, []), found) for person_id, found in items.items()}


def _cells(relays: list[Relay], records: list[WantedPerson], items: list[ItemStatus]) -> dict[str, Cell]:
    """A person who is several records on a device counts by the worst, with that one's proof and words."""
    verdict = worst([item.verdict for item in items])
    shown = min((i for i in items if i.verdict is verdict), key=lambda i: (i.proof is None, not i.said))
    found = {}
    for relay in relays:
        opened = [r for r in records if any(str(relay.number) in g.relays for g in r.grants)]
        if opened or not records:
            methods = tuple(dict.fromkeys(m for r in opened for m in _methods(r)))
            found[relay.id] = _cell(shown, methods)
    return found


def _cell(item: ItemStatus, methods: tuple[str, ...]) -> Cell:
    proof = item.proof
    at, by, meant = (proof.at, proof.by, proof.wanted) if proof is not None else (None, "", "")
    return Cell(item.verdict, methods, at, by, item.said, meant)


def _methods(record: WantedPerson) -> list[str]:
    parts = (("PIN", record.pins), ("card", record.cards), ("face", record.faces), ("plate", record.plates))
    return [word for word, values in parts if values]
