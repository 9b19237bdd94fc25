"""Restart, factory reset, clock and uptime (device API 3.1, 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from core.base.errors import GatewrightError
from device_link.drivers.akuvox.envelope import number_of
from device_link.drivers.akuvox.session import Session
from device_link.errors import NonsenseError

_YEARS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


async def reboot(session: Session) -> None:
    """Ask for a restart."""
    await session.change("system", "reboot")


async def reset(session: Session) -> None:
    """Ask for factory settings; people and settings are gone afterwards."""
    await session.change("config", "reset_factory")


async def read_clock(session: Session) -> datetime:
    """The unit's clock as UTC; NonsenseError when it tells none."""
    reply = await session.read("system", "status")
    seconds = number_of(reply.data.get("SystemTime"))
    low, high = (int(year.timestamp()) for year in _YEARS)
    if seconds is None or not low <= seconds < high:
        raise NonsenseError("a system/status without a usable time", session.base)
    return datetime.fromtimestamp(seconds, UTC)


async def set_clock(session: Session, local_time: datetime) -> None:
    """Set the wall clock by the six directives of AutoP (device API 4). Not every firmware takes them over the API."""
    names = ("Year", "Month", "Day", "Hour", "Min", "Sec")
    parts = local_time.timetuple()[:6]
    await session.change(
        "config",
        "set",
        {f"Config.DATETIME.{name}": str(part) for name, part in zip(names, parts, strict=True)},
    )


async def read_uptime(session: Session) -> int | None:
    """Seconds since the unit's start; None when it does not tell or does not answer."""
    try:
        reply = await session.read("system", "status")
    except GatewrightError:
        return None
    seconds = number_of(reply.data.get("UpTime"))
    return seconds if seconds is None or seconds >= 0 else None
