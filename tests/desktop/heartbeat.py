"""The heartbeat of the window's thread: how long it worked without coming back to its events, and what it must not do.

Only CPU time of the thread itself is counted, so a loaded machine does not make a beat late. SQL on the window's thread
is noticed where a reader is made (`rows_now`, the bounded fetch of one screenful, is allowed), files and connections by
the interpreter's audit events.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QTimer

import resources
from core.store.reader import Reader

LIMIT_S = 0.100
BEAT_MS = 2
_FREE = (
    str(Path(resources.__file__).parent),
    sys.prefix,
    sys.base_prefix,
    "/usr/share/zoneinfo",
    "/proc/",
    "/dev/",
)
_ENDINGS = (".py", ".pyc", ".so")


class Heartbeat(QObject):
    """Beats while it lives; `close` ends it. `longest` is the most CPU time between two beats, in seconds.

    `forgive` leaves out what a test itself did in the window's thread.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        super().__init__()
        self.limit_s = limit_s
        self.longest = 0.0
        self.late: list[float] = []
        self.forbidden: list[str] = []
        self._last = time.thread_time()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        _watch.append(self)

    def _beat(self) -> None:
        now = time.thread_time()
        gap, self._last = now - self._last, now
        self.longest = max(self.longest, gap)
        if gap > self.limit_s:
            self.late.append(gap)

    def forgive(self) -> None:
        """What was done since the last beat does not count: the test itself did it."""
        self._last = time.thread_time()

    def close(self) -> None:
        """Stop."""
        self._timer.stop()
        if self in _watch:
            _watch.remove(self)


_watch: list[Heartbeat] = []


@contextmanager
def beating(limit_s: float = LIMIT_S) -> Iterator[Heartbeat]:
    """A heartbeat for a part of a scene; fails at its end when a beat was late or something forbidden was done."""
    heart = Heartbeat(limit_s)
    try:
        yield heart
    finally:
        heart.close()
    assert heart.forbidden == [], f"on the window's thread: {heart.forbidden[:4]}"
    late = ", ".join(f"{gap * 1000:.0f} ms" for gap in heart.late)
    assert not late, f"the window's thread was silent for {late}; {limit_s * 1000:.0f} ms are allowed"


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _watch or threading.current_thread() is not threading.main_thread():
        return
    if event in {"socket.connect", "sqlite3.connect", "subprocess.Popen"}:
        _tell(event)
    elif event == "open" and isinstance(args[0], (str, bytes)):
        path = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if not path.startswith(_FREE) and not path.endswith(_ENDINGS):
            _tell(f"open {path}")


def _tell(words: str) -> None:
    for one in _watch:
        one.forbidden.append(words)


sys.addaudithook(_audit)

_made = Reader.__init__


def _make_reader(self: Reader, *args: Any, **more: Any) -> None:
    if _watch and threading.current_thread() is threading.main_thread():
        caller: FrameType | None = sys._getframe(1)
        names: list[str] = []
        while caller is not None and len(names) < 6:
            names.append(caller.f_code.co_name)
            caller = caller.f_back
        if "rows_now" not in names:
            _tell(f"SQL by {' < '.join(names)}")
    _made(self, *args, **more)


Reader.__init__ = _make_reader  # type: ignore[method-assign]
