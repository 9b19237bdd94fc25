"""The ground of a gallery page: named sections in columns, and a frame that shows a control as focused."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QWidget

from desktop.qt.theme import theme
from desktop.views.widgets.base import column, drawn, row
from desktop.views.widgets.boxes import Section


def section(title: str, *content: QWidget | QLayout, note: str = "", gap: int = 8) -> QWidget:
    """Give a titled part of a page."""
    made = QWidget()
    inner = column(gap=gap)
    inner.addWidget(Section(title, note))
    for part in content:
        if isinstance(part, QLayout):
            inner.addLayout(part)
        else:
            inner.addWidget(part)
    made.setLayout(inner)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def side_by_side(*widgets: QWidget, gap: int = 8, stretch: bool = True) -> QHBoxLayout:
    """Give widgets in a line, at their own widths."""
    line = row(gap=gap)
    for widget in widgets:
        line.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    if stretch:
        line.addStretch(1)
    return line


def page(columns: Sequence[tuple[int, Sequence[QWidget]]]) -> QWidget:
    """Give a page of columns: each has a share of the width and its sections."""
    made = QWidget()
    made.setObjectName("page")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
    across = row(gap=24, margins=(20, 16, 20, 10))
    for share, sections in columns:
        holder = QWidget()
        down = column(gap=18)
        for part in sections:
            down.addWidget(part)
        down.addStretch(1)
        holder.setLayout(down)
        across.addWidget(holder, share)
    made.setMinimumWidth(theme().px(1360))
    made.setLayout(across)
    return made


class Ringed(QWidget):
    """A control with the focus ring around it, wherever the focus is."""

    def __init__(self, control: QWidget, *, radius: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._radius = radius
        inner = row(gap=0, margins=(3, 3, 3, 3))
        inner.addWidget(control)
        self.setLayout(inner)
        self.setSizePolicy(control.sizePolicy())

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(
            self,
            lambda art: art.box(
                self.rect(), None, "focus", self._radius + 3, width=art.theme.tokens.focus_width
            ),
        )
