"""Reads a file as people have it (xlsx, xls, ods, csv, txt) into rows of texts. Knows nothing of what they mean."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from core.base.errors import DataError, UserError
from core.base.words import clean
from core.sheets.code_pages import NAMES
from core.sheets.text import decode, parse, unlike

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_EXACT_DIGITS = 15
"""Digits of a number that a sheet keeps; what is longer was rounded when it was typed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be. `unpacked`: bytes of an xlsx with its compression undone."""

    size: int = 64 << 20
    unpacked: int = 1 << 30
    rows: int = 200_000
    columns: int = 256


NOTES_SHEET = "Notes"
"""The sheet of our own templates that explains."""


class NumberText(str):
    """A cell that the sheet holds as a number: leading zeros, if there were any, are gone."""

    __slots__ = ()

    @property
    def rounded(self) -> bool:
        """Whether it has more digits than a sheet keeps, so that the last ones are not those that were typed."""
        return sum(c.isdigit() for c in self) > _EXACT_DIGITS


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file that hold anything, with their numbers in the file. `left` is the number of the first column.

    Cells are stripped; a row may be shorter than others. `notes` are sentences for the person. `numeric` False: no cell
    is a `NumberText`. `pages`: the old code pages that the file may be in, when its bytes do not tell.
    """

    name: str
    numbers: list[int]
    rows: list[list[str]]
    left: int = 1
    notes: tuple[str, ...] = ()
    numeric: bool = True
    pages: tuple[str, ...] = ()


_DEFAULT = Limits()


def read_table(path: Path, *, limits: Limits = _DEFAULT, page: str = "") -> Table:
    """The first sheet of a file that holds anything. The content decides what it is, not the name; `page` is the code
    page of a text, where a person said it.

    UserError when it cannot be read or is too big, DataError when it is no sheet.
    """
    try:
        size = path.stat().st_size
        if size > limits.size:
            words = f"'{path.name}' has {size / 1e6:.0f} MB; {limits.size / 1e6:.0f} MB is the most."
            raise UserError("sheet.too_big", words, remedy="Split it.")
        data = path.read_bytes()
    except OSError as fault:
        raise UserError("file.unreadable", f"The file {path} cannot be read: {fault.strerror}.") from fault
    if not data.strip():
        raise DataError("sheet.empty", f"'{path.name}' is empty.")
    if data.startswith((_ZIP, _OLE)):
        return _workbook(data, path.name, limits)
    if data[:200].lstrip().lower().startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        words = f"'{path.name}' is a web page, not a sheet."
        raise DataError(
            "sheet.web_page", words, remedy="Open it in a spreadsheet program and save it as xlsx."
        )
    text, pages = decode(data, path.name, page)
    notes = _page_notes(data, pages) if not text.isascii() else ()
    unsure = pages if len(pages) > 1 else ()
    cells = ([_csv_cell(c) for c in record] for record in parse(text, path.name))
    return replace(_table(path.name, cells, limits, notes=notes), numeric=False, pages=unsure)


def _page_notes(data: bytes, pages: tuple[str, ...]) -> tuple[str, ...]:
    taken, others = pages[0], pages[1:]
    if taken not in NAMES:
        return ()
    if not others:
        return (f"Read as {NAMES[taken]}; look at accented letters.",)
    ways = []
    for other in others:
        here, there = unlike(data, taken, other)
        ways.append(f"{NAMES[other]} ('{clean(here, limit=30)}' would be '{clean(there, limit=30)}')")
    return (
        f"Read as {NAMES[taken]}, but it may be {' or '.join(ways)}. Say which it is before it is applied.",
    )


def _workbook(data: bytes, name: str, limits: Limits) -> Table:
    _check_unpacked(data, name, limits)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            m.name
            for m in book.sheets_metadata
            if m.typ == SheetTypeEnum.WorkSheet and m.visible == SheetVisibleEnum.Visible
        ]
        for place, title in enumerate(sheets):
            sheet = book.get_sheet_by_name(title)
            if sheet.start is None:
                continue
            top, left = sheet.start
            others = [s for s in sheets[place + 1 :] if s != NOTES_SHEET]
            notes = (
                (f"Only the sheet '{title}' was read; the file has {len(others)} more.",) if others else ()
            )
            texts = _Texts()
            cells = map(texts.of, sheet.to_python(skip_empty_area=True))
            table = _table(name, cells, limits, top=top + 1, left=left + 1, notes=notes)
            return replace(table, numeric=texts.numeric)
    except PasswordError as fault:
        words = f"'{name}' is protected with a password."
        raise DataError("sheet.locked", words, remedy="Save it without one.") from fault
    except CalamineError as fault:
        raise _broken(name) from fault
    except BaseException as fault:
        # A damaged file can make the reader, which is not written in Python, panic; that is no Exception.
        if type(fault).__name__ != "PanicException":
            raise
        raise _broken(name) from fault
    raise DataError("sheet.empty", f"'{name}' has no sheet that holds anything.")


def _broken(name: str) -> DataError:
    words = f"'{name}' is no sheet, or it is damaged."
    return DataError("sheet.no_sheet", words, remedy="Open it in a spreadsheet program and save it as xlsx.")


def _check_unpacked(data: bytes, name: str, limits: Limits) -> None:
    """A few kilobytes can be packed to unfold into gigabytes."""
    if not data.startswith(_ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(member.file_size for member in packed.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
        raise _broken(name) from fault
    if size > limits.unpacked:
        raise DataError(
            "sheet.too_big", f"'{name}' unfolds into {size / 1e6:.0f} MB, which no list of ours does."
        )


def _table(
    name: str,
    cells: Iterable[list[str]],
    limits: Limits,
    *,
    top: int = 1,
    left: int = 1,
    notes: tuple[str, ...] = (),
) -> Table:
    filled = list(islice(((n, row) for n, row in enumerate(cells, top) if any(row)), limits.rows + 1))
    numbers, rows = [number for number, _ in filled], [row for _, row in filled]
    if max(map(len, rows), default=0) > limits.columns:
        number, wide = next((n, len(row)) for n, row in filled if len(row) > limits.columns)
        words = f"Row {number} of '{name}' has {wide} columns; {limits.columns} is the most."
        raise DataError("sheet.too_wide", words)
    if len(rows) > limits.rows:
        words = f"'{name}' has more than {limits.rows:,} rows."
        raise UserError("sheet.too_long", words, remedy="Split it.")
    if not rows:
        raise DataError("sheet.empty", f"'{name}' is empty.")
    return Table(name, numbers, rows, left, notes)


class _Texts:
    """Makes rows of texts. Nearly all rows hold texts only, which one call strips."""

    def __init__(self) -> None:
        self.numeric = False

    def of(self, row: list[Any]) -> list[str]:
        """The cells as people see them."""
        try:
            return list(map(str.strip, row))
        except TypeError:
            self.numeric = True
            return [_cell(c) for c in row]


def _cell(value: Any) -> str:
    """What a person sees in a cell; a whole number has no `.0`, a date is written as ISO 8601."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        return NumberText(f"{value:.0f}" if whole else repr(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _csv_cell(text: str) -> str:
    """A cell of a csv; the apostrophe that our own exports put before a formula's sign is taken away."""
    plain = text.strip()
    return plain[1:] if len(plain) > 1 and plain[0] == "'" and plain[1] in FORMULA_SIGNS else plain


FORMULA_SIGNS = "=+-@"
"""A csv cell that begins with one of these is run as a formula by spreadsheet programs."""
