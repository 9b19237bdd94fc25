"""Ids: UUID version 7 (RFC 9562) as 32 lower-case hexadecimal digits, made where the row is made.

The same text stands in memory, on disk, on the wire and on the command line; it sorts by time of creation.
"""

from __future__ import annotations

import re
import secrets
import threading
import time

_SHAPE = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


class _Sequence:
    """Makes ids of one process strictly increasing, also within one millisecond and when the clock steps back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0
        self._count = 0

    def next(self, now_ms: int) -> tuple[int, int]:
        """The millisecond and the 12-bit counter for a new id."""
        with self._lock:
            if now_ms > self._last_ms:
                self._last_ms, self._count = now_ms, secrets.randbelow(1024)
            else:
                self._count += 1
                if self._count > 0xFFF:
                    self._last_ms, self._count = self._last_ms + 1, 0
            return self._last_ms, self._count


_sequence = _Sequence()


def new_id() -> str:
    """A fresh id. Unique without coordination; increasing within this process."""
    ms, count = _sequence.next(time.time_ns() // 1_000_000)
    tail = (0b10 << 62) | secrets.randbits(62)
    return f"{ms:012x}7{count:03x}{tail:016x}"


def is_id(text: str) -> bool:
    """Whether the text has the exact shape of an id."""
    return _SHAPE.fullmatch(text) is not None
