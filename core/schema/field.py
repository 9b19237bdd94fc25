"""The closed list of field kinds. A new kind or option needs a decision record.

A value has three forms: the Python value in a row, the stored value (None, int or str: the same on disk, on
the wire and in SQL) and the text that people read and type. Each kind knows how to go between them.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from core.base.clock import from_ms, to_ms

Merge = Literal["scalar", "append", "max"]
Stored = int | str | None


_LINE_BREAK = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_DIGEST = "must be 64 lower-case hexadecimal digits"
_NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")
"""NUL ends a text in many programs, and half of a surrogate pair has no UTF-8 form."""


class BadValueError(ValueError):
    """A text or value does not fit its field; the message is one sentence for a person, without the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What every kind has.

    `label`: the word people see. `indexed`: looked up often. `searchable`: part of a list's free search.
    `aliases`: other column heads that mean this field. `example`: for templates. `merge`: how two edits of
    one field meet at the cloud (sync.md 3.9). `since`: schema version that brought the field.
    """

    label: str = ""
    indexed: bool = False
    searchable: bool = False
    aliases: tuple[str, ...] = ()
    example: str = ""
    merge: Merge = "scalar"
    since: int = 1

    sql = "TEXT"
    secret = False
    names_files = False
    """Whether a value names files that travel beside the rows (sync.md 3.8): see `digests`."""

    def store(self, value: Any) -> Stored:
        """The stored form of a Python value that is not None."""
        return str(value)

    def load(self, stored: Any) -> Any:
        """The Python value of a stored form that is not None."""
        return stored

    def parse(self, text: str) -> Any:
        """The Python value of what a person typed or a sheet holds; raises BadValueError."""
        return text.strip()

    def show(self, value: Any) -> str:
        """The text people read; empty for None."""
        return "" if value is None else str(value)

    def problem(self, value: Any) -> str:
        """Why a value is out of bounds, as the rest of a sentence after the label; empty if it is fine."""
        del value
        return ""

    def digests(self, stored: Any) -> tuple[str, ...]:
        """SHA-256 of each file that a stored value names. Any value may be asked, also one that came by the network:
        what is no digest names no file.
        """
        del stored
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """One line of text of at most `max_len` characters; `lines` allows several lines."""

    max_len: int = 255
    lines: bool = False

    def problem(self, value: Any) -> str:
        """Length, line breaks in a single line, and characters that no text has."""
        if len(value) > self.max_len:
            return f"has {len(value)} characters; at most {self.max_len} are allowed"
        if value.isprintable():
            return ""
        if not self.lines and _LINE_BREAK.search(value):
            return "must be one line"
        return "has a character that cannot be kept" if _NO_TEXT.search(value) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Text):
    """A text that is masked in lists, logs and audit, and sealed in the cloud's database."""

    secret = True

    def show(self, value: Any) -> str:
        """Dots, never the value."""
        return "••••" if value else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A whole number within bounds; money is a Number of cents."""

    low: int = -(2**53)
    high: int = 2**53

    sql = "INTEGER"

    def store(self, value: Any) -> Stored:
        """As it is."""
        return int(value)

    def parse(self, text: str) -> Any:
        """Digits with an optional sign; a sheet's `3.0` counts as 3."""
        plain = re.sub(r"\.0+$", "", text.strip())
        if not re.fullmatch(r"[+-]?[0-9]{1,17}", plain):
            msg = "must be a whole number"
            raise BadValueError(msg)
        return int(plain)

    def problem(self, value: Any) -> str:
        """The bounds."""
        return "" if self.low <= value <= self.high else f"must be from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Field):
    """Yes or no."""

    sql = "INTEGER"

    def store(self, value: Any) -> Stored:
        """1 or 0."""
        return int(bool(value))

    def load(self, stored: Any) -> Any:
        """A bool."""
        return bool(stored)

    def parse(self, text: str) -> Any:
        """yes/no, true/false, on/off, 1/0."""
        word = text.strip().lower()
        if word in {"1", "yes", "y", "true", "on", "1.0"}:
            return True
        if word in {"0", "no", "n", "false", "off", "0.0", ""}:
            return False
        msg = "must be yes or no"
        raise BadValueError(msg)

    def show(self, value: Any) -> str:
        """`yes` or `no`."""
        return "" if value is None else ("yes" if value else "no")


