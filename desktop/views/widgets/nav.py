"""The navigation column: groups with headings, counts, counts that need a person; 200 wide, or a rail of 52."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.account import AccountFoot
from desktop.views.widgets.base import Panel, column, follow_theme
from desktop.views.widgets.brand import Brand

Index = QModelIndex | QPersistentModelIndex
_ITEM = int(Qt.ItemDataRole.UserRole) + 1
RAIL_GAP, RAIL_LEAST = 13, 26
"""Heights in the rail: between two groups, and of an entry where there are many."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation, or the heading of a group (no key).

    `needs` paints the count in the refused tone: it waits for a person.
    """

    key: str
    text: str
    icon: str = ""
    count: str = ""
    needs: bool = False


def heading(text: str) -> NavItem:
    """Give the heading of a group."""
    return NavItem("", text)


class NavModel(QAbstractListModel):
    """The entries of the navigation as a list model; headings cannot be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[NavItem] = []

    def set_items(self, items: Sequence[NavItem]) -> None:
        """Replace all entries."""
        self.beginResetModel()
        self._items = list(items)
        self.endResetModel()

    def set_count(self, key: str, count: str, *, needs: bool = False) -> None:
        """Change one count; an unknown key is let pass, its entry may be hidden from this role."""
        for number, item in enumerate(self._items):
            if item.key == key and (item.count, item.needs) != (count, needs):
                self._items[number] = replace(item, count=count, needs=needs)
                at = self.index(number)
                self.dataChanged.emit(at, at)

    def row_of(self, key: str) -> int:
        """Row of a key, or -1."""
        return next((number for number, item in enumerate(self._items) if item.key == key and key), -1)

    def item(self, index: Index) -> NavItem:
        """The entry at an index."""
        return self._items[index.row()]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or not self._items[index.row()].key:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == _ITEM:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = f"{item.text}, {item.count}" if item.count else item.text
            return words + (", " + self.tr("needs you") if item.needs else "")
        return None


