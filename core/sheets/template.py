"""Empty files to fill in (TPL-12): heads, an example row, lists to choose from, and a sheet that explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.sheets.layout import Layout, SheetColumn
from core.sheets.read import NOTES_SHEET
from core.sheets.write import new_book, replaced, sheet_title

_LISTED_ROWS = 10_000
_SHORT_LIST = 255
"""Characters of a list that a cell's rule can hold itself; longer ones stand on a sheet of their own."""


def write_template(path: Path, layout: Layout, *, lists: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write the template of a layout as xlsx. `lists`: choices by field, such as the buildings of a site.

    The example row is left out when the file is read, if it was not changed. UserError when it cannot be written.
    """
    with replaced(path) as part, new_book(part, streaming=False) as book:
        sheet = book.add_worksheet(sheet_title(layout.title))
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        needed = book.add_format({"bold": True, "num_format": "@", "bottom": 1, "bg_color": "#FFF2CC"})
        plain = book.add_format({"num_format": "@"})
        grey = book.add_format({"num_format": "@", "italic": True, "font_color": "#808080"})
        choices = {c.field: c.choices for c in layout.columns if c.choices} | dict(lists or {})
        for place, column in enumerate(layout.columns):
            # Text cells from the start: a number would lose the zeros at the beginning of a PIN or card.
            sheet.set_column(place, place, max(12, len(column.label) + 4), plain)
            sheet.write_string(0, place, column.label, needed if column.needed else head)
            if column.example:
                sheet.write_string(1, place, column.example, grey)
            _rule(book, sheet, place, column, list(choices.get(column.field, ())))
        sheet.freeze_panes(1, 0)
        _explain(book, layout, head)


def batch_edit(layout: Layout) -> Layout:
    """The same columns for changing people by UID: nothing else is needed, and an empty cell leaves the old value."""
    columns = tuple(replace(c, needed=c.field == "uid", example="") for c in layout.columns)
    return replace(layout, title=f"{layout.title}, batch edit", columns=columns)


def _rule(book: Any, sheet: Any, place: int, column: SheetColumn, choices: list[str]) -> None:
    if column.note:
        sheet.write_comment(0, place, column.note)
    if not choices:
        return
    source: Any = choices
    if len(",".join(choices)) > _SHORT_LIST or any("," in choice for choice in choices):
        name = sheet_title(f"{column.label} list")
        other = book.add_worksheet(name)
        other.write_column(0, 0, choices)
        other.hide()
        source = f"='{name}'!$A$1:$A${len(choices)}"
    # A warning, not a ban: several values may stand in one cell, and the list may be older than the site.
    rule = {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True}
    sheet.data_validation(1, place, _LISTED_ROWS, place, rule)


def _explain(book: Any, layout: Layout, head: Any) -> None:
    sheet = book.add_worksheet(NOTES_SHEET)
    for place, (title, width) in enumerate(
        (("Column", 24), ("Needed", 10), ("What it holds", 70), ("Example", 28))
    ):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, title, head)
    for number, column in enumerate(layout.columns, 1):
        words = (column.label, "yes" if column.needed else "no", column.note, column.example)
        for place, text in enumerate(words):
            sheet.write_string(number, place, text)
