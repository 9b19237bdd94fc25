"""The nights on which clocks change, and the schedules that fall into the hour that is left out or comes twice (W13).

Pure. Devices go by the wall clock: what begins or ends in such an hour opens otherwise than on any other night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.entities.access import AccessGroup, Repeat
from core.rules.access_times import local_of, weekday_digit

AHEAD = timedelta(days=400)
"""How far a look goes: every zone that changes its clocks does so within a year."""


@dataclass(frozen=True, slots=True)
class DstNight:
    """One change. `start` and `end` are wall-clock times between which the hour is missing or comes twice."""

    start: datetime
    end: datetime
    missing: bool


@dataclass(frozen=True, slots=True)
class DstWarning:
    """One schedule on one such night, in words."""

    group_id: str
    name: str
    night: DstNight
    words: str


def nights_of(zone: str, after: datetime, ahead: timedelta = AHEAD) -> Iterator[DstNight]:
    """The changes of a zone from a moment on, in their order. UserError for an unknown zone."""
    before = local_of(after, zone)
    moment = after
    while moment < after + ahead:
        following = moment + timedelta(days=1)
        now = local_of(following, zone)
        if now.utcoffset() != before.utcoffset():
            yield _change(zone, moment, following)
        moment, before = following, now


def _change(zone: str, low: datetime, high: datetime) -> DstNight:
    """The change between two moments, to the minute."""
    there = ZoneInfo(zone)
    first = low.astimezone(there).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(there).utcoffset() == first else (low, middle)
    at = high.replace(second=0, microsecond=0)
    old = first or timedelta()
    new = high.astimezone(there).utcoffset() or timedelta()
    walls = sorted(((at + old).replace(tzinfo=None), (at + new).replace(tzinfo=None)))
    return DstNight(walls[0], walls[1], missing=new > old)


def dst_warnings(groups: Iterable[AccessGroup], zone: str, after: datetime) -> list[DstWarning]:
    """Every schedule that begins or ends inside such an hour within the next year."""
    nights = list(nights_of(zone, after.astimezone(UTC)))
    found = []
    for group in groups:
        for night in nights:
            words = _words(group, night)
            if words:
                found.append(DstWarning(group.id, group.name, night, words))
    return found


def _words(group: AccessGroup, night: DstNight) -> str:
    begins = _falls_in(group, night, group.from_time, group.from_day)
    ends = _falls_in(group, night, group.to_time, group.to_day)
    if not begins and not ends:
        return ""
    day = f"{night.start:%Y-%m-%d}"
    hour = f"{night.start:%H:%M} to {night.end:%H:%M}"
    if night.missing and begins and ends:
        return f"'{group.name}' does not open on {day}: {hour} is left out when clocks go forward."
    if night.missing and begins:
        return (
            f"'{group.name}' opens at {night.end:%H:%M} on {day}: {hour} is left out when clocks go forward."
        )
    if night.missing:
        return (
            f"'{group.name}' shuts at {night.end:%H:%M} on {day}: {hour} is left out when clocks go forward."
        )
    return f"'{group.name}' opens twice on {day}: {hour} comes twice when clocks go back."


def _falls_in(group: AccessGroup, night: DstNight, at: time, day: date | None) -> bool:
    """Whether a bound of the group lies inside the hour on that night."""
    for on in {night.start.date(), night.end.date()}:
        if group.repeat is Repeat.NEVER and day != on:
            continue
        if group.repeat is Repeat.WEEKLY and weekday_digit(on) not in group.days:
            continue
        if night.start < datetime.combine(on, at) < night.end:
            return True
    return False
