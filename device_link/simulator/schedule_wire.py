"""A schedule on the wire and in memory: both dialects in, both sets of members out (device API 3.9)."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

from device_link.simulator.profiles import Profile
from device_link.simulator.state import Schedule
from device_link.simulator.wire import number, text

Record = dict[str, Any]

DAY_FLAGS = ("Sun", "Mon", "Tue", "Wed", "Thur", "Fri", "Sat")
NORMAL, WEEKLY, DAILY = 0, 1, 2
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_DATE = re.compile(r"\d{8}")


def read_schedule(record: Record, profile: Profile, base: Schedule) -> Schedule | None:
    """Return `base` with a record's members written over it; None when the device would not take the record.

    Where a record carries both dialects, models of the `flags` dialect believe TimeStart, DateStart and the day flags,
    the others believe Daily, Date and Week.
    """
    kind = number(record.get("Type", base.type), -1)
    flags_first = not profile.schedule_ints
    daily = _choose(
        _joined(record, "TimeStart", "TimeEnd"), record.get("Daily"), base.daily, first=flags_first
    )
    dates = _choose(_joined(record, "DateStart", "DateEnd"), record.get("Date"), None, first=flags_first)
    week = _choose(_flags(record), record.get("Week"), base.week, first=flags_first)
    start, end = (base.date_start, base.date_end) if dates is None else _split(dates)
    if kind not in {NORMAL, WEEKLY, DAILY} or not _valid_daily(daily or "") or not _valid_week(week or ""):
        return None
    if not all(not date or _valid_date(date) for date in (start, end)):
        return None
    if profile.day_flags_required and kind != DAILY and _flags(record) is None:
        return None
    return Schedule(
        base.id,
        base.display_id,
        text(record.get("Name", base.name), 64),
        kind,
        daily or "-",
        start,
        end,
        "".join(sorted(set(week or ""))),
        base.source,
    )


def _choose(flagged: str | None, ranged: object, otherwise: str | None, *, first: bool) -> str | None:
    plain = None if ranged is None else text(ranged, 64)
    found = (flagged, plain) if first else (plain, flagged)
    return next((one for one in found if one is not None), otherwise)


def _joined(record: Record, first: str, second: str) -> str | None:
    start, end = text(record.get(first), 16), text(record.get(second), 16)
    return f"{start}-{end}" if start or end else None


def _flags(record: Record) -> str | None:
    if not any(name in record for name in DAY_FLAGS):
        return None
    return "".join(str(day) for day, name in enumerate(DAY_FLAGS) if text(record.get(name)) == "1")


def _split(joined: str) -> tuple[str, str]:
    start, _, end = joined.partition("-")
    return start.strip(), end.strip()


def _valid_daily(daily: str) -> bool:
    if daily in {"", "-"}:
        return True
    return all(_TIME.fullmatch(part) for part in _split(daily))


def _valid_week(week: str) -> bool:
    return all(day in "0123456" for day in week)


def _valid_date(date: str) -> bool:
    return _DATE.fullmatch(date) is not None and 1 <= int(date[4:6]) <= 12 and 1 <= int(date[6:]) <= 31


def to_wire(schedule: Schedule, profile: Profile) -> Record:
    """Build the record that a read shows."""
    start, end = _split(schedule.daily)
    dates = f"{schedule.date_start}-{schedule.date_end}" if schedule.date_start or schedule.date_end else ""
    kind: int | str = schedule.type if profile.schedule_ints else str(schedule.type)
    record: Record = {
        "ID": schedule.id,
        "DisplayID": schedule.display_id,
        "Name": schedule.name,
        "Type": kind,
        "Mode": kind,
        "Daily": schedule.daily,
        "Date": dates,
        "Week": schedule.week,
        "Source": schedule.source,
        "DateStart": schedule.date_start,
        "DateEnd": schedule.date_end,
        "TimeStart": start,
        "TimeEnd": end,
    }
    return record | {name: "1" if str(day) in schedule.week else "0" for day, name in enumerate(DAY_FLAGS)}


def matches(schedule: Schedule, when_local: datetime) -> bool:
    """Say whether a schedule is open at a wall-clock moment of the device.

    The bounds count as open, to the second: `08:00-18:00` is open at 18:00:00 and shut at 18:00:01. An end of `23:59`
    means the whole last minute. A start after its end is never open: a device knows no window over midnight. Normal
    and weekly schedules without a day are never open; an empty date bound is no bound.
    """
    start, end = _split(schedule.daily)
    if not start or not end:
        return False
    now = when_local.time().replace(microsecond=0)
    if not _clock(start) <= now <= _clock("23:59:59" if end == "23:59" else end):
        return False
    if schedule.type == DAILY:
        return True
    if str((when_local.weekday() + 1) % 7) not in schedule.week:
        return False
    if schedule.type == WEEKLY:
        return True
    today = f"{when_local:%Y%m%d}"
    return (schedule.date_start or today) <= today <= (schedule.date_end or today)


def _clock(written: str) -> time:
    hour, minute, second = ([int(part) for part in written.split(":")] + [0])[:3]
    return time(hour, minute, second)
