"""From a row of the residents' file to the person that it means and what should become of that person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.base.ids import is_id, new_id
from core.base.words import clean
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, GroupMember
from core.entities.person import RESIDENT, AccountType, Credential, PersonKind, Resident
from core.entities.site import APARTMENT, Apartment
from core.sheets.codes import CodeWork, code_changes
from core.sheets.places import NameBook, Places
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.store.reader import Reader

ACCOUNT_WORDS = {
    "0": AccountType.MASTER,
    "1": AccountType.MEMBER,
    "master": AccountType.MASTER,
    "member": AccountType.MEMBER,
    "family master": AccountType.MASTER,
    "family member": AccountType.MEMBER,
}
_TEXTS = (
    "first_name",
    "last_name",
    "email",
    "mobile",
    "calling_code",
    "phone_1",
    "phone_2",
    "phone_3",
    "remark",
)
_LOCKED = ("email", "mobile", "calling_code")
"""ACC-20: linked sites lock these."""

_COLUMNS = {"apartment_id": "apartment", "site_id": "building"}
"""Field of a resident -> column of the file, where they differ."""


@dataclass(frozen=True, slots=True)
class ResidentWork:
    """What one row does. `new` None: `patch` changes the person of that id."""

    person_id: str
    new: Resident | None
    patch: Mapping[str, Any]
    codes: CodeWork
    join: tuple[str, ...]
    leave: tuple[GroupMember, ...]
    apartment: tuple[str, str] | None
    """Id and new name of the apartment."""

    def __bool__(self) -> bool:
        return bool(self.new or self.patch or self.codes or self.join or self.leave or self.apartment)


@dataclass(slots=True)
class Draft:
    """One row on its way to a plan. `cells` holds filled cells only, by field."""

    grid: Grid
    index: int
    cells: Mapping[str, str] = field(repr=False)
    faults: list[Fault] = field(default_factory=list)
    person: Resident | None = None
    target: Resident | None = None
    apartment: Apartment | None = None
    new_name: str = ""
    person_id: str = ""
    patch: dict[str, Any] = field(default_factory=dict)
    codes: CodeWork = field(default_factory=CodeWork)
    old_codes: Sequence[Credential] = ()
    join: tuple[AccessGroup, ...] = ()
    leave: tuple[tuple[AccessGroup, GroupMember], ...] = ()

    @property
    def number(self) -> int:
        """The row's number in the file."""
        return self.grid.numbers[self.index]

    def blame(self, column: str, code: str, reason: str) -> None:
        """Note a fault."""
        self.faults.append(self.grid.fault(self.index, column, code, reason))

    def plan(self) -> RowPlan:
        """The finished line of the plan."""
        title = clean(" ".join(self.cells.get(n, "") for n in ("first_name", "last_name")), limit=80)
        cells = self.grid.rows[self.index]
        if self.faults or self.target is None:
            return RowPlan(self.number, cells, RowVerdict.REFUSED, title, tuple(self.faults))
        title = RESIDENT.name_of(self.target)
        renamed = (self.apartment.id, self.new_name) if self.apartment and self.new_name else None
        work = ResidentWork(
            self.person_id,
            None if self.person else self.target,
            self.patch,
            self.codes,
            tuple(g.id for g in self.join),
            tuple(m for _, m in self.leave),
            renamed,
        )
        if self.person is None:
            rank = int(
                self.target.account_type is AccountType.MEMBER
            )  # a master comes before its members (RES-01)
            return RowPlan(self.number, cells, RowVerdict.NEW, title, work=work, rank=rank)
        verdict = RowVerdict.CHANGED if work else RowVerdict.UNCHANGED
        return RowPlan(self.number, cells, verdict, title, (), self._changes(), work)

    def _changes(self) -> tuple[Change, ...]:
        labels = self.grid.layout.by_field
        found = [
            Change(labels[name].label, kind.show(getattr(self.person, name)), kind.show(value))
            for name, value in self.patch.items()
            for kind in (RESIDENT.by_name[name].kind,)
        ]
        if self.new_name and self.apartment:
            found.append(Change(labels["apartment_name"].label, self.apartment.name, self.new_name))
        if self.join or self.leave:
            was = ";".join(str(g.code) for g, _ in self.leave)
            found.append(Change(labels["groups"].label, was, ";".join(str(g.code) for g in self.join)))
        return (*found, *code_changes(self.grid.layout, self.codes, self.old_codes))


