"""The file of RF cards and PINs by person (TPL-02). Cards are added; a PIN takes the place of the person's PIN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.base.words import clean
from core.entities.person import RESIDENT, CredentialKind, Resident
from core.sheets.codes import (
    CodeWork,
    code_changes,
    code_work,
    wanted_codes,
    write_codes,
)
from core.sheets.each import write_each
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.owners import Owners, code_faults
from core.sheets.people import residents_of
from core.sheets.person_finder import PersonFinder
from core.sheets.places import Places
from core.sheets.rows import Fault, Grid, RowPlan, RowVerdict
from core.store.reader import Reader
from core.store.tx import Tx

LAYOUT = Layout(
    "cards_pins",
    "RF cards and PINs",
    (
        SheetColumn(label="Building", field="building", needed=True, example="Building A"),
        SheetColumn(
            label="Apt",
            field="apartment",
            aliases=("Apartment", "Apartment number"),
            needed=True,
            example="101",
        ),
        SheetColumn(
            label="User",
            field="user",
            aliases=("Name", "Resident", "User name"),
            needed=True,
            example="Paul Edward",
            note="First and last name, as at the site.",
        ),
        SheetColumn(
            label="RF Card",
            field="card",
            aliases=("Card", "RF Cards", "Cards"),
            secret=True,
            example="0A1B2C3D",
            note="1 to 16 characters of 0-9 and A-F. Several with ';' between them. They are added.",
        ),
        SheetColumn(
            label="PIN",
            field="pin",
            aliases=("PIN code", "Private PIN"),
            secret=True,
            example="4711",
            note="2 to 8 digits, not beginning with 9. Takes the place of the person's PIN.",
        ),
    ),
)

_ONLY_ADD = frozenset({CredentialKind.CARD})


@dataclass(frozen=True, slots=True)
class _Work:
    """What one row does."""

    person: Resident
    codes: CodeWork


class CardPinFile:
    """The kind `cards_pins`. `into` is the site."""

    layout = LAYOUT

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`."""
        places = Places(reader, into)
        finder = PersonFinder(places, residents_of(reader, into))
        owners = Owners(reader, into)
        columns = zip(grid.column("building"), grid.column("apartment"), grid.column("user"), strict=True)
        plans = []
        for index, (who, codes) in enumerate(zip(columns, wanted_codes(grid), strict=True)):
            person, faults = finder.find(grid, index, *who)
            if words := grid.options.no_access:
                faults.append(grid.fault(index, "user", "access.off", words))
            mine = owners.by_person.get(person.id, []) if person else []
            work = code_work(mine, codes, only_add=_ONLY_ADD)
            home = places.words(person.apartment_id)[1] if person else ""
            faults += code_faults(grid, index, work, person.id if person else "", owners, home=home)
            if person is None or faults:
                plans.append(_refused(grid, index, who[2], faults))
                continue
            owners.take(work, person.id, grid.numbers[index], home)
            changes = code_changes(self.layout, work, mine)
            verdict = RowVerdict.CHANGED if work else RowVerdict.UNCHANGED
            title = RESIDENT.name_of(person)
            todo = _Work(person, work)
            plans.append(RowPlan(grid.numbers[index], grid.rows[index], verdict, title, (), changes, todo))
        return plans

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        del makers

        def write(work: _Work) -> None:
            tx.require(RESIDENT, work.person.id)
            write_codes(tx, work.codes, work.person.id, into)

        return write_each(tx, rows, write)

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        places, owners = Places(reader, into), Owners(reader, into)
        for person in residents_of(reader, into):
            codes = owners.shown(person.id, show_secrets=show_secrets)
            building, apartment = places.words(person.apartment_id)
            if codes.get("card") or codes.get("pin"):
                name = RESIDENT.name_of(person)
                yield self.layout.line({"building": building, "apartment": apartment, "user": name, **codes})


def _refused(grid: Grid, index: int, user: str, faults: Sequence[Fault]) -> RowPlan:
    title = clean(user, limit=80)
    return RowPlan(grid.numbers[index], grid.rows[index], RowVerdict.REFUSED, title, tuple(faults))
