"""The proof matrix: people down, doors across, one mark a cell; both heads stay in place while the cells scroll.

A cell shows its mark alone; the word is its tool tip and accessible text. Tint only where a person is needed.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from desktop.qt.painting import Artist, Row
from desktop.qt.roles import Index, Role, row_look_of
from desktop.qt.theme import Density, theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import follow_theme, is_rtl

NEEDS = frozenset({"refused", "ambiguous", "foreign"})
GAPS = frozenset({"differs", "refused", "ambiguous", "waiting", "accepted"})
HEAD_HEIGHT = 57
LEAD_WIDTH = 205
COLUMN_WIDTH = 70


class MatrixDelegate(QStyledItemDelegate):
    """Draws one cell: mark 12 in the middle, tint, crosshair, cursor."""

    def __init__(self, view: MatrixView) -> None:
        super().__init__(view)
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        rect, verdict = QRect(option.rect), str(index.data(Role.VERDICT) or "")
        here = self._view.currentIndex()
        ground = cell_ground(
            verdict,
            in_row=here.isValid() and here.row() == index.row(),
            in_column=here.isValid() and here.column() == index.column(),
        )
        if ground:
            art.fill(rect, ground)
        elif row_look_of(index).group is not None:
            art.fill(rect, "base")
        art.line(rect)
        edge = rect.left() if art.rtl else rect.right()
        art.fill(QRect(edge, rect.top(), 1, rect.height()), "line")
        if verdict:
            art.mark(rect, verdict, 12, ground=ground or "sheet")
        elif index.flags() & Qt.ItemFlag.ItemIsEnabled and row_look_of(index).group is None:
            art.dot(QPointF(rect.center().x() + 0.5, rect.center().y() + 0.5), 1.2, "line2")
        if here == index:
            art.frame(rect.adjusted(0, 0, -1, -1), "focus", art.theme.tokens.focus_width)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if event.type() != QEvent.Type.ToolTip:
            return super().helpEvent(event, view, option, index)
        words = index.data(Role.REASON) or index.data(Qt.ItemDataRole.ToolTipRole) or index.data()
        QToolTip.showText(event.globalPos(), str(words or ""), view)
        return True


def cell_ground(verdict: str, *, in_row: bool, in_column: bool) -> str:
    """Give the tone behind a cell: the tint of what needs a person, then the crosshair, else nothing."""
    if verdict in NEEDS:
        return f"{verdict}.tint"
    if in_row:
        return "sel"
    if in_column or verdict == "differs":
        return "sel2"
    return ""


class _Columns(QHeaderView):
    """Door names over two lines, and under each how many are right."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(HEAD_HEIGHT))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        art = Artist(painter, rtl=is_rtl(self))
        px, model, view = art.theme.px, self.model(), self.parent()
        here = isinstance(view, QTableView) and view.currentIndex().column() == section
        art.fill(rect, "sel" if here else "sunken")
        art.line(rect, "line2")
        edge = rect.left() if art.rtl else rect.right()
        art.fill(QRect(edge, rect.top(), 1, rect.height()), "line")
        ask = model.headerData
        words = str(ask(section, Qt.Orientation.Horizontal) or "")
        lines = two_lines_of(words, lambda text: art.width(text, "column-head") <= rect.width() - px(6))
        top = rect.top() + px(8)
        for number, line in enumerate(lines):
            area = QRect(rect.left() + px(3), top + number * px(13), rect.width() - px(6), px(14))
            art.text(area, line, "column-head", "t1", align="centre")
        mark = ask(section, Qt.Orientation.Horizontal, Role.HEAD_MARK)
        foot = QRect(rect.left(), rect.bottom() - px(20), rect.width(), px(16))
        if mark:
            art.mark(foot, str(mark), 12, ground="sunken")
        else:
            tone = str(ask(section, Qt.Orientation.Horizontal, Role.HEAD_TONE) or "t3")
            note = str(ask(section, Qt.Orientation.Horizontal, Role.HEAD_NOTE) or "")
            art.text(foot, note, "caption", tone, align="centre")


def two_lines_of(words: str, fits: Callable[[str], bool]) -> list[str]:
    """Break a name into at most two lines at a space; the second one may still be too wide and is cut when drawn."""
    if fits(words) or " " not in words:
        return [words]
    parts = words.split(" ")
    for number in range(len(parts) - 1, 0, -1):
        first = " ".join(parts[:number])
        if fits(first):
            return [first, " ".join(parts[number:])]
    return [parts[0], " ".join(parts[1:])]


