"""Ticks of a table: Qt's selected rows, so that they survive sorting and loading; a million cost nothing."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QWidget

from desktop.views.widgets.table_base import TableBase

_FLAG = QItemSelectionModel.SelectionFlag


class TickTable(TableBase):
    """A table whose rows can be ticked, one by one, by range, all at once."""

    ticks_changed = Signal()

    def __init__(
        self, *, ticks: bool = True, numbers: bool = False, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(ticks=ticks, numbers=numbers, name=name, parent=parent)
        self.corner.clicked.connect(self._toggle_all)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model; nothing is ticked at first."""
        super().setModel(model)
        if model is not None:
            self.selectionModel().selectionChanged.connect(self._ticks_moved)

    def measure_rows(self, *_: object) -> None:
        """Give every row its height again, and count the ticks among those that are left."""
        super().measure_rows()
        self._show_corner()

    def _ranges(self) -> list[QItemSelectionRange]:
        ticked = self.selectionModel().selection()
        return [ticked.at(number) for number in range(ticked.count())]

    def tick_count(self) -> int:
        """How many rows are ticked; counts ranges, so a million costs nothing."""
        special = self.special_rows()
        total = 0
        for part in self._ranges():
            total += part.height() - sum(1 for row in special if part.top() <= row <= part.bottom())
        return total

    def ticked_rows(self) -> list[int]:
        """The ticked rows in order, headings and details left out."""
        special = self.special_rows()
        found: set[int] = set()
        for part in self._ranges():
            found.update(row for row in range(part.top(), part.bottom() + 1) if row not in special)
        return sorted(found)

    def ticked_ranges(self) -> list[tuple[int, int]]:
        """The ticked rows as stretches (first, last) in order: for a table without headings, however long it is."""
        return sorted((part.top(), part.bottom()) for part in self._ranges())

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
        if not self.ticks or model.rowCount() == 0:
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
        rows = self.model().rowCount() - len(self.special_rows())
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
