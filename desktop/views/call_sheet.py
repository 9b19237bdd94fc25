"""A call from the desk beside the work: who calls whom, how it goes, hang up. Two keys: C opens it, Enter calls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QWidget

from core.entities.device import Device
from core.rules.calling import Callee
from core.usecases.calling import Whom
from desktop.models.desk import Desk
from desktop.models.live_call import ALIVE, PREFERENCE, CallState, Line, LiveCall, load_line, state_words
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.fields import FormField
from desktop.views.widgets.labels import Label, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar

WIDTH = 440


class CallSheet(QDialog):
    """Not modal: the page goes on behind it. Closing it ends no call."""

    def __init__(self, desk: Desk, title: str, whom: Whom, line: Line, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self.whom, self.line = desk, whom, line
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.live = LiveCall(desk.ctx)
        self.mark = VerdictLabel("waiting", "")
        self.said = Paragraph("", "help", "t2")
        self.caller = ChoiceBox([(one.id, one.name) for one in line.phones])
        self.callee = ChoiceBox([(n, f"{one.name} · {one.number}") for n, one in enumerate(line.callees)])
        for box, words in ((self.caller, self.tr("Calls from")), (self.callee, self.tr("To"))):
            box.setAccessibleName(words)
        self.caller.set_current(line.phone.id if line.phone is not None else None)
        self.callee.set_current(0 if line.callees else None)
        self.call = Button(self.tr("Call"), "primary", icon="phone", keys="Enter")
        self.hang_up = Button(self.tr("Hang up"), "danger", icon="x", keys="H")
        self.leave = Button(self.tr("Close"), keys="Esc")
        self._build(title)
        self._connect()
        self._show()
        (self.call if self.chosen() else self.caller).setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self, title: str) -> None:
        head = row(gap=12, margins=(16, 10, 16, 10))
        head.addWidget(Label(title, "panel", elide=True), 1)
        head.addWidget(self.mark)
        body = column(gap=12, margins=(16, 12, 16, 12))
        body.addWidget(
            FormField(
                self.tr("Calls from"), self.caller, hint=self.tr("you talk there: best a phone at the desk")
            )
        )
        body.addWidget(FormField(self.tr("To"), self.callee))
        body.addWidget(self.said)
        body.addStretch(1)
        foot = FootBar()
        for button in (self.leave, self.hang_up, self.call):
            foot.add_act(button)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addLayout(body, 1)
        whole.addWidget(foot)
        self.setLayout(whole)
        self.resize(theme().px(WIDTH), self.sizeHint().height())

    def _connect(self) -> None:
        self.call.clicked.connect(self.call_now)
        self.hang_up.clicked.connect(self.hang_up_now)
        self.leave.clicked.connect(self.close)
        self.caller.chosen.connect(lambda _key: self._show())
        self.live.changed.connect(self._show)
        self.finished.connect(self.live.stop)
        for end in (self._desk.signed, self._desk.ending):
            end.connect(self.close)

    # -- acts

    def chosen(self) -> tuple[Device, Callee] | None:
        """Who calls whom; None where one end is missing."""
        phone = next((one for one in self.line.phones if one.id == self.caller.current()), None)
        number = self.callee.current()
        if phone is None or not isinstance(number, int):
            return None
        return phone, self.line.callees[number]

    def call_now(self) -> None:
        """Have the device call."""
        ends = self.chosen()
        if ends is not None and not self.call.reason:
            self._desk.preferences.set(PREFERENCE, ends[0].id)
            run(self, self.live.call(*ends), trigger=self.call)

    def hang_up_now(self) -> None:
        """End the call."""
        if not self.hang_up.reason:
            run(self, self.live.hang_up(), trigger=self.hang_up)

    # -- showing

    def _show(self) -> None:
        state, why = self.live.state, self.line.why_not
        marks = {CallState.READY: "waiting", CallState.ASKING: "waiting", CallState.ENDED: "accepted"}
        self.mark.set_verdict(marks.get(state, self.live.verdict.value), state_words(state))
        hint = self.tr("Whoever is called sees the device's name or number.")
        self.said.set_text(why or self.live.words or hint)
        self.said.set_tone("t1" if self.live.words else "t2")
        lasts = state in ALIVE
        going = self.tr("The call goes on: hang up first.") if lasts else ""
        asking = self.tr("The device is being asked.") if state is CallState.ASKING else ""
        nobody = "" if self.chosen() else self.tr("Choose first which device calls: you talk there.")
        self.call.set_reason(why or asking or going or nobody)
        self.hang_up.set_reason("" if lasts else self.tr("There is no call to end."))
        for box in (self.caller, self.callee):
            box.setEnabled(not lasts and not asking)
        if lasts and not self.hang_up.hasFocus():
            self.hang_up.setFocus(Qt.FocusReason.OtherFocusReason)
        elif state in {CallState.ENDED, CallState.REFUSED}:
            self.call.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_H:
            self.hang_up_now()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.call_now()
        else:
            super().keyPressEvent(event)


async def call_somebody(desk: Desk, parent: QWidget, title: str, whom: Whom) -> CallSheet:
    """Open the sheet of a call; one to the same person or door that is open already comes to the front."""
    for sheet in parent.window().findChildren(CallSheet):
        if sheet.whom == whom and sheet.isVisible():
            sheet.raise_()
            return sheet
    last = desk.preferences.text(PREFERENCE)
    line = await load_line(desk.ctx, desk.sites.site_id, whom, last=last)
    sheet = CallSheet(desk, title, whom, line, parent.window())
    sheet.show()
    return sheet
