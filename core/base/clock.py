"""Time comes from a `Clock` that is passed in, so that tests run days in milliseconds."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the program gets its time from."""

    def now(self) -> datetime:
        """The wall clock as an aware UTC datetime. For people and logs; decides nothing in sync."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the loop."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)  # noqa: TID251  the one place that may ask the system

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        await asyncio.sleep(seconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HALF = timedelta(microseconds=500)
_MS = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime; the form of every moment on disk and wire.

    In whole numbers: a float of seconds is off by some microseconds for far years.
    """
    if moment.tzinfo is None:
        msg = "a moment without a zone cannot be stored"
        raise ValueError(msg)
    return (moment - _EPOCH + _HALF) // _MS


def from_ms(value: int) -> datetime:
    """The aware UTC datetime of milliseconds since 1970; ValueError beyond the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as fault:
        msg = "no such moment"
        raise ValueError(msg) from fault
