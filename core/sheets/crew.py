"""Files of staff and delivery people: staff cards (TPL-03), staff (VIS-03), delivery (VIS-02)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.access import GROUP_MEMBER, AccessGroup, GroupMember
from core.entities.credential import Credential, CredentialKind
from core.entities.person import FLOOR_GRANT, FLOORS_OF_KIND, RESIDENT, FloorGrant, PersonKind, Resident
from core.entities.site import BUILDING, Building
from core.rules.floors import parse_floors
from core.rules.plain_codes import new_uid
from core.sheets.codes import (
    CodeWork,
    card_notes,
    code_changes,
    code_work,
    wanted_codes,
    write_codes,
)
from core.sheets.each import write_each
from core.sheets.group_book import GroupBook, Leaving
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.owners import Owners, code_faults
from core.sheets.places import NameBook
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.store.reader import Reader
from core.store.tx import Tx

NAME = SheetColumn(
    label="Name",
    field="name",
    aliases=("Full name", "Staff", "Delivery", "Courier"),
    needed=True,
    example="Paul Edward",
    note="First and last name; what stands behind the last blank is the last name.",
)
CARD = SheetColumn(
    label="RF Card",
    field="card",
    aliases=("Card", "RF Cards", "Cards"),
    secret=True,
    example="0A1B2C3D",
    note="1 to 16 characters of 0-9 and A-F. Several with ';' between them. They are added.",
)
PIN = SheetColumn(
    label="PIN",
    field="pin",
    aliases=("PIN code", "Private PIN"),
    secret=True,
    example="4711",
    note="2 to 8 digits, not beginning with 9. Takes the place of the person's PIN.",
)
GROUPS = SheetColumn(
    label="Access Group ID",
    field="groups",
    aliases=("Access groups", "Access Group IDs"),
    example="4371;4370",
    note="Numbers of access groups of the site; several with ';'.",
)
FLOORS = SheetColumn(
    label="Accessible Floors",
    field="floors",
    aliases=("Floors",),
    example="Building A:1,2;Building B:G0",
    note="Building, a colon, its floors with ','; several buildings with ';'. Up to 10 floors.",
)
UID = SheetColumn(label="UID", field="uid", note="Empty for new people; from an export for changes.")
_STAFF_NAME = SheetColumn(
    label="Staff Name",
    field="name",
    aliases=("Name", "Staff"),
    needed=True,
    example="Paul Edward",
    note=NAME.note,
)

STAFF_CARDS = Layout("staff_cards", "Staff cards", (_STAFF_NAME, CARD, GROUPS))
STAFF = Layout("staff", "Staff", (_STAFF_NAME, PIN, CARD, FLOORS, GROUPS, UID))
DELIVERY = Layout("delivery", "Delivery people", (NAME, PIN, CARD, FLOORS, GROUPS, UID))

_ONLY_ADD = frozenset({CredentialKind.CARD})
Floors = Mapping[str, tuple[str, ...]]
"""Building id -> floors."""


@dataclass(frozen=True, slots=True)
class CrewWork:
    """What one row does. `floors` None: they stay as they are."""

    person_id: str
    new: Resident | None
    codes: CodeWork
    join: tuple[AccessGroup, ...] = ()
    leave: tuple[Leaving, ...] = ()
    floors: Floors | None = None


@dataclass(slots=True)
class _Draft:
    """One row on its way to a plan."""

    name: str
    person: Resident | None = None
    person_id: str = ""
    faults: list[Fault] = field(default_factory=list)
    work: CrewWork | None = None
    changes: tuple[Change, ...] = ()


class CrewFile:
    """The kinds `staff_cards`, `staff` and `delivery`. `into` is the site."""

    def __init__(self, layout: Layout, kind: PersonKind) -> None:
        self.layout = layout
        self._kind = kind

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`."""
        book = _CrewBook(reader, into, self._kind)
        rows = zip(
            grid.column("name"), grid.column("uid") if "uid" in grid.places else _none(grid), strict=True
        )
        plans = []
        for index, ((name, uid), codes) in enumerate(zip(rows, wanted_codes(grid), strict=True)):
            draft = _Draft(name, faults=grid.rounded(index))
            book.find(grid, index, draft, uid)
            book.settle(grid, index, draft, codes)
            plans.append(_plan(grid, index, draft))
        grid.notes.extend(card_notes(grid))
        return plans

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        del makers
        return write_each(tx, rows, lambda work: _write(tx, work, into))

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        owners, groups, floors = Owners(reader, into), GroupBook(reader, into), _Floors(reader, into)
        people = reader.find(RESIDENT, scope_id=into, kind=self._kind)
        for person in sorted(people, key=lambda p: p.id):
            filled = {
                "name": RESIDENT.name_of(person),
                **owners.shown(person.id, show_secrets=show_secrets),
                "floors": floors.shown(person.id),
                "groups": groups.shown(person.id),
                "uid": person.uid or person.id,
            }
            yield self.layout.line(filled)


