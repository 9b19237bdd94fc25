"""What every component starts from: following the theme, knowing the reading direction, being named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from desktop.qt.painting import Artist
from desktop.qt.theme import theme


class _Themed(Protocol):
    def apply_theme(self) -> None: ...


def follow_theme(widget: _Themed) -> None:
    """Call `widget.apply_theme()` now and after each change of the theme, as long as the widget lives.

    `apply_theme` must be a method of a QObject: Qt ends the connection with the object.
    """
    theme().themed.connect(widget.apply_theme)
    widget.apply_theme()


def is_rtl(widget: QWidget) -> bool:
    """True when the widget is laid out right to left."""
    return widget.layoutDirection() == Qt.LayoutDirection.RightToLeft


def artist(widget: QWidget, painter: QPainter) -> Artist:
    """Give an artist that draws on the widget in its reading direction."""
    return Artist(painter, rtl=is_rtl(widget))


def row(*, gap: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Give an empty horizontal layout; sizes are logical pixels before the text scale."""
    made = QHBoxLayout()
    _shape(made, gap, margins)
    return made


def column(*, gap: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Give an empty vertical layout; sizes are logical pixels before the text scale."""
    made = QVBoxLayout()
    _shape(made, gap, margins)
    return made


def side_by_side(main: QWidget, panel: QWidget) -> QSplitter:
    """A list and the panel beside it: the list grows with the window, and neither can be folded away."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    splitter.addWidget(main)
    splitter.addWidget(panel)
    splitter.setStretchFactor(0, 1)
    return splitter


def _shape(layout: QLayout, gap: int, margins: tuple[int, int, int, int]) -> None:
    px = theme().px
    layout.setSpacing(px(gap))
    layout.setContentsMargins(*(px(margin) for margin in margins))


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; widgets in it are deleted later."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def widgets_of(layout: QLayout | None) -> list[QWidget]:
    """Give the widgets that lie directly in a layout, in order."""
    items = [layout.itemAt(number) for number in range(layout.count())] if layout is not None else []
    found = [item.widget() for item in items if item is not None]
    return [widget for widget in found if widget is not None]


class Panel(QFrame):
    """A plain frame whose ground and border come from the style sheet by its object name.

    Names: panel, card, inset, bar, foot, head, quiet, batch, discovery, toast, status, header, nav, section.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)


def under_tabs(tops: Sequence[QWidget], tabs: QWidget, body: QWidget) -> QVBoxLayout:
    """A page with tabs: what stands above them, their strip, and the body, which takes what is left of the height."""
    strip = row(gap=0)
    strip.addWidget(tabs)
    holder = Panel("head")
    holder.setLayout(strip)
    whole = column(gap=0)
    for one in (*tops, holder):
        whole.addWidget(one)
    whole.addWidget(body, 1)
    return whole


class Rule(QFrame):
    """A hair line, horizontal or vertical."""

    def __init__(self, *, vertical: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rule")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        if vertical:
            self.setFixedWidth(1)
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        else:
            self.setFixedHeight(1)
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def drawn(widget: QWidget, paint: Callable[[Artist], object]) -> None:
    """Open a painter on the widget, hand an artist to `paint(artist)` and close the painter in any case."""
    painter = QPainter(widget)
    try:
        paint(artist(widget, painter))
    finally:
        painter.end()
