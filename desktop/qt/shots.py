"""Pictures of widgets for people and for tests: laid out, painted until nothing changes, at any scale."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from desktop.qt.theme import theme

DEADLINE_MS = 2000
TURN_S = 0.01
"""How long the loop is given between two pictures."""


def settle(widget: QWidget, *, deadline_ms: int = DEADLINE_MS) -> QImage:
    """Process events until two pictures in a row are the same, at most until the deadline; gives the last one.

    Moving parts (the arc of running work) may keep it from settling: then the deadline ends it. RuntimeError inside a
    task: events handled there would wake other tasks inside it, which asyncio refuses, and they would sleep for ever.
    """
    _forbid_in_task()
    deadline = QDeadlineTimer(deadline_ms)
    last = QImage()
    while True:
        QApplication.sendPostedEvents()
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        now = picture(widget)
        if now == last or deadline.hasExpired():
            return now
        last = now


async def settled(widget: QWidget, *, deadline_ms: int = DEADLINE_MS) -> QImage:
    """As `settle`, for tasks: the loop itself handles the events between two pictures."""
    deadline = QDeadlineTimer(deadline_ms)
    last = QImage()
    while True:
        await asyncio.sleep(TURN_S)
        now = picture(widget)
        if now == last or deadline.hasExpired():
            return now
        last = now


def _forbid_in_task() -> None:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return
    if task is not None:
        msg = f"events may not be handled inside the task {task.get_name()}; await `settled` instead"
        raise RuntimeError(msg)


def picture(widget: QWidget, scale: float = 1.0) -> QImage:
    """Paint a widget as it is now; `scale` is the device pixel ratio."""
    size = widget.size()
    image = QImage(
        QSize(round(size.width() * scale), round(size.height() * scale)), QImage.Format.Format_RGB32
    )
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme().tokens.sheet))
    painter = QPainter(image)
    try:
        widget.render(painter, QPoint(0, 0))
    finally:
        # A painter left open on an image that goes takes the process down.
        painter.end()
    return image


def grab(
    widget: QWidget, path: Path | None = None, size: tuple[int, int] | None = None, scale: float = 1.0
) -> QImage:
    """Show a widget at `size`, wait until its layout has settled, paint it at `scale` and write it to `path`.

    The widget stays as it was: one that was hidden is hidden again. Raises OSError when the file cannot be written.
    """
    hidden = not widget.isVisible()
    if size is not None:
        widget.resize(*size)
    if hidden:
        widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=True)
        widget.show()
    settle(widget)
    image = picture(widget, scale)
    if hidden:
        widget.hide()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not image.save(str(path)):
            raise OSError(f"The picture {path} cannot be written.")
    return image