def _none(grid: Grid) -> list[str]:
    return [""] * len(grid.rows)


class _CrewBook:
    """Everything of one site that the rows of such a file may mean."""

    def __init__(self, reader: Reader, site_id: str, kind: PersonKind) -> None:
        self._site_id = site_id
        self._kind = kind
        people = reader.find(RESIDENT, scope_id=site_id, kind=kind)
        self._names = NameBook((RESIDENT.name_of(p), p) for p in people)
        self._uids = {key: p for p in people for key in (p.uid, p.id) if key}
        self._groups = GroupBook(reader, site_id)
        self._floors = _Floors(reader, site_id)
        self._owners = Owners(reader, site_id)
        self._seen: dict[str, int] = {}

    def find(self, grid: Grid, index: int, draft: _Draft, uid: str) -> None:
        """The person of a row, a new one, or a fault."""
        found = [self._uids[uid]] if uid in self._uids else self._names.find(draft.name) if draft.name else []
        if not draft.name and not found:
            draft.faults.append(grid.fault(index, "name", "name.missing", "The name is missing."))
        elif len(found) > 1:
            words = "Several people here have this name; say by UID which one is meant."
            draft.faults.append(grid.fault(index, "name", "name.several", words))
        draft.person = found[0] if len(found) == 1 else None
        draft.person_id = draft.person.id if draft.person else new_id()
        key = draft.person_id if draft.person else " ".join(draft.name.split()).casefold()
        first = self._seen.setdefault(key, grid.numbers[index]) if key else grid.numbers[index]
        if first != grid.numbers[index]:
            words = f"The same person stands in row {first}."
            draft.faults.append(grid.fault(index, "name", "double", words))

    def settle(
        self, grid: Grid, index: int, draft: _Draft, codes: Mapping[CredentialKind, list[str]]
    ) -> None:
        """What the row does to the person."""
        new = None if draft.person else self._new(grid, index, draft)
        mine = self._owners.by_person.get(draft.person_id, [])
        work = code_work(mine, codes, only_add=_ONLY_ADD)
        draft.faults += code_faults(grid, index, work, draft.person_id, self._owners)
        join, leave, wrong = self._groups.choose(draft.person_id, _cell(grid, index, "groups"))
        draft.faults += [grid.fault(index, "groups", "groups.unknown", words) for words in wrong]
        floors = None
        if text := _cell(grid, index, "floors"):
            floors, words = self._floors.read(text, FLOORS_OF_KIND.get(self._kind))
            if words:
                draft.faults.append(grid.fault(index, "floors", "floors.unknown", words))
            elif floors == self._floors.of(draft.person_id):
                floors = None
        if draft.faults:
            return
        self._owners.take(work, draft.person_id, grid.numbers[index])
        draft.work = CrewWork(draft.person_id, new, work, join, leave, floors)
        draft.changes = self._changes(grid, draft, mine)

    def _new(self, grid: Grid, index: int, draft: _Draft) -> Resident | None:
        first, _, last = " ".join(draft.name.split()).rpartition(" ")
        if not first:
            if draft.name:
                words = "First and last name are needed, with a blank between them."
                draft.faults.append(grid.fault(index, "name", "name.half", words))
            return None
        person = Resident(
            id=draft.person_id,
            scope_id=self._site_id,
            site_id=self._site_id,
            kind=self._kind,
            first_name=first,
            last_name=last,
            uid=new_uid(),
        )
        for problem in RESIDENT.problems(person):
            draft.faults.append(grid.fault(index, "name", "name.bounds", problem.message))
        return person

    def _changes(self, grid: Grid, draft: _Draft, mine: Sequence[Credential]) -> tuple[Change, ...]:
        work, labels = draft.work, grid.layout.by_field
        if work is None or draft.person is None:
            return ()
        found = list(code_changes(grid.layout, work.codes, mine))
        if work.join or work.leave:
            was = ";".join(str(g.code) for g, _ in work.leave)
            found.append(Change(labels["groups"].label, was, ";".join(str(g.code) for g in work.join)))
        if work.floors is not None:
            was = self._floors.shown(draft.person_id)
            found.append(Change(labels["floors"].label, was, self._floors.words(work.floors)))
        return tuple(found)


