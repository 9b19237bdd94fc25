"""A table model over plain rows, for small lists that need no store: results, previews, the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractTableModel, QObject, Qt

from desktop.qt.roles import PLAIN, PLAIN_ROW, Index, Look, Role, RowLook
from desktop.views.widgets.words import mark_word

DETAIL_HEIGHT = 56


@dataclass(frozen=True, slots=True)
class Row:
    """One row: texts with their looks, how the row is drawn, and what it stands for."""

    cells: tuple[tuple[str, Look], ...] = ()
    look: RowLook = PLAIN_ROW
    key: object = field(default=None, compare=False)


def cell(text: str, **look: object) -> tuple[str, Look]:
    """Give a cell: its text and the fields of its Look, e.g. `cell("proved 09:12", verdict="proved")`."""
    return text, Look(**look) if look else PLAIN  # type: ignore[arg-type]  # the fields of Look, checked by it


class RowsModel(QAbstractTableModel):
    """Rows of texts and looks under column titles; columns whose title begins with ">" stand at the trailing edge."""

    def __init__(
        self, titles: Sequence[str], rows: Sequence[Row] = (), parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)
        self._rows: list[Row] = list(rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows instead."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        at = len(self._rows)
        self.beginInsertRows(self.index(-1, -1).parent(), at, at)
        self._rows.append(row)
        self.endInsertRows()

    def row(self, number: int) -> Row:
        """The row with that number."""
        return self._rows[number]

    def special_rows(self) -> Mapping[int, int]:
        """Headings, notes and details, with their heights."""
        return {
            number: DETAIL_HEIGHT if row.look.detail is not None else 0
            for number, row in enumerate(self._rows)
            if row.look.special
        }

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        title = self._titles[section] if 0 <= section < len(self._titles) else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return title.removeprefix(">")
        if role == Qt.ItemDataRole.TextAlignmentRole and title.startswith(">"):
            return Qt.AlignmentFlag.AlignRight
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Role.ROW:
            return row.look
        if role == Role.KEY:
            return row.key
        text, look = row.cells[index.column()] if index.column() < len(row.cells) else ("", PLAIN)
        if role == Role.LOOK:
            return look
        if role == Qt.ItemDataRole.DisplayRole:
            return text or _words_of(row.look)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(text, look, row.look)
        return None


def _words_of(look: RowLook) -> str:
    if look.group is not None:
        return look.group.title
    if look.note is not None:
        return look.note.text
    return look.detail.text if look.detail is not None else ""


def _spoken(text: str, look: Look, row: RowLook) -> str:
    parts = [text or _words_of(row)]
    if look.has_gets is not None:
        parts.append(f"{look.has_gets.has} → {look.has_gets.gets}")
    if look.progress is not None:
        parts.append(look.progress.words)
    word = mark_word(look.verdict) if look.verdict else ""
    if word and word not in text:
        parts.insert(0, word)
    return ", ".join(part for part in parts if part)
