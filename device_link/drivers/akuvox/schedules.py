"""Schedules between our words and the unit's two dialects (device API 3.9). Pure but for `read_schedules`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time

from core.entities.access import Repeat
from core.rules.desired import ALWAYS, HeldSchedule, WantedSchedule
from device_link.drivers.akuvox.envelope import Record, member, text_of
from device_link.drivers.akuvox.records import all_records
from device_link.drivers.akuvox.session import Session

ALWAYS_DISPLAY = "1001"
ALL_DAYS = "0123456"

_TYPES = {"0": Repeat.NEVER, "1": Repeat.WEEKLY, "2": Repeat.DAILY}
_NUMBERS = {repeat: number for number, repeat in _TYPES.items()}
_FLAGS = ("Sun", "Mon", "Tue", "Wed", "Thur", "Fri", "Sat")

RET_WORDS = {
    -1: "database error",
    -2: "maximum reached",
    10: "maximum reached",
    -4: "the name exists",
    7: "the name exists",
}


async def read_schedules(session: Session) -> tuple[HeldSchedule, ...]:
    """All schedules that the unit holds, built-in ones too."""
    return tuple(held_schedule(record) for record in await all_records(session, "schedule"))


def held_schedule(record: Mapping[str, object]) -> HeldSchedule:
    """A schedule from a record of either dialect. What cannot be read becomes the widest bound."""
    daily = member(record, "Daily").partition("-")
    dates = member(record, "Date").partition("-")
    repeat = _TYPES.get(member(record, "Type", "Mode"), Repeat.NEVER)
    days = _days(record)
    return HeldSchedule(
        ref=member(record, "ID"),
        display=member(record, "DisplayID", "ID"),
        name=text_of(record.get("Name"), 64),
        repeat=repeat,
        days="" if repeat is Repeat.DAILY or (repeat is Repeat.NEVER and days == ALL_DAYS) else days,
        from_time=_time(daily[0] or member(record, "TimeStart"), time(0, 0)),
        to_time=_time(daily[2] or member(record, "TimeEnd"), time(23, 59, 59)),
        from_day=_day(dates[0] or member(record, "DateStart")) if repeat is Repeat.NEVER else None,
        to_day=_day(dates[2] or member(record, "DateEnd")) if repeat is Repeat.NEVER else None,
    )


def _days(record: Mapping[str, object]) -> str:
    week = member(record, "Week")
    if not re.search(r"\d", week):
        week = "".join(str(day) for day, name in enumerate(_FLAGS) if member(record, name) == "1")
    return "".join(sorted({digit for digit in week if digit in ALL_DAYS}))


def _time(text: str, otherwise: time) -> time:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    if found is None:
        return otherwise
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else otherwise


def _day(text: str) -> date | None:
    try:
        return (
            date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
            if re.fullmatch(r"\d{8}", text)
            else None
        )
    except ValueError:
        return None


def schedule_record(wanted: WantedSchedule, *, both: bool = True) -> Record:
    """A schedule as it is sent: in both dialects, or with `both` False in the one of the vendor's document.

    A period that does not repeat is sent with all days: without a day a unit never opens.
    """
    start, end = _clocks(wanted)
    days = _wanted_days(wanted)
    first, last = (f"{day:%Y%m%d}" if day else "" for day in _period(wanted))
    record: Record = {
        "Type": _NUMBERS[wanted.repeat],
        "Name": wanted.key,
        "Daily": f"{start}-{end}",
        "Date": f"{first}-{last}" if first or last else "",
        "Week": days,
    }
    if both:
        record |= {"TimeStart": start, "TimeEnd": end, "DateStart": first, "DateEnd": last}
        record |= {name: "1" if str(day) in days else "0" for day, name in enumerate(_FLAGS)}
    return record


def _clocks(wanted: WantedSchedule) -> tuple[str, str]:
    """Hours and minutes, as the web page sends them; with seconds only where they say something more."""
    needed = wanted.from_time.second or (wanted.to_time.second and wanted.to_time < time(23, 59))
    form = "%H:%M:%S" if needed else "%H:%M"
    return wanted.from_time.strftime(form), wanted.to_time.strftime(form)


def _wanted_days(wanted: WantedSchedule) -> str:
    if wanted.repeat is Repeat.DAILY:
        return ""
    return "".join(sorted(set(wanted.days))) or (ALL_DAYS if wanted.repeat is Repeat.NEVER else "")


def _period(wanted: WantedSchedule) -> tuple[date | None, date | None]:
    return (wanted.from_day, wanted.to_day) if wanted.repeat is Repeat.NEVER else (None, None)


def keys_by_display(schedules: Iterable[HeldSchedule]) -> dict[str, str]:
    """DisplayID, which people's records use, to the key of a schedule, which is its name on the unit."""
    found = {ALWAYS_DISPLAY: ALWAYS}
    for one in schedules:
        if one.display == ALWAYS_DISPLAY or not one.display:
            continue
        # A stranger's schedule that happens to be called `always` is not the built-in one.
        found[one.display] = one.name if one.name and one.name != ALWAYS else f"#{one.display}"
    return found