class NavDelegate(QStyledItemDelegate):
    """Draws an entry as a line of 30 with words and count, or in the rail as an icon of at most 34 with a dot."""

    def __init__(self, view: NavList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        item: NavItem = index.data(_ITEM)
        px = theme().px
        if not item.key:
            return QSize(10, px(RAIL_GAP if self._view.rail else 32))
        return QSize(10, self._view.rail_row() if self._view.rail else px(Size.NAV_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: NavItem = index.data(_ITEM)
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        rect = QRect(option.rect)
        if not item.key:
            self._paint_heading(art, rect, item)
            return
        px = art.theme.px
        here = item.key == self._view.here
        box = rect.adjusted(px(8), 0, -px(8), 0)
        state = option.state
        if here:
            art.box(box, "sel")
            bar = Row(rect, rtl=art.rtl).lead(px(3))
            art.fill(bar.adjusted(0, px(6), 0, -px(6)), "acc")
        elif state & QStyle.StateFlag.State_MouseOver:
            art.box(box, "hover")
        if self._view.cursor_shown and self._view.currentIndex() == index:
            art.box(box, None, "focus", width=art.theme.tokens.focus_width)
        (self._paint_rail if self._view.rail else self._paint_line)(art, box, item, here)

    def _paint_heading(self, art: Artist, rect: QRect, item: NavItem) -> None:
        px = art.theme.px
        if self._view.rail:
            middle = rect.top() + rect.height() // 2
            art.fill(QRect(rect.left() + px(14), middle, rect.width() - px(28), 1), "line")
            return
        art.text(rect.adjusted(px(16), px(8), -px(16), 0), item.text, "caption-strong", "t3")

    def _paint_line(self, art: Artist, box: QRect, item: NavItem, here: bool) -> None:
        px = art.theme.px
        row = Row(box, rtl=art.rtl)
        row.pad(px(8))
        art.icon(row.lead(px(Size.ICON), px(9)), item.icon, "acct" if here else "t3", Size.ICON)
        if item.count:
            tone = "refused" if item.needs else "t3"
            role = "help-strong" if item.needs else "help"
            art.text(row.trail(art.width(item.count, role), px(6)), item.count, role, tone, align="trail")
        art.text(row.rest, item.text, "head" if here else "text", "t1" if here else "t2")

    def _paint_rail(self, art: Artist, box: QRect, item: NavItem, here: bool) -> None:
        px = art.theme.px
        art.icon(box, item.icon, "acct" if here else "t2", Size.ICON_RAIL)
        if item.needs:
            side = -1 if art.rtl else 1
            middle = QPointF(box.center().x() + side * px(8), box.center().y() - px(7))
            art.dot(middle, px(3.5), "refused.solid")


class NavList(QListView):
    """The list inside the navigation column. Signal `chosen(str)`: key of the entry that a person chose."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rail = False
        self.here = ""
        self.cursor_shown = False
        self.entries = NavModel(self)
        self.setModel(self.entries)
        self.setItemDelegate(NavDelegate(self))
        self.setProperty("ground", "base")
        self.setProperty("ring", "none")
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Navigation"))
        follow_theme(self)

    def apply_theme(self) -> None:
        self.scheduleDelayedItemsLayout()

    def set_rail(self, *, rail: bool) -> None:
        """Show icons only, or words and counts."""
        self.rail = rail
        self.scheduleDelayedItemsLayout()

    def rail_row(self) -> int:
        """Height of an entry of the rail: the usual one, or less where all would not fit; a laptop's screen is low and
        an entry below its edge is not found.
        """
        keys = [bool(self.entries.item(self.entries.index(n)).key) for n in range(self.entries.rowCount())]
        room = self.viewport().height() - theme().px(RAIL_GAP) * keys.count(False)
        return max(theme().px(RAIL_LEAST), min(theme().px(Size.RAIL_ROW), room // max(1, keys.count(True))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.rail:
            self.scheduleDelayedItemsLayout()

    def set_here(self, key: str) -> None:
        """Mark the entry whose page is shown."""
        self.here = key
        number = self.entries.row_of(key)
        if number >= 0:
            self.setCurrentIndex(self.entries.index(number))
        self.viewport().update()

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and self.entries.item(index).key:
            self.chosen.emit(self.entries.item(index).key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._choose(self.currentIndex())
            return
        self.cursor_shown = True
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.indexAt(event.position().toPoint()))

    def event(self, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            keyboard = {
                Qt.FocusReason.TabFocusReason,
                Qt.FocusReason.BacktabFocusReason,
                Qt.FocusReason.ShortcutFocusReason,
            }
            reason = event.reason() if hasattr(event, "reason") else None
            self.cursor_shown = event.type() == QEvent.Type.FocusIn and reason in keyboard
            self.viewport().update()
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self._tool_tip()
        return super().viewportEvent(event)

    def _tool_tip(self) -> None:
        index = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos()))
        words = (
            self.entries.data(index, Qt.ItemDataRole.AccessibleTextRole)
            if self.rail and index.isValid()
            else ""
        )
        self.viewport().setToolTip(str(words or ""))


class NavColumn(Panel):
    """Brand, navigation and account in one column.

    Signals: `chosen(str)` an entry, `account_clicked()`, `rail_changed(bool)`. `set_rail` switches between 200 and 52.
    """

    chosen = Signal(str)
    account_clicked = Signal()
    rail_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("nav", parent)
        self.brand = Brand()
        self.list = NavList()
        self.account = AccountFoot()
        self.list.chosen.connect(self.chosen)
        self.account.clicked.connect(self.account_clicked)
        self.account.fold_clicked.connect(lambda: self.set_rail(rail=not self.rail))
        whole = column(gap=0)
        whole.addWidget(self.brand)
        whole.addWidget(self.list, 1)
        whole.addWidget(self.account)
        self.setLayout(whole)
        follow_theme(self)

    @property
    def rail(self) -> bool:
        """True while only icons are shown."""
        return self.list.rail

    def set_items(self, items: Sequence[NavItem]) -> None:
        """Show these entries; `heading(text)` starts a group."""
        self.list.entries.set_items(items)

    def set_count(self, key: str, count: str, *, needs: bool = False) -> None:
        """Change the count of one entry."""
        self.list.entries.set_count(key, count, needs=needs)

    def set_here(self, key: str) -> None:
        """Mark the entry whose page is shown."""
        self.list.set_here(key)

    @property
    def here(self) -> str:
        """Key of the marked entry."""
        return self.list.here

    def set_account(self, name: str, note: str) -> None:
        """Show who is signed in, and as what or where."""
        self.account.set_account(name, note)

    def set_rail(self, *, rail: bool) -> None:
        """Fold to the rail or unfold."""
        if rail == self.rail:
            return
        self.list.set_rail(rail=rail)
        self.brand.set_rail(rail=rail)
        self.account.set_rail(rail=rail)
        self.apply_theme()
        self.rail_changed.emit(rail)

    def apply_theme(self) -> None:
        self.setFixedWidth(theme().px(Size.RAIL if self.rail else Size.NAV))
