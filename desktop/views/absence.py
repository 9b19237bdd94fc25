"""'Why is it not here?': looks for one device in every way and says the cause, what to do, and what was tried (W11)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from core.base.errors import GatewrightError
from core.usecases.lan import AbsenceReport, explain_absence
from desktop.models.desk import Desk
from desktop.models.lan_words import tried_words
from desktop.models.words import age_word
from desktop.qt.language import spoken
from desktop.qt.run import Work, run
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import EdgeBox, Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph


def add_steps(layout: QVBoxLayout, steps: list[str]) -> None:
    """Numbered sentences, each with its number before its first line."""
    for number, words in enumerate(steps, 1):
        one = row(gap=8)
        one.addWidget(Label(f"{number}.", "help", "t3"), 0, Qt.AlignmentFlag.AlignTop)
        one.addWidget(Paragraph(words, "help", "t1"), 1)
        layout.addLayout(one)


class AbsencePart(QWidget):
    """A button, then the answer. Signal `answered()`."""

    answered = Signal()

    def __init__(self, desk: Desk, mac: str) -> None:
        super().__init__()
        self._desk, self._mac = desk, mac
        self._task: Work[Any] | None = None
        self._button = Button(self.tr("Why is it not here?"), icon="crosshair")
        self._button.clicked.connect(self.look)
        self._words = Paragraph("", "help", "t2")
        self._words.hide()
        self._answer = column(gap=10)
        whole = column(gap=10)
        line = row(gap=0)
        line.addWidget(self._button)
        line.addStretch(1)
        whole.addLayout(line)
        whole.addWidget(self._words)
        whole.addLayout(self._answer)
        self.setLayout(whole)

    @property
    def busy(self) -> bool:
        """Whether it is being looked for."""
        return self._task is not None

    def look(self) -> None:
        """Look for it, or stop looking."""
        if self._task is not None:
            self._task.cancel()
            return
        clear(self._answer)
        targets = tuple(self._desk.preferences.text("scan_targets").split())
        self._task = begun = run(
            self,
            explain_absence(self._desk.ctx, self._mac, targets),
            done=self._show,
            failed=self._failed,
            name="why absent",
        )
        begun.task.add_done_callback(lambda _task: self._over())
        self._say(self.tr("Looking for it in every way; nothing is changed on any device."))
        self._button.setText(self.tr("Stop looking"))
        self._button.set_icon("x")

    def _over(self) -> None:
        self._task = None
        if isValid(self):
            self._say("")
            self._button.setText(self.tr("Look again"))
            self._button.set_icon("crosshair")

    def _say(self, words: str) -> None:
        self._words.set_text(words)
        self._words.setVisible(bool(words))

    def _failed(self, fault: GatewrightError) -> None:
        self._add_box(spoken(fault), "ambiguous")

    def _add_box(self, words: str, verdict: str) -> None:
        box = EdgeBox(verdict)
        box.body.addWidget(Paragraph(words, "help", "t1"))
        self._answer.addWidget(box)

    def _show(self, report: AbsenceReport) -> None:
        clear(self._answer)
        self._add_box(report.words, "proved" if report.found else "unreachable")
        add_steps(self._answer, list(report.steps))
        if report.report is not None:
            self._answer.addWidget(Section(self.tr("What was tried")))
            self._answer.addWidget(KeyValues([Pair(w, t) for w, t in tried_words(report.report)]))
        if report.history:
            now = self._desk.ctx.clock.now()
            pairs = [Pair(age_word(at, now) or "—", url, mono=True) for url, at in report.history[:6]]
            self._answer.addWidget(Section(self.tr("Where it was")))
            self._answer.addWidget(KeyValues(pairs))
        self.answered.emit()
