"""The sync centre: edits on this laptop, sent and confirmed, and the tray of those that need a person (picture 08)."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget

from core.base.errors import GatewrightError
from core.entities import BY_NAME
from desktop.models.desk import Desk
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.tray import (
    TrayEntry,
    load_outbox,
    load_tray,
    needs_word,
    outbox_columns,
    outbox_row_look,
    settle,
    settle_fields,
    tray_columns,
    tray_heading,
    tray_row_look,
)
from desktop.models.words import number_word, time_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.list_pane import ListPane
from desktop.views.page import Hint, Page, PageAct
from desktop.views.tray_panel import TrayView
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.boxes import RefusalBox
from desktop.views.widgets.figures import EmptyState, Stat, StatRow
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Tabs

SYNCED = frozenset(BY_NAME)


class SyncPage(Page):
    """Needs you, Outbox, Done; beside them the chosen entry with both values and the acts."""

    key: ClassVar[str] = "sync"
    icon: ClassVar[str] = "cloud"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._make_lists()
        self.head = PageHead(self.tr("Sync"))
        self.stats = StatRow(self._stats())
        self.tabs = Tabs(self._choices())
        self.stack = QStackedWidget()
        self.right = QStackedWidget()
        self.right.setObjectName("page")
        self.view: TrayView | None = None
        self._wanted = ""
        self._fault = column(gap=0, margins=(16, 0, 16, 8))
        self._build()
        sync = self.add_act(PageAct("sync", self.tr("Sync now"), self.sync_now, "refresh-cw", "F9"))
        self.head.add_act(self.act_button(sync))
        desk.sync.changed.connect(self._show_figures)
        for listing in self._lists():
            listing.settled.connect(self._settled)
        self._show_figures()

    @property
    def title(self) -> str:
        return self.tr("Sync")

    def _make_lists(self) -> None:
        desk = self.desk
        now, zone = desk.ctx.clock.now, lambda: desk.sites.zone
        needs = RowsPlan(
            load=lambda: load_tray(desk.ctx),
            touches=SYNCED,
            key=lambda x: str(x.id),
            group=needs_word,
            heading=tray_heading,
            row_look=tray_row_look,
        )
        outbox = RowsPlan(
            load=lambda: load_outbox(desk.ctx),
            touches=SYNCED,
            key=lambda x: str(x.number),
            row_look=outbox_row_look,
        )
        done = RowsPlan(
            load=lambda: load_tray(desk.ctx, settled=True), touches=SYNCED, key=lambda x: str(x.id)
        )
        self.needs = RowsTable(tray_columns(now, zone), needs, desk.tasks, desk.feed)
        self.outbox = RowsTable(outbox_columns(now, zone), outbox, desk.tasks, desk.feed)
        self.done = RowsTable(tray_columns(now, zone, settled=True), done, desk.tasks, desk.feed)

    def _lists(self) -> list[RowsTable]:
        return [self.needs, self.outbox, self.done]

    def _build(self) -> None:
        self.panes = {
            "needs": ListPane(self.needs, name=self.tr("Needs you"), ticks=False),
            "outbox": ListPane(self.outbox, name=self.tr("Outbox"), ticks=False),
            "done": ListPane(self.done, name=self.tr("Done"), ticks=False),
        }
        for key, empty in self._empties().items():
            self.panes[key].set_empty(empty)
            self.stack.addWidget(self.panes[key])
        for key in ("needs", "done"):
            self.panes[key].pointed.connect(self.show_entry)
        nothing = EmptyState(
            self.tr("Nothing in this list is lost"),
            self.tr(
                "Not by closing the window, not by a crash. Choose an entry to see what was entered and why it waits."
            ),
            icon="laptop",
        )
        self.right.addWidget(nothing)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._left())
        splitter.addWidget(self.right)
        splitter.setSizes([theme().px(430), theme().px(700)])
        splitter.setStretchFactor(1, 1)
        whole = column(gap=0)
        whole.addWidget(splitter)
        self.setLayout(whole)
        self.tabs.changed.connect(self.show_tab)

    def _left(self) -> Panel:
        left = Panel("sheet")
        inner = column(gap=0)
        inner.addWidget(self.head)
        tiles = row(gap=0, margins=(16, 0, 16, 10))
        tiles.addWidget(self.stats)
        inner.addLayout(tiles)
        inner.addLayout(self._fault)
        strip = row(gap=0)
        strip.addWidget(self.tabs)
        inner.addLayout(strip)
        inner.addWidget(self.stack, 1)
        left.setLayout(inner)
        left.setMinimumWidth(theme().px(360))
        return left

    def _empties(self) -> dict[str, EmptyState]:
        return {
            "needs": EmptyState(
                self.tr("Nothing needs you"),
                self.tr("Edits that the core refuses, or that two people made at once, wait here."),
                icon="check",
            ),
            "outbox": EmptyState(
                self.tr("Everything is confirmed"),
                self.tr("What you change without a network waits here until it is back."),
                icon="cloud",
            ),
            "done": EmptyState(
                self.tr("Nothing was settled yet"),
                self.tr("Both versions of what was settled stay here."),
                icon="history",
            ),
        }

    def _choices(self) -> list[Choice]:
        figures = self.desk.sync.figures
        waiting = figures.here + figures.sent
        return [
            Choice("needs", self.tr("Needs you"), number_word(figures.needs) if figures.needs else ""),
            Choice("outbox", self.tr("Outbox"), number_word(waiting) if waiting else ""),
            Choice("done", self.tr("Done")),
        ]

    def _stats(self) -> list[Stat]:
        figures, now = self.desk.sync.figures, self.desk.ctx.clock.now()
        last = time_word(figures.confirmed_at, now, self.desk.sites.zone)
        return [
            Stat(self.tr("On this laptop"), number_word(figures.here), self.tr("not sent yet")),
            Stat(self.tr("Sent"), number_word(figures.sent), self.tr("no answer yet")),
            Stat(
                self.tr("Confirmed"),
                number_word(figures.confirmed),
                self.tr("last {0}").format(last) if last else self.tr("never"),
            ),
        ]

    def _show_figures(self) -> None:
        figures = self.desk.sync.figures
        self.stats.set_stats(self._stats())
        self.tabs.set_choices(self._choices())
        while (item := self._fault.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if figures.offline_since is not None or figures.fault:
            since = time_word(figures.offline_since, self.desk.ctx.clock.now(), self.desk.sites.zone)
            lead = self.tr("Offline since {0}.").format(since) if since else self.tr("Sync waits:")
            self._fault.addWidget(RefusalBox(figures.fault, lead=lead, verdict="ambiguous"))
        busy = self.desk.sync.figures.busy
        button = self.button("sync")
        if button is not None:
            button.set_reason(self.tr("Sync is at work.") if busy else "")
        self.told.emit()

    def show_tab(self, key: str) -> None:
        """Show a tab by its key."""
        if self.tabs.current() != key:
            self.tabs.set_current(key)
            return
        self.stack.setCurrentWidget(self.panes[key])
        self.show_entry(self.panes[key].current() if key != "outbox" else None)

    def sync_now(self) -> None:
        """Send and fetch once."""
        run(
            self,
            self.desk.station.sync_now(),
            done=self._synced,
            trigger=self.button("sync"),
            failed=self._not_synced,
        )

    def _synced(self, words: str) -> None:
        self.desk.notice("accepted", self.tr("Synced"), words)

    def _not_synced(self, fault: GatewrightError) -> None:
        self.desk.notice("unreachable", self.tr("Not synced; nothing is lost"), spoken(fault))

    # -- one entry

    def show_entry(self, entry: TrayEntry | None) -> None:
        """Show an entry of the tray with its values and acts."""
        if self.view is not None:
            if entry is not None and self.view.entry == entry:
                return
            self.right.removeWidget(self.view)
            self.view.deleteLater()
            self.view = None
        if entry is None:
            self.right.setCurrentIndex(0)
            return
        self.view = TrayView(self.desk, entry)
        self.view.act.connect(lambda key: self._settle(entry, key))
        self.view.settled_fields.connect(lambda choices: self._settle_fields(entry, choices))
        self.right.addWidget(self.view)
        self.right.setCurrentWidget(self.view)

    def _settle(self, entry: TrayEntry, key: str) -> None:
        run(self, settle(self.desk.ctx, entry.id, key), done=lambda _none: self._next(), failed=self._refused)

    def _settle_fields(self, entry: TrayEntry, choices: dict[str, str]) -> None:
        work = settle_fields(self.desk.ctx, entry, choices)
        run(self, work, done=lambda _none: self._next(), failed=self._refused)

    def _refused(self, fault: GatewrightError) -> None:
        if self.view is not None:
            self.view.set_fault(spoken(fault))

    def _next(self) -> None:
        self.desk.notice(
            "waiting", self.tr("Settled on this laptop"), self.tr("It is sent when there is a network.")
        )
        self.needs.reload()

    # -- life

    def enter(self, target: object = None) -> None:
        for listing in self._lists():
            listing.set_live(live=True)
        self.desk.sync.refresh()
        self._wanted = target if isinstance(target, str) else ""
        if self._wanted:
            self.tabs.set_current("needs")
            self._show_wanted()
        self.panes["needs"].table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_wanted(self) -> None:
        """Go to the entry of the row that somebody came for, once it is fetched."""
        entry = next((x for x in self.needs.all_rows() if x.entity_id == self._wanted), None)
        if entry is not None:
            self._wanted = ""
            self.panes["needs"].show_key(str(entry.id))
            self.show_entry(entry)

    def leave(self) -> None:
        for listing in self._lists():
            listing.set_live(live=False)

    def shut(self) -> None:
        for listing in self._lists():
            listing.close()

    @property
    def is_settled(self) -> bool:
        return all(x.is_settled for x in self._lists())

    def _settled(self) -> None:
        pane = self.panes.get(self.tabs.current())
        if pane is not None and self.tabs.current() != "outbox":
            if pane.current() is None:
                pane.show_first()
            self._show_wanted()
            self.show_entry(pane.current())
        self.settled.emit()

    def status(self) -> list[StatusItem]:
        needs = self.desk.sync.figures.needs
        items = [StatusItem(self.tr("{0} need you").format(number_word(needs)))] if needs else []
        words = self.tr("Nothing in this list is lost, even if you close the window")
        return [*items, StatusItem(words, icon="laptop")]

    def hints(self) -> list[Hint]:
        return [(["↑↓"], self.tr("move")), ("F9", self.tr("sync now"))]
