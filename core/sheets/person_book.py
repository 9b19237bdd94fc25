"""Finds the person that a row of the residents' file means, and works out what the row changes."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

from core.base.errors import UserError
from core.base.ids import is_id, new_id
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.site import APARTMENT, Apartment
from core.rules.floors import parse_floors
from core.sheets.group_book import GroupBook
from core.sheets.likeness import like
from core.sheets.options import Decision
from core.sheets.people import Draft, residents_of
from core.sheets.places import NameBook, Places
from core.sheets.shapes import judge_shapes
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

ACCESS_FIELDS = ("floors", "card", "pin", "plate", "uhf", "fingerprint", "groups")
"""Columns that set up a resident's access (GRP-05)."""


class PersonBook:
    """Everything of one site that the rows of a file may mean, read at once."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        self.site_id = site_id
        self.places = Places(reader, site_id)
        self._people = {p.id: p for p in residents_of(reader, site_id)}
        self._uids = {p.uid: p for p in self._people.values() if p.uid}
        self._names: dict[str, NameBook[Resident]] = {}
        self.masters: set[str] = set()
        for person in self._people.values():
            home = person.apartment_id or ""
            self._names.setdefault(home, NameBook()).add(_name(person.first_name, person.last_name), person)
            if person.account_type is AccountType.MASTER:
                self.masters.add(home)
        self.groups = GroupBook(reader, site_id)
        self.members = Counter(
            p.apartment_id or "" for p in self._people.values() if p.account_type is AccountType.MEMBER
        )
        self.strange_uids = 0
        self._seen: dict[object, int] = {}
        self._floors: dict[str, tuple[str, ...] | str] = {}
        self._new_names: dict[str, tuple[str, int]] = {}

    def settle(self, draft: Draft) -> None:
        """Find the person, or make one, and work out what the row changes. Faults go into the draft."""
        draft.faults += draft.grid.rounded(draft.index)
        if words := draft.grid.options.no_access:
            for name in filter(draft.cells.__contains__, ACCESS_FIELDS):
                draft.blame(name, "access.off", words)
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
            draft.blame(
                "uid", "uid.unknown", "UID is of no resident of this site; leave it empty for a new one."
            )
        elif person is None and uid:
            # It may come from another system: the row is then found by its name, or new.
            self.strange_uids += 1
        return person

    def _place(self, draft: Draft) -> Apartment | None:
        building, number = draft.cells.get("building", ""), draft.cells.get("apartment", "")
        if draft.person is not None:
            home = self.places.words(draft.person.apartment_id)
            building, number = building or home[0], number or home[1]
        apartment, column, words = self.places.find(building, number)
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
            return None
        return found[0] if found else self._by_likeness(draft, apartment)

    def _by_likeness(self, draft: Draft, apartment: Apartment) -> Resident | None:
        """Nobody has this name, but somebody here may be meant: a person says whether it is one or two."""
        book = self._names.get(apartment.id)
        found = like(draft.grid, draft.cells, book.all if book else ())
        if found is None:
            return None
        person, draft.double = found
        said = draft.grid.options.decisions.get(draft.number)
        if said is Decision.ONE:
            return person
        if said is not Decision.TWO:
            who = f"{draft.double.title}, who lives here already ({draft.double.by})"
            words = f"May be {who}. Say whether it is one person."
            draft.blame("last_name", "double.possible", words)
        return None

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
        if "calling_code" in values:
            values["calling_code"] = values["calling_code"].removeprefix("+")
        if "floors" in cells:
            self._read_floors(draft, values)
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
        for name, words in judge_shapes(draft.patch if draft.person else values):
            draft.blame(name, f"{name}.shape", f"{draft.grid.layout.by_field[name].label} {words}.")
        if draft.person is not None and draft.person.linked:
            for name in filter(draft.patch.__contains__, _LOCKED):
                words = "cannot be changed by a file: the account has linked sites"
                draft.blame(name, f"{name}.linked", f"{draft.grid.layout.by_field[name].label} {words}.")
        changed = values.keys() if draft.person else None
        for problem in RESIDENT.problems(draft.target, changed=changed):
            column = _COLUMNS.get(problem.field, problem.field)
            draft.blame(column, problem.code.partition(".")[2], problem.message)

    def _read_floors(self, draft: Draft, values: dict[str, Any]) -> None:
        text = draft.cells["floors"]
        if text not in self._floors:
            try:
                self._floors[text] = parse_floors(text)
            except UserError as fault:
                self._floors[text] = fault.message
        found = self._floors[text]
        if isinstance(found, str):
            draft.blame("floors", "floors.unknown", found)
        elif draft.person is None or set(draft.person.floors) != set(found):
            values["floors"] = found

    def _target(self, draft: Draft, values: dict[str, Any]) -> Resident:
        if draft.person is not None:
            draft.patch = {n: v for n, v in values.items() if getattr(draft.person, n) != v}
            return replace(draft.person, **draft.patch)
        values = {"first_name": "", "last_name": "", "uid": self._fresh_uid(), **values}
        home = draft.apartment.id if draft.apartment else None
        site_id = self.site_id
        return Resident(id=draft.person_id, scope_id=site_id, site_id=site_id, apartment_id=home, **values)

    def lives_anybody(self, apartment_id: str) -> bool:
        """Whether an apartment has residents."""
        return apartment_id in self._names

    def fresh_uids(self, count: int) -> list[str]:
        """So many UIDs that nobody has (RES-01). They are no secret, so the quick source of numbers will do."""
        found: list[str] = []
        while len(found) < count:
            drawn = random.sample(range(100_000_000, 1_000_000_000), count - len(found))
            fresh = [
                uid for number in drawn if (uid := str(number)) not in self._uids and uid not in self._seen
            ]
            self._seen.update(dict.fromkeys(fresh, 0))
            found += fresh
        return found

    def _fresh_uid(self) -> str:
        return self.fresh_uids(1)[0]

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
        if text := draft.cells.get("groups", ""):
            draft.join, draft.leave, wrong = self.groups.choose(draft.person_id, text)
            for words in wrong:
                draft.blame("groups", "groups.unknown", words)
        if draft.person is None and draft.apartment is not None and not draft.join:
            draft.join = self.groups.defaults.get(draft.apartment.building_id, ())


def _name(first: str, last: str) -> str:
    return f"{' '.join(first.split())}|{' '.join(last.split())}"
