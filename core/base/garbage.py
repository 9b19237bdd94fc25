"""Python's cyclic garbage collector held back, by one count for the process: while many objects are made that all stay
or all go, and while a window lives, which collects by itself on its own thread (`desktop.qt.garbage`).
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_held = 0
_was_on = False


@contextmanager
def held_back() -> Iterator[None]:
    """No collection runs inside, in any thread; nesting and threads are counted.

    A page of 5,000 rows makes 10,000 objects without a cycle. Looking through them again and again took a quarter of
    the processor time of a first sync, and a fifth of an import's. What the rest of the program makes meanwhile is
    looked at afterwards.
    """
    global _held, _was_on  # noqa: PLW0603  the collector is one for the whole process
    with _lock:
        if _held == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _held += 1
    try:
        yield
    finally:
        with _lock:
            _held -= 1
            if _held == 0 and _was_on:
                gc.enable()
