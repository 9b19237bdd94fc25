"""The list of jobs: mark, title, step and last word, bar, time, and one act per row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.qt.motion import turn
from desktop.qt.painting import Artist, Row
from desktop.qt.roles import Index, JobRow, Role
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import follow_theme, is_rtl
from desktop.views.widgets.row_delegate import paint_progress
from desktop.views.widgets.words import mark_word

BAR = 110
SIDE = 14


class JobModel(QAbstractListModel):
    """Plain job rows as a list model."""

    def __init__(self, rows: Sequence[JobRow] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = list(rows)

    def set_rows(self, rows: Sequence[JobRow]) -> None:
        """Show these rows; when the keys are the same only what changed is drawn again."""
        same = [row.key for row in rows] == [row.key for row in self._rows] and rows
        if not same or any(row.key is None for row in rows):
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        for number, row in enumerate(rows):
            if row != self._rows[number]:
                self._rows[number] = row
                at = self.index(number)
                self.dataChanged.emit(at, at)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Role.JOB:
            return row
        if role == Role.KEY:
            return row.key
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (row.title, mark_word(row.mark), row.note, row.time)
            return ", ".join(part for part in parts if part)
        return None


class JobDelegate(QStyledItemDelegate):
    """Draws a job row of 46."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme().px(240), theme().px(Size.JOB_ROW))

    @staticmethod
    def act_rect(rect: QRect, *, rtl: bool) -> QRect:
        """Where the act of a row is."""
        line = Row(rect, rtl=rtl)
        line.trail(theme().px(SIDE - 6))
        return line.trail(theme().px(26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        job = index.data(Role.JOB)
        if not isinstance(job, JobRow):
            return
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        px, rect = art.theme.px, QRect(option.rect)
        if option.state & QStyle.StateFlag.State_MouseOver:
            art.fill(rect, "hover")
        art.line(rect)
        view = self.parent()
        if isinstance(view, JobList) and view.hasFocus() and view.currentIndex() == index:
            art.frame(rect.adjusted(0, 0, 0, -1), "acc")
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.lead(px(SIDE))
        art.mark(line.lead(px(14), px(10)), job.mark, 14)
        self._paint_end(art, line, rect, job)
        self._paint_words(art, line, job)

    def _paint_end(self, art: Artist, line: Row, rect: QRect, job: JobRow) -> None:
        px = art.theme.px
        if job.act:
            tone = "ambiguous.solid" if job.act == "lock" else "t3"
            art.icon(self.act_rect(rect, rtl=art.rtl), job.act, tone, 15)
        line.trail(px(SIDE + 14), px(10))
        time = max(art.width(job.time, "help"), px(64) if job.progress else 0)
        art.text(line.trail(time, px(10)), job.time, "help", "t2", align="trail")
        if job.progress is not None and line.rest.width() > px(BAR + 120):
            area = line.trail(px(BAR), px(8))
            height = px(6)
            area = QRect(area.left(), area.top() + (area.height() - height) // 2, area.width(), height)
            paint_progress(art, area, job.progress.part, job.progress.tone)

    def _paint_words(self, art: Artist, line: Row, job: JobRow) -> None:
        px = art.theme.px
        middle = line.rest.top() + line.rest.height() // 2
        upper = QRect(line.rest.left(), middle - px(17), line.rest.width(), px(18))
        lower = QRect(line.rest.left(), middle + px(1), line.rest.width(), px(15))
        art.text(upper, job.title, "strong", "t1")
        art.text(lower, job.note, "caption", "t3")


class JobList(QListView):
    """Job rows of any model that answers Role.JOB.

    Signals: `opened(QModelIndex)` Enter or double click, `act(QModelIndex)` the act of a row: its icon, or Space.
    """

    opened = Signal(QModelIndex)
    act = Signal(QModelIndex)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(JobDelegate(self))
        self.setMouseTracking(True)
        self.setProperty("ring", "none")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(name or self.tr("Jobs"))
        follow_theme(self)

    def set_rows(self, rows: Sequence[JobRow]) -> None:
        """Show plain rows; a list with a model of its own uses that instead."""
        model = self.model()
        if isinstance(model, JobModel):
            model.set_rows(rows)
        else:
            self.setModel(JobModel(rows, self))
        turn(self, on=any(row.mark == "running" for row in rows))

    def apply_theme(self) -> None:
        self.scheduleDelayedItemsLayout()

    def _act_at(self, index: QModelIndex, at: QPoint) -> bool:
        job = index.data(Role.JOB)
        return isinstance(job, JobRow) and bool(job.act) and self._act_rect(index).contains(at)

    def _act_rect(self, index: QModelIndex) -> QRect:
        return JobDelegate.act_rect(self.visualRect(index), rtl=is_rtl(self))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and self._act_at(index, at):
            self._do(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        over = index.isValid() and self._act_at(index, at)
        job = index.data(Role.JOB) if over else None
        self.viewport().setToolTip(job.act_text if isinstance(job, JobRow) else "")
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def _do(self, index: QModelIndex) -> None:
        job = index.data(Role.JOB)
        # Past the point of no return there is a lock instead of an act: it only explains itself.
        if isinstance(job, JobRow) and job.act and job.act != "lock":
            self.act.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not self._act_at(index, event.position().toPoint()):
            self.opened.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and index.isValid():
            self.opened.emit(index)
        elif event.key() == Qt.Key.Key_Space and index.isValid():
            self._do(index)
        else:
            super().keyPressEvent(event)
