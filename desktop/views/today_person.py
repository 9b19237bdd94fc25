"""Whom the desk talks with: a resident with doors, passes and events, or a guest of the day; acts on keys 1 to 6."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout

from core.base.errors import GatewrightError
from core.entities.person import RESIDENT
from core.usecases.calling import Whom
from core.usecases.desk_board import Place, note_arrival, note_departure
from core.usecases.provision import devices_of, submit
from desktop.models.desk import Desk
from desktop.models.door_log import method_word
from desktop.models.door_proofs import doors_words, proved_of, worst_of
from desktop.models.today import Guest, Neighbour, Today, note_of, role_words, time_of
from desktop.models.words import day_word, number_word, time_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.call_sheet import call_somebody
from desktop.views.desk_acts import note_about, offer_doors
from desktop.views.door_proofs import DoorProofs
from desktop.views.pass_sheet import PassSheet
from desktop.views.people_acts import move_people_out
from desktop.views.widgets.base import Rule, column, row
from desktop.views.widgets.boxes import Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.labels import Label, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel

PersonAct = tuple[str, str, Callable[[], object], str]
"""Words, icon, what it does, why not."""


class TodayPerson(SidePanel):
    """Shows one person at a time; `follow` shows the present version of them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._neighbour: Neighbour | None = None
        self._guest: Guest | None = None
        self.acts: list[Button] = []
        self.closed.connect(self.show_nobody)
        self.show_nobody()

    # -- who

    def show_nobody(self) -> None:
        """Nobody is looked for."""
        self._neighbour = self._guest = None
        self.acts = []
        self.clear_body()
        self.set_title(self.tr("Nobody yet"))
        self.top.hide()  # neither name nor cross: there is nobody to close
        words = self.tr(
            "A few letters of a name, a unit, a plate or the end of a phone number show the resident here."
        )
        self.body.addWidget(EmptyState(self.tr("Who is at the desk?"), words, icon="search"))

    def show_neighbour(self, person: Neighbour, today: Today) -> None:
        """Show a resident."""
        if person == self._neighbour:
            return
        self._neighbour, self._guest = person, None
        self.top.show()
        self.clear_body()
        self.set_title(person.name)
        self.set_picture(Avatar(person.name, size=44, square=True))
        self.set_lines((f"{person.unit} · {role_words(person.person)}", "help", "t2"))
        if person.doors:
            words = self.tr("{0} of {1} proved").format(proved_of(person.doors), len(person.doors))
            self.body.addWidget(VerdictLabel(worst_of(person.doors).value, words, chip=True))
        self.body.addWidget(KeyValues(self._facts(person), columns=2, label_width=52))
        self._add_acts(self._resident_acts(person))
        self.body.addWidget(Rule())
        self.body.addWidget(Section(self.tr("Doors"), end=doors_words(person.doors)))
        self.body.addWidget(
            DoorProofs(self._desk, person.doors, empty=self.tr("In no group that opens a door."))
        )
        self._add_passes(today.passes_of(person))
        self._add_events(person.person.id, today)
        if person.person.remark:
            self.body.addWidget(Rule())
            self.body.addWidget(Section(self.tr("Note")))
            self.body.addWidget(Paragraph(person.person.remark, "help", "t2"))

    def show_guest(self, guest: Guest, today: Today) -> None:
        """Show somebody of the board."""
        self._guest, self._neighbour = guest, None
        self.top.show()
        self.clear_body()
        self.set_title(guest.name)
        self.set_picture(Avatar(guest.name, size=44, square=True))
        note, tone, _ = note_of(guest, self._desk.ctx.clock.now())
        words = " · ".join(part for part in (time_of(guest, self._desk.sites.zone), guest.about) if part)
        self.set_lines((words, "help", "t2"), *([(note, "help", tone)] if note else []))
        self._add_acts(self._guest_acts(guest))
        self._add_events(guest.line.person.id, today)

    def follow(self, today: Today) -> None:
        """The day changed: show the same person as they are now."""
        if self._neighbour is not None:
            wanted = self._neighbour.person.id
            found = next((n for n in today.neighbours if n.person.id == wanted), None)
            if found is None:
                self.show_nobody()
            else:
                self.show_neighbour(found, today)
        elif self._guest is not None:
            guest = today.guest(self._guest.line.person.id)
            if guest is None:
                self.show_nobody()
            elif guest != self._guest:
                self.show_guest(guest, today)

    def _facts(self, one: Neighbour) -> list[Pair]:
        person, zone = one.person, self._desk.sites.zone
        until = day_word(person.valid_until, zone) or self.tr("no end")
        return [
            Pair(
                self.tr("Phone"),
                f"… {person.mobile[-4:]}" if person.mobile else "—",
                mono=bool(person.mobile),
            ),
            Pair(self.tr("Until"), until),
            Pair(self.tr("Plate"), ", ".join(one.plates) or "—", mono=bool(one.plates)),
            Pair(self.tr("House"), self.tr("{0} people").format(number_word(one.household))),
        ]

    # -- acts

    def _resident_acts(self, one: Neighbour) -> list[PersonAct]:
        person, desk = one.person, self._desk
        return [
            (
                self.tr("Visitor pass"),
                "ticket",
                lambda: PassSheet(desk, self.window(), host=one.name).open(),
                "",
            ),
            (self.tr("Open a door"), "door-open", lambda: self._doors([d.device_id for d in one.doors]), ""),
            (self.tr("Call…"), "phone", self.call, ""),
            (self.tr("Edit"), "pencil", lambda: desk.go("residents", person.id), ""),
            (self.tr("Note…"), "sticky-note", lambda: self._do(note_about(desk, self, person)), ""),
            (self.tr("Push to doors"), "arrow-up", lambda: self._push(one), self._no_doors(one)),
            (
                self.tr("Move out…"),
                "log-out",
                lambda: run(self, move_people_out(self, desk, [person.id])),
                "",
            ),
        ]

    def call(self) -> None:
        """Call whom is shown, or at a guest of the day the home that is visited."""
        person = self._neighbour.person if self._neighbour is not None else None
        title = self.tr("Call {0}")
        if person is not None:
            name, whom = RESIDENT.name_of(person), Whom(person_id=person.id)
        elif self._guest is not None and (home := self._guest.line.person.apartment_id):
            name, whom = self._guest.about, Whom(apartment_id=home)
        else:
            return
        work = call_somebody(self._desk, self, title.format(name), whom)
        run(self, work, failed=self._not_called)

    def why_no_call(self) -> str:
        """Why whom is shown cannot be called; empty when they can."""
        if self._neighbour is not None or (self._guest and self._guest.line.person.apartment_id):
            return ""
        return self.tr("Find a resident first, or mark a guest of one.")

    def _not_called(self, fault: GatewrightError) -> None:
        self._desk.notice("refused", self.tr("Not called"), spoken(fault))

    def _guest_acts(self, guest: Guest) -> list[PersonAct]:
        desk, person = self._desk, guest.line.person
        pages = {"staff": "staff", "delivery": "deliveries"}
        page = pages.get(person.kind.value, "visitors")
        inside = guest.line.place is Place.INSIDE
        here = self.tr("{0} is in the house.").format(guest.name)
        away = self.tr("{0} is not in the house.").format(guest.name)
        return [
            (
                self.tr("Arrived"),
                "check",
                lambda: run(self, note_arrival(desk.ctx, person.id)),
                here if inside else "",
            ),
            (
                self.tr("Check out"),
                "log-out",
                lambda: run(self, note_departure(desk.ctx, person.id)),
                "" if inside else away,
            ),
            (self.tr("Open a door"), "door-open", self._doors, ""),
            (self.tr("Call the host…"), "phone", self.call, self.why_no_call()),
            (self.tr("Open the key"), "ticket", lambda: desk.go(page, person.id), ""),
        ]

    def _doors(self, first: Sequence[str] = ()) -> None:
        """A menu of doors under the act."""
        self._do(
            offer_doors(self._desk, self.acts[1] if self._neighbour is not None else self.acts[2], first)
        )

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        def failed(fault: GatewrightError) -> None:
            self._desk.notice("refused", self.tr("Not done"), spoken(fault))

        run(self, work, failed=failed)

    def _no_doors(self, one: Neighbour) -> str:
        return "" if one.doors else self.tr("In no group that opens a door.")

    def _push(self, one: Neighbour) -> None:
        ids = {d.device_id for d in one.doors}

        async def work() -> int:
            found = [d for d in await devices_of(self._desk.ctx, one.person.site_id) if d.id in ids]
            await submit(self._desk.ctx, found)
            return len(found)

        run(self, work(), done=self._pushed)

    def _pushed(self, count: int) -> None:
        words = self.tr("Only what differs is sent, then read back.")
        self._desk.notice("waiting", self.tr("{0} devices queued").format(count), words)

    def _add_acts(self, acts: Sequence[PersonAct]) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme().px(6))
        self.acts = []
        for number, (words, icon, work, reason) in enumerate(acts):
            button = Button(
                words, "primary" if number == 0 and not reason else "plain", icon=icon, keys=str(number + 1)
            )
            button.set_align("lead")
            button.set_reason(reason)
            button.clicked.connect(lambda _on=False, work=work: work())
            last = number == len(acts) - 1 and not number % 2
            grid.addWidget(button, number // 2, number % 2, 1, 2 if last else 1)
            self.acts.append(button)
        self.body.addLayout(grid)

    def focus_acts(self) -> None:
        """Go to the first act, so that the number keys work."""
        if self.acts:
            self.acts[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(self.acts) and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            if not self.acts[number].reason:
                self.acts[number].click()
            return
        super().keyPressEvent(event)

    # -- lists

    def _add_passes(self, guests: Sequence[Guest]) -> None:
        if not guests:
            return
        zone, now = self._desk.sites.zone, self._desk.ctx.clock.now()
        self.body.addWidget(Rule())
        self.body.addWidget(Section(self.tr("Passes today"), end=number_word(len(guests))))
        lines = column(gap=4)
        for guest in guests:
            line = row(gap=8)
            line.addWidget(Label(time_of(guest, zone), "log", "t3"))
            line.addWidget(Label(guest.name, "help", "t1", elide=True), 1)
            note, tone, _ = note_of(guest, now)
            line.addWidget(Label(note, "help", tone))
            lines.addLayout(line)
        self.body.addLayout(lines)

    def _add_events(self, person_id: str, today: Today) -> None:
        self.body.addWidget(Rule())
        self.body.addWidget(Section(self.tr("Last events")))
        lines = column(gap=4)
        now, zone = self._desk.ctx.clock.now(), self._desk.sites.zone
        events = today.events.get(person_id, ())
        for event in events:
            line = row(gap=8)
            line.addWidget(Label(time_word(event.at, now, zone), "log", "t3"))
            where = f"{today.doors.get(event.device_id, '')}, {method_word(event.method)}"
            line.addWidget(Label(where, "help", "t1", elide=True), 1)
            words = self.tr("opened") if event.worked else self.tr("not opened")
            line.addWidget(Label(words, "help", "t3" if event.worked else "refused"))
            lines.addLayout(line)
        if not events:
            lines.addWidget(Paragraph(self.tr("None, as far as door logs were read."), "help", "t3"))
        self.body.addLayout(lines)
