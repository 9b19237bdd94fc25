"""The focus ring: one overlay per application that surrounds what the keyboard reached, and nothing the mouse did.

2 px in the focus colour, 1 px off the control. A widget with the property ring="none" draws its own cursor; one with
`ring_rect()` names the part to surround; `ringRadius` is the radius of the control.

Nothing filters the whole application. In Python that is a call for every event of every object, those that are half
built or half gone included: 142,000 calls and a third of the processor time of a walk through all pages. What loses
the focus is told the same reason as what gets it, so it is enough to listen to the one widget that has the keys.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
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
_TABS = frozenset({Qt.Key.Key_Tab, Qt.Key.Key_Backtab})
_MOVES = frozenset({QEvent.Type.Move, QEvent.Type.Resize})
_ENDS = frozenset({QEvent.Type.Hide, QEvent.Type.MouseButtonPress})
# Of what lies around it too. Deleting is told by this event while everything is whole still.
_GOES = frozenset({QEvent.Type.DeferredDelete, QEvent.Type.ParentChange})
# Fields and lists show the focus by their own border or cursor.
_OWN = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractScrollArea)


class RingOverlay(QWidget):
    """The ring around a widget; takes no events and no focus.

    Follows the widget and what lies around it, up to the window, until the widget is hidden or pressed or goes.
    """

    def __init__(self, target: QWidget) -> None:
        super().__init__(target.window())
        radius = target.property("ringRadius")
        self.radius = int(radius) if radius is not None else Size.RADIUS_FIELD
        self.target: QWidget | None = target
        self.setObjectName("focusring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._followed = list(_up_to_window(target))
        for one in self._followed:
            one.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def end(self) -> None:
        """Let go of everything and disappear. Safe to call twice."""
        self.target = None
        for one in self._followed:
            if isValid(one):
                one.removeEventFilter(self)
        self._followed = []
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _MOVES:
            self._place()
        elif kind in _GOES or (kind in _ENDS and watched is self.target):
            self.end()
        return False

    def _place(self) -> None:
        if self.target is None or not isValid(self.target):
            return
        area = ring_area(self.target)
        corner = self.target.mapTo(self.target.window(), area.topLeft())
        off = 1 + theme().tokens.focus_width
        self.setGeometry(QRect(corner - QPoint(off, off), area.size()).adjusted(0, 0, 2 * off, 2 * off))

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
        self._app = app
        self._reason = Qt.FocusReason.OtherFocusReason
        self._listens: QWidget | None = None
        self._ring: RingOverlay | None = None
        app.focusChanged.connect(self._changed)
        self._listen_to(_has_the_keys())

    def end(self) -> None:
        """Follow the focus no more."""
        self._app.focusChanged.disconnect(self._changed)
        self._hide()
        self._listen_to(None)
        self.setParent(None)
        self.deleteLater()

    def ring(self) -> RingOverlay | None:
        """The ring as shown now, or None."""
        shown = self._ring is not None and isValid(self._ring) and self._ring.target is not None
        return self._ring if shown else None

    def target(self) -> QWidget | None:
        """The widget that is surrounded now, or None."""
        ring = self.ring()
        return ring.target if ring is not None else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            self._reason = event.reason()
            if _is_off(watched) and self._ring is None:
                # Qt hands the focus on as by Tab when what the mouse has pressed goes away or is switched off.
                self._reason = Qt.FocusReason.OtherFocusReason
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _TABS:
            # A window without a focus; what has it is told the reason afterwards by FocusOut.
            self._reason = Qt.FocusReason.TabFocusReason
        elif kind == QEvent.Type.KeyRelease:
            self._reason = Qt.FocusReason.OtherFocusReason
        return False

    # Takes neither widget of the signal: what lost the focus may be half gone.
    def _changed(self) -> None:
        reason, self._reason = self._reason, Qt.FocusReason.OtherFocusReason
        self._hide()
        self._listen_to(_has_the_keys())
        now = QApplication.focusWidget()
        if now is not None and reason in KEYBOARD and _wants_ring(now):
            self._ring = RingOverlay(now)

    def _listen_to(self, widget: QWidget | None) -> None:
        if self._listens is not None and isValid(self._listens):
            self._listens.removeEventFilter(self)
        self._listens = widget
        if widget is not None:
            widget.installEventFilter(self)

    def _hide(self) -> None:
        ring, self._ring = self.ring(), None
        if ring is not None:
            ring.end()


def _is_off(watched: QObject) -> bool:
    return isinstance(watched, QWidget) and (watched.isHidden() or not watched.isEnabled())


def _has_the_keys() -> QWidget | None:
    """The focus; without one the keys go to the window."""
    return QApplication.focusWidget() or QApplication.activeWindow()


def _up_to_window(widget: QWidget) -> Iterator[QWidget]:
    """A widget and those around it, without their window."""
    around: QWidget | None = widget
    while around is not None and not around.isWindow():
        yield around
        around = around.parentWidget()


def _wants_ring(widget: QWidget) -> bool:
    # A dialog sends itself a focus event by Tab when it is shown, although it takes no focus.
    if widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
        return False
    return not isinstance(widget, _OWN) and widget.property("ring") != "none" and not widget.isWindow()