@cache
def _members(of: type[StrEnum]) -> dict[str, StrEnum]:
    """Members by value; calling the class finds them too, ten times as slowly."""
    return {member.value: member for member in of}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of the members of a StrEnum. A stored word this version does not know stays as text, read-only."""

    of: type[StrEnum]

    def load(self, stored: Any) -> Any:
        """The member, or the unknown word itself (a newer version wrote it)."""
        return _members(self.of).get(stored, stored)

    def parse(self, text: str) -> Any:
        """A member by its value, letter case and spaces aside."""
        word = text.strip().lower().replace(" ", "_")
        for member in self.of:
            if word == member.value.lower():
                return member
        msg = f"must be one of {', '.join(m.value for m in self.of)}"
        raise BadValueError(msg)

    def show(self, value: Any) -> str:
        """The word with spaces."""
        return "" if value is None else str(value).replace("_", " ")

    def problem(self, value: Any) -> str:
        """Only members may be written."""
        return "" if isinstance(value, self.of) else f"must be one of {', '.join(m.value for m in self.of)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Field):
    """A point in time: aware UTC in Python, milliseconds since 1970 when stored. Shown in the site's zone by views."""

    sql = "INTEGER"

    def store(self, value: Any) -> Stored:
        """Milliseconds."""
        return to_ms(value)

    def load(self, stored: Any) -> Any:
        """An aware datetime."""
        return from_ms(stored)

    def parse(self, text: str) -> Any:
        """ISO 8601; a text without a zone is refused since it does not say when."""
        moment = None
        with suppress(
            ValueError, OverflowError
        ):  # the latter: the first and last hours of all years, elsewhere
            moment = datetime.fromisoformat(text.strip())
            moment = moment.astimezone(UTC) if moment.tzinfo else None
        if moment is None:
            msg = "must be a date and time with a zone, such as 2026-03-01T09:00+01:00"
            raise BadValueError(msg)
        return moment

    def show(self, value: Any) -> str:
        """ISO 8601 to the second, UTC."""
        return "" if value is None else value.astimezone(UTC).isoformat(timespec="seconds")

    def problem(self, value: Any) -> str:
        """A moment without a zone."""
        return "needs a zone" if value.tzinfo is None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A calendar day of the site's zone."""

    def store(self, value: Any) -> Stored:
        """ISO 8601."""
        return str(value.isoformat())

    def load(self, stored: Any) -> Any:
        """A date."""
        return date.fromisoformat(stored)

    def parse(self, text: str) -> Any:
        """ISO 8601."""
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            msg = "must be a day such as 2026-03-01"
            raise BadValueError(msg) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Daytime(Field):
    """A time of the day in the site's zone, to the second."""

    def store(self, value: Any) -> Stored:
        """HH:MM:SS."""
        return str(value.strftime("%H:%M:%S"))

    def load(self, stored: Any) -> Any:
        """A time."""
        return time.fromisoformat(stored)

    def parse(self, text: str) -> Any:
        """H:MM, HH:MM or HH:MM:SS."""
        parts = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", text.strip())
        hour, minute, second = (int(p or 0) for p in parts.groups()) if parts else (99, 0, 0)
        try:
            return time(hour, minute, second)
        except ValueError:
            msg = "must be a time of the day such as 08:30"
            raise BadValueError(msg) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref(Field):
    """The id of a row of another entity, named by that entity's name."""

    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac(Field):
    """A MAC address: twelve upper-case hexadecimal digits when stored, with colons when shown (MAC-02)."""

    def parse(self, text: str) -> Any:
        """Any common notation: colons, hyphens, dots, blanks or nothing between the digits."""
        digits = re.sub(r"[\s:.\-]", "", text).upper()
        if not re.fullmatch(r"[0-9A-F]{12}", digits):
            msg = "is not a MAC address: twelve hexadecimal digits are needed, such as 0C:11:05:2A:7F:31"
            raise BadValueError(msg)
        return digits

    def show(self, value: Any) -> str:
        """Pairs with colons."""
        return "" if value is None else ":".join(value[i : i + 2] for i in range(0, len(value), 2))

    def problem(self, value: Any) -> str:
        """The stored shape."""
        return "" if re.fullmatch(r"[0-9A-F]{12}", value) else "must be twelve upper-case hexadecimal digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Field):
    """SHA-256 of a blob, 64 lower-case hexadecimal digits."""

    names_files = True

    def problem(self, value: Any) -> str:
        """The shape."""
        return "" if _DIGEST.fullmatch(value) else _NO_DIGEST

    def digests(self, stored: Any) -> tuple[str, ...]:
        """The one, where there is one."""
        return (stored,) if isinstance(stored, str) and _DIGEST.fullmatch(stored) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Field):
    """A short ordered list of texts, a tuple in Python. Sets that people edit apart are rows of their own."""

    max_items: int = 64
    max_len: int = 128

    def store(self, value: Any) -> Stored:
        """A JSON array as text."""
        return json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))

    def load(self, stored: Any) -> Any:
        """A tuple."""
        return tuple(json.loads(stored))

    def parse(self, text: str) -> Any:
        """Texts separated by semicolons."""
        return tuple(part.strip() for part in text.split(";") if part.strip())

    def show(self, value: Any) -> str:
        """Separated by semicolons."""
        return "" if value is None else ";".join(value)

    def problem(self, value: Any) -> str:
        """Number, length, and entries that could not be told apart when shown."""
        if len(value) > self.max_items:
            return f"has {len(value)} entries; at most {self.max_items} are allowed"
        if any(len(v) > self.max_len for v in value):
            return f"has an entry over {self.max_len} characters"
        if any(not v.strip() or ";" in v or _LINE_BREAK.search(v) or _NO_TEXT.search(v) for v in value):
            return "has an empty entry, or one with a semicolon or line break"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests(Items):
    """SHA-256 of several blobs in order, stored as `Items` are."""

    max_len: int = 64
    names_files = True

    def problem(self, value: Any) -> str:
        """Number and shape."""
        if len(value) <= self.max_items and not all(map(_DIGEST.fullmatch, value)):
            return _NO_DIGEST
        return Items.problem(self, value)

    def digests(self, stored: Any) -> tuple[str, ...]:
        """All of them."""
        found = None
        with suppress(ValueError, TypeError, RecursionError):
            found = json.loads(stored)
        return (
            tuple(v for v in found if isinstance(v, str) and _DIGEST.fullmatch(v))
            if isinstance(found, list)
            else ()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc(Field):
    """A JSON object; only for LOCAL entities (journals)."""

    def store(self, value: Any) -> Stored:
        """JSON text."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def load(self, stored: Any) -> Any:
        """A dict."""
        return json.loads(stored)
