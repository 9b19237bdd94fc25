"""The table of the window: ticks, a cursor and the mouse are separate; keyboard all the way; any item model.

Ticked rows are Qt's selected rows; the cursor is Qt's current index. Sorting and filtering are the model's business.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from desktop.views.widgets.base import is_rtl
from desktop.views.widgets.table_base import ColumnWidth
from desktop.views.widgets.table_ticks import TickTable

__all__ = ["ColumnWidth", "TableView"]
_KEYS_DOWN = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class TableView(TickTable):
    """A table for any model that answers the roles of `desktop.qt.roles`.

    A model whose rows are not all alike has a method `special_rows() -> Mapping[int, int]`: row number to height in
    token pixels (0: the usual height) of headings, notes and details. Such rows cannot be ticked.

    Signals: `opened(QModelIndex)` Enter or double click; `ticks_changed()`; `cursor_changed(int)` row or -1;
    `group_toggled(int)` row of a heading; `link_activated(QModelIndex, str)`; `sort_asked(int, bool)` column and
    descending; `typed(str)` a letter typed on the table, for a search field.
    """

    opened = Signal(QModelIndex)
    group_toggled = Signal(int)
    link_activated = Signal(QModelIndex, str)
    typed = Signal(str)

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
