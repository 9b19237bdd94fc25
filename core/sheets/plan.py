"""From a file to a plan: a verdict for every row, and nothing written (TPL-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.base.errors import UserError
from core.base.words import clean, listed
from core.sheets.kinds import kind_of
from core.sheets.layout import REASON, Layout, plain_head
from core.sheets.options import Decision, ImportOptions
from core.sheets.read import NumberText, Table
from core.sheets.rows import Fault, Grid, PlanRows, RowPlan, RowVerdict, SheetPlan
from core.store.reader import Reader

_HEAD_ROWS = 10
"""How far down the row of heads is looked for; a title may stand above it."""

_DEFAULT = ImportOptions()

_BY_ID = "uid"
"""A file with this column may leave out columns that new rows need."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table whose columns were found: its own heads, field -> column, and the index of the first data row."""

    table: Table
    heads: tuple[str, ...]
    places: Mapping[str, int]
    first: int


def sheet_of(kind_name: str, table: Table) -> Sheet:
    """Find the columns of a table by label, name or alias, in any order; the template's example row is left out.

    UserError when the table is not of this kind: needed columns are missing.
    """
    layout = kind_of(kind_name).layout
    heads, places, first = _find_heads(layout, table)
    return Sheet(_without_example(layout, table, places, first), tuple(heads), places, first)


def plan_sheet(
    reader: Reader, kind_name: str, sheet: Sheet, into: str, options: ImportOptions = _DEFAULT
) -> SheetPlan:
    """What an import of a sheet would do; nothing is written.

    `into`: the scope that the rows go to (the organisation of a MAC library, a site). Run it with `Mirror.read` and a
    long limit.
    """
    kind = kind_of(kind_name)
    table, skipped = _without_skipped(sheet, options)
    grid = Grid(kind.layout, table, sheet.places, sheet.first, options)
    rows = kind.plan(reader, grid, into)
    if skipped:
        rows = sorted([*rows, *skipped], key=lambda row: row.number)
    return SheetPlan(
        kind=kind_name,
        file=sheet.table.name,
        into=into,
        heads=sheet.heads,
        rows=rows if isinstance(rows, PlanRows) else tuple(rows),
        places=sheet.places,
        extra=tuple(clean(h, limit=60) for h in sheet.heads if h and not _is_known(kind.layout, h)),
        notes=(*sheet.table.notes, *_notes(grid, heads=sheet.heads), *grid.notes),
    )


def _without_skipped(sheet: Sheet, options: ImportOptions) -> tuple[Table, list[RowPlan]]:
    """The table without the rows that a person wants left out, and those: no other row is judged by them."""
    skip = {number for number, said in options.decisions.items() if said is Decision.SKIP}
    table = sheet.table
    if not skip:
        return table, []
    gone = [i for i, n in enumerate(table.numbers) if n in skip and i >= sheet.first]
    left_out = Fault("", "", "sheet.skipped", "Left out on request.")
    plans = [RowPlan(table.numbers[i], table.rows[i], RowVerdict.REFUSED, "", (left_out,)) for i in gone]
    kept = [i for i in range(len(table.rows)) if i not in set(gone)]
    numbers, rows = [table.numbers[i] for i in kept], [table.rows[i] for i in kept]
    return replace(table, numbers=numbers, rows=rows), plans


def _find_heads(layout: Layout, table: Table) -> tuple[list[str], dict[str, int], int]:
    """The heads as they stand in the file, field -> column, and the index of the first data row."""
    found = [(len(layout.places(row)), -index) for index, row in enumerate(table.rows[:_HEAD_ROWS])]
    most, place = max(found)
    heads = [str(h) for h in table.rows[-place]]
    places = layout.places(heads)
    needed = {c.field for c in layout.columns if c.needed and _BY_ID not in places}
    if most and needed <= places.keys():
        return heads, places, 1 - place
    if layout.headless and not most:
        width = max(len(row) for row in table.rows)
        return [], {c.field: i for i, c in enumerate(layout.columns) if i < width}, 0
    missing = [c.label for c in layout.columns if c.field in needed - places.keys()]
    words = f"'{table.name}' is no file of the kind '{layout.title}': it has no column {listed(missing)}."
    there = listed([clean(h, limit=30) for h in heads if h], limit=10)
    raise UserError(
        "sheet.columns", words, remedy=f"Its columns are {there}. A template shows the right ones."
    )


def _without_example(layout: Layout, table: Table, places: dict[str, int], first: int) -> Table:
    """The table without the template's example, which people forget to remove."""
    example = {c.field: c.example for c in layout.columns}

    def is_example(row: Sequence[str]) -> bool:
        filled = {f: row[i] for f, i in places.items() if i < len(row) and row[i]}
        return len(places) > 1 and filled == {f: t for f, t in example.items() if t and f in places}

    gone = {i for i, row in enumerate(table.rows[first : first + 2], first) if is_example(row)}
    if not gone:
        return table
    kept = [i for i in range(len(table.rows)) if i not in gone]
    notes = (*table.notes, "The example row of the template was left out.")
    numbers, rows = [table.numbers[i] for i in kept], [table.rows[i] for i in kept]
    return replace(table, numbers=numbers, rows=rows, notes=notes)


def _is_known(layout: Layout, head: str) -> bool:
    return layout.field_of(head) is not None or plain_head(head) == plain_head(REASON)


def _notes(grid: Grid, *, heads: Sequence[str]) -> list[str]:
    notes = []
    fields = [grid.layout.field_of(h) for h in heads]
    double = [clean(h, limit=30) for i, h in enumerate(heads) if fields[i] and fields[i] in fields[:i]]
    if double:
        notes.append(f"Columns that come twice are read once, from the left: {listed(double)}.")
    for column in grid.layout.columns if grid.table.numeric else ():
        if column.secret:
            count = sum(isinstance(text, NumberText) for text in grid.column(column.field))
            if count:
                words = "are held as numbers by the sheet, so zeros at their beginning would be gone"
                notes.append(f"{count} cells of {column.label} {words}.")
    return notes
