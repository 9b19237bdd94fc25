"""The import studio's sheet as a model: the file's rows with faults, fixes and doubles; and the way between faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, Qt, Signal

from core.usecases.imports import CellFault, ColumnMatch, ImportPlan, ImportRow, RowVerdict
from desktop.models.words import translate
from desktop.qt.language import spoken
from desktop.qt.roles import Index, Look, Role

CACHED = 512


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell of the sheet: the row's number in the file and the column's field."""

    row: int
    field: str


class ImportSheet(QAbstractTableModel):
    """Rows of a plan, all or those near faults. Signal `edited(int, str, str)`: row number, field, text."""

    edited = Signal(int, str, str)

    def __init__(self) -> None:
        super().__init__()
        self.plan: ImportPlan | None = None
        self.only_faults = False
        self.columns: tuple[ColumnMatch, ...] = ()
        self._indexes: Sequence[int] = ()
        self._rows: dict[int, ImportRow] = {}

    def show(self, plan: ImportPlan | None) -> None:
        """Show a plan; only columns that the file has and uses stand in the sheet."""
        self.beginResetModel()
        self.plan = plan
        self._rows.clear()
        self.columns = _columns(plan) if plan is not None else ()
        self._indexes = self._arranged()
        self.endResetModel()

    def show_only_faults(self, *, only: bool) -> None:
        """All rows, or those near faults."""
        self.beginResetModel()
        self.only_faults = only
        self._indexes = self._arranged()
        self.endResetModel()

    def _arranged(self) -> Sequence[int]:
        if self.plan is None:
            return ()
        near = self.plan.near_faults() if self.only_faults else []
        return near or range(len(self.plan.sheet.rows))

    # -- places

    def import_row(self, row: int) -> ImportRow | None:
        """What a row of the sheet shows."""
        if self.plan is None or not 0 <= row < len(self._indexes):
            return None
        index = self._indexes[row]
        if index not in self._rows:
            if len(self._rows) > CACHED:
                self._rows.clear()
            found = self.plan.window(index, index + 1)
            if not found:
                return None
            self._rows[index] = found[0]
        return self._rows[index]

    def spot_at(self, index: Index) -> Spot | None:
        """The cell of an index."""
        row = self.import_row(index.row())
        if row is None or not 0 <= index.column() < len(self.columns):
            return None
        return Spot(row.number, self.columns[index.column()].field)

    def place_of(self, spot: Spot) -> tuple[int, int]:
        """(row, column) of a cell in the sheet; -1 where it is not shown."""
        if self.plan is None:
            return -1, -1
        try:
            index = self.plan.index_of(spot.row)
        except KeyError:
            return -1, -1
        row = index if isinstance(self._indexes, range) else _find(self._indexes, index)
        fields = [c.field for c in self.columns]
        return row, fields.index(spot.field) if spot.field in fields else 0

    def fault_at(self, spot: Spot | None) -> CellFault | None:
        """The fault of a cell, or of its row as a whole where the cell stands first."""
        if self.plan is None or spot is None:
            return None
        mine = [f for f in self.plan.faults if f.row == spot.row]
        return next((f for f in mine if f.field == spot.field), None)

    def next_fault(self, after: Spot | None, by: int = 1) -> CellFault | None:
        """The fault after a cell in the order of the file, round at the end; None when there is none."""
        if self.plan is None or not self.plan.faults:
            return None
        faults = list(self.plan.faults)
        if after is None:
            return faults[0]
        order = {c.field: n for n, c in enumerate(self.columns)}
        keys = [(f.row, order.get(f.field, 0)) for f in faults]
        here = (after.row, order.get(after.field, 0))
        if by > 0:
            return next((f for f, k in zip(faults, keys, strict=True) if k > here), faults[0])
        before = [f for f, k in zip(faults, keys, strict=True) if k < here]
        return before[-1] if before else faults[-1]

    # -- Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._indexes)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.isValid() else plain

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.import_row(index.row())
        if row is None or not 0 <= index.column() < len(self.columns):
            return None
        column = self.columns[index.column()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole}:
            place = column.place
            return str(row.cells[place]) if place is not None and place < len(row.cells) else ""
        if role == Role.LOOK:
            return _look(row, column)
        if role in {Role.REASON, Qt.ItemDataRole.AccessibleDescriptionRole}:
            return _reason(row, column)
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        spot = self.spot_at(index)
        if spot is None or role != Qt.ItemDataRole.EditRole or str(value).strip() == str(index.data() or ""):
            return False
        self.edited.emit(spot.row, spot.field, str(value))
        return True

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.label
            if role == Qt.ItemDataRole.ToolTipRole:
                read = translate("read from '{0}'").format(column.head) if column.by_alias else ""
                return "\n".join(part for part in (column.note, read) if part)
        elif orientation is Qt.Orientation.Vertical and role == Qt.ItemDataRole.DisplayRole:
            row = self.import_row(section)
            return str(row.number) if row is not None else ""
        return None


def _columns(plan: ImportPlan) -> tuple[ColumnMatch, ...]:
    faulty = {f.field for f in plan.faults}
    shown = [c for c in plan.columns if c.place is not None and (c.filled or c.needed or c.field in faulty)]
    return tuple(sorted(shown, key=lambda c: c.place or 0))


def _look(row: ImportRow, column: ColumnMatch) -> Look:
    mono = column.secret or column.field in {"uid", "mac"}
    if any(f.field == column.field for f in row.faults):
        return Look(cell="fault", mono=mono)
    if column.field in row.fixed:
        return Look(cell="fixed", mono=mono)
    if row.double is not None and row.decision is None and column.field in {"last_name", "first_name"}:
        return Look(cell="double", mono=mono)
    return Look(mono=mono, tone="t3" if row.verdict is RowVerdict.UNCHANGED else "")


def _reason(row: ImportRow, column: ColumnMatch) -> str:
    fault = next((f for f in row.faults if f.field == column.field), None)
    if fault is not None:
        return spoken(fault.reason)
    if row.double is not None and row.decision is None:
        return translate("May be {0}: {1}.").format(row.double.title, spoken(row.double.by))
    change = next((c for c in row.changes if c.column == column.label), None)
    return translate("{0} becomes {1}").format(change.was, change.now) if change else ""


def _find(indexes: Sequence[int], index: int) -> int:
    try:
        return indexes.index(index)
    except ValueError:
        return -1
