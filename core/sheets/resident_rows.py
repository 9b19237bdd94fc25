"""Writes what the plan of a residents' file says: new people in bulk, changed ones one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_ids
from core.entities.access import GROUP_MEMBER, GroupMember
from core.entities.person import CREDENTIAL, RESIDENT, Resident
from core.entities.site import APARTMENT
from core.rules.sign_in_info import needs_new_sign_in
from core.schema.entity import EntitySpec, Problem
from core.sheets.codes import FIELDS, credentials_of, write_codes
from core.sheets.layout import Layout
from core.sheets.people import ResidentWork
from core.sheets.rows import Fault, RowPlan, RowVerdict
from core.store.direct import AMONG, ask, listed
from core.store.reader import Reader
from core.store.tx import Tx

_Part = tuple[EntitySpec[Any], Sequence[Any], Callable[[Any], str]]
"""Rows of one entity, and whose each of them is."""


def write_rows(tx: Tx, rows: Sequence[RowPlan], into: str, layout: Layout) -> Mapping[int, Fault]:
    """See `Kind.apply`."""
    # Changed people first: only they give codes back, which new ones may be waiting for.
    faults: dict[int, Fault] = {}
    for row in rows:
        if row.verdict is not RowVerdict.CHANGED:
            continue
        try:
            with tx.savepoint():
                _change(tx, row.work, into)
        except UserError as fault:
            faults[row.number] = Fault(_label(layout, fault), "", fault.code, fault.message)
    new = [row for row in rows if row.verdict is RowVerdict.NEW]
    return faults | _Newcomers(tx, new, into, layout).write()


def _change(tx: Tx, work: ResidentWork, into: str) -> None:
    person = tx.require(RESIDENT, work.person_id)
    patch = dict(work.patch)
    if needs_new_sign_in(person, replace(person, **patch)):
        patch["sign_in_renewed_at"] = tx.now
    tx.patch(RESIDENT, person, **patch)
    write_codes(tx, work.codes, person.id, into)
    for member in work.leave:
        tx.remove(GROUP_MEMBER, member.id)
    tx.put_many(GROUP_MEMBER, _members([work], into))
    _name_apartment(tx, work)


def _name_apartment(tx: Tx, work: ResidentWork) -> None:
    if work.apartment is not None:
        apartment_id, name = work.apartment
        tx.patch(APARTMENT, tx.require(APARTMENT, apartment_id), name=name)


def _members(work: Sequence[ResidentWork], into: str) -> list[GroupMember]:
    every = [(one.person_id, group_id) for one in work for group_id in one.join]
    return [
        GroupMember(id=row_id, scope_id=into, group_id=group_id, person_id=person_id)
        for row_id, (person_id, group_id) in zip(new_ids(len(every)), every, strict=True)
    ]


def _label(layout: Layout, fault: UserError | Problem) -> str:
    """The column that a fault is about; of a code, the one of its kind."""
    name = fault.field
    if name == "code":
        name = next((n for n in FIELDS if fault.code.startswith(f"credentials.{n}.")), "")
    column = layout.by_field.get(name)
    return column.label if column else ""


class _Newcomers:
    """New people of one transaction with what belongs to them; each is written whole or not at all."""

    def __init__(self, tx: Tx, rows: Sequence[RowPlan], into: str, layout: Layout) -> None:
        self._tx = tx
        self._into = into
        self._layout = layout
        self._faults: dict[int, Fault] = {}
        there = tx.existing(RESIDENT.name, [row.work.person_id for row in rows])
        self._rows = {row.work.person_id: row for row in rows if row.work.person_id not in there}

    def write(self) -> dict[int, Fault]:
        """Check everything before anything is written, then write the people without fault."""
        people = self._people()
        work: list[ResidentWork] = [row.work for row in self._rows.values()]
        credentials = credentials_of(self._tx, [(w.person_id, w.codes.add) for w in work], self._into)
        members = _members(work, self._into)
        parts: tuple[_Part, ...] = (
            (RESIDENT, people, lambda person: str(person.id)),
            (CREDENTIAL, credentials, lambda credential: str(credential.person_id)),
            (GROUP_MEMBER, members, lambda member: str(member.person_id)),
        )
        coming = frozenset(self._rows)
        for spec, rows, owner in parts:
            if faults := self._tx.check_many(spec, rows, arriving=coming):
                by_id = {row.id: row for row in rows}
                for row_id, problem in faults.items():
                    self._refuse(owner(by_id[row_id]), problem)
        groups = dict(zip(self._rows, new_ids(len(self._rows)), strict=True))
        for spec, rows, owner in parts:
            good = [row for row in rows if owner(row) in groups]
            self._tx.put_many(spec, good, groups=[groups[owner(row)] for row in good])
        for row in self._rows.values():
            if row.work.apartment is not None:
                _name_apartment(self._tx, row.work)
        return self._faults

    def _people(self) -> list[Resident]:
        """The people to write. Somebody of a name may have been added to the apartment since the plan was made."""
        people: list[Resident] = [row.work.new for row in self._rows.values()]
        there = _living(self._tx, {person.apartment_id for person in people})
        if not there:
            return people
        for person in people:
            if _who(person.apartment_id, person.first_name, person.last_name) in there:
                words = "Somebody of this name was added to the apartment after the file was checked."
                self._refuse(person.id, Problem("last_name", "residents.meanwhile", words))
        return [person for person in people if person.id in self._rows]

    def _refuse(self, person_id: str, problem: Problem) -> None:
        plan = self._rows.pop(person_id, None)
        if plan is not None:
            self._faults[plan.number] = Fault(
                _label(self._layout, problem), "", problem.code, problem.message
            )


def _living(reader: Reader, homes: Collection[str | None]) -> set[tuple[str, str, str]]:
    """Who lives in any of the apartments, for comparing. Three columns: an import asks for every home it fills."""
    names = "apartment_id, first_name, last_name"
    query = f"SELECT {names} FROM {RESIDENT.name} WHERE apartment_id {AMONG}"  # noqa: S608  a table of ours
    return {_who(*row) for row in ask(reader.connection, query, listed(home for home in homes if home))}


def _who(home: str | None, first: str, last: str) -> tuple[str, str, str]:
    return (home or "", first.casefold(), last.casefold())
