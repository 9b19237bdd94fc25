"""Which waiting job may start: one at a time per lane, a few at a time per network, else in order. No tasks here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core.entities.record import JobRecord


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that is to start. `resume`: an earlier life of it had begun."""

    record: JobRecord
    resume: bool = False


class Lanes:
    """The waiting line and what is busy. Used from one thread."""

    def __init__(self, per_network: int) -> None:
        self._per_network = per_network
        self._line: dict[str, Waiting] = {}
        self._busy: dict[str, str] = {}
        self._networks: Counter[str] = Counter()

    def add(self, waiting: Waiting) -> None:
        """Put a job at the end of the line."""
        self._line[waiting.record.id] = waiting

    def take(self, job_id: str) -> Waiting | None:
        """Take a job out of the line; None when it is not waiting."""
        return self._line.pop(job_id, None)

    def take_like(self, kind: str, lane: str, key: str) -> list[Waiting]:
        """Take out the jobs that a newer one of this kind, lane and key replaces; never one that had begun."""
        found = [
            w
            for w in self._line.values()
            if not w.resume and (w.record.kind, w.record.lane, w.record.key) == (kind, lane, key)
        ]
        for waiting in found:
            del self._line[waiting.record.id]
        return found

    def begin(self) -> Waiting | None:
        """Take the first job whose lane and network are free and mark both as busy; None when there is none."""
        passed: set[str] = set()
        for waiting in self._line.values():
            record = waiting.record
            if record.lane in self._busy or record.lane in passed:
                continue
            if record.network and self._networks[record.network] >= self._per_network:
                passed.add(record.lane)
                continue
            del self._line[record.id]
            self._busy[record.lane] = record.id
            self._networks[record.network] += 1
            return waiting
        return None

    def end(self, record: JobRecord) -> None:
        """Free the lane and the place in the network of a job that `begin` returned."""
        del self._busy[record.lane]
        self._networks[record.network] -= 1

    def __iter__(self) -> Iterator[Waiting]:
        """The line, first come first."""
        return iter(list(self._line.values()))
