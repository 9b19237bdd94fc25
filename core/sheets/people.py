"""From a row of the residents' file to the person that it means and what should become of that person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.words import clean
from core.entities.access import AccessGroup, GroupMember
from core.entities.person import RESIDENT, AccountType, Credential, PersonKind, Resident
from core.entities.site import Apartment
from core.sheets.codes import CodeWork, code_changes
from core.sheets.rows import Change, Fault, Grid, Lookalike, RowPlan, RowVerdict
from core.store.reader import Reader


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


def told_of(person: Resident) -> dict[str, str]:
    """What every file of people has of a person as the row has it, by field."""
    return {name: getattr(person, name) for name in _TOLD}


_TOLD = ("first_name", "last_name", "email", "mobile", "calling_code")


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
    double: Lookalike | None = None
    join: tuple[AccessGroup, ...] = ()
    leave: tuple[tuple[AccessGroup, GroupMember], ...] = ()

    @property
    def number(self) -> int:
        """The row's number in the file."""
        return self.grid.numbers[self.index]

    def blame(self, column: str, code: str, reason: str, suggestion: str = "") -> None:
        """Note a fault."""
        self.faults.append(self.grid.fault(self.index, column, code, reason, suggestion))

    def plan(self) -> RowPlan:
        """The finished line of the plan."""
        title = clean(" ".join(self.cells.get(n, "") for n in ("first_name", "last_name")), limit=80)
        cells = self.grid.rows[self.index]
        if self.faults or self.target is None:
            faults = tuple(self.faults)
            return RowPlan(self.number, cells, RowVerdict.REFUSED, title, faults, double=self.double)
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
            return RowPlan(
                self.number, cells, RowVerdict.NEW, title, work=work, rank=rank, double=self.double
            )
        verdict = RowVerdict.CHANGED if work else RowVerdict.UNCHANGED
        return RowPlan(self.number, cells, verdict, title, (), self._changes(), work, double=self.double)

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


def residents_of(reader: Reader, site_id: str) -> list[Resident]:
    """The residents of a site, oldest first; not its staff and visitors."""
    found = reader.find(RESIDENT, site_id=site_id, kind=PersonKind.RESIDENT)
    # By id and not by place in the table: what was taken back and done again is written in the same order.
    return sorted(found, key=lambda person: person.id)


def is_account(draft: Draft, account: AccountType) -> bool:
    """Whether a row is about such an account."""
    return draft.target is not None and draft.target.account_type is account
