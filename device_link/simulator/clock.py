"""The simulator's clock: wall time, monotonic time and waiting. A test hands in one that it drives by hand.

No schedule rule and no time zone lives here (`timezones`, `doors`). It is the simulator's own because a simulated
intercom is a foreign machine: it may run fast, slow or years off, and none of that may reach the workstation's clock.
"""

from __future__ import annotations

import asyncio
import time


class SimClock:
    """Real time. Subclass it and override all three methods to drive devices by hand."""

    def now(self) -> float:
        """Return seconds since the epoch, UTC."""
        return time.time()  # noqa: TID251 - a simulated device has a clock of its own, see the module's text

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        await asyncio.sleep(seconds)
