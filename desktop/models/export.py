"""What a list shows as text for the clipboard and as a sheet. Writing blocks: call it off the window's thread."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from desktop.models.columns import ListColumn
from desktop.qt.language import spoken

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d .()-]*$)")
"""What a spreadsheet would run; a phone number with its plus is none."""


def shown_columns(columns: Sequence[ListColumn]) -> list[ListColumn]:
    """Columns that say something in text: pictures are left out."""
    return [c for c in columns if c.title]


def as_tsv(columns: Sequence[ListColumn], rows: Iterable[Any]) -> str:
    """Heads and rows with tabs between cells; a tab or line break inside a cell becomes a blank."""
    kept = shown_columns(columns)
    lines = ["\t".join(c.title for c in kept)]
    lines += ["\t".join(" ".join(c.text(row).split()) for c in kept) for row in rows]
    return "\n".join(lines) + "\n"


def write_sheet(path: Path, columns: Sequence[ListColumn], rows: Iterable[Any]) -> int:
    """Write `.xlsx` or `.csv` by the ending; gives the number of rows. DataError when the file cannot be written.

    Texts that a spreadsheet would run as a formula are written as text.
    """
    # Late: a start needs no writer of sheets.
    import xlsxwriter  # noqa: PLC0415

    kept = shown_columns(columns)
    table = [[c.exported(row) for c in kept] for row in rows]
    heads = [c.title for c in kept]
    try:
        if path.suffix.lower() == ".csv":
            _write_csv(path, heads, table)
        else:
            _write_xlsx(path, heads, table)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as fault:
        reason = spoken(getattr(fault, "strerror", None) or fault)
        raise DataError("export.failed", f"{path.name} could not be written: {reason}.") from fault
    return len(table)


def _write_csv(path: Path, heads: list[str], table: list[list[object]]) -> None:
    # With a byte order mark, spreadsheets read the file as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows([[_plain(value) for value in row] for row in table])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _write_xlsx(path: Path, heads: list[str], table: list[list[object]]) -> None:
    import xlsxwriter  # noqa: PLC0415  late, as above

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "remove_timezone": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        for number, head in enumerate(heads):
            sheet.write_string(0, number, head, bold)
        for line, row in enumerate(table, 1):
            for number, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(line, number, value.astimezone(UTC).replace(tzinfo=None), moment)
                elif isinstance(value, str):
                    sheet.write_string(line, number, value)
                elif value is not None:
                    sheet.write(line, number, value)
    finally:
        book.close()
