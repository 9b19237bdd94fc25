"""A call that may come too often: the first goes through at once, the rest become one more at the end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Throttle(QObject):
    """Calls `action` at once, then at most once per `interval_ms` while it goes on being asked.

    What is asked during the wait is done once when it is over, so the last state is never missed.
    """

    def __init__(self, interval_ms: int, action: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._over)

    def __call__(self, *_: object) -> None:
        """Ask for the action; arguments of a signal are let go."""
        if self._timer.isActive():
            self._again = True
            return
        self._timer.start()
        self._action()

    @property
    def waiting(self) -> bool:
        """True when one more call is still to come."""
        return self._again

    def flush(self) -> None:
        """Do now what is still to come."""
        if self._again:
            self._timer.stop()
            self._over()

    def stop(self) -> None:
        """Forget what is still to come."""
        self._again = False
        self._timer.stop()

    def _over(self) -> None:
        if self._again:
            self._again = False
            self._timer.start()
            self._action()
