"""The side panel of one key: when and where it opens, each door's proof, its code on demand, what it was used for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.entities.access import Repeat
from core.entities.event import DoorEvent
from core.entities.person import CREDENTIAL
from core.usecases import generic
from core.usecases.visitors import TemporaryKey
from desktop.models.desk import Desk
from desktop.models.door_proofs import doors_words
from desktop.models.visitors import KeyState, VisitorLine, load_uses, state_word, uses_words, when_words
from desktop.models.words import time_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.door_proofs import DoorProofs
from desktop.views.pass_card import PassCard
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel

_TONES = {KeyState.NOW: "proved", KeyState.LATER: "t2", KeyState.OVER: "t3"}


class VisitorPanel(QWidget):
    """Fills the side panel. Signal `acted(str, QWidget)`: an act of the foot, and its button."""

    acted = Signal(str, object)

    def __init__(self, panel: SidePanel, desk: Desk, line: VisitorLine) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._desk, self.line = desk, line
        panel.clear_body()
        panel.set_title(line.name)
        panel.set_picture(Avatar(line.name, size=40, square=True))
        panel.set_lines((f"{state_word(line.state)} · {when_words(line.group)}", "help", _TONES[line.state]))
        self.code = column(gap=8)
        self._events = column(gap=4)
        whole = column(gap=12)
        whole.addLayout(self.code)
        whole.addWidget(KeyValues(self._pairs(), label_width=64))
        whole.addWidget(Rule())
        whole.addWidget(Section(self.tr("Doors"), end=doors_words(line.proofs)))
        whole.addWidget(DoorProofs(desk, line.proofs, empty=self.tr("It opens no door.")))
        whole.addWidget(Rule())
        whole.addWidget(Section(self.tr("Used")))
        whole.addLayout(self._events)
        self.setLayout(whole)
        panel.body.addWidget(self)
        self._offer_code()
        self._add_foot(panel)
        run(self, load_uses(desk.ctx, line.key_id), done=self._show_events, failed=self._no_events)

    def _pairs(self) -> list[Pair]:
        line = self.line
        return [
            Pair(self.tr("For"), f"{line.unit} · {line.host}" if line.host else line.unit or "—"),
            Pair(self.tr("Uses"), uses_words(line.credential.uses)),
            Pair(self.tr("ID number"), line.visitor.number or "—"),
            Pair(self.tr("E-mail"), line.visitor.email or "—"),
            Pair(self.tr("Made by"), line.credential.made_by or "—"),
        ]

    def _add_foot(self, panel: SidePanel) -> None:
        panel.foot.clear_acts()
        panel.foot.set_text("")
        remove = Button(self.tr("Delete…"), "danger")
        extend = Button(self.tr("Extend…"), icon="calendar")
        if self.line.group.repeat is not Repeat.NEVER:
            extend.set_reason(self.tr("A key that repeats has no end to extend."))
        elif self.line.state is KeyState.OVER:
            extend.set_reason(self.tr("It has expired already. Make a new pass."))
        remove.clicked.connect(lambda: self.acted.emit("remove", remove))
        extend.clicked.connect(lambda: self.acted.emit("extend", extend))
        panel.foot.add_act(remove)
        panel.foot.add_act(extend)
        panel.show_foot()

    # -- the code

    def _offer_code(self) -> None:
        clear(self.code)
        show = Button(self.tr("Show the key and its QR code"), icon="qr-code")
        show.clicked.connect(self.reveal)
        line = row(gap=8)
        line.addWidget(show)
        line.addStretch(1)
        self.code.addLayout(line)
        words = self.tr("Showing it is noted in the audit with your name.")
        self.code.addWidget(Paragraph(words, "help", "t3"))

    def reveal(self) -> None:
        """Show the code, after it was noted who asked."""
        run(self, self._reveal(), done=lambda _none: self._show_code())

    async def _reveal(self) -> None:
        await generic.audit_secret_view(self._desk.ctx, CREDENTIAL, self.line.credential)

    def _show_code(self) -> None:
        clear(self.code)
        line = self.line
        key = TemporaryKey(line.visitor, line.credential, line.group, tuple(d[0] for d in line.doors))
        card = PassCard(self._desk, key, [words for _, words in line.doors], narrow=True)
        self.code.addWidget(card)

    # -- what it was used for

    def _no_events(self, fault: GatewrightError) -> None:
        clear(self._events)
        self._events.addWidget(Paragraph(spoken(fault), "help", "refused"))

    def _show_events(self, events: list[DoorEvent]) -> None:
        clear(self._events)
        now, zone = self._desk.ctx.clock.now(), self._desk.sites.zone
        for event in events:
            line = row(gap=8)
            line.addWidget(Label(time_word(event.at, now, zone), "log", "t3"))
            line.addWidget(Label(event.method, "help", "t1", elide=True), 1)
            words = self.tr("opened") if event.worked else self.tr("refused")
            line.addWidget(Label(words, "help", "t3" if event.worked else "refused"))
            self._events.addLayout(line)
        if not events:
            self._events.addWidget(
                Paragraph(self.tr("Not used yet, as far as door logs were read."), "help", "t3")
            )
