"""The table of the window: ticks, a cursor and the mouse are separate; keyboard all the way; any item model.

Ticked rows are Qt's selected rows; the cursor is Qt's current index. Sorting and filtering are the model's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from desktop.qt.roles import RowLook, row_look_of
from desktop.qt.theme import theme
from desktop.views.widgets.base import artist, follow_theme, is_rtl
from desktop.views.widgets.row_delegate import RowDelegate
from desktop.views.widgets.table_heads import ColumnHead, CornerTick, LeadColumn

_FLAG = QItemSelectionModel.SelectionFlag
_KEYS_DOWN = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True, slots=True)
class ColumnWidth:
    """Width of a column before the text scale; `stretch` takes what is left."""

    width: int
    stretch: bool = False


class TableView(QTableView):
    """A table for any model that answers the roles of `desktop.qt.roles`.

    A model whose rows are not all alike has a method `special_rows() -> Mapping[int, int]`: row number to height in
    token pixels (0: the usual height) of headings, notes and details. Such rows cannot be ticked.

    Signals: `opened(QModelIndex)` Enter or double click; `ticks_changed()`; `cursor_changed(int)` row or -1;
    `group_toggled(int)` row of a heading; `link_activated(QModelIndex, str)`; `sort_asked(int, bool)` column and
    descending; `typed(str)` a letter typed on the table, for a search field.
    """

    opened = Signal(QModelIndex)
    ticks_changed = Signal()
    cursor_changed = Signal(int)
    group_toggled = Signal(int)
    link_activated = Signal(QModelIndex, str)
    sort_asked = Signal(int, bool)
    typed = Signal(str)

    def __init__(
        self, *, ticks: bool = True, numbers: bool = False, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.ticks, self.numbers = ticks, numbers
        self._hover = -1
        self._widths: list[ColumnWidth] = []
        self.columns = ColumnHead(self)
        self.lead = LeadColumn(self, self)
        self.setHorizontalHeader(self.columns)
        self.setVerticalHeader(self.lead)
        self.rows = RowDelegate(self, self)
        self.setItemDelegate(self.rows)
        self.corner = CornerTick(self)
        self.corner.clicked.connect(self._toggle_all)
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
            signal.connect(self._measure_rows)
        self.selectionModel().selectionChanged.connect(self._ticks_moved)
        self.selectionModel().currentChanged.connect(self._cursor_moved)
        self._measure_rows()
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

    def _special(self) -> Mapping[int, int]:
        ask = getattr(self.model(), "special_rows", None)
        return ask() if callable(ask) else {}

    def _measure_rows(self, *_: object) -> None:
        self.lead.setDefaultSectionSize(theme().row_height)
        for row, height in self._special().items():
            if height and row < self.model().rowCount():
                self.setRowHeight(row, theme().px(height))
        self._show_corner()

    def apply_theme(self) -> None:
        self.setFont(theme().font("text"))
        self.columns.setMinimumSectionSize(theme().px(24))
        if self.model() is not None:
            self.lead.resizeSections(QHeaderView.ResizeMode.Fixed)
            self.lead.setDefaultSectionSize(theme().row_height)
            self._measure_rows()
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

    def current_row(self) -> int:
        """Row of the cursor, or -1."""
        return self.currentIndex().row()

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

    # -- ticks

    def is_ticked(self, row: int) -> bool:
        """True when the row is ticked."""
        return bool(self.selectionModel().isRowSelected(row, QModelIndex()))

    def tick_count(self) -> int:
        """How many rows are ticked; counts ranges, so a million costs nothing."""
        special = self._special()
        total = 0
        for part in self.selectionModel().selection():
            total += part.height() - sum(1 for row in special if part.top() <= row <= part.bottom())
        return total

    def ticked_rows(self) -> list[int]:
        """The ticked rows in order, headings and details left out."""
        special = self._special()
        found: set[int] = set()
        for part in self.selectionModel().selection():
            found.update(row for row in range(part.top(), part.bottom() + 1) if row not in special)
        return sorted(found)

    def can_tick(self, row: int) -> bool:
        """False for headings, notes, details and rows which say why they cannot be ticked."""
        look = self.row_look(row)
        return not look.special and not look.no_tick

    def set_ticked(self, row: int, *, ticked: bool) -> None:
        """Tick a row or take its tick away; one that cannot be ticked is left alone."""
        if self.ticks and self.can_tick(row):
            flag = _FLAG.Select if ticked else _FLAG.Deselect
            self.selectionModel().select(self.model().index(row, 0), flag | _FLAG.Rows)

    def toggle_tick(self, row: int) -> None:
        """Turn the tick of a row over."""
        self.set_ticked(row, ticked=not self.is_ticked(row))

    def tick_range(self, first: int, last: int) -> None:
        """Tick all rows from one to another, in either direction."""
        low, high = min(first, last), max(first, last)
        for row in range(low, high + 1):
            self.set_ticked(row, ticked=True)

    def tick_all(self) -> None:
        """Tick all rows at once, as one range."""
        model = self.model()
        if not self.ticks or model is None or model.rowCount() == 0:
            return
        whole = QItemSelection(model.index(0, 0), model.index(model.rowCount() - 1, model.columnCount() - 1))
        self.selectionModel().select(whole, _FLAG.Select | _FLAG.Rows)

    def clear_ticks(self) -> None:
        """Take all ticks away; the cursor stays."""
        if self.selectionModel() is not None:
            self.selectionModel().clearSelection()

    def _toggle_all(self) -> None:
        if self.corner.state == Qt.CheckState.Unchecked:
            self.tick_all()
        else:
            self.clear_ticks()

    def _ticks_moved(self, *_: object) -> None:
        self.lead.viewport().update()
        self.viewport().update()
        self._show_corner()
        self.ticks_changed.emit()

    def _show_corner(self) -> None:
        count = self.tick_count()
        rows = self.model().rowCount() - len(self._special())
        if count == 0:
            state = Qt.CheckState.Unchecked
        else:
            state = Qt.CheckState.Checked if count >= rows else Qt.CheckState.PartiallyChecked
        self.corner.set_state(state)

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        # Ticks change by the tick column, Space, Ctrl and Shift only: a plain click or arrow moves the cursor.
        return _FLAG.NoUpdate

    # -- cursor, keys, mouse

    def _cursor_moved(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.row() != before.row():
            self._redraw_row(before.row())
            self._redraw_row(now.row())
            self.cursor_changed.emit(now.row())

    def set_cursor(self, row: int) -> None:
        """Move the cursor to a row and show it; -1 takes it away."""
        column = max(0, self.currentIndex().column())
        index = self.model().index(row, column) if row >= 0 else QModelIndex()
        self.selectionModel().setCurrentIndex(index, _FLAG.NoUpdate)
        if row >= 0:
            self.scrollTo(index)

    def _step(self, row: int, by: int) -> int:
        """Next row in a direction that is not a note or a detail, or the same row when there is none."""
        wanted = row + by
        while 0 <= wanted < self.model().rowCount():
            look = self.row_look(wanted)
            if look.detail is None and look.note is None:
                return wanted
            wanted += by
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.model() is None or self.model().rowCount() == 0 or not self._handle_key(event):
            super().keyPressEvent(event)

    def _handle_key(self, event: QKeyEvent) -> bool:
        key, row = Qt.Key(event.key()), self.current_row()
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _KEYS_DOWN and held in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier}:
            wanted = self._step(row, _KEYS_DOWN[key]) if row >= 0 else self._step(-1, 1)
            if held == Qt.KeyboardModifier.ShiftModifier and row >= 0:
                self.tick_range(row, wanted)
            self.set_cursor(wanted)
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_End} and held == Qt.KeyboardModifier.NoModifier:
            last = self.model().rowCount()
            self.set_cursor(self._step(-1, 1) if key == Qt.Key.Key_Home else self._step(last, -1))
        elif key == Qt.Key.Key_Space and row >= 0 and self.ticks:
            self.toggle_tick(row)
        elif key == Qt.Key.Key_A and held == Qt.KeyboardModifier.ControlModifier and self.ticks:
            self.tick_all()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and row >= 0:
            self._open(self.currentIndex())
        else:
            return self._fold_key(key, row)
        return True

    def _fold_key(self, key: Qt.Key, row: int) -> bool:
        group = self.row_look(row).group if row >= 0 else None
        if group is None or group.folded is None or key not in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            return False
        opens = (key == Qt.Key.Key_Right) != is_rtl(self)
        if opens == group.folded:
            self.group_toggled.emit(row)
        return True

    def keyboardSearch(self, search: str) -> None:
        """Hand letters to whoever searches: a table of a million rows is not searched row by row."""
        if search.strip():
            self.typed.emit(search)

    def _open(self, index: QModelIndex) -> None:
        group = self.row_look(index.row()).group
        if group is None:
            self.opened.emit(index)
        elif group.folded is not None:
            self.group_toggled.emit(index.row())

    def click_lead(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        """The leading column was clicked: tick, tick a range with Shift, or fold a heading."""
        group = self.row_look(row).group
        if group is not None:
            if group.folded is not None:
                self.group_toggled.emit(row)
            return
        if modifiers & Qt.KeyboardModifier.ShiftModifier and self.current_row() >= 0:
            self.tick_range(self.current_row(), row)
        else:
            self.toggle_tick(row)
        self.set_cursor(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        before = self.current_row()
        super().mousePressEvent(event)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and before >= 0:
            self.tick_range(before, index.row())
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.toggle_tick(index.row())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        key = self.rows.act_at(self.visualRect(index), index, at, rtl=is_rtl(self))
        group = self.row_look(index.row()).group
        if key:
            self.link_activated.emit(index, key)
        elif group is not None and group.folded is not None:
            self.group_toggled.emit(index.row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not self.row_look(index.row()).special:
            self.opened.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.set_hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        row = self.current_row()
        if row < 0 or self.model() is None:
            return
        painter = QPainter(self.viewport())
        art = artist(self, painter)
        area = QRect(0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row) - 1)
        for top in (area.top(), area.bottom()):
            art.fill(QRect(area.left(), top, area.width(), 1), "acc")
        edge = area.left() if art.rtl else area.right()
        art.fill(QRect(edge, area.top(), 1, area.height()), "acc")
        painter.end()
