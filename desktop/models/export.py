"""What a list shows as text for the clipboard and as a sheet. Writing blocks: call it off the window's thread."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from core.base.errors import DataError
from desktop.models.columns import ListColumn
from desktop.models.words import number_word, translate
from desktop.qt.language import spoken

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d .()-]*$)")
"""What a spreadsheet would run; a phone number with its plus is none."""


def shown_columns(columns: Sequence[ListColumn]) -> list[ListColumn]:
    """Columns that say something in text: pictures are left out."""
    return [c for c in columns if c.title]


def as_tsv(columns: Sequence[ListColumn], rows: Iterable[Any], *, heads: bool = True) -> str:
    """Heads and rows with tabs between cells; a tab or line break inside a cell becomes a blank."""
    kept = shown_columns(columns)
    lines = ["\t".join(c.title for c in kept)] if heads else []
    lines += ["\t".join(" ".join(c.text(row).split()) for c in kept) for row in rows]
    return "".join(f"{line}\n" for line in lines)


MOST_ROWS = (1 << 20) - 1
"""What a sheet of Excel holds below its heads."""


def _full(path: Path) -> DataError:
    words = translate("{0} has room for {1} rows only.").format(path.name, number_word(MOST_ROWS))
    return DataError("export.full", words, remedy=translate("Narrow the filter, or choose a CSV file."))


class Sheet:
    """A sheet that is written row by row, `.xlsx` or `.csv` by the ending; no more than one row of it is in memory.

    It is opened by the first rows. `finish` puts it in its place; until then it stands beside it under another name,
    and `close` takes that away, also while another thread still writes. Texts that a spreadsheet would run as a
    formula are written as text. DataError when the file cannot be written.
    """

    def __init__(self, path: Path, columns: Sequence[ListColumn]) -> None:
        self.rows = 0
        self._path, self._part = path, path.with_name(f".{path.name}.part")
        self._columns = shown_columns(columns)
        self._file: _Csv | _Xlsx | None = None
        self._closed = False
        self._lock = Lock()

    def add(self, rows: Iterable[Any]) -> None:
        """Write some more rows; nothing after `close`."""
        with self._lock, self._worded():
            file = self._opened()
            if file is None:
                return
            for row in rows:
                if self.rows >= MOST_ROWS and isinstance(file, _Xlsx):
                    raise _full(self._path)
                self.rows += 1
                file.write(self.rows, [c.exported(row) for c in self._columns])

    def finish(self) -> int:
        """All rows are there; gives their number."""
        with self._lock, self._worded():
            file = self._opened()
            if file is not None:
                self._file, self._closed = None, True
                file.close()
                self._part.replace(self._path)
        return self.rows

    def close(self) -> None:
        """Take away what was not finished. Safe to call again, and after `finish`."""
        with self._lock, self._worded():
            self._closed = True
            if self._file is not None:
                file, self._file = self._file, None
                file.close()
            self._part.unlink(missing_ok=True)

    def _opened(self) -> _Csv | _Xlsx | None:
        if self._file is None and not self._closed:
            kind = _Csv if self._path.suffix.lower() == ".csv" else _Xlsx
            self._file = kind(self._part, [c.title for c in self._columns])
        return self._file

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, _writer_fault()) as fault:
            reason = spoken(getattr(fault, "strerror", None) or fault)
            raise DataError("export.failed", f"{self._path.name} could not be written: {reason}.") from fault


def _writer_fault() -> type[Exception]:
    # Late: a start needs no writer of sheets.
    from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415

    fault: type[Exception] = XlsxWriterException
    return fault


class _Csv:
    def __init__(self, path: Path, heads: list[str]) -> None:
        # With a byte order mark, spreadsheets read the file as UTF-8.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(heads)

    def write(self, _line: int, values: list[object]) -> None:
        self._writer.writerow([_plain(value) for value in values])

    def close(self) -> None:
        self._file.close()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


class _Xlsx:
    def __init__(self, path: Path, heads: list[str]) -> None:
        import xlsxwriter  # noqa: PLC0415  late, as above

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "remove_timezone": True,
        }
        path.touch()  # a folder that does not let us is told before anything is read
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        for number, head in enumerate(heads):
            self._sheet.write_string(0, number, head, bold)

    def write(self, line: int, values: list[object]) -> None:
        for number, value in enumerate(values):
            if isinstance(value, datetime):
                plain = value.astimezone(UTC).replace(tzinfo=None)
                self._sheet.write_datetime(line, number, plain, self._moment)
            elif isinstance(value, str):
                self._sheet.write_string(line, number, value)
            elif value is not None:
                self._sheet.write(line, number, value)

    def close(self) -> None:
        self._book.close()
