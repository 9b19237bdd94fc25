"""The page Today: the front desk's board, the doors as they open, and the person the desk talks with (picture 05)."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from core.base.errors import GatewrightError
from core.usecases.desk_board import Place, note_arrival, note_departure
from desktop.models.desk import Desk
from desktop.models.latest import Latest
from desktop.models.today import (
    TOUCHES,
    Guest,
    Neighbour,
    Today,
    day_facts,
    late_first,
    load_today,
    note_of,
    time_of,
)
from desktop.models.words import number_word
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.emergency import ask_emergency
from desktop.views.page import Hint, Page, PageAct
from desktop.views.pass_sheet import PassSheet
from desktop.views.today_doors import DayLine, TodayDoors
from desktop.views.today_person import TodayPerson
from desktop.views.widgets.base import Panel, Rule, column, row, side_by_side
from desktop.views.widgets.board import Board, BoardColumn, Card
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.fields import LineEdit
from desktop.views.widgets.labels import Label
from desktop.views.widgets.status_bar import StatusItem


class TodayPage(Page):
    """Search, board, live doors, person. Signals as `Page`."""

    key: ClassVar[str] = "today"
    icon: ClassVar[str] = "layout-dashboard"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.today = Today()
        self.fetched = self._shut = False
        self._matches: list[Neighbour] = []
        self._at = 0
        self.search = LineEdit(
            icon="search", placeholder=self.tr("Resident, unit, plate or the end of a phone number")
        )
        self.search.setAccessibleName(self.tr("Find a resident"))
        self.hits = Label("", "help", "t3")
        self.board = Board(name=self.tr("The day"))
        self.day = DayLine(desk.go)
        self.doors = TodayDoors(desk)
        self.log = self.doors.log
        self.person = TodayPerson(desk)
        self._latest = Latest(desk.tasks, self._load, failed=self._failed, settled=self.settled.emit)
        self._build()
        self._add_acts()
        self._connect()
        self.log.show_site(desk.sites.site_id)
        self._latest.ask()

    @property
    def title(self) -> str:
        return self.tr("Today")

    # -- what it is made of

    def _build(self) -> None:
        self.search.setFixedHeight(theme().px(38))
        self.search.set_trailing(self.hits)
        self._head = row(gap=10, margins=(16, 10, 16, 10))
        self._head.addWidget(self.search, 1)
        left, below = Panel("sheet"), Panel("sheet")
        day = column(gap=0)
        day.addWidget(self.day)
        day.addWidget(Rule())
        day.addWidget(self.board, 5)
        day.addWidget(self.doors, 6)
        below.setLayout(day)
        self.guard = Guarded(below)
        self.guard.retry.connect(self._read_again)
        whole = column(gap=0)
        whole.addLayout(self._head)
        whole.addWidget(self.guard, 1)
        left.setLayout(whole)
        self.splitter = side_by_side(left, self.person)
        outer = column(gap=0)
        outer.addWidget(self.splitter)
        self.setLayout(outer)

    def _connect(self) -> None:
        self.search.textEdited.connect(self._searched)
        self.search.returnPressed.connect(self.person.focus_acts)
        self.board.pointed.connect(self._pointed)
        self.board.entered.connect(lambda _key: self.do("arrived"))
        self.desk.feed.delivered.connect(self._on_changes)
        self.desk.sites.chosen.connect(self._site_changed)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._focus_search)

    def _add_acts(self) -> None:
        quiet = partial(PageAct, button=False)
        here, inside, call = self._not_expected, self._not_inside, self.person.why_no_call
        acts = (
            PageAct("doors", self.tr("Doors"), lambda: self.desk.go("doors"), "door-open", "D"),
            PageAct("walk_in", self.tr("Walk-in"), self._walk_in, "ticket", "W", "primary", self._no_site),
            PageAct("emergency", self.tr("Emergency"), self._emergency, "siren", "", "danger", self._no_site),
            quiet("arrived", self.tr("Arrived"), self._arrived, "check", "A", reason=here),
            quiet("left", self.tr("Check out"), self._left, "log-out", "X", reason=inside),
            quiet("call", self.tr("Call…"), self.person.call, "phone", "C", reason=call),
            quiet("board", self.tr("Go to the board"), self.board.focus_card, "layout-dashboard", "B"),
        )
        for act in acts:
            self.add_act(act)
            if act.button:
                self._head.addWidget(self.act_button(act))

    # -- data

    async def _load(self) -> None:
        today = await load_today(self.desk.ctx, self.desk.sites.site_id)
        if self._shut:
            return  # the window closed meanwhile, and its widgets with it
        self.today = today
        self.fetched = True
        self.guard.set_fault(None)
        self._show()

    def _failed(self, fault: GatewrightError) -> None:
        self.guard.set_fault(fault, kept=self.fetched)

    def _read_again(self) -> None:
        self._latest.ask()
        self.log.refresh()

    def _on_changes(self, changes: list[Any]) -> None:
        if any(c.touches(*TOUCHES) for c in changes):
            self._latest.ask()

    def _site_changed(self) -> None:
        self.search.clear()
        self._searched("")
        self.log.show_site(self.desk.sites.site_id)
        self._latest.ask()

    # -- showing

    def _show(self) -> None:
        today = self.today
        expected = late_first(today.at(Place.EXPECTED))
        zone = self.desk.sites.zone
        soon = time_of(expected[0], zone) if expected else ""
        inside, gone = today.at(Place.INSIDE), today.at(Place.GONE)
        missed = sum(1 for g in gone if g.line.missed)
        self.board.set_columns(
            [
                BoardColumn(
                    Place.EXPECTED,
                    self.tr("Expected"),
                    self.tr("next {0}").format(soon) if soon else "",
                    self._cards(expected),
                    self.tr("Nobody is expected. A visitor pass puts its guest here."),
                ),
                BoardColumn(
                    Place.INSIDE,
                    self.tr("Arrived"),
                    self.tr("in the house") if inside else "",
                    self._cards(inside),
                    self.tr("Who opens a door with a key stands here, or whom the desk lets in."),
                ),
                BoardColumn(
                    Place.GONE,
                    self.tr("Left"),
                    self.tr("{0} did not come").format(number_word(missed)) if missed else "",
                    self._cards(gone),
                    self.tr("X checks out who is marked."),
                ),
            ]
        )
        self.day.show_facts(day_facts(today.day))
        self._follow_person()
        self.refresh_acts()

    def _cards(self, guests: list[Guest]) -> list[Card]:
        now, zone = self.desk.ctx.clock.now(), self.desk.sites.zone
        cards = []
        for guest in guests:
            note, tone, late = note_of(guest, now)
            person = guest.line.person
            cards.append(
                Card(person.id, time_of(guest, zone), guest.name, guest.about, note, tone, guest.icon, late)
            )
        return cards

    # -- the person

    def _searched(self, text: str) -> None:
        self._matches, self._at = self.today.find(text), 0
        self._show_match()

    def _show_match(self) -> None:
        found = self._matches
        words = self.tr("{0} of {1}").format(self._at + 1, len(found)) if found else ""
        nothing = self.tr("nobody") if self.search.text().strip() and not found else ""
        self.hits.setText(words or nothing)
        self.search.set_trailing(self.hits)
        if found:
            self.person.show_neighbour(found[self._at], self.today)

    def _pointed(self, key: str) -> None:
        guest = self.today.guest(key)
        if guest is not None:
            self.person.show_guest(guest, self.today)
        self.refresh_acts()

    def _follow_person(self) -> None:
        self.person.follow(self.today)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step and self._matches and self.search.hasFocus():
            self._at = (self._at + step) % len(self._matches)
            self._show_match()
        elif event.key() == Qt.Key.Key_Escape:
            self.search.clear()
            self._searched("")
            self.person.show_nobody()
            self._focus_search()
        else:
            super().keyPressEvent(event)

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # -- acts

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _guest(self) -> Guest | None:
        return self.today.guest(self.board.here)

    def _not_expected(self) -> str:
        guest = self._guest()
        if guest is None:
            return self.tr("Put the cursor on somebody of the board first.")
        return self.tr("{0} is in the house.").format(guest.name) if guest.line.place is Place.INSIDE else ""

    def _not_inside(self) -> str:
        guest = self._guest()
        if guest is None:
            return self.tr("Put the cursor on somebody of the board first.")
        return (
            "" if guest.line.place is Place.INSIDE else self.tr("{0} is not in the house.").format(guest.name)
        )

    def _emergency(self) -> None:
        ask_emergency(self.desk, self)

    def _walk_in(self) -> None:
        PassSheet(self.desk, self.window()).open()

    def _arrived(self) -> None:
        run(self, note_arrival(self.desk.ctx, self.board.here), failed=self.fail(self.tr("Not noted")))

    def _left(self) -> None:
        run(self, note_departure(self.desk.ctx, self.board.here), failed=self.fail(self.tr("Not noted")))

    # -- life

    def enter(self, target: object = None) -> None:
        self.log.set_live(live=True)
        self.splitter.setSizes([max(1, self.width() - theme().px(372)), theme().px(372)])
        self._latest.ask()
        self._focus_search()

    def leave(self) -> None:
        self.log.set_live(live=False)

    def shut(self) -> None:
        self._shut = True
        self.log.close()
        self._latest.close()

    @property
    def is_settled(self) -> bool:
        return (self.fetched or self.guard.has_fault) and not self._latest.busy and self.log.is_settled

    def subject(self) -> str:
        guest = self._guest()
        return guest.name if guest else ""

    def status(self) -> list[StatusItem]:
        inside = len(self.today.at(Place.INSIDE))
        late = sum(1 for g in self.today.at(Place.EXPECTED) if note_of(g, self.desk.ctx.clock.now())[2])
        items = [StatusItem(self.tr("guests in the house"), strong=number_word(inside))]
        if late:
            items.append(StatusItem(self.tr("late"), mark="waiting", strong=number_word(late)))
        return items

    def hints(self) -> list[Hint]:
        return [
            ("W", self.tr("pass")),
            ("C", self.tr("call")),
            ("B", self.tr("board")),
            ("A", self.tr("arrived")),
            ("X", self.tr("check out")),
            ("Esc", self.tr("clear")),
        ]
