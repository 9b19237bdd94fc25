"""The only crossing from other threads into the window: bursts of news become at most one signal per 50 ms, pages of
rows that are fetched two a second.

`Crossing` takes items on any thread and hands them over on the window's. `bridge_feed` and `bridge_jobs` tie one to
the mirror's change feed and to the jobs. No widget and no model here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.jobs.runner import JobRunner
from core.store.changes import ChangeFeed, ChangeSet, Origin

INTERVAL_MS = 50
"""A pull of 50 pages is a handful of repaints, and a person sees no delay (style.md 4.6)."""
PAGES_MS = 500
"""While whole pages come. Everything that is shown is read anew after each: lists, verdicts, counts, the LAN."""


class Crossing(QObject):
    """Collects items from any thread; `delivered(list)` carries all that came in, on this object's thread.

    The first item of a quiet time goes through at once; those that follow are held back until 50 ms are over, and after
    an item that is `heavy` others of the kind for longer. Whoever made it calls `close`.
    """

    delivered = Signal(list)
    _arrived = Signal()

    def __init__(
        self, parent: QObject | None = None, *, heavy: Callable[[Any], bool] = lambda _item: False
    ) -> None:
        super().__init__(parent)
        self._heavy = heavy
        self._lock = threading.Lock()
        self._waiting: list[Any] = []
        self._announced = self._pressing = False
        self._end: Callable[[], None] | None = None
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.timeout.connect(self._after_pause)
        # Queued even on the window's own thread: a listener must never run inside the commit that it hears of.
        self._arrived.connect(self._on_arrival, Qt.ConnectionType.QueuedConnection)

    def push(self, item: Any) -> None:
        """Take in one item; callable from any thread, returns at once."""
        light = not self._heavy(item)
        with self._lock:
            self._waiting.append(item)
            announce = not self._announced or (light and not self._pressing)
            self._announced, self._pressing = True, self._pressing or light
        if announce:
            self._arrived.emit()

    def subscribe_with(self, subscribe: Callable[[Callable[[Any], None]], Callable[[], None]]) -> None:
        """Subscribe `push` by a function that returns the way to unsubscribe; `close` uses that."""
        self._end = subscribe(self.push)

    def close(self) -> None:
        """End the subscription and drop what was not delivered. Safe to call twice."""
        if self._end is not None:
            self._end()
            self._end = None
        self._quiet.stop()
        with self._lock:
            self._waiting.clear()

    @property
    def is_open(self) -> bool:
        """True while subscribed."""
        return self._end is not None

    def _on_arrival(self) -> None:
        if not self._quiet.isActive():
            self._deliver()
        elif self._pressing and self._quiet.remainingTime() > INTERVAL_MS:
            self._quiet.start(INTERVAL_MS)

    def _after_pause(self) -> None:
        self._deliver()

    def _deliver(self) -> None:
        with self._lock:
            items, self._waiting = self._waiting, []
            self._announced = self._pressing = False
        if items:
            self._quiet.start(PAGES_MS if any(map(self._heavy, items)) else INTERVAL_MS)
            self.delivered.emit(items)


def bridge_feed(feed: ChangeFeed, parent: QObject | None = None) -> Crossing:
    """A crossing that delivers lists of `ChangeSet`, in the order of their commits."""
    crossing = Crossing(parent, heavy=_is_page)
    crossing.subscribe_with(feed.subscribe)
    return crossing


def bridge_jobs(jobs: JobRunner, parent: QObject | None = None) -> Crossing:
    """A crossing that delivers lists of `JobRecord`, live progress included."""
    crossing = Crossing(parent)
    crossing.subscribe_with(jobs.subscribe)
    return crossing


def _is_page(changes: ChangeSet) -> bool:
    """Whether more rows were fetched at once than are named."""
    return changes.origin is Origin.PULL and any(one.many for one in changes.touched.values())
