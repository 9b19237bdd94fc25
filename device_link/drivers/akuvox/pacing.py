"""How fast a device may be asked, by model. Numbers only; the waiting is the session's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from device_link.http import Limits


@dataclass(frozen=True, slots=True)
class Pacing:
    """Waits in seconds and sizes in records. The defaults are those of real units (device API 1 and 3.8)."""

    between_s: float = 0.25
    """Between two requests: E18 units corrupt the state of their CGI under faster ones."""
    settle_s: float = 2.0
    """From a change to the first read: before that, units answer with what they held before."""
    chunk: int = 100
    """People in one request. 1000 work, 5000 froze an S532; 100 keep a stop and a progress bar lively."""
    bulk_from: int = 1000
    """From so many people on, a unit that holds nobody is filled by one file: 10 000 take a hundred requests else."""
    chunk_pause_s: float = 1.0
    """Between two requests that write many people."""
    retries: int = 2
    """How often a read is repeated after a broken answer; a change only when it never left."""
    retry_s: float = 1.0
    throttle_s: float = 5.0
    """Wait after a refusal for being too fast."""
    poll_s: float = 2.0
    """First wait between two looks at a device that restarts; grows to `poll_most_s`."""
    poll_most_s: float = 15.0
    restart_grace_s: float = 120.0
    """How long a device that goes on answering without a sign of a restart is waited for."""
    limits: Limits = field(default_factory=Limits)


REAL = Pacing()

FAST = Pacing(
    between_s=0.0,
    settle_s=0.0,
    chunk_pause_s=0.0,
    retry_s=0.02,
    throttle_s=0.05,
    poll_s=0.05,
    poll_most_s=0.15,
    restart_grace_s=8.0,
    limits=Limits(connect_s=2.0, read_s=10.0, total_s=60.0),
)
"""For simulated devices, which have neither a slow processor nor a slow flash."""

_BY_MODEL: dict[str, Pacing] = {
    # E18 firmware 18.30.10.72 lost its state at four requests a second (device API 1).
    "E18": replace(REAL, between_s=0.6, chunk=50),
    # The S5xx answer bursts of sign-ins with 401 (device API 1).
    "S532": replace(REAL, between_s=0.5),
    "S535": replace(REAL, between_s=0.5),
    "S539": replace(REAL, between_s=0.5),
}

PacingOf = Callable[[str], Pacing]
"""The pacing for a model; for `""` while it is unknown."""


def real_pacing(model: str) -> Pacing:
    """For real units; the general pacing for a model that is not known (yet)."""
    return next((pace for name, pace in _BY_MODEL.items() if model.upper().startswith(name)), REAL)


def fast_pacing(model: str) -> Pacing:
    """For simulated devices. A simulated E18 is as easily confused as a real one."""
    return replace(FAST, between_s=0.45) if model.upper() == "E18" else FAST
