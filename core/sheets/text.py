"""Sheets as text: finding out encoding and delimiter of csv and txt files."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from core.base.errors import DataError, UserError
from core.sheets.code_pages import NAMES, code_pages

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 10
_CONTROLS = frozenset(map(chr, range(32))) - set("\t\r\n\f")


def decode(data: bytes, name: str, page: str = "") -> tuple[str, tuple[str, ...]]:
    """Text of a file, and the encodings that it may be in, the one that was taken first: by its byte order mark, else
    UTF-8, UTF-16 or an old code page. More than one: the bytes do not tell. `page`: what a person said.

    UserError when it is not in that page, DataError when it is in none, or no text.
    """
    encoding = next((word for mark, word in _BOMS if data.startswith(mark)), "")
    if page and not encoding:
        text = _decoded(data, page)
        if text is None:
            words = f"'{name}' cannot be read as {NAMES.get(page, page)}."
            raise UserError("sheet.code_page", words, remedy="Try another one.")
        return text, (page,)
    for word in [encoding] if encoding else ["utf-8", *_wide(data)]:
        if (text := _decoded(data, word)) is not None:
            return text.removeprefix("\ufeff"), (word,)
    fits = {word: text for word in code_pages(data) if (text := _decoded(data, word)) is not None}
    if fits and not encoding:
        return next(iter(fits.values())), tuple(fits)
    raise DataError(
        "sheet.no_sheet",
        f"'{name}' is no sheet: it is neither xlsx nor text with columns.",
        remedy="Save it as xlsx, or as csv in UTF-8.",
    )


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS.intersection(text) else text


def unlike(data: bytes, one: str, other: str) -> tuple[str, str]:
    """The first word that two encodings read otherwise, as each of them reads it; for asking which is right."""
    words = [data.decode(encoding, "replace").split() for encoding in (one, other)]
    pairs = ((a.strip(_AROUND), b.strip(_AROUND)) for a, b in zip(*words, strict=False))
    return next(((a, b) for a, b in pairs if a != b), ("", ""))


_AROUND = ",;|\t\"'"


def _wide(data: bytes) -> list[str]:
    """UTF-16 without a mark shows by its zero bytes: of plain letters every second byte is one."""
    sample = data[:4000]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > half * 0.3:
        return ["utf-16-le"]
    return ["utf-16-be"] if sample[0::2].count(0) > half * 0.3 else []


def parse(text: str, name: str) -> Iterator[list[str]]:
    """The records of a csv or txt; DataError names the line where quotation marks do not match."""
    delimiter, text = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as fault:
        words = f"'{name}' cannot be read from line {reader.line_num} on: {fault}."
        remedy = "Look at the quotation marks there, or save it as xlsx."
        raise DataError("sheet.csv", words, remedy=remedy) from fault


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter, and the text without the line by which some programs name it."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        return first.strip()[-1], rest
    return max(_DELIMITERS, key=lambda delimiter: _fit(text, delimiter)), text


def _fit(text: str, delimiter: str) -> int:
    """How well a delimiter parts the first records: many of them into the same, high number of fields."""
    reader = csv.reader(io.StringIO(text[:65_536], newline=""), delimiter=delimiter)
    widths: Counter[int] = Counter()
    with suppress(csv.Error):  # what came before the fault counts
        widths.update(len(record) for record in itertools.islice(reader, _SAMPLE_ROWS))
    return max((count * (width - 1) for width, count in widths.items()), default=0)
