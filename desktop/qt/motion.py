"""What moves: the arc of running work, one turn in 900 ms, drawn by whoever shows it. Nothing else turns.

One timer for the whole window; it runs only while a visible widget asked for it.
"""

from __future__ import annotations

import weakref

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget
from shiboken6 import isValid

from desktop.qt.theme import theme

TURN_MS = 900
FRAME_MS = 60


class _Arc(QObject):
    def __init__(self, app: QObject) -> None:
        super().__init__(app)
        self.setObjectName("arc")
        self.widgets: weakref.WeakSet[QWidget] = weakref.WeakSet()
        self.clock = QElapsedTimer()
        self.clock.start()
        self.timer = QTimer(self)
        self.timer.setInterval(FRAME_MS)
        self.timer.timeout.connect(self.tick)

    def add(self, widget: QWidget) -> None:
        self.widgets.add(widget)
        widget.installEventFilter(self)
        widget.destroyed.connect(self.check)
        self.check()

    def remove(self, widget: QWidget) -> None:
        self.widgets.discard(widget)
        widget.removeEventFilter(self)
        self.check()

    def shown(self) -> list[QWidget]:
        return [widget for widget in self.widgets if isValid(widget) and widget.isVisible()]

    def check(self) -> None:
        wanted = bool(self.shown()) and not theme().reduce_motion
        if wanted != self.timer.isActive():
            self.timer.start() if wanted else self.timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Show, QEvent.Type.Hide}:
            self.check()
        return False

    def tick(self) -> None:
        self.check()
        for widget in self.shown():
            (widget.viewport() if isinstance(widget, QAbstractItemView) else widget).update()


def _arc() -> _Arc | None:
    app = QApplication.instance()
    if app is None:
        return None
    found = app.findChild(_Arc, "arc")
    return found if isinstance(found, _Arc) else _Arc(app)


def turn(widget: QWidget, *, on: bool) -> None:
    """Keep redrawing `widget` while it shows running work; call it again when that begins or ends."""
    arc = _arc()
    if arc is None:
        return
    if on:
        arc.add(widget)
    else:
        arc.remove(widget)


def angle() -> float:
    """Where the arc is now, in degrees; 0 while nothing turns."""
    arc = _arc()
    if arc is None or not arc.timer.isActive():
        return 0.0
    return (arc.clock.elapsed() % TURN_MS) * 360.0 / TURN_MS
