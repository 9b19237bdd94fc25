"""The two headers of a table: columns with the sort arrow; the leading column with stripe, tick and fold arrow."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHeaderView, QTableView, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.roles import RowLook
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, is_rtl
from desktop.views.widgets.row_delegate import END, PAD, ground_of
from desktop.views.widgets.row_light import RowLights
from desktop.views.widgets.toggles import paint_tick

LEAD_TICKS = 39
LEAD_STRIPE = 10
LEAD_NUMBERS = 40


class ColumnHead(QHeaderView):
    """Column heads, 28 high; the sorted one is dark with an arrow. Signal `asked(int)`: a head was clicked."""

    asked = Signal(int)

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.sort_column, self.descending = -1, False
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self.setMinimumSectionSize(theme().px(24))
        self.sectionClicked.connect(self.asked)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(28))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        art = Artist(painter, rtl=is_rtl(self))
        art.fill(rect, "sunken")
        art.line(rect)
        model = self.model()
        words = str(model.headerData(section, self.orientation()) or "")
        here = section == self.sort_column
        align = model.headerData(section, self.orientation(), Qt.ItemDataRole.TextAlignmentRole)
        at_end = align is not None and bool(
            int(getattr(align, "value", align)) & int(Qt.AlignmentFlag.AlignRight.value)
        )
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.pad(art.theme.px(PAD))
        role, tone = ("column-head", "t1") if here else ("column", "t3")
        if at_end:
            line.trail(art.theme.px(END))
        take = line.trail if at_end else line.lead
        arrow = art.theme.px(16) if here else 0
        area = take(min(art.width(words, role), line.rest.width() - arrow), art.theme.px(3))
        art.text(area, words, role, tone, align="trail" if at_end else "lead")
        if here:
            art.icon(take(art.theme.px(12)), "arrow-down" if self.descending else "arrow-up", "t1", 11)


class RowHost(Protocol):
    """What the leading column asks of its table."""

    ticks: bool
    numbers: bool
    lights: RowLights

    def hover_row(self) -> int:
        """Row under the mouse, or -1."""

    def row_look(self, row: int) -> RowLook:
        """How a row is drawn."""

    def is_ticked(self, row: int) -> bool:
        """True when the row is ticked."""

    def framed_rows(self) -> tuple[int, ...]:
        """Rows with the frame of the cursor."""

    def click_lead(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        """The leading column of a row was clicked."""


class LeadColumn(QHeaderView):
    """The leading column: stripe at the edge, tick box or row number, fold arrow of a heading, frame of the cursor."""

    def __init__(self, host: RowHost, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._host = host
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setMouseTracking(True)
        self.setMinimumSectionSize(1)

    def lead_width(self) -> int:
        """Width in pixels, by what it shows."""
        if self._host.numbers:
            return theme().px(LEAD_NUMBERS)
        return theme().px(LEAD_TICKS if self._host.ticks else LEAD_STRIPE)

    def sizeHint(self) -> QSize:
        # Qt measures up to 200 sections for a height that nobody asks of a column.
        return QSize(self.lead_width(), theme().row_height)

    def sectionSizeFromContents(self, logicalIndex: int) -> QSize:
        return QSize(self.lead_width(), theme().row_height)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        art = Artist(painter, rtl=is_rtl(self))
        look = self._host.row_look(section)
        if look.special:
            self._paint_special(art, rect, look)
            return
        tone = ground_of(
            ticked=self._host.is_ticked(section),
            hover=self._host.hover_row() == section,
            lit=max(look.lit, self._host.lights.at(section)),
        )
        art.fill(rect, tone or ("sunken" if self._host.numbers else "sheet"))
        art.line(rect)
        stripe = art.theme.px(Size.STRIPE)
        if look.stripe:
            art.painter.fillRect(Row(rect, rtl=art.rtl).lead(stripe), art.solid(look.stripe))
        if self._host.ticks:
            self._paint_tick(art, rect, section, look)
        elif self._host.numbers:
            number = str(self.model().headerData(section, Qt.Orientation.Vertical) or "")
            line = Row(rect, rtl=art.rtl)
            line.trail(art.theme.px(8))
            art.text(line.rest, number, "log", "t3", align="trail")
        if section in self._host.framed_rows():
            self._paint_frame(art, rect, stripe)

    def _paint_special(self, art: Artist, rect: QRect, look: RowLook) -> None:
        art.fill(rect, "base")
        art.line(rect)
        px = art.theme.px
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        if look.detail is not None:
            art.painter.fillRect(Row(rect, rtl=art.rtl).lead(px(Size.STRIPE)), art.solid(look.detail.verdict))
        elif look.group is not None and look.group.folded is not None and self._host.ticks:
            line.lead(px(16))
            folded = "chevron-left" if art.rtl else "chevron-right"
            art.icon(line.lead(px(14)), folded if look.group.folded else "chevron-down", "t3", 14)

    def _paint_tick(self, art: Artist, rect: QRect, section: int, look: RowLook) -> None:
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.lead(art.theme.px(16))
        state = Qt.CheckState.Checked if self._host.is_ticked(section) else Qt.CheckState.Unchecked
        paint_tick(art, line.lead(art.theme.px(14)), state, enabled=not look.no_tick)

    def _paint_frame(self, art: Artist, rect: QRect, stripe: int) -> None:
        inner = Row(rect, rtl=art.rtl)
        inner.lead(stripe)
        area = inner.rest.adjusted(0, 0, 0, -1)
        for top in (area.top(), area.bottom()):
            art.fill(QRect(area.left(), top, area.width(), 1), "acc")
        art.fill(Row(area, rtl=art.rtl).lead(1), "acc")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.logicalIndexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._host.click_lead(row, event.modifiers())


class HeadEnd(QWidget):
    """Carries the ground of the heads on over the scroll bar."""

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.fill(self.rect(), "sunken")
        art.line(self.rect())


class CornerTick(QAbstractButton):
    """The tick box over the leading column: ticks all or none, shows some. `clicked` is the signal."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = Qt.CheckState.Unchecked
        self.setAccessibleName(self.tr("Tick all rows"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def state(self) -> Qt.CheckState:
        """All, some or none."""
        return self._state

    def set_state(self, state: Qt.CheckState) -> None:
        """Show all, some or none."""
        self._state = state
        words = {Qt.CheckState.Checked: self.tr("all"), Qt.CheckState.PartiallyChecked: self.tr("some")}
        self.setAccessibleDescription(words.get(state, self.tr("none")))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(LEAD_TICKS), theme().px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.fill(self.rect(), "sunken")
        art.line(self.rect())
        line = Row(self.rect().adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.lead(art.theme.px(16))
        paint_tick(art, line.lead(art.theme.px(14)), self._state)


def no_parent() -> QModelIndex:
    """Give the index that stands for the root of a table."""
    return QModelIndex()
