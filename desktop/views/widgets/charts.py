"""Charts: stacked columns over days, drawn with the theme's tokens; every figure is also said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.qt.painting import Artist
from desktop.qt.theme import theme
from desktop.views.widgets.base import drawn, follow_theme, is_rtl
from desktop.views.widgets.figures import in_stack_order

HEIGHT, FOOT, SCALE = 132, 18, 34


@dataclass(frozen=True, slots=True)
class ColumnData:
    """One column: the words under it, its parts by tone or verdict, and what is said when pointed at."""

    label: str
    parts: Mapping[str, float]
    words: str = ""

    @property
    def total(self) -> float:
        """The height of the column."""
        return sum(self.parts.values())


def nice_top(most: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50 ... that is not below `most`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= most:
                return step * factor
        step *= 10


class ColumnChart(QWidget):
    """Stacked columns in their order, three lines of scale, words under every column that has room.

    The parts of a column stand in the order of the plan bar. Pointing at a column says its figures.
    """

    def __init__(
        self, columns: Sequence[ColumnData] = (), *, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._columns: tuple[ColumnData, ...] = ()
        self._name, self._at = name, -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_columns(columns)
        follow_theme(self)

    def set_columns(self, columns: Sequence[ColumnData]) -> None:
        """Show other columns."""
        self._columns = tuple(columns)
        said = "; ".join(c.words or f"{c.label} {c.total:g}" for c in self._columns if c.total)
        self.setAccessibleName(self._name)
        self.setAccessibleDescription(said)
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(280), theme().px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(160), theme().px(HEIGHT))

    def column_at(self, at: QPoint) -> int:
        """Number of the column at a point, or -1."""
        for number in range(len(self._columns)):
            if self._slot(number).contains(at):
                return number
        return -1

    def _plot(self) -> QRect:
        px = theme().px
        scale = px(SCALE)
        return self.rect().adjusted(
            0 if is_rtl(self) else scale, px(6), -scale if is_rtl(self) else 0, -px(FOOT)
        )

    def _slot(self, number: int) -> QRect:
        plot, count = self._plot(), max(1, len(self._columns))
        place = count - 1 - number if is_rtl(self) else number
        left, right = place * plot.width() // count, (place + 1) * plot.width() // count
        return QRect(plot.left() + left, plot.top(), right - left, plot.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        top = nice_top(max((c.total for c in self._columns), default=1) or 1)
        self._paint_scale(art, top)
        for number, item in enumerate(self._columns):
            self._paint_column(art, number, item, top)

    def _paint_scale(self, art: Artist, top: int) -> None:
        plot, px = self._plot(), art.theme.px
        for part in (0, 1, 2) if top > 1 else (0, 2):
            y = plot.bottom() - (plot.height() - 1) * part // 2
            art.fill(QRect(plot.left(), y, plot.width(), 1), "line2" if part == 0 else "line")
            words = f"{top * part / 2:g}"
            left = plot.right() + px(4) if art.rtl else 0
            area = QRect(left, y - px(8), px(SCALE) - px(8), px(16))
            art.text(area, words, "caption", "t3", align="trail", elide=False)

    def _paint_column(self, art: Artist, number: int, item: ColumnData, top: int) -> None:
        slot, px = self._slot(number), art.theme.px
        if number == self._at:
            art.fill(slot, "hover")
        wide = max(px(4), min(px(22), slot.width() - px(6)))
        left, bottom = slot.center().x() - wide // 2, slot.bottom()
        for word, amount in in_stack_order(item.parts):
            high = max(2, round((slot.height() - 1) * amount / top))
            art.painter.fillRect(QRect(left, bottom - high, wide, high - 1), art.solid(word))
            bottom -= high
        under = QRect(slot.left() - px(12), slot.bottom() + px(3), slot.width() + px(24), px(FOOT - 2))
        if self._has_label(number):
            art.text(under, item.label, "caption", "t3", align="centre", elide=False)

    def _has_label(self, number: int) -> bool:
        """Every label that has room, counted from the last column, which is today."""
        widest = max(
            (theme().metrics("caption").horizontalAdvance(c.label) for c in self._columns), default=1
        )
        each = max(1, self._plot().width() // max(1, len(self._columns)))
        step = -(-int(widest + theme().px(8)) // each)
        return (len(self._columns) - 1 - number) % step == 0

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self._at >= 0:
            self._at = -1
            self.update()
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self.column_at(event.position().toPoint())
        if at != self._at:
            self._at = at
            self.update()
            words = self._columns[at].words if at >= 0 else ""
            QToolTip.showText(event.globalPosition().toPoint(), words, self)


class Legend(QWidget):
    """Squares of colour with their words in a line."""

    def __init__(self, parts: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = tuple(parts)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(words for _, words in self._parts))
        follow_theme(self)

    def set_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """Show others: (tone, words)."""
        self._parts = tuple(parts)
        self.setAccessibleName(", ".join(words for _, words in self._parts))
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(120), theme().px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px, at = art.theme.px, 0
        width = self.width()
        for tone, words in self._parts:
            text = art.width(words, "help")
            square = QRect(at, (self.height() - px(8)) // 2, px(8), px(8))
            area = QRect(at + px(13), 0, text, self.height())
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                square.moveLeft(width - square.right() - 1)
                area.moveLeft(width - area.right() - 1)
            art.painter.fillRect(square, art.solid(tone))
            art.text(area, words, "help", "t2", elide=False)
            at += px(13) + text + px(14)
