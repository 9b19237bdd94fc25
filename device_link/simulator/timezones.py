"""The time zones that a device offers and its local time. The list is a sample in the devices' own format."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from device_link.simulator.config import Config

ZONES: tuple[tuple[int, str, str, str], ...] = (
    (1, "GMT-8:00", "Los_Angeles", "America/Los_Angeles"),
    (2, "GMT-6:00", "Chicago", "America/Chicago"),
    (3, "GMT-5:00", "New_York", "America/New_York"),
    (4, "GMT-3:00", "Sao_Paulo", "America/Sao_Paulo"),
    (5, "GMT+0:00", "GMT", "Etc/UTC"),
    (6, "GMT+0:00", "London", "Europe/London"),
    (7, "GMT+1:00", "Berlin", "Europe/Berlin"),
    (8, "GMT+1:00", "Madrid", "Europe/Madrid"),
    (9, "GMT+1:00", "Paris", "Europe/Paris"),
    (10, "GMT+1:00", "Warsaw", "Europe/Warsaw"),
    (11, "GMT+2:00", "Athens", "Europe/Athens"),
    (12, "GMT+2:00", "Helsinki", "Europe/Helsinki"),
    (13, "GMT+2:00", "Jerusalem", "Asia/Jerusalem"),
    (14, "GMT+3:00", "Moscow", "Europe/Moscow"),
    (15, "GMT+3:00", "Istanbul", "Europe/Istanbul"),
    (16, "GMT+4:00", "Dubai", "Asia/Dubai"),
    (17, "GMT+5:30", "Kolkata", "Asia/Kolkata"),
    (18, "GMT+8:00", "Shanghai", "Asia/Shanghai"),
    (19, "GMT+9:00", "Tokyo", "Asia/Tokyo"),
    (20, "GMT+10:00", "Sydney", "Australia/Sydney"),
)
_OFFSET = re.compile(r"GMT([+-])(\d{1,2}):(\d{2})")
_PREFIX = "Config.Settings.SNTP"


@cache
def _zone(gmt: str, city: str) -> tzinfo:
    """A known city has its daylight saving; an unknown one, or a machine without zone data, the plain offset."""
    for _, known_gmt, known_city, name in ZONES:
        if (known_gmt, known_city) == (gmt, city):
            try:
                return ZoneInfo(name)
            except ZoneInfoNotFoundError:
                break
    match = _OFFSET.fullmatch(gmt)
    if match is None:
        return UTC
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset) if offset < timedelta(hours=24) else UTC


def zone_of(config: Config) -> tzinfo:
    """Return the zone that a device's settings name."""
    return _zone(config.get(f"{_PREFIX}.TimeZone"), config.get(f"{_PREFIX}.Name"))


def local_time(config: Config, epoch_s: float) -> datetime:
    """Return a device's wall-clock time without zone, as its screen shows it."""
    return datetime.fromtimestamp(epoch_s, zone_of(config)).replace(tzinfo=None)


def epoch_of(config: Config, local: datetime) -> float:
    """Return seconds since the epoch for a wall-clock time on the device."""
    return local.replace(tzinfo=zone_of(config)).timestamp()


def zone_id(config: Config) -> int:
    """Return the number of the device's zone in its own list; 5 (GMT) for one that is not in it."""
    wanted = (config.get(f"{_PREFIX}.TimeZone"), config.get(f"{_PREFIX}.Name"))
    return next((number for number, gmt, city, _ in ZONES if (gmt, city) == wanted), 5)


def zone_list() -> str:
    """Return the list as `time/get` shows it: `GMT+h:mm<TAB>City` joined by `&`."""
    return "&".join(f"{gmt}\t{city}" for _, gmt, city, _ in ZONES)
