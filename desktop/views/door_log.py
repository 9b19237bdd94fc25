"""The page Door log: a live tail of every door, newest first, and why one event was as it was."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.usecases.door_desk import LogAnswer, pull_doors
from desktop.models.desk import Desk
from desktop.models.door_log import ALARM_RECORDS, DoorLog, is_foreign, method_word, outcome_words, pull_words
from desktop.models.words import number_word, time_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.who_opens import ExplainBox
from desktop.views.widgets.base import Rule, row
from desktop.views.widgets.boxes import Act, NoticeBar
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Toggle

EVERY_S = 12.0
"""Between two readings of the logs while the tail is live: a door phone answers slowly while it is asked."""


class DoorLogPage(TablePage):
    """Every event of the site."""

    key: ClassVar[str] = "door_log"
    icon: ClassVar[str] = "scroll-text"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.log = DoorLog(desk.ctx, desk.tasks, desk.feed, lambda: desk.sites.zone)
        self.build(self.log, self.tr("Door log"), ticks=False)
        self.bar = NoticeBar("", "", icon="activity")
        self._hold = QWidget()
        holder = row(gap=0, margins=(16, 0, 16, 10))
        holder.addWidget(self.bar)
        self._hold.setLayout(holder)
        self.notice_place.addWidget(self._hold)
        self._hold.hide()
        self.live = Toggle(self.tr("Live"))
        self._following = False
        self._shut = False
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)
        self.log.show_site(desk.sites.site_id)

    @property
    def title(self) -> str:
        return self.tr("Door log")

    def _add_acts(self) -> None:
        read = PageAct(
            "read", self.tr("Read all doors"), self.read, "refresh-cw", "R", "primary", self._no_site
        )
        why = PageAct(
            "why", self.tr("Why was it so"), self._why, "circle-help", "W", reason=self._none, button=False
        )
        tail = PageAct(
            "tail", self.tr("Live tail on or off"), self.live.toggle, "activity", "L", button=False
        )
        alarms = PageAct("alarms", self.tr("Alarm records"), self.show_alarms, "siren", "A", button=False)
        for act in (read, why, tail, alarms):
            self.add_act(act)
        self.head.add_act(Label(self.tr("Live"), "help", "t2"))
        self.head.add_act(self.live)
        self.head.add_act(self.act_button(read))
        self.live.toggled.connect(self._live_changed)
        empty = EmptyState(
            self.tr("No event yet"),
            self.tr("Door phones keep their own log. It is read from each of them, and kept here for good."),
            [Act("read", self.tr("Read all doors"), "primary", "refresh-cw")],
            icon="scroll-text",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)
        self.pane.linked.connect(self._linked)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _none(self) -> str:
        return "" if self.pane.current() is not None else self.tr("Put the cursor on an event first.")

    # -- reading

    def read(self) -> None:
        """Read what is new on every door."""
        work = pull_doors(self.desk.ctx, self.desk.sites.site_id)
        run(self, work, trigger=self.button("read"), done=self._read, failed=self.fail(self.tr("Not read")))

    def _read(self, answers: list[LogAnswer]) -> None:
        strong, rest = pull_words(answers)
        self.bar.set_text(strong, rest)
        self._hold.show()

    def _live_changed(self, on: bool) -> None:
        if on and not self._following:
            self._following = True
            self.desk.tasks.keep(self._follow(), name="live tail")

    async def _follow(self) -> None:
        """Read the logs again and again while the switch is on; a fault of one turn is said and the next goes on."""
        try:
            while self.live.isChecked() and not self._shut:
                try:
                    self._read(await pull_doors(self.desk.ctx, self.desk.sites.site_id))
                except GatewrightError as fault:
                    self.bar.set_text(self.tr("Not read"), spoken(fault))
                await self.desk.ctx.clock.sleep(EVERY_S)
        finally:
            self._following = False

    def leave(self) -> None:
        self.live.setChecked(False)
        super().leave()

    def shut(self) -> None:
        self._shut = True
        super().shut()

    # -- one event

    def fill_panel(self, row: DoorEvent) -> None:
        panel, log = self.panel, self.log
        panel.clear_body()
        panel.set_title(log.who(row))
        tone = "refused" if not row.worked else "foreign" if is_foreign(row) else "t2"
        panel.set_lines((outcome_words(row), "help", tone))
        panel.set_picture(
            Picture("icon", "credit-card" if row.method == "card" else "key", tone="t3", size=20)
        )
        called = row.source is EventSource.CALL
        told = self.tr("by the device at once") if called else self.tr("read from its log")
        pairs = [
            Pair(self.tr("Door"), log.door(row)),
            Pair(self.tr("Time"), f"{log.when(row)} ({log.zone()})"),
            Pair(self.tr("Device's time"), row.device_time or "—", mono=True),
            Pair(self.tr("By"), method_word(row.method)),
            Pair(self.tr("Record"), row.ref or "—", mono=True),
            Pair(self.tr("Told"), told),
        ]
        panel.body.addWidget(KeyValues(pairs, label_width=84))
        panel.body.addWidget(Rule())
        relay = log.relay_id(row)
        if row.person_id and relay:
            panel.body.addWidget(ExplainBox(self.desk, row.person_id, relay, row.at))
        elif is_foreign(row):
            words = self.tr(
                "It opened for a code that belongs to nobody here. The matrix shows what each door holds."
            )
            panel.body.addWidget(Paragraph(words, "help", "t2"))
        panel.show_foot(shown=False)

    def _why(self) -> None:
        self.open_panel(self.pane.current())

    def _linked(self, event: Any, key: str) -> None:
        if key == "ghost":
            self.desk.go("matrix", "nobody")
        else:
            self.pane.show_key(self.log.key_at(self.pane.table.current_row()))
            self.open_panel(event)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if target == ALARM_RECORDS:
            self.show_alarms()
        elif isinstance(target, str) and target:
            self.log.set_filter("device_id", target)

    def show_alarms(self) -> None:
        """Only the alarms (ALM-01): tampering and forced doors."""
        self.log.set_filter("event", ALARM_RECORDS)

    def _site_changed(self) -> None:
        self.close_panel()
        self._hold.hide()
        self.log.show_site(self.desk.sites.site_id)

    def _counted(self) -> None:
        total = self.log.total
        self.head.set_note(self.tr("{0} events").format(number_word(total)) if total else "")
        super()._counted()

    def status(self) -> list[StatusItem]:
        items = super().status()
        newest = self.log.object_at(0) if self.log.rowCount() else None
        if isinstance(newest, DOOR_EVENT.row) and not self.log.is_narrowed:
            at = time_word(newest.at, self.desk.ctx.clock.now(), self.desk.sites.zone)
            items.append(StatusItem(self.tr("newest {0}").format(at)))
        return items

    def hints(self) -> list[Hint]:
        return [
            ("R", self.tr("read all doors")),
            ("L", self.tr("live")),
            ("Enter", self.tr("why")),
            ("F", self.tr("filter")),
        ]
