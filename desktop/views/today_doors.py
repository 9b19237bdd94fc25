"""The day beside its people: one line of counts that lead on, and what happens at the doors, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.desk import Desk
from desktop.models.door_log import DoorLog
from desktop.models.today import DayFact
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.table import ColumnWidth, TableView


class DayLine(QWidget):
    """Moves, silent doors, open receipts and codes that end: each a link to its page; away on a day with none."""

    def __init__(self, go: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._go = go
        self.links: list[LinkButton] = []
        self._line = row(gap=16, margins=(16, 0, 16, 8))
        self.setLayout(self._line)
        self.setAccessibleName(self.tr("The day in numbers"))
        self.hide()

    def show_facts(self, facts: Sequence[DayFact]) -> None:
        """Show the counts; a key press on a link goes to its page."""
        clear(self._line)
        self.links = []
        for fact in facts:
            link = LinkButton(fact.words, tone=fact.tone)
            link.setToolTip(fact.names)
            link.setAccessibleDescription(fact.names)
            link.clicked.connect(lambda _on=False, page=fact.page: self._go(page))
            self._line.addWidget(link)
            self.links.append(link)
        self._line.addStretch(1)
        self.setVisible(bool(facts))


class TodayDoors(QWidget):
    """The newest events of the site; Enter or a click on a small act leads to the door log."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = DoorLog(desk.ctx, desk.tasks, desk.feed, lambda: desk.sites.zone)
        self.tail = TableView(ticks=False, name=self.tr("Doors, live"))
        self.tail.setModel(self.log)
        self.tail.set_widths([ColumnWidth(c.width, stretch=c.stretch) for c in self.log.columns])
        self.tail.setColumnHidden(len(self.log.columns) - 1, True)
        self._silent = EmptyState(
            self.tr("No event yet"),
            self.tr("Door phones keep their own log; the page Door log reads it from each of them."),
            [Act("door_log", self.tr("Open the door log"))],
            icon="scroll-text",
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tail)
        self._stack.addWidget(self._silent)
        hold = row(gap=0, margins=(16, 8, 16, 6))
        hold.addWidget(Section(self.tr("Doors, live"), end=self.tr("Point at the list to hold it")))
        whole = column(gap=0)
        whole.addWidget(Rule())
        whole.addLayout(hold)
        whole.addWidget(self._stack, 1)
        self.setLayout(whole)
        self._silent.act.connect(desk.go)
        self.tail.opened.connect(lambda _index: desk.go("door_log"))
        self.tail.link_activated.connect(lambda _index, _key: desk.go("door_log"))
        self.tail.installEventFilter(self)
        self.log.counted.connect(self._counted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pointing at the list holds it: what comes meanwhile is shown when the mouse leaves."""
        if watched is self.tail and event.type() in {QEvent.Type.Enter, QEvent.Type.Leave}:
            self.log.set_live(live=event.type() == QEvent.Type.Leave)
        return super().eventFilter(watched, event)

    def _counted(self, shown: int, _total: int) -> None:
        self._stack.setCurrentWidget(self.tail if shown else self._silent)
