"""The side panel of one door: open it, what it answered, who may open it, which groups hold it open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.base.verdict import Verdict
from core.rules.calling import can_call
from core.usecases.doors import hold_open
from desktop.models.desk import Desk
from desktop.models.doors import DoorAnswer, DoorLine
from desktop.models.words import time_word, verdict_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.who_opens import OpenersBox
from desktop.views.widgets.base import Rule, column, row
from desktop.views.widgets.boxes import EdgeBox, Section
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.page_head import DeviceBox
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel
from desktop.views.widgets.toggles import CheckBox


class DoorPanel(QWidget):
    """Fills the side panel.

    Signals: `open_asked()`, `hold_asked(QWidget)`, `site_asked()`, `log_asked()`, `call_asked()`.
    """

    open_asked = Signal()
    hold_asked = Signal(object)
    site_asked = Signal()
    log_asked = Signal()
    call_asked = Signal()

    def __init__(
        self,
        panel: SidePanel,
        desk: Desk,
        line: DoorLine,
        groups: Sequence[tuple[str, str]],
        answers: Sequence[DoorAnswer],
    ) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._desk, self.line = desk, line
        panel.clear_body()
        panel.set_title(line.device.name)
        panel.set_picture(DeviceBox("door", size=36))
        panel.set_lines(
            (f"{line.relay.name} · {line.place}", "help", "t2"),
            (verdict_word(line.verdict), "help", line.verdict.value),
        )
        whole = column(gap=12)
        if line.reason and line.verdict is not Verdict.PROVED:
            whole.addWidget(Paragraph(spoken(line.reason), "help", "t2"))
        whole.addLayout(self._answers(answers))
        whole.addLayout(self._more())
        whole.addWidget(Rule())
        whole.addWidget(Section(self.tr("Held open in the times of")))
        whole.addLayout(self._holds(groups))
        whole.addWidget(Rule())
        whole.addWidget(OpenersBox(desk, line.relay.id))
        self.setLayout(whole)
        panel.body.addWidget(self)
        self._add_foot(panel)

    def _add_foot(self, panel: SidePanel) -> None:
        panel.foot.clear_acts()
        panel.foot.set_text("")
        hold = Button(self.tr("Hold…"), icon="hourglass")
        openit = Button(self.tr("Open"), "primary", icon="door-open")
        off = "" if self.line.relay.enabled else self.tr("{0} is switched off.").format(self.line.relay.name)
        for button in (hold, openit):
            button.set_reason(off)
        hold.clicked.connect(lambda: self.hold_asked.emit(hold))
        openit.clicked.connect(self.open_asked)
        for button in (hold, openit):
            panel.foot.add_act(button)
        panel.show_foot()

    def _more(self) -> QHBoxLayout:
        """What is not about opening it."""
        call = Button(self.tr("Call…"), icon="phone")
        call.set_reason(
            ""
            if can_call(self.line.device)
            else self.tr("A {0} takes no calls.").format(self.line.device.model)
        )
        call.clicked.connect(self.call_asked)
        log = Button(self.tr("Log"), icon="scroll-text")
        log.clicked.connect(self.log_asked)
        line = row(gap=8)
        line.addWidget(call)
        line.addWidget(log)
        line.addStretch(1)
        return line

    # -- what it answered

    def _answers(self, answers: Sequence[DoorAnswer]) -> QVBoxLayout:
        body = column(gap=6)
        now = self._desk.ctx.clock.now()
        for number, answer in enumerate(answers):
            head = row(gap=8)
            head.addWidget(Picture("mark", answer.verdict.value, size=14))
            head.addWidget(Label(spoken(answer.act), "strong" if not number else "help", "t1", elide=True), 1)
            head.addWidget(Label(time_word(answer.at, now, self._desk.sites.zone), "log", "t3"))
            if number:
                body.addLayout(head)
                continue
            box = EdgeBox(answer.verdict.value)
            box.body.addLayout(head)
            box.body.addWidget(Paragraph(spoken(answer.said), "help", "t2"))
            if answer.verdict is Verdict.UNREACHABLE:
                self._offer_site(box)
            body.addWidget(box)
        if not answers:
            words = self.tr("Open it, and what the door answers stands here: read open, or only accepted.")
            body.addWidget(Paragraph(words, "help", "t3"))
        return body

    def _offer_site(self, box: EdgeBox) -> None:
        link = LinkButton(self.tr("Ask a workstation at the site"))
        link.clicked.connect(self.site_asked)
        line = row(gap=0)
        line.addWidget(link)
        line.addStretch(1)
        box.body.addLayout(line)

    # -- held open

    def _holds(self, groups: Sequence[tuple[str, str]]) -> QVBoxLayout:
        body = column(gap=6)
        held = {group_id for group_id, _ in self.line.held_by}
        self._boxes = {group_id: CheckBox(name) for group_id, name in groups}
        for group_id, box in self._boxes.items():
            box.setChecked(group_id in held)
            box.clicked.connect(lambda _on=False: self._change())
            body.addWidget(box)
        words = self.tr("Anybody opens it then, without a code. The door gets the times with the next push.")
        body.addWidget(Paragraph(words if groups else self.tr("There is no access group yet."), "help", "t3"))
        return body

    def _change(self) -> None:
        chosen = [group_id for group_id, box in self._boxes.items() if box.isChecked()]
        work = hold_open(self._desk.ctx, relay_id=self.line.relay.id, group_ids=chosen)
        run(self, work, done=lambda _rows: self._changed(len(chosen)))

    def _changed(self, count: int) -> None:
        words = self.tr("The door gets it with the next push.")
        title = self.tr("Held open by {0} groups") if count != 1 else self.tr("Held open by 1 group")
        self._desk.notice("waiting", title.format(count), words)
