"""Waiting for a unit that restarts: until it tells its identity again, and not before it has restarted.

A unit answers for some seconds after it has accepted a restart; taking that for the end would prove the old version.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.base.clock import Clock
from core.base.errors import DataError, RefusedError, UnreachableError
from core.rules.desired import Identity
from device_link.drivers.akuvox.pacing import Pacing
from device_link.errors import NoAnswerError

_REFUSALS_AT_MOST = 5
"""A unit refuses for some moments while it starts; one that goes on has another sign-in or another MAC now."""
_DRIFT_S = 3.0
"""How far the moment of the start, computed from uptimes in whole seconds, may move without a restart."""

Look = Callable[[], Awaitable[tuple[Identity, int | None]]]
"""Asks once what the unit is and for how many seconds it has been up (None: it does not tell)."""


@dataclass(slots=True)
class Wait:
    """One wait. `before` is the moment and uptime read before the restart was asked for, where that is known."""

    url: str
    clock: Clock
    pacing: Pacing
    look: Look
    before: tuple[float, int] | None = None
    limit_s: float = 300.0
    _started: float = field(default=0.0, init=False)
    _was_away: bool = field(default=False, init=False)
    _last_uptime: int | None = field(default=None, init=False)

    async def run(self) -> Identity:
        """Poll with growing waits. UnreachableError after the limit; the refusal of a unit that goes on refusing."""
        self._started = self.clock.monotonic()
        self._last_uptime = self.before[1] if self.before else None
        refusals = 0
        pause = self.pacing.poll_s
        while True:
            try:
                identity, uptime = await self.look()
            except RefusedError as refusal:
                refusals += 1
                if refusals >= _REFUSALS_AT_MOST or self._elapsed() >= self.limit_s:
                    raise
                self._was_away = self._was_away or refusal.code != "device.other"
            except (UnreachableError, DataError) as fault:
                self._was_away = True
                refusals = 0
                if self._elapsed() >= self.limit_s:
                    words = (
                        f"it did not come back within {round(self.limit_s)} seconds; last: {fault.message}"
                    )
                    raise NoAnswerError(self.url, words) from fault
            else:
                refusals = 0
                if self._has_restarted(uptime):
                    return identity
                if self._elapsed() >= min(self.pacing.restart_grace_s, self.limit_s):
                    return identity  # It never went away: what it tells now is the truth, restarted or not.
            await self.clock.sleep(max(min(pause, self.limit_s - self._elapsed()), 0.01))
            pause = min(pause * 1.5, self.pacing.poll_most_s)

    def _elapsed(self) -> float:
        return self.clock.monotonic() - self._started

    def _has_restarted(self, uptime: int | None) -> bool:
        if self._was_away:
            return True
        if uptime is None:
            return False
        if self._last_uptime is not None and uptime < self._last_uptime:
            return True
        self._last_uptime = uptime
        began = self.clock.monotonic() - uptime
        if self.before is not None:
            return began > self.before[0] - self.before[1] + _DRIFT_S
        return began > self._started + 1.0