class _Rows(QHeaderView):
    """The unit and the person's name of each row."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(1)

    def sizeHint(self) -> QSize:
        return QSize(theme().px(LEAD_WIDTH), super().sizeHint().height())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        if not rect.isValid():
            return
        art = Artist(painter, rtl=is_rtl(self))
        px, model, view = art.theme.px, self.model(), self.parent()
        here = isinstance(view, QTableView) and view.currentIndex().row() == section
        tone = str(model.headerData(section, Qt.Orientation.Vertical, Role.HEAD_TONE) or "")
        art.fill(rect, "sel" if here else ("base" if tone else "sheet"))
        art.line(rect)
        edge = rect.left() if art.rtl else rect.right()
        art.fill(QRect(edge, rect.top(), 1, rect.height()), "line2")
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.lead(px(Size.SIDE))
        lead = str(model.headerData(section, Qt.Orientation.Vertical, Role.HEAD_NOTE) or "")
        name = str(model.headerData(section, Qt.Orientation.Vertical) or "")
        art.text(line.lead(px(52), px(6)), lead, "help", tone or "t3")
        art.text(line.rest, name, "section" if here else "help", "t1")


class MatrixView(QTableView):
    """A matrix of verdicts over any model.

    Cells: Role.VERDICT (empty: no right, drawn as a faint dot), DisplayRole the words, Role.REASON a longer tool tip.
    Columns: DisplayRole, Role.HEAD_NOTE ("37/39"), Role.HEAD_TONE, Role.HEAD_MARK. Rows: DisplayRole the name,
    Role.HEAD_NOTE the unit, Role.HEAD_TONE a tone that sets the row apart (foreign).

    Signals: `opened(QModelIndex)` Enter or double click; `cursor_changed(QModelIndex)`. `next_gap()` is G's.
    """

    opened = Signal(QModelIndex)
    cursor_changed = Signal(QModelIndex)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corner: QWidget | None = None
        self._head, self._lead = _Columns(self), _Rows(self)
        self.setHorizontalHeader(self._head)
        self.setVerticalHeader(self._lead)
        self.setItemDelegate(MatrixDelegate(self))
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setProperty("ring", "none")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(name or self.tr("Proof matrix"))
        follow_theme(self)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model."""
        super().setModel(model)
        if model is not None:
            self.selectionModel().currentChanged.connect(self._moved)
        self.apply_theme()

    def set_corner(self, widget: QWidget) -> None:
        """Put a widget over the frozen corner, e.g. the field that narrows the rows."""
        self._corner = widget
        widget.setParent(self)
        widget.show()
        self.updateGeometries()

    def apply_theme(self) -> None:
        px = theme().px
        dense = theme().density is Density.DENSE
        self._lead.setDefaultSectionSize(px(Size.MATRIX_DENSE if dense else Size.MATRIX_COMFORTABLE))
        self._head.setMinimumSectionSize(px(44))
        self._head.setDefaultSectionSize(px(COLUMN_WIDTH))
        self._head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.updateGeometries()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        corner = getattr(self, "_corner", None)
        if corner is not None:
            px = theme().px
            left = self.width() - self._lead.width() if is_rtl(self) else 0
            height = corner.sizeHint().height()
            top = self._head.height() - height - px(7)
            corner.setGeometry(left + px(Size.SIDE), top, self._lead.width() - px(Size.SIDE + 10), height)
            corner.raise_()

    def _moved(self, now: QModelIndex, before: QModelIndex) -> None:
        # The crosshair runs through a whole row, a whole column and both heads.
        self.viewport().update()
        self._head.viewport().update()
        self._lead.viewport().update()
        self.cursor_changed.emit(now)

    def set_cursor(self, row: int, column: int) -> None:
        """Move the cursor to a cell and show it."""
        index = self.model().index(row, column)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(index)

    def next_gap(self) -> bool:
        """Move to the next cell that is not proved, row by row, round at the end; False when there is none."""
        model, here = self.model(), self.currentIndex()
        rows, columns = model.rowCount(), model.columnCount()
        start = here.row() * columns + here.column() if here.isValid() else -1
        for step in range(1, rows * columns + 1):
            row, column = divmod((start + step) % (rows * columns), columns)
            if model.index(row, column).data(Role.VERDICT) in GAPS:
                self.set_cursor(row, column)
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.opened.emit(index)
