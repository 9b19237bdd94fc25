"""The page of a list: head, list, and a side panel for one row.

A page derives from it and says what a row's panel shows and what can be done with ticked rows.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from desktop.models.latest import Latest
from desktop.models.listing import Listing
from desktop.models.saved_views import ViewBook
from desktop.models.words import counted, number_word
from desktop.qt.theme import theme
from desktop.views.list_pane import ListPane
from desktop.views.page import Hint, Page
from desktop.views.widgets.base import Panel, column, side_by_side
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.side_panel import SidePanel
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.work_bar import WorkBar


class TablePage(Page):
    """A page around one list: head, an optional notice, the list, and a side panel for one row.

    A page overrides `fill_panel(row)`, `batch_acts(rows)`, `do_batch(key, rows)`, and adds its acts.
    """

    def build(self, listing: Listing, name: str, *, ticks: bool = True) -> None:
        """Put the page together around a list."""
        self.listing = listing
        self.head = PageHead(name)
        self.pane = ListPane(listing, name=name, ticks=ticks)
        book = ViewBook(self.desk.preferences, self.key or name)
        self.pane.views.lend(book)
        self.pane.foot.lend(book)
        self.panel = SidePanel()
        self.panel.hide()
        self._shown: Any = None
        self.notice_place = column(gap=0)
        self.exporting = WorkBar(self.desk)
        self.notice_place.addWidget(self.exporting)
        self.pane.export.bar = self.exporting
        self._common = Latest(self.desk.tasks, self._count_common, failed=lambda _fault: None)
        left = Panel("sheet")
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addLayout(self.notice_place)
        whole.addWidget(self.pane, 1)
        left.setLayout(whole)
        self.splitter = side_by_side(left, self.panel)
        outer = column(gap=0)
        outer.addWidget(self.splitter)
        self.setLayout(outer)
        self._wire()

    def _wire(self) -> None:
        self.pane.opened.connect(self.open_row)
        self.pane.pointed.connect(self._cursor)
        self.pane.batch.connect(self.do_batch)
        self.pane.counted.connect(self._counted)
        self.pane.export.written.connect(self._exported)
        self.pane.table.ticks_changed.connect(self._ticked)
        self.listing.settled.connect(self._settled)
        self.listing.dataChanged.connect(lambda *_: self._refresh_panel())
        self.panel.closed.connect(self.close_panel)
        search = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        search.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        search.activated.connect(self.pane.focus_search)
        narrow = QShortcut(QKeySequence("F"), self)
        narrow.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        narrow.activated.connect(self.pane.open_filters)

    # -- what pages say

    def fill_panel(self, row: Any) -> None:
        """Show one row in the side panel."""

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        """What can be done with ticked rows, and what they have in common."""
        return [], ""

    async def batch_common(self) -> str:
        """What more rows than may be looked at on the window's thread have in common: counted in SQL."""
        return ""

    def do_batch(self, key: str, rows: list[Any]) -> None:
        """Do an act with ticked rows."""

    def has_panel(self) -> bool:
        """Whether rows have a panel."""
        return True

    # -- life

    def enter(self, target: object = None) -> None:
        self.listing.set_live(live=True)
        self.pane.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self.listing.set_live(live=False)

    def shut(self) -> None:
        # What still arrives must fill no panel any more: a panel may ask for more, and nothing new is started now.
        self._shown = None
        self.panel.hide()
        self.listing.close()
        self._common.close()

    @property
    def is_settled(self) -> bool:
        return self.listing.is_settled

    def _settled(self) -> None:
        self._refresh_panel()
        self.settled.emit()

    def status(self) -> list[StatusItem]:
        ticked = self.pane.table.tick_count()
        if self.listing.counting:
            return [StatusItem(self.tr("counting…"))]
        shown, total = number_word(self.listing.shown), number_word(self.listing.total)
        words = self.tr("{0} of {1} shown").format(shown, total) if self.listing.is_narrowed else shown
        if ticked:
            return [StatusItem(self.tr("{0} selected of {1}").format(number_word(ticked), words))]
        return [
            StatusItem(
                words if self.listing.is_narrowed else counted(self.listing.shown, "{0} row", "{0} rows")
            )
        ]

    def hints(self) -> list[Hint]:
        return [
            (["↑↓"], self.tr("move")),
            ("Space", self.tr("tick")),
            ("Enter", self.tr("open")),
            ("F", self.tr("filter")),
        ]

    # -- the panel

    def open_panel(self, row: Any) -> None:
        """Show a row's panel."""
        if row is None or not self.has_panel():
            return
        self._shown = row
        self.fill_panel(row)
        self._show_panel()

    def _show_panel(self) -> None:
        """Show the panel as it is filled, with room for it beside the list."""
        if not self.panel.isVisibleTo(self):
            self.panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()

    def open_row(self, row: Any) -> None:
        """A row was opened by Enter or a double click."""
        self.open_panel(row)

    def _give_room(self) -> None:
        width = theme().px(388)
        self.splitter.setSizes([max(1, self.splitter.width() - width), width])

    def close_panel(self) -> None:
        """Hide the panel and go back to the list."""
        self.panel.hide()
        self._shown = None
        self.pane.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def shown_row(self) -> Any:
        """The row in the panel, None while it is closed."""
        return self._shown

    def _cursor(self, row: Any) -> None:
        if row is not None and self.panel.isVisibleTo(self):
            self.open_panel(row)
        self.refresh_acts()

    def _refresh_panel(self) -> None:
        """The row in the panel may be another version of itself now; when it is gone, the panel closes."""
        if self._shown is None:
            return
        row = self.same_row(self._shown)
        if row is None:
            self.close_panel()
        elif row != self._shown:
            self.open_panel(row)

    def same_row(self, row: Any) -> Any:
        """The present version of a row that is shown; None when it is gone. The row itself when it is only filtered."""
        return row

    def _counted(self) -> None:
        self.refresh_acts()

    def _exported(self, name: str, count: int) -> None:
        rows = counted(count, "{0} row", "{0} rows")
        self.desk.notice("accepted", self.tr("Exported"), self.tr("{0} in {1}").format(rows, name))

    def refresh_acts(self) -> None:
        super().refresh_acts()
        acts = {act.key: act for act in self.acts()}
        for key, button in self.pane.nothing.buttons.items():
            button.set_reason(acts[key].reason() if key in acts else "")

    def _ticked(self) -> None:
        rows = self.pane.ticked() if self.pane.table.tick_count() else []
        acts, common = self.batch_acts(rows) if rows else ([], "")
        if self.pane.table.tick_count() > len(rows):
            common = ""
            self._common.ask()
        self.pane.set_batch(acts, common)
        self.refresh_acts()

    @property
    def batch_busy(self) -> bool:
        """Whether it is still being counted what the ticked rows have in common."""
        return self._common.busy

    async def _count_common(self) -> None:
        common = await self.batch_common()
        rows = self.pane.ticked()
        if not self._common.closed and self.pane.table.tick_count() > len(rows):
            self.pane.set_batch(self.batch_acts(rows)[0], common)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.panel.isVisibleTo(self):
            self.close_panel()
            return
        super().keyPressEvent(event)
