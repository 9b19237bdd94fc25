"""SQLite's log is brought into its file beside the writers, when they pause: inside a commit it took a fifth of a push.

The log holds whole pages, and pushes that follow each other write many of the same: what is brought over once, after
several of them, is less, too. While it is read there is nothing that anybody waits for.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

GROWN = 16 << 20
"""Bytes of log from which it is brought over in the next pause."""
LARGE = 64 << 20
"""Bytes from which no pause is waited for."""
KEPT = GROWN // 2
"""Bytes to which the file of the log is cut when it begins anew."""
PAUSE_S = 0.2


class Checkpoints:
    """Watches over the log of one database file."""

    def __init__(self, path: Path, *, grown: int = GROWN, large: int = LARGE) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._grown, self._large = grown, large
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def after_write(self) -> None:
        """To be called after each commit, by any thread."""
        if self._size() < self._grown:
            return
        with self._lock:
            if self._thread is None and not self._ended:
                self._thread = threading.Thread(target=self._keep, name="checkpoints", daemon=True)
                self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Come to an end; closing the last connection brings the rest over."""
        with self._lock:
            self._ended = True
            thread = self._thread
        self._due.set()
        if thread is not None:
            thread.join()

    def _keep(self) -> None:
        # `_ended` is looked at after the event was cleared: `close` writes it before it sets the event.
        while not self._ended:
            self._due.wait()
            self._due.clear()
            while not self._at_once() and self._due.wait(PAUSE_S):
                self._due.clear()  # another one came: it is no pause
            self._bring_over()

    def _at_once(self) -> bool:
        return self._ended or self._size() >= self._large

    def _bring_over(self) -> None:
        raw = sqlite3.connect(self._path, timeout=0)
        try:
            # Passive: it waits for nobody. What it cannot have now is had after the next write.
            raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            raw.close()

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0
