"""A sheet as it is in the file: a cell cursor, faults red, fixed ones yellow, doubles blue, edited in place."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from desktop.qt.painting import Artist, Row
from desktop.qt.roles import Index, Role, look_of
from desktop.qt.theme import theme
from desktop.views.widgets.base import follow_theme
from desktop.views.widgets.fields import LineEdit

_GROUND = {"fault": "refused.tint", "fixed": "edit", "double": "accepted.tint"}
_EDGE = {"fault": "refused.solid", "fixed": "ambiguous.solid", "double": "accepted.solid"}
_TONE = {"fault": "refused", "double": "accepted"}
HEAD = 28
PAD = 7


class SheetDelegate(QStyledItemDelegate):
    """Draws one cell; its editor is a mono line over the cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        rect, look = QRect(option.rect), look_of(index)
        if look.cell:
            art.fill(rect, _GROUND[look.cell])
        art.line(rect)
        edge = rect.left() if art.rtl else rect.right()
        art.fill(QRect(edge, rect.top(), 1, rect.height()), "line")
        if look.cell:
            art.edge(rect.adjusted(0, 0, 0, -1), _EDGE[look.cell], 2)
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.pad(art.theme.px(PAD))
        tone = _TONE.get(look.cell, look.tone or "t1")
        art.text(line.rest, str(index.data() or ""), "mono" if look.mono else "text", tone)
        view = self.parent()
        if isinstance(view, QTableView) and view.currentIndex() == index:
            art.frame(rect.adjusted(0, 0, -1, -1), _EDGE.get(look.cell, "focus"), 2)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        words = str(index.data() or "")
        role = "mono" if look_of(index).mono else "text"
        return QSize(
            int(theme().metrics(role).horizontalAdvance(words)) + 2 * theme().px(PAD) + 4, theme().row_height
        )

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        del option
        line = LineEdit(mono=look_of(index).mono, parent=parent)
        line.setFrame(False)
        line.setAccessibleName(str(index.model().headerData(index.column(), Qt.Orientation.Horizontal) or ""))
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        words = index.data(Role.REASON)
        if event.type() == event.Type.ToolTip and words:
            QToolTip.showText(event.globalPos(), str(words), view)
            return True
        return super().helpEvent(event, view, option, index)


class SheetView(QTableView):
    """Any model that answers DisplayRole, EditRole, Role.LOOK and Role.REASON; row heads are the file's row numbers.

    Signals: `moved(QModelIndex)` the cursor; `acted(str)` a key of the sheet: "next", "before", "take", "empty".
    """

    moved = Signal(QModelIndex)
    acted = Signal(str)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(SheetDelegate(self))
        self.setShowGrid(False)
        self.setProperty("ring", "none")
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setAccessibleName(name or self.tr("Sheet"))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        )
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setHighlightSections(False)
        follow_theme(self)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model."""
        super().setModel(model)
        if model is not None:
            self.selectionModel().currentChanged.connect(self._moved)
        self.apply_theme()

    def apply_theme(self) -> None:
        px = theme().px
        self.verticalHeader().setDefaultSectionSize(theme().row_height)
        self.verticalHeader().setFixedWidth(px(48))
        self.verticalHeader().setFont(theme().font("log"))
        self.horizontalHeader().setFixedHeight(px(HEAD))
        self.horizontalHeader().setFont(theme().font("column-head"))
        self.viewport().update()

    def set_cursor(self, row: int, column: int) -> None:
        """Move the cursor to a cell and show it."""
        index = self.model().index(row, column)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def _moved(self, now: QModelIndex, before: QModelIndex) -> None:
        self.update(before)
        self.update(now)
        self.moved.emit(now)

    def event(self, event: QEvent) -> bool:
        # F8 means something else in the rest of the window; while the sheet has the focus it is the next fault.
        asked = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F8:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and held & Qt.KeyboardModifier.AltModifier:
            self.acted.emit("take")
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and held == Qt.KeyboardModifier.NoModifier:
            self.edit(self.currentIndex())
        elif key == Qt.Key.Key_F8:
            self.acted.emit("before" if held & Qt.KeyboardModifier.ShiftModifier else "next")
        elif key == Qt.Key.Key_Delete and held == Qt.KeyboardModifier.NoModifier:
            self.acted.emit("empty")
        elif held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            # Ctrl and Alt are acts of the page; QTableView would begin to edit with them.
            event.ignore()
        else:
            super().keyPressEvent(event)