class PersonBook:
    """Everything of one site that the rows of a file may mean, read at once."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        self._site_id = site_id
        self._places = Places(reader, site_id)
        self._people = {p.id: p for p in residents_of(reader, site_id)}
        self._uids = {p.uid: p for p in self._people.values() if p.uid}
        self._names: dict[str, NameBook[Resident]] = {}
        self.masters: set[str] = set()
        for person in self._people.values():
            home = person.apartment_id or ""
            self._names.setdefault(home, NameBook()).add(_name(person.first_name, person.last_name), person)
            if person.account_type is AccountType.MASTER:
                self.masters.add(home)
        groups = reader.find(ACCESS_GROUP, site_id=site_id)
        self._groups = {g.id: g for g in groups}
        self._group_codes = NameBook((str(g.code), g) for g in groups)
        self._defaults: dict[str, tuple[AccessGroup, ...]] = {}
        for group in groups:
            if group.building_id:
                self._defaults[group.building_id] = (*self._defaults.get(group.building_id, ()), group)
        self._members: dict[str, dict[str, GroupMember]] = {}
        for member in reader.find(GROUP_MEMBER, scope_id=site_id):
            self._members.setdefault(member.person_id, {})[member.group_id] = member
        self._seen: dict[object, int] = {}
        self._new_names: dict[str, tuple[str, int]] = {}

    def settle(self, draft: Draft) -> None:
        """Find the person, or make one, and work out what the row changes. Faults go into the draft."""
        draft.faults += draft.grid.rounded(draft.index)
        draft.person = self._by_uid(draft)
        draft.apartment = self._place(draft)
        if draft.person is None and draft.apartment is not None:
            draft.person = self._by_name(draft, draft.apartment)
        self._only_once(draft)
        self._values(draft)
        self._apartment_name(draft)
        self._set_groups(draft)

    def _by_uid(self, draft: Draft) -> Resident | None:
        uid = draft.cells.get("uid", "")
        person = self._people.get(uid) or self._uids.get(uid)
        if person is None and is_id(uid):
            # A UID of another form comes from another system: the row is then found by its name, or new.
            draft.blame(
                "uid", "uid.unknown", "UID is of no resident of this site; leave it empty for a new one."
            )
        return person

    def _place(self, draft: Draft) -> Apartment | None:
        building, number = draft.cells.get("building", ""), draft.cells.get("apartment", "")
        if draft.person is not None:
            home = self._places.words(draft.person.apartment_id)
            building, number = building or home[0], number or home[1]
        apartment, column, words = self._places.find(building, number)
        if apartment is None:
            draft.blame(column, f"{column}.unknown", words)
        elif draft.person is not None and apartment.id != draft.person.apartment_id:
            words = "This person lives in another apartment; a file does not move people."
            draft.blame("apartment", "apartment.moved", words)
        return apartment

    def _by_name(self, draft: Draft, apartment: Apartment) -> Resident | None:
        book = self._names.get(apartment.id)
        name = _name(draft.cells.get("first_name", ""), draft.cells.get("last_name", ""))
        found = book.find(name) if book else []
        if len(found) > 1:
            words = "Several residents of the apartment have this name; say by UID which one is meant."
            draft.blame("last_name", "name.several", words)
        return found[0] if len(found) == 1 else None

    def _only_once(self, draft: Draft) -> None:
        draft.person_id = draft.person.id if draft.person else new_id()
        key: object = draft.person_id
        if draft.person is None:
            names = draft.cells.get("first_name", ""), draft.cells.get("last_name", "")
            if draft.apartment is None or not all(names):
                return
            key = (draft.apartment.id, _name(*names).casefold())
        first = self._seen.setdefault(key, draft.number)
        if first != draft.number:
            draft.blame("last_name", "double", f"The same person stands in row {first}.")

    def _values(self, draft: Draft) -> None:
        cells = draft.cells
        values: dict[str, Any] = {name: cells[name] for name in _TEXTS if name in cells}
        if "floors" in cells:
            values["floors"] = tuple(
                f.strip() for f in cells["floors"].replace(",", ";").split(";") if f.strip()
            )
        if "account_type" in cells:
            account = ACCOUNT_WORDS.get(cells["account_type"].casefold())
            if account is None:
                draft.blame(
                    "account_type", "account_type.unknown", "Account Type is 0 (master) or 1 (member)."
                )
            else:
                values["account_type"] = account
        elif draft.person is None:
            draft.blame("account_type", "account_type.missing", "Account Type is missing.")
        draft.target = self._target(draft, values)
        if draft.person is not None and draft.person.linked:
            for name in filter(draft.patch.__contains__, _LOCKED):
                words = "cannot be changed by a file: the account has linked sites"
                draft.blame(name, f"{name}.linked", f"{draft.grid.layout.by_field[name].label} {words}.")
        changed = values.keys() if draft.person else None
        for problem in RESIDENT.problems(draft.target, changed=changed):
            column = _COLUMNS.get(problem.field, problem.field)
            draft.blame(column, problem.code.partition(".")[2], problem.message)

    def _target(self, draft: Draft, values: dict[str, Any]) -> Resident:
        if draft.person is not None:
            draft.patch = {n: v for n, v in values.items() if getattr(draft.person, n) != v}
            return replace(draft.person, **draft.patch)
        values = {"first_name": "", "last_name": "", **values}
        home = draft.apartment.id if draft.apartment else None
        site_id = self._site_id
        return Resident(id=draft.person_id, scope_id=site_id, site_id=site_id, apartment_id=home, **values)

    def _apartment_name(self, draft: Draft) -> None:
        name = draft.cells.get("apartment_name", "")
        if not name or draft.apartment is None or name == draft.apartment.name:
            return
        told, row = self._new_names.setdefault(draft.apartment.id, (name, draft.number))
        if told != name:
            draft.blame(
                "apartment_name", "apartment_name.other", f"Row {row} names the same apartment otherwise."
            )
        elif words := APARTMENT.by_name["name"].kind.problem(name):
            draft.blame("apartment_name", "apartment_name.bounds", f"Apt Name {words}.")
        elif row == draft.number:
            draft.new_name = name

    def _set_groups(self, draft: Draft) -> None:
        mine = self._members.get(draft.person_id, {})
        wanted: dict[str, AccessGroup] = {}
        for code in filter(None, (part.strip() for part in draft.cells.get("groups", "").split(";"))):
            found = self._group_codes.find(code)
            if len(found) == 1:
                wanted[found[0].id] = found[0]
            else:
                words = f"The site has {'several access groups' if found else 'no access group'} of the ID"
                draft.blame("groups", "groups.unknown", f"{words} {clean(code, limit=16)}.")
        if wanted:
            draft.join = tuple(g for g in wanted.values() if g.id not in mine)
            draft.leave = tuple(
                (self._groups[i], m) for i, m in mine.items() if i not in wanted and i in self._groups
            )
        elif draft.person is None and draft.apartment is not None:
            draft.join = self._defaults.get(draft.apartment.building_id, ())


def settle_masters(drafts: Iterable[Draft], masters: set[str]) -> None:
    """RES-01: a member needs the apartment's master, who lives there already or comes with the same file."""
    rows = list(drafts)
    coming: dict[str, Draft] = {}
    for draft in rows:
        if _is(draft, AccountType.MASTER) and draft.apartment:
            best = coming.setdefault(draft.apartment.id, draft)
            if best.faults and not draft.faults:
                coming[draft.apartment.id] = draft
    for draft in rows:
        if not _is(draft, AccountType.MEMBER) or draft.apartment is None or draft.apartment.id in masters:
            continue
        master = coming.get(draft.apartment.id)
        if master is None:
            words = "The apartment has no family master; a master comes before its members."
            draft.blame("account_type", "master.missing", words)
        elif master.faults:
            words = f"The family master of this apartment, in row {master.number}, is refused."
            draft.blame("account_type", "master.refused", words)


def residents_of(reader: Reader, site_id: str) -> list[Resident]:
    """The residents of a site, oldest first; not its staff and visitors."""
    return reader.find(RESIDENT, site_id=site_id, kind=PersonKind.RESIDENT)


def _is(draft: Draft, account: AccountType) -> bool:
    return draft.target is not None and draft.target.account_type is account


def _name(first: str, last: str) -> str:
    return f"{' '.join(first.split())}|{' '.join(last.split())}"
