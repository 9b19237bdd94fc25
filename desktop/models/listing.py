"""What every list of the window has: columns, search, filters, sort, keys, and changes that keep the place.

`EntityTable` (rows from SQL) and `RowsTable` (joined rows) are its two kinds. A view needs nothing but this class.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.store.changes import ChangeSet
from desktop.models.columns import ListColumn
from desktop.models.latest import Latest
from desktop.models.shift import Shift
from desktop.qt.bridge import Crossing
from desktop.qt.roles import Look, Role, RowLook

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class FilterField:
    """Something a list can be narrowed by. `choices()` are (value, words), asked when the menu opens.

    `value_of(row)` is what joined rows compare; a table from SQL uses `key` as the field's name instead.
    """

    key: str
    label: str
    choices: Callable[[], Sequence[tuple[object, str]]]
    value_of: Callable[[Any], object] | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One filter in force, in words."""

    key: str
    label: str
    value: object
    words: str


def _no_look(_row: Any) -> RowLook:
    return RowLook()


class Listing(QAbstractTableModel):
    """A list that is fetched off the window's thread and kept up to date by the change feed.

    Signals: `settled()` what was asked for is shown, or why it cannot be; `counted(shown, total)`; `faulted()` when
    `fault` has changed; `shifting()` and `shifted()` around every change of the order, for whoever keeps the scroll
    place; `narrowed()` search or filters changed.
    """

    settled = Signal()
    counted = Signal(int, int)
    faulted = Signal()
    shifting = Signal()
    shifted = Signal()
    narrowed = Signal()
    at_once: int | None = None
    """How many row objects may be looked at on the window's thread; None: they are all there anyway."""

    def __init__(
        self,
        columns: Sequence[ListColumn],
        tasks: TaskOwner,
        feed: Crossing,
        touches: Iterable[str],
        *,
        filters: Sequence[FilterField] = (),
        row_look: Callable[[Any], RowLook] = _no_look,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.filter_fields = tuple(filters)
        self.shown = self.total = 0
        self.counting = False
        """True while the first screenful is shown and how many rows there are is still being found out."""
        self._touches = frozenset(touches)
        self._row_look = row_look
        self.search = ""
        """The words looked for; changed by `set_search`."""
        self._sort, self._descending = "", False
        self._filters: dict[str, object] = {}
        self._live, self._stale = True, False
        self.fetched = False
        self.fault: GatewrightError | None = None
        """Why the last fetch failed; None when it went well. What was shown before stays."""
        self._latest = Latest(tasks, self._fetch, failed=self._on_fault, settled=self.settled.emit)
        feed.delivered.connect(self._on_changes)

    # -- what kinds implement

    async def _fetch(self) -> None:
        """Fetch what the state asks for and show it."""
        raise NotImplementedError

    def object_at(self, row: int) -> Any:
        """What a row shows; None for a heading, or for a row that vanished."""
        raise NotImplementedError

    def key_at(self, row: int) -> Hashable:
        """What identifies a row over sorting and loading; None where there is no row."""
        raise NotImplementedError

    def row_of(self, key: Hashable) -> int:
        """Row of a key, or -1."""
        raise NotImplementedError

    def pages(self) -> AsyncGenerator[list[Any], None]:
        """All rows that match, in order, so many at a time as may be held; for exports."""
        raise NotImplementedError

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        """Note what changed; True when the list must be fetched again."""
        return True

    # -- state

    def set_search(self, text: str) -> None:
        """Show only rows that have every word."""
        if text.strip() != self.search:
            self.search = text.strip()
            self._narrow()

    def set_filter(self, key: str, value: object) -> None:
        """Narrow to rows whose `key` has this value; None takes the filter away."""
        if value is None:
            if self._filters.pop(key, None) is None:
                return
        else:
            self._filters[key] = value
        self._narrow()

    def clear_narrowing(self) -> None:
        """Show everything again."""
        self.search = ""
        self._filters.clear()
        self._narrow()

    def narrowings(self) -> list[Narrowing]:
        """The filters in force, in words."""
        found = []
        for field in self.filter_fields:
            if field.key in self._filters:
                value = self._filters[field.key]
                words = next((words for key, words in field.choices() if key == value), str(value))
                found.append(Narrowing(field.key, field.label, value, words))
        return found

    @property
    def is_narrowed(self) -> bool:
        """True while search or filters hide something."""
        return bool(self.search or self._filters)

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """Sort by a column's key; a column that cannot be sorted is let pass."""
        column = next((c for c in self.columns if c.key == key), None)
        if column is None or not column.sort:
            return
        self._sort, self._descending = key, descending
        self._outdate()
        self.refresh()

    @property
    def sorting(self) -> tuple[int, bool]:
        """Number of the sorted column (-1: none) and whether it is descending."""
        number = next((n for n, c in enumerate(self.columns) if c.key == self._sort), -1)
        return number, self._descending

    def refresh(self) -> None:
        """Fetch again soon."""
        if self._live:
            self._stale = False
            self._latest.ask()
        else:
            self._stale = True

    def repaint(self) -> None:
        """Show the same rows again: something beside them changed that their columns ask for, such as a running job."""
        if self.rowCount():
            last = self.index(self.rowCount() - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @property
    def is_settled(self) -> bool:
        """Whether it shows what was asked for, or why that cannot be shown."""
        return (self.fetched or self.fault is not None) and not self._latest.busy

    def set_live(self, *, live: bool) -> None:
        """A hidden list remembers that it is out of date and fetches when it is shown again."""
        self._live = live
        if live and (self._stale or not self.fetched):
            self.refresh()

    def close(self) -> None:
        """Fetch nothing any more."""
        self._latest.close()

    def _narrow(self) -> None:
        self.narrowed.emit()
        self._outdate()
        self.refresh()

    def _outdate(self) -> None:
        """Nobody waits any more for what is being fetched: a person asked for something else."""

    def _refresh_for_change(self) -> None:
        """Fetch again since rows changed; a list of great length may take its time."""
        self.refresh()

    def _on_fault(self, fault: GatewrightError) -> None:
        self._stale = True  # whoever comes back to the list, has it tried again
        self._set_fault(fault)

    def _set_fault(self, fault: GatewrightError | None) -> None:
        if fault is not self.fault:
            self.fault = fault
            self.faulted.emit()

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        mine = [c for c in changes if c.touches(*self._touches)]
        if mine and self._take_changes(mine):
            self._refresh_for_change()

    def _tell_counts(self, shown: int, total: int) -> None:
        self.shown, self.total, self.fetched, self.counting = shown, total, True, False
        self._set_fault(None)
        self.counted.emit(shown, total)

    # -- telling the view of a new order

    def _apply_shift(
        self, shift: Shift, replace: Callable[[], None], step: Callable[[str, int, int], None]
    ) -> None:
        """Tell the view; `replace()` puts the new order in place, `step(what, first, last)` one part of it."""
        self.shifting.emit()
        if shift.anew:
            self._lay_out_anew(replace)
        for first, last in shift.removes:
            self.beginRemoveRows(_ROOT, first, last)
            step("remove", first, last)
            self.endRemoveRows()
        for first, last in shift.inserts:
            self.beginInsertRows(_ROOT, first, last)
            step("insert", first, last)
            self.endInsertRows()
        self.shifted.emit()

    def _lay_out_anew(self, replace: Callable[[], None]) -> None:
        """Ticks and cursor are persistent indexes: each is led to where its key is now."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = {index.row(): self.key_at(index.row()) for index in old}
        replace()
        where = self._rows_of(set(keys.values()))
        new = []
        for index in old:
            row = where.get(keys[index.row()], -1)
            new.append(self.index(row, index.column()) if row >= 0 else QModelIndex())
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _rows_of(self, keys: set[Hashable]) -> dict[Hashable, int]:
        return {key: row for key in keys if (row := self.row_of(key)) >= 0}

    # -- Qt

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title if section < len(self.columns) else None
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            look = self.columns[section].look if section < len(self.columns) else None
            return Qt.AlignmentFlag.AlignRight if isinstance(look, Look) and look.end else None
        if orientation == Qt.Orientation.Vertical and role == Qt.ItemDataRole.DisplayRole:
            return str(section + 1)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role in _UNUSED:
            return None
        if role == Role.KEY:
            return self.key_at(index.row())
        if role == Role.ROW:
            return self.row_look(index.row())
        row = self.object_at(index.row())
        if row is None:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Role.LOOK:
            return self._look_of(column, row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {column.text(row)}"
        return None

    def _look_of(self, column: ListColumn, row: Any) -> Look:
        """How a cell is drawn."""
        return column.look_of(row)

    def row_look(self, row: int) -> RowLook:
        """How a row is drawn."""
        shown = self.object_at(row)
        return RowLook() if shown is None else self._row_look(shown)


_UNUSED = frozenset(
    int(role)
    for role in (
        Qt.ItemDataRole.DecorationRole,
        Qt.ItemDataRole.SizeHintRole,
        Qt.ItemDataRole.FontRole,
        Qt.ItemDataRole.ForegroundRole,
        Qt.ItemDataRole.BackgroundRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.CheckStateRole,
    )
)


def spans_of(text: str, words: str) -> tuple[tuple[int, int], ...]:
    """Where the words stand in a text, letter case and the separators of a MAC aside."""
    kept = [i for i, c in enumerate(text) if c not in ":-."]
    plain = "".join(text[i] for i in kept).casefold()
    if len(plain) != len(kept):
        return ()
    found = []
    for word in words.split():
        needle = "".join(c for c in word if c not in ":-.").casefold()
        at = plain.find(needle) if needle else -1
        if at >= 0:
            found.append((kept[at], kept[at + len(needle) - 1] + 1))
    return tuple(sorted(found))
