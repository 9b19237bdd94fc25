"""Writes tables of texts as xlsx or csv, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from core.base.errors import UserError
from core.sheets.read import FORMULA_SIGNS

MOST_ROWS = 1_048_575
"""Rows of an xlsx sheet below its heads."""


def write_table(
    path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "List"
) -> int:
    """Write rows under heads; the suffix decides between xlsx and csv. Returns how many rows were written.

    Cells are texts, never formulas or links. UserError when the file cannot be written or has another suffix.
    """
    writers: dict[str, Callable[[Path, Sequence[str], Iterable[Sequence[str]], str], int]] = {
        ".xlsx": _write_xlsx,
        ".csv": _write_csv,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        words = f"A list is written as .xlsx or .csv, not as '{path.suffix or path.name}'."
        raise UserError("sheet.suffix", words)
    with replaced(path) as part:
        return writer(part, heads, rows, title)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path beside the wanted one that takes its place in the end; UserError when the system says no."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch()  # says at once that the folder is not there or not ours, before anything is gathered
        yield part
        part.replace(path)
    except (OSError, FileCreateError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
        remedy = "Close it if another program has it open, or choose another place."
        raise UserError(
            "file.unwritable", f"The file {path} cannot be written: {reason}.", remedy=remedy
        ) from fault
    finally:
        with suppress(OSError):  # not even the folder may be there
            part.unlink(missing_ok=True)


def new_book(path: Path, *, streaming: bool) -> Any:
    """An xlsx whose cells are taken as they are. `streaming` wants rows in order and needs little memory."""
    options = {
        "constant_memory": streaming,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    return xlsxwriter.Workbook(str(path), options)


def sheet_title(text: str) -> str:
    """A text as a sheet's name: no characters that spreadsheet programs refuse, at most 31."""
    return "".join(c for c in text if c not in "[]:*?/\\'")[:31] or "List"


def _write_xlsx(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> int:
    count = 0
    with new_book(path, streaming=True) as book:
        sheet = book.add_worksheet(sheet_title(title))
        bold, plain = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for place, head in enumerate(heads):
            sheet.set_column(place, place, max(10, min(40, len(head) + 4)), plain)
            sheet.write_string(0, place, head, bold)
        sheet.freeze_panes(1, 0)
        for count, row in enumerate(rows, 1):
            if count > MOST_ROWS:
                raise UserError("sheet.too_long", f"An xlsx holds {MOST_ROWS:,} rows.", remedy="Write a csv.")
            for place, text in enumerate(row):
                if text:
                    sheet.write_string(count, place, text[:32_767], plain)
    return count


def _write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> int:
    del title
    count = 0
    # With the mark, without which spreadsheet programs take UTF-8 for the system's code page.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_harmless(h) for h in heads])
        for count, row in enumerate(rows, 1):  # noqa: B007  the last number is the result
            writer.writerow([_harmless(text) for text in row])
    return count


def _harmless(text: str) -> str:
    """A spreadsheet program must not run a name that somebody gave to a device; `read` takes the mark away again."""
    return f"'{text}" if text[:1] in FORMULA_SIGNS and text else text
