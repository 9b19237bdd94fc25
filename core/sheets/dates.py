"""Days as people write them in sheets. What can be read in two ways is not read at all."""

from __future__ import annotations

import re
from datetime import date

from core.schema.field import BadValueError

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")


def parse_day(text: str) -> date:
    """A day written 2026-03-31, 31.3.2026, or with slashes where one number can only be the day.

    BadValueError, as the rest of a sentence, for 3/4/2026, which is two days, and for what is no day.
    """
    plain = text.strip()
    if found := _ISO.fullmatch(plain):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTS.fullmatch(plain):
        return _day(int(found[3]), int(found[2]), int(found[1]))
    if found := _SLASHES.fullmatch(plain):
        left, right = int(found[1]), int(found[2])
        if left == right or right > 12:
            return _day(int(found[3]), left, right)
        if left > 12:
            return _day(int(found[3]), right, left)
        msg = "may be read in two ways; write it as 2026-03-31"
        raise BadValueError(msg)
    msg = "is no day; write it as 2026-03-31"
    raise BadValueError(msg)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        msg = "is no day of the calendar"
        raise BadValueError(msg) from None
