"""The visitor pass over any page: a few letters of the host and Enter make it; then its QR code, copied already."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QStackedWidget, QWidget

from core.base.errors import GatewrightError
from core.usecases.visitor_pass import VisitorPass
from desktop.models.desk import Desk
from desktop.models.pass_draft import MOST_HOSTS, PassData, PassDraft, Span, load_pass_data
from desktop.models.visitors import uses_words, when_words
from desktop.models.words import date_words
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.pass_card import PassCard
from desktop.views.widgets.base import Rule, clear, column, follow_theme, row
from desktop.views.widgets.boxes import Inset
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.picks import PickRow
from desktop.views.widgets.side_panel import FootBar
from desktop.views.widgets.toggles import Choice, Segmented

_DOWN = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class PassSheet(QDialog):
    """Two faces: who is visited, then the pass. Escape closes it and goes back to where the person was.

    `host`: words to begin the search with.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, host: str = "") -> None:
        super().__init__(parent)
        self._desk = desk
        self.draft = PassDraft()
        self.made: VisitorPass | None = None
        self._begin_with = host
        self.setWindowTitle(self.tr("Visitor pass"))
        self.setModal(True)
        self.host = LineEdit(
            icon="search", placeholder=self.tr("Resident, unit or the end of a phone number")
        )
        self.name = LineEdit(placeholder=self.tr("Guest of …"))
        spans = [
            (Span.TODAY, self.tr("Today")),
            (Span.TOMORROW, self.tr("Tomorrow")),
            (Span.WEEK, self.tr("7 days")),
        ]
        self.span = Segmented([Choice(s.value, words) for s, words in spans], name=self.tr("Valid"))
        self.found = column(gap=0)
        self.facts = column(gap=4)
        self.foot = FootBar()
        self.make = Button(self.tr("Make the pass"), "primary", keys="Enter")
        self.leave = Button(self.tr("Cancel"), keys="Esc")
        self.faces = QStackedWidget()
        self._build()
        self._connect()
        follow_theme(self)
        run(self, load_pass_data(desk.ctx, desk.sites.site_id), done=self._loaded)

    # -- what it is made of

    def _build(self) -> None:
        ask = QWidget()
        body = column(gap=12, margins=(16, 12, 16, 12))
        body.addWidget(
            FormField(self.tr("Who is visited"), self.host, hint=self.tr("a few letters"), required=True)
        )
        body.addLayout(self.found)
        across = row(gap=12)
        across.addWidget(FormField(self.tr("Visitor"), self.name, hint=self.tr("may stay empty")), 1)
        across.addWidget(FormField(self.tr("Valid"), self.span))
        body.addLayout(across)
        inset = Inset()
        inset.body.addLayout(self.facts)
        body.addWidget(inset)
        body.addStretch(1)
        ask.setLayout(body)
        self.faces.addWidget(ask)
        head = column(gap=1, margins=(16, 12, 16, 10))
        self.title = Label(self.tr("Visitor pass"), "panel")
        site = self._desk.sites.site
        self.note = Label(site.name if site else "", "help", "t2")
        head.addWidget(self.title)
        head.addWidget(self.note)
        self.foot.add_act(self.leave)
        self.foot.add_act(self.make)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addWidget(self.faces, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.host.textEdited.connect(self._searched)
        self.name.textEdited.connect(self._named)
        self.span.changed.connect(self._spanned)
        self.make.clicked.connect(self.make_now)
        self.leave.clicked.connect(self.reject)
        self.host.installEventFilter(self)

    def apply_theme(self) -> None:
        px = theme().px
        self.resize(px(520), px(484))

    def _loaded(self, data: PassData) -> None:
        self.draft.data = data
        self.host.setText(self._begin_with)
        self.draft.search(self._begin_with)
        self._show()
        self.host.setFocus()

    # -- choosing

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is self.host:
            step = _DOWN.get(Qt.Key(event.key()))
            if step is not None:
                self.draft.move(step)
                self._show()
                return True
        return super().eventFilter(watched, event)

    def _searched(self, text: str) -> None:
        self.draft.search(text)
        self._show()

    def _named(self, text: str) -> None:
        self.draft.name = text
        self._show()

    def _spanned(self, key: str) -> None:
        self.draft.span = Span(key)
        self._show()

    def _pick(self, number: int) -> None:
        self.draft.chosen = number
        self._show()

    def _show(self) -> None:
        clear(self.found)
        found = self.draft.matches()
        for number, host in enumerate(found):
            line = PickRow(host.name, host.unit, picture=Avatar(host.name, size=20, square=True))
            line.set_here(here=host == self.draft.host)
            line.clicked.connect(lambda _on=False, number=number: self._pick(number))
            self.found.addWidget(line)
        # The sheet keeps its height while the list gets shorter.
        self.found.addSpacing(theme().px(28) * (MOST_HOSTS - len(found)))
        self.name.setPlaceholderText(self.draft.visitor_name() or self.tr("Guest of …"))
        self._show_facts()
        self.make.set_reason(self.draft.reason())

    def _show_facts(self) -> None:
        clear(self.facts)
        doors = self.draft.door_words()
        more = self.tr(" and {0} more").format(len(doors) - 4) if len(doors) > 4 else ""
        words = self.draft.reason() or self.tr("Opens {0}{1}.").format(", ".join(doors[:4]), more)
        self.facts.addWidget(Paragraph(words, "help", "t1" if doors else "t2"))
        last = date_words(self.draft.times(self._desk.ctx.clock.now()).to_day)
        until = self.tr("Until {0} 23:59 ({1}), {2}. Made here, offline too.")
        uses = uses_words(self.draft.uses)
        self.facts.addWidget(Paragraph(until.format(last, self.draft.data.zone, uses), "help", "t2"))

    # -- making

    def make_now(self) -> None:
        """Make the pass, or say why it cannot be made."""
        if self.made is not None:
            self.accept()
            return
        if reason := self.draft.reason():
            self.foot.set_text(reason, "refused")
            return
        run(self, self.draft.make(self._desk.ctx), trigger=self.make, done=self._made, failed=self._refused)

    def _refused(self, fault: GatewrightError) -> None:
        self.foot.set_text(spoken(fault), "refused")

    def _made(self, made: VisitorPass) -> None:
        self.made = made
        card = PassCard(self._desk, made.key, self.draft.door_words())
        self.faces.addWidget(card)
        self.faces.setCurrentWidget(card)
        QApplication.clipboard().setText(card.message())
        self.title.setText(card.name)
        self.note.setText(when_words(made.key.group))
        self.foot.clear_acts()
        copy = Button(self.tr("Copy QR"), icon="qr-code")
        copy.clicked.connect(card.copy_picture)
        self.foot.add_act(copy)
        done = Button(self.tr("Done"), "primary", keys="Enter")
        done.clicked.connect(self.accept)
        self.foot.add_act(done)
        self.foot.set_text(self.tr("Copied. Doors follow with a push."))
        done.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.make_now()
            return
        super().keyPressEvent(event)
