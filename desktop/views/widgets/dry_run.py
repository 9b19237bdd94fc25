"""The dry-run sheet: what a bulk act will change, cannot change and finds already so, before it is done.

The primary button repeats the number that will change. Nothing is written while the sheet is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from desktop.qt.dialogs import finish
from desktop.qt.painting import Artist, Row
from desktop.qt.roles import HasGets, Index, Look
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, column, follow_theme
from desktop.views.widgets.boxes import Frame
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.row_delegate import paint_has_gets
from desktop.views.widgets.side_panel import FootBar

_DATA = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class DryRow:
    """One row under a group: name, what it has and gets, a note at the end."""

    name: str
    change: HasGets | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DryGroup:
    """One outcome: mark (a verdict, or "check" for already so), count, words, its rows, unfolded or not."""

    mark: str
    count: int
    words: str
    rows: Sequence[DryRow] = field(default_factory=tuple)
    unfolded: bool = False


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        group = isinstance(index.data(_DATA), DryGroup)
        return QSize(theme().px(200), theme().px(35 if group else 26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        view = self.parent()
        if not isinstance(view, QTreeView):
            return
        rect = QRect(0, option.rect.top(), view.viewport().width(), option.rect.height())
        item = index.data(_DATA)
        if isinstance(item, DryGroup):
            if index.row() > 0:
                art.fill(QRect(rect.left(), rect.top(), rect.width(), 1), "line")
            if view.hasFocus() and option.state & QStyle.StateFlag.State_HasFocus:
                art.frame(rect.adjusted(0, 1, 0, 0), "focus")
            self._paint_group(art, rect, item, unfolded=view.isExpanded(QModelIndex(index)))  # type: ignore[arg-type]
        elif isinstance(item, DryRow):
            self._paint_row(art, rect, item)

    def _paint_group(self, art: Artist, rect: QRect, group: DryGroup, *, unfolded: bool) -> None:
        px = art.theme.px
        line = Row(rect, rtl=art.rtl)
        line.lead(px(14))
        folded = "chevron-left" if art.rtl else "chevron-right"
        art.icon(line.lead(px(14), px(8)), "chevron-down" if unfolded else folded, "t3", 14)
        if group.mark == "check":
            art.icon(line.lead(px(14), px(8)), "check", "proved.solid", 14)
        else:
            art.mark(line.lead(px(14), px(8)), group.mark, 14, ground="raised")
        number = f"{group.count:,}"
        art.text(
            line.lead(max(px(28), art.width(number, "head")), px(8)), number, "head", "t1", align="trail"
        )
        art.text(line.rest, group.words, "text", "t1")

    def _paint_row(self, art: Artist, rect: QRect, item: DryRow) -> None:
        px = art.theme.px
        line = Row(rect, rtl=art.rtl)
        line.lead(px(75))
        line.trail(px(14))
        art.text(line.trail(art.width(item.note, "help"), px(12)), item.note, "help", "t2", align="trail")
        view = self.parent()
        names = view.name_width if isinstance(view, _Tree) else px(160)
        art.text(line.lead(min(names, line.rest.width() // 2), px(16)), item.name, "help", "t1")
        if item.change is not None:
            paint_has_gets(art, line, Look(has_gets=item.change))


class _Tree(QTreeView):
    """Groups and rows; a click anywhere on a group folds it."""

    def __init__(self, groups: Sequence[DryGroup]) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setProperty("ring", "none")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(self.tr("What will happen"))
        model = QStandardItemModel(self)
        for group in groups:
            top = QStandardItem(f"{group.count:,} {group.words}")
            top.setData(group, _DATA)
            for item in group.rows:
                under = QStandardItem(item.name)
                under.setData(item, _DATA)
                top.appendRow(under)
            model.appendRow(top)
        # Names stand in one column; a few hundred are enough to know how wide it is.
        shown = [item.name for group in groups for item in group.rows[:300]]
        self.name_width = max(
            (int(theme().metrics("help").horizontalAdvance(name)) + 2 for name in shown), default=0
        )
        self.setModel(model)
        for number, group in enumerate(groups):
            self.setExpanded(model.index(number, 0), group.unfolded)
        self.clicked.connect(self._fold)

    def _fold(self, index: QModelIndex) -> None:
        if isinstance(index.data(_DATA), DryGroup):
            self.setExpanded(index, not self.isExpanded(index))

    def content_height(self) -> int:
        """Height of what is unfolded now."""
        model, total = self.model(), 0
        for number in range(model.rowCount()):
            top = model.index(number, 0)
            total += theme().px(35)
            if self.isExpanded(top):
                total += model.rowCount(top) * theme().px(26) + theme().px(6)
        return total


class DryRunSheet(QDialog):
    """Title with act and count, what happens to which row, and the two buttons.

    `await sheet.ask()` gives True when the person wants it done. With nothing to change the primary is off.
    """

    def __init__(
        self,
        title: str,
        note: str,
        groups: Sequence[DryGroup],
        *,
        primary: str,
        kind: str = "primary",
        undo: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.tree = _Tree(groups)
        self.primary = Button(primary, kind, keys=self.tr("Enter"))
        self.cancel = Button(self.tr("Cancel"), keys=self.tr("Esc"))
        self.primary.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        if not any(group.count for group in groups[:1]):
            self.primary.set_reason(self.tr("Nothing would change."))
        head = column(gap=1, margins=(14, 12, 14, 10))
        head.addWidget(Label(title, "panel"))
        head.addWidget(Paragraph(note, "help", "t2"))
        foot = FootBar(undo)
        foot.add_act(self.cancel)
        foot.add_act(self.primary)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addWidget(self.tree, 1)
        whole.addWidget(foot)
        self._whole = whole
        self._part: QWidget | None = None
        self.setLayout(whole)
        self.primary.setDefault(True)
        follow_theme(self)

    def apply_theme(self) -> None:
        px = theme().px
        part = self._part.sizeHint().height() + px(40) if self._part else 0
        self.resize(px(500), min(px(620), px(150) + self.tree.content_height() + part))

    def add_part(self, part: QWidget) -> None:
        """More to enter, between the rows and the buttons."""
        self._part = part
        at = self._whole.count() - 1
        self._whole.insertWidget(at, Rule())
        self._whole.insertWidget(at + 1, part)
        self.apply_theme()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not self.primary.reason:
                self.accept()
            return
        super().keyPressEvent(event)

    async def ask(self) -> bool:
        """Open the sheet over its window and wait for the answer."""
        return await finish(self) == QDialog.DialogCode.Accepted


def as_card(sheet: DryRunSheet) -> Frame:
    """Give the sheet as a card in a page instead of a dialog: for the gallery and for reports."""
    sheet.setWindowFlags(Qt.WindowType.Widget)
    return Frame(sheet, edge="line2")
