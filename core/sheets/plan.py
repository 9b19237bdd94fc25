"""From a file to a plan: a verdict for every row, and nothing written (TPL-08)."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.errors import UserError
from core.base.words import clean, listed
from core.sheets.kinds import kind_of
from core.sheets.layout import REASON, Layout, plain_head
from core.sheets.read import NumberText, Table
from core.sheets.rows import Grid, NotKept, SheetPlan
from core.store.reader import Reader

_HEAD_ROWS = 10
"""How far down the row of heads is looked for; a title may stand above it."""

_BY_ID = "uid"
"""A file with this column may leave out columns that new rows need."""


def plan_sheet(reader: Reader, kind_name: str, table: Table, into: str) -> SheetPlan:
    """What an import of a table would do. Columns are found by label, name or alias, in any order.

    `into`: the scope that the rows go to (the organisation of a MAC library, a site). UserError when the table is not
    of this kind: needed columns are missing. Run it with `Mirror.read` and a long limit.
    """
    kind = kind_of(kind_name)
    heads, places, first = _find_heads(kind.layout, table)
    rows = _without_example(kind.layout, table, places, first)
    grid = Grid(kind.layout, rows, places, first)
    return SheetPlan(
        kind=kind_name,
        file=table.name,
        into=into,
        heads=tuple(heads),
        rows=tuple(kind.plan(reader, grid, into)),
        extra=tuple(clean(h, limit=60) for h in heads if h and not _is_known(kind.layout, h)),
        not_kept=tuple(_not_kept(grid)),
        notes=(*table.notes, *_notes(grid, dropped=len(table.rows) - len(rows.rows), heads=heads)),
    )


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
    return Table(
        table.name, [table.numbers[i] for i in kept], [table.rows[i] for i in kept], table.left, table.notes
    )


def _is_known(layout: Layout, head: str) -> bool:
    return layout.field_of(head) is not None or plain_head(head) == plain_head(REASON)


def _not_kept(grid: Grid) -> list[NotKept]:
    later = [c for c in grid.layout.columns if not c.kept and c.field in grid.places]
    counts = [(c.label, sum(1 for text in grid.column(c.field) if text)) for c in later]
    return [NotKept(label, filled) for label, filled in counts if filled]


def _notes(grid: Grid, *, dropped: int, heads: Sequence[str]) -> list[str]:
    notes = []
    if dropped:
        notes.append("The example row of the template was left out.")
    fields = [grid.layout.field_of(h) for h in heads]
    double = [clean(h, limit=30) for i, h in enumerate(heads) if fields[i] and fields[i] in fields[:i]]
    if double:
        notes.append(f"Columns that come twice are read once, from the left: {listed(double)}.")
    for column in grid.layout.columns:
        if column.secret:
            count = sum(isinstance(text, NumberText) for text in grid.column(column.field))
            if count:
                words = "are held as numbers by the sheet, so zeros at their beginning would be gone"
                notes.append(f"{count} cells of {column.label} {words}.")
    return notes
