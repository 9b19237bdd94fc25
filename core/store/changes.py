"""What one commit touched, and the feed that tells screens, sync and jobs. Published after commit, never before."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_log = logging.getLogger(__name__)


class Origin(StrEnum):
    """Who made a change. Everything but PULL goes to the outbox when its entity is synced."""

    USER = "user"
    IMPORT = "import"
    JOB = "job"
    DEVICE = "device"
    PULL = "pull"


@dataclass(slots=True)
class Touched:
    """Ids of one entity's rows. `many`: too many to name, everything of this entity may have changed."""

    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    many: bool = False

    def ids(self) -> set[str]:
        """All ids named."""
        return self.added | self.changed | self.removed

    def copy(self) -> Touched:
        """Another one with the same ids."""
        return Touched(set(self.added), set(self.changed), set(self.removed), self.many)

    def merge(self, other: Touched) -> None:
        """Take in what a later commit touched."""
        self.added |= other.added
        self.changed |= other.changed
        self.removed |= other.removed
        self.many = self.many or other.many


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One commit: by entity name, and who made it under which act."""

    origin: Origin
    act: str
    touched: Mapping[str, Touched]

    def touches(self, *names: str) -> bool:
        """Whether any of these entities is concerned."""
        return any(n in self.touched for n in names)


Listener = Callable[[ChangeSet], None]


class ChangeFeed:
    """Calls every listener on the writer's thread, after each commit. Listeners hand over to their own thread.

    A listener that fails is logged; the commit has happened, so neither the writer nor the others hear of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, Listener] = {}
        self._next = 0

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        with self._lock:
            key = self._next
            self._next += 1
            self._listeners[key] = listener

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unsubscribe

    def publish(self, changes: ChangeSet) -> None:
        """Tell everyone who is subscribed now."""
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            try:
                listener(changes)
            except Exception:  # noqa: BLE001  whatever a listener does, the rows are written
                _log.exception("a listener of the change feed failed")

    @property
    def listeners(self) -> int:
        """How many are subscribed; tests count leftovers."""
        return len(self._listeners)
