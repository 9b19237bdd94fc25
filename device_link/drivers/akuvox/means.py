"""What every driver is given: the clock, how fast devices may be asked, the pool of conversations, the recorder."""

from __future__ import annotations

from typing import TypedDict, Unpack

from core.base.clock import Clock
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder


class Means(TypedDict, total=False):
    """`pacing`: waits by model, those of real units unless told otherwise; `fast_pacing` for simulated ones. `pool`:
    shared with everything else in the process that speaks with devices. `recorder`: sees every exchange, secrets
    masked.
    """

    pacing: PacingOf
    pool: DevicePool | None
    recorder: FlightRecorder | None


class WithMeans:
    """Keeps them; to be inherited from."""

    def __init__(self, clock: Clock, **means: Unpack[Means]) -> None:
        self._clock = clock
        self._pacing = means.get("pacing", real_pacing)
        self._pool = means.get("pool") or DevicePool()
        self._recorder = means.get("recorder")
