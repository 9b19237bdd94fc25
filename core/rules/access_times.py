"""When a group of GRP-02 is open: pure arithmetic on the wall clock of the site.

Bounds count as open, to the second, as devices have it: 00:00:00 to 23:59:59 is the whole day, and 08:00:00 to
18:00:00 is open at 18:00:00 and shut at 18:00:01. Times are wall-clock times: on the night when clocks go back, both
passes through an hour are alike, and an hour that is skipped opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.base.errors import UserError
from core.entities.access import Repeat

DAY_BEGINS = time(0, 0, 0)
DAY_ENDS = time(23, 59, 59)
_LAST_MINUTE = time(23, 59)


def local_of(moment_utc: datetime, zone: str) -> datetime:
    """The site's wall clock at a moment; `zone` is an IANA name. UserError for an unknown zone.

    ValueError for a moment without a zone of its own, which does not say when.
    """
    if moment_utc.tzinfo is None:
        msg = "a moment without a zone has no local time"
        raise ValueError(msg)
    try:
        return moment_utc.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        words = "The site's time zone is not a name of the IANA list, such as Europe/Madrid."
        raise UserError("sites.time_zone.unknown", words, field="time_zone") from fault


def moment_words(moment_utc: datetime, zone: str) -> str:
    """A moment by the site's clock, with the zone: `2026-11-24 09:14 (Europe/Madrid)`. Errors as of `local_of`."""
    return f"{local_of(moment_utc, zone):%Y-%m-%d %H:%M} ({zone})"


def is_open(  # noqa: PLR0917  the fields of a group, in their order
    repeat: Repeat,
    days: str,
    from_time: time,
    to_time: time,
    from_day: date | None,
    to_day: date | None,
    local: datetime,
) -> bool:
    """Whether a group's times hold at a wall-clock moment (GRP-02).

    NEVER: one period from `from_day` `from_time` to `to_day` `to_time`; without both days it is never open. DAILY: the
    span on any day. WEEKLY: the span on the days whose digits stand in `days`, 0 for Sunday. A span that ends before
    it starts is never open: no device knows one over midnight. One that ends in the last minute of the day lasts to its
    end, since people and devices write hours and minutes. `local` is cut to its second.
    """
    to_time = DAY_ENDS if to_time >= _LAST_MINUTE else to_time
    now = local.time().replace(microsecond=0, tzinfo=None)
    if repeat is Repeat.NEVER:
        if from_day is None or to_day is None:
            return False
        return (from_day, from_time) <= (local.date(), now) <= (to_day, to_time)
    if repeat is Repeat.WEEKLY and weekday_digit(local.date()) not in days:
        return False
    return from_time <= now <= to_time


def weekday_digit(day: date) -> str:
    """`0` for Sunday to `6` for Saturday."""
    return str((day.weekday() + 1) % 7)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the day on every day of a range of days: the only form in which a device knows a period."""

    from_day: date
    to_day: date
    from_time: time
    to_time: time


def windows_of_period(from_day: date, from_time: time, to_day: date, to_time: time) -> Iterator[Window]:
    """A period in the form of devices, which open a dated schedule from `from_time` to `to_time` on each of its days.

    At most three windows: the first day's rest, whole days between, the last day's beginning. None when the period
    ends before it starts.
    """
    if (to_day, to_time) < (from_day, from_time):
        return
    if from_day == to_day or (from_time == DAY_BEGINS and to_time == DAY_ENDS):
        yield Window(from_day, to_day, from_time, to_time)
        return
    first_whole = from_day if from_time == DAY_BEGINS else from_day + timedelta(days=1)
    last_whole = to_day if to_time == DAY_ENDS else to_day - timedelta(days=1)
    if first_whole != from_day:
        yield Window(from_day, from_day, from_time, DAY_ENDS)
    if first_whole <= last_whole:
        yield Window(first_whole, last_whole, DAY_BEGINS, DAY_ENDS)
    if last_whole != to_day:
        yield Window(to_day, to_day, DAY_BEGINS, to_time)
