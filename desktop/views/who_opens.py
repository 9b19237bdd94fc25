"""Who may open a door then, and whether one person may, in a sentence with its chain: boxes for panels."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.rules.explain import Answer, Openers, Step, name_of, word_of
from core.usecases.access import Question, explain_access, who_opens
from desktop.models.desk import Desk
from desktop.models.words import number_word, translate
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import EdgeBox, Section
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph, Run

MOST_NAMES = 24


def step_word(step: Step) -> str:
    """A link of the chain, in words."""
    words = {
        Step.DOOR: translate("Door"),
        Step.PERSON: translate("Person"),
        Step.GROUP: translate("Group"),
        Step.SCHEDULE: translate("Hours"),
        Step.CREDENTIAL: translate("Credential"),
        Step.METHOD: translate("Method"),
        Step.PROOF: translate("On the door"),
    }
    return words[step]


class ExplainBox(QWidget):
    """One person before one door at a moment (None: now): the sentence, and every link with whether it holds."""

    def __init__(
        self,
        desk: Desk,
        person: str,
        relay: str,
        at: datetime | None = None,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._body = column(gap=6)
        self._body.addWidget(Paragraph(self.tr("Looking…"), "help", "t3"))
        self.setLayout(self._body)
        self.answer: Answer | None = None
        work = explain_access(desk.ctx, person=person, door=relay, at=at)
        run(self, work, done=self._show, failed=self._failed)

    def _failed(self, fault: GatewrightError) -> None:
        clear(self._body)
        self._body.addWidget(Paragraph(spoken(fault), "help", "refused"))

    def _show(self, answer: Answer) -> None:
        self.answer = answer
        clear(self._body)
        box = EdgeBox("proved" if answer.opens else "refused")
        box.body.addWidget(Paragraph(spoken(answer.sentence), "help", "t1"))
        self._body.addWidget(box)
        for link in answer.chain:
            line = row(gap=8)
            name, tone = ("check", "proved.solid") if link.holds else ("x", "refused.solid")
            line.addWidget(Picture("icon", name, tone=tone, size=14))
            runs = [Run(f"{step_word(link.step)} ", "t3"), Run(spoken(link.said, part=True), "t1")]
            line.addWidget(Paragraph(runs, "help", "t1"), 1)
            self._body.addLayout(line)


class OpenersBox(QWidget):
    """Everybody who may open a door at a moment (None: now)."""

    def __init__(
        self, desk: Desk, relay: str, at: datetime | None = None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.head = Section(self.tr("Who may open it now") if at is None else self.tr("Who may open it then"))
        self._body = column(gap=4)
        whole = column(gap=6)
        whole.addWidget(self.head)
        whole.addLayout(self._body)
        self.setLayout(whole)
        self.openers: Openers | None = None
        run(self, who_opens(desk.ctx, door=relay, at=at), done=self._show, failed=self._failed)

    def _failed(self, fault: GatewrightError) -> None:
        self._body.addWidget(Paragraph(spoken(fault), "help", "refused"))

    def _show(self, found: tuple[Question, Openers]) -> None:
        openers = found[1]
        self.openers = openers
        self.head.set_end(number_word(len(openers.people)))
        clear(self._body)
        if openers.everybody:
            self._body.addWidget(Paragraph(spoken(openers.everybody), "help", "ambiguous"))
        for opener in openers.people[:MOST_NAMES]:
            line = row(gap=8)
            line.addWidget(Label(name_of(opener.person).removesuffix(" ·"), "help", "t1", elide=True), 1)
            kinds = list(dict.fromkeys(word_of(way.credential.kind) for way in opener.ways))
            line.addWidget(Label(", ".join(kinds), "help", "t3"))
            self._body.addLayout(line)
        if len(openers.people) > MOST_NAMES:
            more = self.tr("and {0} more").format(number_word(len(openers.people) - MOST_NAMES))
            self._body.addWidget(Paragraph(more, "help", "t3"))
        if not openers.people and not openers.everybody:
            self._body.addWidget(Paragraph(self.tr("Nobody may open it."), "help", "t3"))
