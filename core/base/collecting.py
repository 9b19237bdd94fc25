"""Pausing Python's collector of cycles while thousands of rows are made.

It looks at every living object again and again while objects are made by the hundred thousand, though rows are in no
cycle: a fifth of an import's time. What is garbage without it, which is nearly everything, still goes at once.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = True


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection of cycles inside; from any thread, several at once."""
    global _pauses, _was_on  # noqa: PLW0603  the collector is one for the process
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()
