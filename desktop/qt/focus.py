"""The focus ring: one overlay per application that surrounds what the keyboard reached, and nothing the mouse did.

2 px in the focus colour, 1 px off the control. A widget with the property ring="none" draws its own cursor; one with
`ring_rect()` names the part to surround; `ringRadius` is the radius of the control.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)
from shiboken6 import isValid

from desktop.qt.painting import Artist
from desktop.qt.theme import theme
from desktop.qt.tokens import Size

KEYBOARD = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)
# Fields and lists show the focus by their own border or cursor.
_OWN = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractScrollArea)


class RingOverlay(QWidget):
    """The ring itself; takes no events and no focus."""

    def __init__(self, parent: QWidget, radius: int) -> None:
        super().__init__(parent)
        self.radius = radius
        self.setObjectName("focusring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            art = Artist(painter)
            art.box(self.rect(), None, "focus", self.radius + 3, width=art.theme.tokens.focus_width)
        finally:
            painter.end()


def ring_area(widget: QWidget) -> QRect:
    """Give the rectangle of a widget which the ring surrounds, in the widget's own pixels."""
    ask = getattr(widget, "ring_rect", None)
    found = ask() if callable(ask) else None
    return found if isinstance(found, QRect) else widget.rect()


class FocusRing(QObject):
    """Follows the keyboard focus of the application. Made once: `FocusRing(app)`."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._widget: QWidget | None = None
        self._ring: RingOverlay | None = None
        app.installEventFilter(self)
        app.focusChanged.connect(self._left)

    def end(self) -> None:
        """Follow the focus no more."""
        app = self.parent()
        self._hide()
        if isinstance(app, QApplication):
            app.removeEventFilter(self)
            app.focusChanged.disconnect(self._left)
        self.setParent(None)
        self.deleteLater()

    def ring(self) -> RingOverlay | None:
        """The ring as shown now, or None."""
        return self._ring if self._ring is not None and isValid(self._ring) else None

    def target(self) -> QWidget | None:
        """The widget that is surrounded now, or None."""
        return self._widget if self.ring() is not None else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusIn and isinstance(watched, QWidget) and isinstance(event, QFocusEvent):
            if event.reason() in KEYBOARD and _wants_ring(watched):
                self._show(watched)
            else:
                self._hide()
        elif kind in {QEvent.Type.Move, QEvent.Type.Resize} and self._ring is not None:
            self._follow(watched)
        elif kind in {QEvent.Type.Hide, QEvent.Type.MouseButtonPress} and watched is self._widget:
            self._hide()
        return False

    def _left(self, before: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            self._hide()

    def _show(self, widget: QWidget) -> None:
        self._hide()
        radius = widget.property("ringRadius")
        self._widget = widget
        self._ring = RingOverlay(widget.window(), int(radius) if radius is not None else Size.RADIUS_FIELD)
        self._place()
        self._ring.show()
        self._ring.raise_()

    def _follow(self, moved: QObject) -> None:
        widget = self._widget
        if widget is None or not isValid(widget):
            self._hide()
        elif isinstance(moved, QWidget) and (moved is widget or moved.isAncestorOf(widget)):
            self._place()

    def _place(self) -> None:
        ring, widget = self.ring(), self._widget
        if ring is None or widget is None:
            return
        area = ring_area(widget)
        corner = widget.mapTo(widget.window(), area.topLeft())
        off = 1 + theme().tokens.focus_width
        ring.setGeometry(QRect(corner - QPoint(off, off), area.size()).adjusted(0, 0, 2 * off, 2 * off))

    def _hide(self) -> None:
        ring, self._widget = self.ring(), None
        self._ring = None
        if ring is not None:
            ring.hide()
            ring.deleteLater()


def _wants_ring(widget: QWidget) -> bool:
    # A dialog sends itself a focus event by Tab when it is shown, although it takes no focus.
    if widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
        return False
    return not isinstance(widget, _OWN) and widget.property("ring") != "none" and not widget.isWindow()
