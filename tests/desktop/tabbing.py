"""Where the Tab key goes on a page: to everything that can be used, in reading order, and visibly."""

from __future__ import annotations

from collections.abc import Container

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

from desktop.qt.focus import FocusRing
from desktop.qt.reading import reading_order
from desktop.views.widgets.base import is_rtl

MOST = 300
"""Stops after which a walk that has not come round is given up."""
ONE_LINE = 12
"""Pixels by which the middles of two controls of one line may differ."""
Step = tuple[QWidget, QWidget]
_BORDERED = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractScrollArea)
"""What shows the focus by its own border or cursor; tests/desktop/qt/test_focus.py holds the theme to it."""


def focus_faults(page: QWidget, ring: FocusRing) -> list[str]:
    """What is wrong with the way of the Tab key through a page."""
    reached, back, hidden = _walk(page, ring)
    return [
        *(f"Tab never comes to {_name(one)}" for one in _unreached(page, reached)),
        *(f"Tab goes from {_name(one)} back to {_name(then)}" for one, then in back),
        *(f"the focus is not seen on {_name(one)}" for one in hidden),
    ]


def _walk(page: QWidget, ring: FocusRing) -> tuple[list[QWidget], list[Step], list[QWidget]]:
    """The stops of Tab on a page in order, the steps that go back, and the stops that do not show the focus."""
    reached: list[QWidget] = []
    back: list[Step] = []
    hidden: list[QWidget] = []
    reading_order(page.window())[0].setFocus(Qt.FocusReason.OtherFocusReason)
    for _ in range(MOST):
        before = QApplication.focusWidget()
        assert before is not None, "nothing has the focus: the window is not the active one"
        QTest.keyClick(before, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now is before or now in reached:
            break
        if not page.isAncestorOf(now):
            if reached:
                break
            continue
        if reached and _is_back(_place(reached[-1], page), _place(now, page), rtl=is_rtl(page)):
            back.append((reached[-1], now))
        reached.append(now)
        own = isinstance(now, _BORDERED) or now.property("ring") == "none"
        if not own and ring.target() is not now:
            hidden.append(now)
    return reached, back, hidden


def _unreached(page: QWidget, reached: Container[QWidget]) -> list[QWidget]:
    return [
        one
        for one in page.findChildren(QWidget)
        if one.isVisible()
        and one.isEnabled()
        and one.focusProxy() is None
        and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (type(one).__name__ in {"QScrollArea", "QWidget"} or one.objectName().startswith("qt_"))
        and one not in reached
    ]


def _place(one: QWidget, page: QWidget) -> QRect:
    return QRect(one.mapTo(page, QPoint(0, 0)), one.size())


def _is_back(here: QRect, there: QRect, *, rtl: bool) -> bool:
    """Up in one column or back in one line: the eye goes on, and the focus goes back."""
    one_column = there.left() < here.right() and here.left() < there.right()
    if one_column and there.bottom() <= here.top():
        return True
    one_line = abs(there.center().y() - here.center().y()) < ONE_LINE
    return one_line and (there.left() >= here.right() if rtl else there.right() <= here.left())


def _name(one: QWidget) -> str:
    text = getattr(one, "text", None)
    return f"{type(one).__name__} {one.accessibleName() or (text() if callable(text) else '')!r}"
