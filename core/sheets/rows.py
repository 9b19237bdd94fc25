"""What a plan says about a file, row by row (TPL-08). Nothing here reads or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, overload

from core.sheets.layout import Layout
from core.sheets.options import ImportOptions
from core.sheets.read import NumberText, Table


class RowVerdict(StrEnum):
    """What an import would do with a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: the column's label, its cell (`N12`), a stable code, a sentence without the value.

    `suggestion`: a text that would be accepted there; only offered, never taken unasked.
    """

    column: str
    cell: str
    code: str
    reason: str
    suggestion: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What a changed row changes, as people read it; secrets are masked."""

    column: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Somebody who is here already and may be the one whom a row means.

    `by`: what is alike, in words. `lines`: label, what is here, what the file says; secrets are masked.
    """

    person_id: str
    title: str
    by: str
    lines: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row. `number` is its number in the file; `work` is what the kind needs to apply it.

    Rows of a lower `rank` are written before all others, wherever they stand in the file.
    """

    number: int
    cells: Sequence[str] = field(repr=False)
    verdict: RowVerdict
    title: str = ""
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    work: Any = field(default=None, repr=False)
    rank: int = 0
    double: Lookalike | None = None


class PlanRows(Sequence[RowPlan]):
    """The rows of a file in their order: those that were judged one by one, and those that are surely new, whose plans
    are made when somebody looks at them.
    """

    def __init__(self, grid: Grid, judged: Mapping[int, RowPlan], sure: Mapping[int, RowPlan]) -> None:
        self._judged, self._sure = judged, sure
        self.numbers: Sequence[int] = grid.numbers
        self.cells: Sequence[Sequence[str]] = grid.rows

    @property
    def judged(self) -> Iterator[tuple[int, RowPlan]]:
        """(index, plan) of the rows that may be anything but new without a doubt."""
        return iter(sorted(self._judged.items()))

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> RowPlan: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RowPlan]: ...
    def __getitem__(self, index: int | slice) -> RowPlan | Sequence[RowPlan]:
        places = range(len(self.numbers))[index]
        if isinstance(places, range):
            return [self._at(place) for place in places]
        return self._at(places)

    def _at(self, place: int) -> RowPlan:
        return self._judged.get(place) or self._sure[place]


@dataclass(frozen=True)
class SheetPlan:
    """The whole file. `heads` are those of the file itself; `extra` are columns that nobody knows.

    `places`: field -> index of its column in the file.
    """

    kind: str
    file: str
    into: str
    heads: tuple[str, ...]
    rows: Sequence[RowPlan]
    places: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> dict[RowVerdict, int]:
        """How many rows have which verdict."""
        found = Counter(row.verdict for _, row in self.judged)
        found[RowVerdict.NEW] += len(self.rows) - found.total()
        return {verdict: found[verdict] for verdict in RowVerdict}

    @property
    def judged(self) -> Iterator[tuple[int, RowPlan]]:
        """(index, plan) of every row that may be anything but new without a doubt."""
        return self.rows.judged if isinstance(self.rows, PlanRows) else iter(enumerate(self.rows))

    @property
    def numbers(self) -> Sequence[int]:
        """The number of each row in the file."""
        return self.rows.numbers if isinstance(self.rows, PlanRows) else [row.number for row in self.rows]

    @property
    def cells(self) -> Sequence[Sequence[str]]:
        """The cells of each row."""
        return self.rows.cells if isinstance(self.rows, PlanRows) else [row.cells for row in self.rows]

    @property
    def refused(self) -> Iterator[RowPlan]:
        """The rows that will not be applied."""
        return (row for _, row in self.judged if row.verdict is RowVerdict.REFUSED)

    def document(self) -> dict[str, Any]:
        """The preview as a JSON document; holds no cell, so no PIN and no card."""
        return {
            "kind": self.kind,
            "file": self.file,
            **{verdict.value: count for verdict, count in self.counts.items()},
            "extra_columns": list(self.extra),
            "notes": list(self.notes),
            "rows": [_row_document(row) for row in self.rows],
        }


def _row_document(row: RowPlan) -> dict[str, Any]:
    document: dict[str, Any] = {"row": row.number, "title": row.title, "verdict": row.verdict.value}
    if row.faults:
        document["faults"] = [
            {"column": f.column, "cell": f.cell, "code": f.code, "reason": f.reason} for f in row.faults
        ]
    if row.changes:
        document["changes"] = [{"column": c.column, "was": c.was, "now": c.now} for c in row.changes]
    return document


@dataclass(frozen=True)
class Grid:
    """The data rows of a table with their columns found: what a kind plans from."""

    layout: Layout
    table: Table
    places: Mapping[str, int]
    first: int
    """Index of the first data row in the table."""
    options: ImportOptions = field(default_factory=ImportOptions)
    notes: list[str] = field(default_factory=list)
    """Sentences about the whole file that a kind has to say."""

    @cached_property
    def numbers(self) -> list[int]:
        """Row numbers in the file."""
        return self.table.numbers[self.first :]

    @cached_property
    def rows(self) -> list[list[str]]:
        """The cells of the data rows."""
        return self.table.rows[self.first :]

    @cached_property
    def _numeric(self) -> list[tuple[str, int]]:
        """Columns in which any cell is held as a number: most files have none."""
        if not self.table.numeric:
            return []
        return [
            (name, place)
            for name, place in self.places.items()
            if any(isinstance(c, NumberText) for c in self.column(name))
        ]

    @cached_property
    def _columns(self) -> list[Sequence[str]]:
        """All columns of the data rows, filled up where rows are shorter."""
        return list(zip_longest(*self.rows, fillvalue=""))

    def column(self, name: str) -> Sequence[str]:
        """A column's texts, empty where the file has no such column or the row is shorter."""
        place = self.places.get(name)
        if place is None or place >= len(self._columns):
            return ("",) * len(self.rows)
        return self._columns[place]

    def fault(self, index: int, name: str, code: str, reason: str, suggestion: str = "") -> Fault:
        """A fault in one column of one data row."""
        column = self.layout.by_field[name]
        place = self.places.get(name)
        cell = f"{letters(self.table.left + place)}{self.numbers[index]}" if place is not None else ""
        return Fault(column.label, cell, f"{self.layout.kind}.{code}", reason, suggestion)

    def rounded(self, index: int) -> list[Fault]:
        """Faults of cells that a spreadsheet program has rounded: nobody knows what was typed."""
        found = []
        row = self.rows[index]
        for name, place in self._numeric:
            cell = row[place] if place < len(row) else ""
            if isinstance(cell, NumberText) and cell.rounded:
                words = "has a number of more than 15 digits, which the sheet has rounded. Format the column as text"
                found.append(
                    self.fault(index, name, "rounded", f"{self.layout.by_field[name].label} {words}.")
                )
        return found


def letters(number: int) -> str:
    """The name of a column in a sheet: 1 is A, 27 is AA."""
    name = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
