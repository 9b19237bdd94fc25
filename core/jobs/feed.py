"""Tells whoever is interested, on any thread, how jobs come along."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from core.entities.record import JobRecord

_log = logging.getLogger(__name__)

JobListener = Callable[[JobRecord], None]


class JobFeed:
    """A list of listeners. A listener that fails is logged and harms neither the job nor the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, JobListener] = {}
        self._next = 0

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        with self._lock:
            key = self._next
            self._next += 1
            self._listeners[key] = listener

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unsubscribe

    def publish(self, record: JobRecord) -> None:
        """Call every listener on this thread."""
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            try:
                listener(record)
            except Exception:  # noqa: BLE001  a fault of a screen must not stop the work that it shows
                _log.exception("a listener of the job feed failed")
