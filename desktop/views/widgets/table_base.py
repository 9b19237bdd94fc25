"""The ground of the table: headers, widths, heights of special rows, the row under the mouse, the frame of the cursor.

Ticks are added in `table_ticks`, keys and clicks in `table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from desktop.qt.painting import Artist
from desktop.qt.roles import RowLook, row_look_of
from desktop.qt.theme import theme
from desktop.views.widgets.base import artist, follow_theme, is_rtl
from desktop.views.widgets.row_delegate import RowDelegate
from desktop.views.widgets.row_light import RowLights
from desktop.views.widgets.table_heads import ColumnHead, CornerTick, HeadEnd, LeadColumn


@dataclass(frozen=True, slots=True)
class ColumnWidth:
    """Width of a column before the text scale; `stretch` takes what is left."""

    width: int
    stretch: bool = False


class TableBase(QTableView):
    """A table that shows any model in the design; see `TableView` for what it can do in the end."""

    cursor_changed = Signal(int)
    sort_asked = Signal(int, bool)

    def __init__(
        self, *, ticks: bool = True, numbers: bool = False, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.ticks, self.numbers = ticks, numbers
        self._hover = -1
        self.lights = RowLights(self, self._redraw_row)
        self.pinned_frames: tuple[int, ...] = ()
        self._widths: list[ColumnWidth] = []
        self.columns = ColumnHead(self)
        self.lead = LeadColumn(self, self)
        self.setHorizontalHeader(self.columns)
        self.setVerticalHeader(self.lead)
        self.rows = RowDelegate(self, self)
        self.setItemDelegate(self.rows)
        self._head_end = HeadEnd(self)
        self.corner = CornerTick(self)
        self.columns.asked.connect(self._ask_sort)
        self._shape()
        self.setAccessibleName(name or self.tr("Table"))
        follow_theme(self)

    def _shape(self) -> None:
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setProperty("ring", "none")

    # -- model and columns

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model; headings and details are measured again whenever its rows change."""
        before = self.selectionModel()
        super().setModel(model)
        if before is not None:
            before.deleteLater()
        if model is None:
            return
        for signal in (model.modelReset, model.layoutChanged, model.rowsInserted, model.rowsRemoved):
            signal.connect(self.measure_rows)
        self.selectionModel().currentChanged.connect(self._cursor_moved)
        self.measure_rows()
        self.set_widths(self._widths)

    def set_widths(self, widths: Sequence[ColumnWidth]) -> None:
        """Set the columns' widths, from the first on."""
        self._widths = list(widths)
        if self.model() is None:
            return
        for number, item in enumerate(self._widths[: self.model().columnCount()]):
            mode = QHeaderView.ResizeMode.Stretch if item.stretch else QHeaderView.ResizeMode.Interactive
            self.columns.setSectionResizeMode(number, mode)
            if not item.stretch:
                self.setColumnWidth(number, theme().px(item.width))

    def set_sort(self, column: int, *, descending: bool = False) -> None:
        """Show the arrow at a column; -1 shows none."""
        self.columns.sort_column, self.columns.descending = column, descending
        self.columns.viewport().update()

    def _ask_sort(self, column: int) -> None:
        descending = column == self.columns.sort_column and not self.columns.descending
        self.sort_asked.emit(column, descending)

    def special_rows(self) -> Mapping[int, int]:
        """Rows that are headings, notes or details, with their heights; asked of the model."""
        ask = getattr(self.model(), "special_rows", None)
        return ask() if callable(ask) else {}

    def measure_rows(self, *_: object) -> None:
        """Give every row its height again."""
        self.lead.setDefaultSectionSize(theme().row_height)
        for row, height in self.special_rows().items():
            if height and row < self.model().rowCount():
                self.setRowHeight(row, theme().px(height))
        # Now: left to Qt it is done inside the next paint, which asks for another one.
        self.executeDelayedItemsLayout()

    def apply_theme(self) -> None:
        self.setFont(theme().font("text"))
        self.columns.setMinimumSectionSize(theme().px(24))
        if self.model() is not None:
            self.lead.resizeSections(QHeaderView.ResizeMode.Fixed)
            self.lead.setDefaultSectionSize(theme().row_height)
            self.measure_rows()
            self.set_widths(self._widths)
        self.updateGeometries()
        self.viewport().update()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        corner = getattr(self, "corner", None)
        if corner is None:
            return
        corner.setVisible(self.ticks and self.columns.isVisibleTo(self))
        width, height = self.lead.width(), self.columns.height()
        left = self.width() - width if is_rtl(self) else 0
        corner.setGeometry(left, 0, width, height)
        corner.raise_()
        rest = self.width() - width - self.columns.width()
        self._head_end.setVisible(rest > 0 and self.columns.isVisibleTo(self))
        self._head_end.setGeometry(0 if is_rtl(self) else self.width() - rest, 0, rest, height)

    # -- what the delegate and the headers ask

    def hover_row(self) -> int:
        """Row under the mouse, or -1."""
        return self._hover

    def grid_lines(self) -> bool:
        """True for a sheet with row numbers: it has lines between columns."""
        return self.numbers

    def wide_rect(self, rect: QRect) -> QRect:
        """The whole visible row through `rect`."""
        return QRect(0, rect.top(), self.viewport().width(), rect.height())

    def row_look(self, row: int) -> RowLook:
        """How a row is drawn."""
        return row_look_of(self.model().index(row, 0))

    def framed_rows(self) -> tuple[int, ...]:
        """Rows with the frame of the cursor: the current one, and `pinned_frames` in pictures."""
        here = self.currentIndex().row()
        return self.pinned_frames if here < 0 else (here, *self.pinned_frames)

    def current_row(self) -> int:
        """Row of the cursor, or -1."""
        return self.currentIndex().row()

    def is_ticked(self, row: int) -> bool:
        """True when the row is ticked."""
        return bool(self.selectionModel().isRowSelected(row, QModelIndex()))

    def click_lead(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        """The leading column of a row was clicked."""
        self.set_cursor(row)

    def set_hover(self, row: int) -> None:
        """Light the row under the mouse; for pictures too."""
        if row != self._hover:
            before, self._hover = self._hover, row
            for number in (before, row):
                self._redraw_row(number)

    def _redraw_row(self, row: int) -> None:
        if row >= 0:
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            self.viewport().update(QRect(0, top, self.viewport().width(), height))
            self.lead.viewport().update(QRect(0, top, self.lead.width(), height))

    def _cursor_moved(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.row() != before.row():
            self._redraw_row(before.row())
            self._redraw_row(now.row())
            self.cursor_changed.emit(now.row())

    def set_cursor(self, row: int) -> None:
        """Move the cursor to a row and show it; -1 takes it away."""
        column = max(0, self.currentIndex().column())
        index = self.model().index(row, column) if row >= 0 else QModelIndex()
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if row >= 0:
            self.scrollTo(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.set_hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.rows.forget()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        try:
            self._paint_frames(artist(self, painter))
        finally:
            painter.end()

    def _paint_frames(self, art: Artist) -> None:
        for row in self.framed_rows():
            area = QRect(0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row) - 1)
            for top in (area.top(), area.bottom()):
                art.fill(QRect(area.left(), top, area.width(), 1), "acc")
            edge = area.left() if art.rtl else area.right()
            art.fill(QRect(edge, area.top(), 1, area.height()), "acc")
