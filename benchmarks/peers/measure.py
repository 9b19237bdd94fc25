"""Time, processor time of both sides, and bytes on the loopback device, read from the kernel's own counters."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured case. `seconds` wall clock; `megabytes` over loopback in both directions."""

    case: str
    count: int
    seconds: float
    cpu_client: float = 0.0
    cpu_server: float = 0.0
    megabytes: float = 0.0
    peer: str = ""
    note: str = ""

    def named(self, peer: str) -> Sample:
        """The sample of a peer."""
        return replace(self, peer=peer)

    def divided(self, times: int) -> Sample:
        """The mean of an act that was done several times."""
        return replace(
            self,
            seconds=self.seconds / times,
            cpu_client=self.cpu_client / times,
            cpu_server=self.cpu_server / times,
            megabytes=self.megabytes / times,
        )


class Timing:
    """Filled when the `with` block of `timed` ends."""

    sample: Sample


@contextmanager
def timed(case: str, count: int, server_pid: int = 0) -> Iterator[Timing]:
    """Measure a block."""
    timing = Timing()
    wire, mine, theirs = _loopback(), _own_cpu(), _cpu_of(server_pid)
    begun = time.perf_counter()
    yield timing
    seconds = time.perf_counter() - begun
    timing.sample = Sample(
        case, count, seconds, _own_cpu() - mine, _cpu_of(server_pid) - theirs, (_loopback() - wire) / 1e6
    )


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of(pid: int) -> float:
    if not pid:
        return 0.0
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _loopback() -> int:
    try:
        lines = Path("/proc/net/dev").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split(":")[1].split()[0]) for line in lines if line.strip().startswith("lo:")), 0)
