"""What the import studio shows: columns, rows, faulty cells, fixes and look-alikes of one file. Nothing here reads or
writes; `core.usecases.imports` makes these and is the place to import them from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.sheets.apply import ImportResult
from core.sheets.kinds import kind_of
from core.sheets.layout import Layout
from core.sheets.options import Decision, ImportOptions
from core.sheets.read import Table
from core.sheets.rows import Change, Lookalike, RowPlan, RowVerdict, SheetPlan, letters


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """One column of the layout and where it stands in the file.

    `field` is its name in calls, `label` the one for people. `head` is what the file calls it, `place` its index in
    `ImportRow.cells`, `letter` its name in the sheet (`N`); None and empty when the file has no such column.
    `by_alias`: the file calls it otherwise. `filled`: how many cells hold anything. `secret`: PINs and cards, masked
    where others may look. `choices`: the words that may stand here, when they are few.
    """

    field: str
    label: str
    head: str = ""
    place: int | None = None
    letter: str = ""
    by_alias: bool = False
    needed: bool = False
    secret: bool = False
    note: str = ""
    choices: tuple[str, ...] = ()
    filled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFault:
    """One fault: the row's number in the file, the column (`field` empty when it is about the row), the cell (`N12`).

    `reason` is a sentence without the value. `suggestion` is a text that would be accepted, empty when there is none
    that follows from the fault alone; it is never taken without being asked for.
    """

    row: int
    field: str
    label: str
    place: int | None
    cell: str
    code: str
    reason: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A cell that was changed here: the file itself is not touched."""

    row: int
    field: str
    label: str
    was: str = dataclasses.field(repr=False)
    now: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row as the studio shows it. `cells` are in the order of the file's columns, fixes included, and hold PINs.

    `fixed` are the fields that were changed here. `double`: somebody here may be the same person, with what was said
    about it in `decision`.
    """

    number: int
    verdict: RowVerdict
    title: str
    cells: Sequence[str] = dataclasses.field(repr=False)
    faults: tuple[CellFault, ...] = ()
    fixed: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    double: Lookalike | None = None
    decision: Decision | None = None


@dataclass(frozen=True)
class ImportPlan:
    """A file that was checked and not written. Immutable: `fix` and `decide` give a new one.

    `new`, `changed`, `same` and `faulty` count rows; `applicable` is what `apply` would write. `columns` are in the
    order of the layout, those that the file lacks too; `extra` are heads of the file that nobody knows and that are
    left out. `faults` are in the order of the file. `notes` are sentences about the file as a whole.
    `table.pages`: the code pages between which a person has to decide before it is applied; none when it is clear.
    """

    sheet: SheetPlan
    path: Path
    table: Table = dataclasses.field(repr=False)
    first: int
    options: ImportOptions = dataclasses.field(default_factory=ImportOptions)
    fixes: tuple[Fixed, ...] = ()
    site_id: str = ""

    @property
    def kind(self) -> str:
        """The name of the kind, as on the command line."""
        return self.sheet.kind

    @property
    def layout(self) -> Layout:
        """The columns as they should be."""
        return kind_of(self.sheet.kind).layout

    @property
    def title(self) -> str:
        """What such a file is called."""
        return self.layout.title

    @property
    def file(self) -> str:
        """The file's own name."""
        return self.sheet.file

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the whole file."""
        return self.sheet.notes

    @property
    def extra(self) -> tuple[str, ...]:
        """Heads that no column of the layout answers to."""
        return self.sheet.extra

    @property
    def new(self) -> int:
        """Rows that would be added."""
        return self.sheet.counts[RowVerdict.NEW]

    @property
    def changed(self) -> int:
        """Rows that would change something."""
        return self.sheet.counts[RowVerdict.CHANGED]

    @property
    def same(self) -> int:
        """Rows that say what is here already."""
        return self.sheet.counts[RowVerdict.UNCHANGED]

    @property
    def faulty(self) -> int:
        """Rows that would be left out."""
        return self.sheet.counts[RowVerdict.REFUSED]

    @property
    def applicable(self) -> int:
        """Rows that `apply` would write."""
        return self.new + self.changed

    @cached_property
    def columns(self) -> tuple[ColumnMatch, ...]:
        """Every column of the layout, with its place in the file where it has one."""
        return tuple(self._column(c.field) for c in self.layout.columns)

    @cached_property
    def faults(self) -> tuple[CellFault, ...]:
        """All faults, row by row."""
        return tuple(fault for _, row in self.sheet.judged for fault in self._faults(row))

    @cached_property
    def doubles(self) -> tuple[ImportRow, ...]:
        """Rows that may be about somebody who is here already, decided or not."""
        return tuple(self._row(row) for _, row in self.sheet.judged if row.double is not None)

    @cached_property
    def rows(self) -> Sequence[ImportRow]:
        """All rows. For a screenful of a large file take `window`."""
        return self.window(0, len(self.sheet.rows))

    def window(self, start: int, stop: int) -> list[ImportRow]:
        """Rows by their index in the list, for painting."""
        return [self._row(row) for row in self.sheet.rows[start:stop]]

    def row(self, number: int) -> ImportRow:
        """The row of that number in the file; KeyError when there is none."""
        return self._row(self.sheet.rows[self._places[number]])

    def index_of(self, number: int) -> int:
        """Where the row of that number stands in `rows`; KeyError when there is none."""
        return self._places[number]

    def near_faults(self, around: int = 1) -> list[int]:
        """Indexes of the faulty rows and of `around` rows on both sides of each."""
        bad = [i for i, row in self.sheet.judged if row.verdict is RowVerdict.REFUSED]
        last = len(self.sheet.rows)
        return sorted({n for i in bad for n in range(max(0, i - around), min(last, i + around + 1))})

    def document(self) -> dict[str, Any]:
        """As a JSON document; holds no cell, so no PIN and no card."""
        return self.sheet.document()

    @cached_property
    def _places(self) -> dict[int, int]:
        return {number: index for index, number in enumerate(self.sheet.numbers)}

    @cached_property
    def _fields(self) -> Mapping[str, str]:
        return {c.label: c.field for c in self.layout.columns}

    @cached_property
    def _fixed(self) -> dict[int, frozenset[str]]:
        found: dict[int, set[str]] = {}
        for one in self.fixes:
            found.setdefault(one.row, set()).add(one.field)
        return {row: frozenset(names) for row, names in found.items()}

    def _column(self, name: str) -> ColumnMatch:
        column = self.layout.by_field[name]
        place = self.sheet.places.get(name)
        known: dict[str, Any] = {
            "field": name,
            "label": column.label,
            "needed": column.needed,
            "secret": column.secret,
            "note": column.note,
            "choices": column.choices,
        }
        if place is None:
            return ColumnMatch(**known)
        head = self.sheet.heads[place] if place < len(self.sheet.heads) else ""
        filled = sum(1 for cells in self.sheet.cells if place < len(cells) and cells[place])
        return ColumnMatch(
            **known,
            head=head,
            place=place,
            letter=letters(self.table.left + place),
            by_alias=bool(head) and head != column.label,
            filled=filled,
        )

    def _faults(self, row: RowPlan) -> list[CellFault]:
        found = []
        for fault in row.faults:
            name = self._fields.get(fault.column, "")
            found.append(
                CellFault(
                    row=row.number,
                    field=name,
                    label=fault.column,
                    place=self.sheet.places.get(name),
                    cell=fault.cell,
                    code=fault.code,
                    reason=fault.reason,
                    suggestion=fault.suggestion,
                )
            )
        return found

    def _row(self, row: RowPlan) -> ImportRow:
        return ImportRow(
            row.number,
            row.verdict,
            row.title,
            row.cells,
            tuple(self._faults(row)),
            self._fixed.get(row.number, frozenset()),
            row.changes,
            row.double,
            self.options.decisions.get(row.number),
        )


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """What came of an import. `undo_id` is empty when nothing was written."""

    result: ImportResult
    undo_id: str
    act: str

    @property
    def sentence(self) -> str:
        """The counts, for people."""
        r = self.result
        parts = [f"{r.new} new", f"{r.changed} changed", f"{r.unchanged} the same", f"{r.refused} left out"]
        if r.untouched:
            parts.append(f"{r.untouched} not reached")
        return f"{', '.join(parts)}."
