"""What an access group means at its doors: who may open the chosen one now, and whether one person may, and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from desktop.models.desk import Desk
from desktop.views.who_opens import ExplainBox, OpenersBox
from desktop.views.widgets.base import clear, column
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.fields import FormField
from desktop.views.widgets.paragraph import Paragraph


class GroupPreview(QWidget):
    """`doors`: (relay id, words) of the group as it is saved; `people`: (person id, name) to ask about."""

    def __init__(
        self,
        desk: Desk,
        doors: Sequence[tuple[str, str]],
        people: Sequence[tuple[str, str]],
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self.door = ChoiceBox(list(doors))
        self.person = ChoiceBox([("", self.tr("everybody")), *people], current="")
        self.answer = column(gap=8)
        whole = column(gap=10)
        if doors:
            whole.addWidget(FormField(self.tr("Who may open"), self.door, hint=self.tr("now, as saved")))
            whole.addWidget(FormField(self.tr("Ask about"), self.person))
        else:
            words = self.tr("Choose doors above: then it says here who may open them.")
            whole.addWidget(Paragraph(words, "help", "t3"))
        whole.addLayout(self.answer)
        self.setLayout(whole)
        self.door.chosen.connect(lambda _key: self.show_answer())
        self.person.chosen.connect(lambda _key: self.show_answer())
        if doors:
            self.show_answer()

    def show_answer(self) -> None:
        """Ask for the chosen door and person."""
        clear(self.answer)
        relay, person = str(self.door.current() or ""), str(self.person.current() or "")
        if person:
            self.answer.addWidget(ExplainBox(self._desk, person, relay))
        else:
            self.answer.addWidget(OpenersBox(self._desk, relay))
