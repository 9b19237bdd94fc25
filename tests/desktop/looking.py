"""What an eye finds wrong on a window: words that are cut, forms that scroll sideways, controls without a name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QLabel,
    QScrollArea,
    QWidget,
)

from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph


def parts(window: QWidget) -> list[QWidget]:
    """Every widget that can be seen."""
    return [one for one in window.findChildren(QWidget) if one.isVisible()]


def cut_off(window: QWidget, *, notes: bool = False) -> list[str]:
    """Labels, buttons and paragraphs that have less room than their words need.

    `notes`: those too that are made to give way, with the whole text as tool tip.
    """
    found = []
    for one in parts(window):
        if isinstance(one, Label) and one.may_be_cut and not notes:
            continue
        if isinstance(one, Label) and one.text() != one.whole_text():
            found.append(f"label {one.whole_text()!r}")
        elif isinstance(one, QLabel) and one.sizeHint().width() > one.width() + 1 and one.text():
            found.append(f"label {one.text()!r} has {one.width()} of {one.sizeHint().width()}")
        elif (
            isinstance(one, QAbstractButton)
            and one.minimumSizeHint().width() > one.width() + 1
            and one.text()
        ):
            found.append(f"button {one.text()!r}")
        elif (
            isinstance(one, QAbstractButton) and one.text() and not _in_scroll_area(one) and _hidden_part(one)
        ):
            found.append(f"button {one.text()!r} stands beyond the edge")
        elif isinstance(one, Paragraph) and one.heightForWidth(one.width()) > one.height():
            found.append(f"paragraph {one.text()!r}")
    return found


def _hidden_part(one: QWidget) -> bool:
    seen = one.visibleRegion().boundingRect()
    return seen.width() < one.width() - 1 or seen.height() < one.height() - 1


def _in_scroll_area(one: QWidget) -> bool:
    parent = one.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def sideways(window: QWidget) -> list[str]:
    """Forms with a horizontal scroll bar; a table may have one."""
    return [
        f"{type(one).__name__} in {type(one.parent()).__name__}"
        for one in parts(window)
        if isinstance(one, QScrollArea)
        and not isinstance(one, QAbstractItemView)
        and one.horizontalScrollBar().isVisible()
    ]


def nameless(window: QWidget) -> list[str]:
    """What takes the focus by Tab and says nothing to a screen reader."""
    found = []
    for one in parts(window):
        takes = one.focusPolicy() & Qt.FocusPolicy.TabFocus
        inner = type(one).__name__ in {"QScrollArea", "QWidget"} or one.objectName().startswith("qt_")
        text = one.text() if isinstance(one, QAbstractButton) else ""
        if takes and not inner and not (one.accessibleName() or text):
            found.append(f"{type(one).__name__} in {type(one.parent()).__name__}")
    return found