class _Floors:
    """Floors per building (RES-04) as a cell: `Building A:1,2;Building B:G0`."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        self._buildings: dict[str, Building] = {b.id: b for b in reader.find(BUILDING, site_id=site_id)}
        self._names = NameBook((b.name, b) for b in self._buildings.values())
        self._of: dict[str, dict[str, tuple[str, ...]]] = {}
        for grant in reader.find(FLOOR_GRANT, scope_id=site_id):
            self._of.setdefault(grant.person_id, {})[grant.building_id] = grant.floors

    def of(self, person_id: str) -> Floors:
        """A person's floors."""
        return self._of.get(person_id, {})

    def read(self, text: str, limit: int | None) -> tuple[Floors, str]:
        """The floors of a cell, or a sentence about what is wrong with it."""
        found: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (one.strip() for one in text.split(";"))):
            name, colon, floors = part.rpartition(":")
            houses = self._names.find(name.strip()) if colon else list(self._buildings.values())
            if len(houses) != 1:
                words = (
                    "names a building that is unknown here" if colon else "needs the building in front: A:1,2"
                )
                return {}, f"Accessible Floors {words}."
            try:
                found[houses[0].id] = parse_floors(floors)
            except UserError as fault:
                return {}, fault.message
        if limit is not None and sum(len(floors) for floors in found.values()) > limit:
            return {}, f"Accessible Floors takes up to {limit} floors."
        return found, ""

    def words(self, floors: Floors) -> str:
        """Floors as a cell."""
        named = sorted((self._buildings[i].name, f) for i, f in floors.items() if i in self._buildings)
        return ";".join(f"{name}:{','.join(f)}" for name, f in named)

    def shown(self, person_id: str) -> str:
        """A person's floors as a cell."""
        return self.words(self.of(person_id))


def _cell(grid: Grid, index: int, name: str) -> str:
    place = grid.places.get(name)
    row = grid.rows[index]
    return row[place] if place is not None and place < len(row) else ""


def _plan(grid: Grid, index: int, draft: _Draft) -> RowPlan:
    number, cells = grid.numbers[index], grid.rows[index]
    if draft.work is None:
        title = clean(draft.name, limit=80)
        return RowPlan(number, cells, RowVerdict.REFUSED, title, tuple(draft.faults))
    work = draft.work
    person = draft.person or work.new
    title = RESIDENT.name_of(person) if person else clean(draft.name, limit=80)
    if work.new is not None:
        return RowPlan(number, cells, RowVerdict.NEW, title, work=work)
    touched = bool(work.codes or work.join or work.leave) or work.floors is not None
    verdict = RowVerdict.CHANGED if touched else RowVerdict.UNCHANGED
    return RowPlan(number, cells, verdict, title, (), draft.changes, work)


def _write(tx: Tx, work: CrewWork, into: str) -> None:
    if work.new is None:
        tx.require(RESIDENT, work.person_id)
    elif tx.get(RESIDENT, work.person_id) is not None:
        return  # written by an earlier run of the same plan
    else:
        tx.put(RESIDENT, work.new)
    write_codes(tx, work.codes, work.person_id, into)
    for _, member in work.leave:
        tx.remove(GROUP_MEMBER, member.id)
    rows = [
        GroupMember(id=new_id(), scope_id=into, group_id=group.id, person_id=work.person_id)
        for group in work.join
    ]
    tx.put_many(GROUP_MEMBER, rows)
    if work.floors is not None:
        _write_floors(tx, work.person_id, work.floors, into)


def _write_floors(tx: Tx, person_id: str, floors: Floors, into: str) -> None:
    present = {g.building_id: g for g in tx.find(FLOOR_GRANT, person_id=person_id)}
    for building_id in present.keys() - floors.keys():
        tx.remove(FLOOR_GRANT, present[building_id].id)
    for building_id, names in floors.items():
        if building_id in present:
            tx.patch(FLOOR_GRANT, present[building_id], floors=names)
        else:
            row = FloorGrant(
                id=new_id(), scope_id=into, person_id=person_id, building_id=building_id, floors=names
            )
            tx.put(FLOOR_GRANT, row)


STAFF_CARDS_FILE = CrewFile(STAFF_CARDS, PersonKind.STAFF)
STAFF_FILE = CrewFile(STAFF, PersonKind.STAFF)
DELIVERY_FILE = CrewFile(DELIVERY, PersonKind.DELIVERY)
