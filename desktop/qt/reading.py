"""The order of the Tab key: the order of reading, taken from the layouts at each press.

Qt's own chain is the order in which widgets were made, and what is made later, such as a panel, comes last in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLayout,
    QScrollArea,
    QScrollBar,
    QSplitter,
    QStackedWidget,
    QWidget,
)

_LEAVES = (QLabel, QAbstractButton, QComboBox, QAbstractSpinBox, QScrollBar, QHeaderView)
"""What has no stop inside; a line may have one, such as the eye of a secret."""


def reading_order(root: QWidget) -> list[QWidget]:
    """Everything under `root` that Tab may stop at now, in the order in which it is read."""
    return [one for one in _walk(root) if _stops(one)]


def focus_next(root: QWidget, *, forward: bool) -> bool:
    """Move the focus to the next stop in reading order; False when the focus is not on a stop of `root`."""
    now = QApplication.focusWidget()
    order = reading_order(root)
    if now is None or now not in order:
        return False
    step = 1 if forward else -1
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    then = order[(order.index(now) + step) % len(order)]
    then.setFocus(reason)
    _show(then)
    return True


def _show(widget: QWidget) -> None:
    """Scroll what lies around a widget so that it is seen."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()


def _walk(widget: QWidget) -> Iterator[QWidget]:
    if not widget.isVisible():
        return
    yield widget
    for child in _children(widget):
        yield from _walk(child)


def _children(widget: QWidget) -> list[QWidget]:
    """The widgets directly inside, in reading order: those of the layout, then those that were put in by hand."""
    if isinstance(widget, _LEAVES):
        return []
    if isinstance(widget, QSplitter):
        parts = (widget.widget(number) for number in range(widget.count()))
        return [one for one in parts if one is not None]
    if isinstance(widget, QStackedWidget):
        return [one for one in (widget.currentWidget(),) if one is not None]
    if isinstance(widget, QScrollArea):
        return [one for one in (widget.widget(),) if one is not None]
    layout = widget.layout()
    laid = list(_widgets_of(layout)) if layout is not None else []
    known = set(laid)
    # Not `children`: that makes objects of Python's, and of their whole classes, for layouts, actions and timers, too.
    placed = widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return laid + [one for one in placed if one not in known and not one.isWindow()]


def _widgets_of(layout: QLayout) -> Iterator[QWidget]:
    for number in _places(layout):
        item = layout.itemAt(number)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _widgets_of(inner)


def _places(layout: QLayout) -> list[int]:
    """Numbers of the items of a layout; those of a grid line by line."""
    numbers = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        numbers.sort(key=lambda number: _line_of(layout, number))
    return numbers


def _line_of(layout: QGridLayout, number: int) -> tuple[int, int]:
    row, column, _rows, _columns = cast("tuple[int, int, int, int]", layout.getItemPosition(number))
    return row, column


def _stops(one: QWidget) -> bool:
    if not one.isEnabled() or one.focusProxy() is not None or one.objectName().startswith("qt_"):
        return False
    if not one.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return False
    # A scroll area around controls follows the focus inside it; alone, it takes the keys that scroll it.
    return type(one) is not QScrollArea or not any(_stops(inner) for inner in _walk(one) if inner is not one)
