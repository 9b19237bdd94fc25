"""The smaller tabs of a device: overview and log; what tabs that scroll have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from core.base.errors import GatewrightError, UnreachableError
from core.entities import BY_NAME
from core.entities.device import AccessMethod, DeviceKind, DoorSensor
from core.entities.proof import ItemKind
from core.entities.record import AuditEntry
from core.ports.device import DoorEvent
from core.rules.catalogue import Can, abilities
from core.rules.compile import shown_mac
from core.schema.field import Ref
from core.usecases import actions
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.devices import bare_address
from desktop.models.plan_lines import kind_word
from desktop.models.remote import transport_of
from desktop.models.words import (
    choice_word,
    counted,
    day_word,
    label_word,
    number_word,
    time_word,
    verdict_word,
)
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Card, RefusalBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair, StackBar
from desktop.views.widgets.labels import Label, Picture, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph

HAS_DOOR = frozenset({DeviceKind.MULTI_DOOR, DeviceKind.SINGLE_DOOR, DeviceKind.ACCESS})
"""Types that hang at a door."""


def verdict_of(fault: GatewrightError) -> str:
    """The verdict of an act that ended in this fault: a device that does not answer refused nothing."""
    return "unreachable" if isinstance(fault, UnreachableError) else "refused"


class Scrolled(QWidget):
    """A tab whose content scrolls; it goes into `body`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.body = column(gap=16, margins=(16, 16, 16, 16))
        inner = QWidget()
        held = column(gap=0)
        held.addLayout(self.body)
        held.addStretch(1)
        inner.setLayout(held)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        whole = column(gap=0)
        whole.addWidget(area)
        self.setLayout(whole)


class OverviewTab(Scrolled):
    """What the device is, where, and how each part stands."""

    def show_detail(self, detail: DeviceDetail) -> None:
        """Show a device."""
        clear(self.body)
        reason = spoken(detail.plan.status.reason())
        verdict = detail.plan.status.verdict()
        if reason and verdict.value in {"refused", "unreachable", "ambiguous"}:
            lead = verdict_word(verdict).capitalize() + ":"
            self.body.addWidget(RefusalBox(reason, lead=lead, verdict=verdict.value))
        across, left = row(gap=16), column(gap=16)
        left.addWidget(self._parts(detail), 1)
        waits = [
            a.said for a in abilities(detail.device.model, detail.device.firmware) if a.can is Can.UPDATE
        ]
        if waits:
            left.addWidget(self._waits(waits))
        across.addLayout(left, 1)
        across.addWidget(self._facts(detail), 1)
        self.body.addLayout(across)
        self.body.addWidget(self._history(detail))

    def _facts(self, detail: DeviceDetail) -> Card:
        card = Card(self.tr("Device"))
        card.body.addWidget(KeyValues(self._pairs(detail), label_width=112))
        card.body.addStretch(1)
        return card

    def _waits(self, said: list[str]) -> Card:
        """DEV-19: what it cannot do on its firmware, with the version that can, before anybody tries."""
        card = Card(self.tr("Waits for a firmware"), number_word(len(said)))
        for words in said:
            card.body.addWidget(Paragraph(spoken(words), "help", "t2"))
        return card

    def _pairs(self, detail: DeviceDetail) -> list[Pair]:
        """DEV-06: whose and where it is, what it is, how it is reached, and what it last said of its door."""
        device, now, zone = detail.device, self.desk.ctx.clock.now(), self.desk.sites.zone
        wanted, facts = device.wanted_firmware, detail.facts
        seen = time_word(facts.last_connected if facts else device.seen_at, now, zone) or self.tr("never")
        online = choice_word(facts.status) if facts else "—"
        transport = transport_of({s.key: s.value for s in detail.settings})
        whose = ", ".join(facts.residents) if facts else ""
        department = facts.department if facts else ""
        return [
            Pair(self.tr("Place"), " · ".join(p for p in (detail.place, department) if p)),
            *([Pair(label_word("Owner"), whose)] if whose else []),
            Pair(label_word("Type"), choice_word(device.kind.value)),
            Pair(self.tr("Model"), device.model or "—"),
            Pair(self.tr("MAC"), shown_mac(device.mac), mono=True),
            Pair(
                label_word("SIP number"),
                device.sip_number or self.tr("not read yet"),
                mono=bool(device.sip_number),
            ),
            Pair(self.tr("Connection type"), transport.name if transport else self.tr("as it is")),
            Pair(self.tr("Address"), bare_address(device.address) or "—", mono=True),
            Pair(
                self.tr("Firmware"),
                device.firmware or "—",
                mono=True,
                note=self.tr("{0} wanted").format(wanted) if wanted and wanted != device.firmware else "",
            ),
            Pair(self.tr("Hardware"), device.hardware or "—", mono=True),
            *self._door(detail),
            Pair(label_word("Status"), online),
            Pair(self.tr("Last connected"), seen),
        ]

    def _door(self, detail: DeviceDetail) -> list[Pair]:
        """The door sensor: open, closed, or none where no relay has an input that reports its door."""
        device = detail.device
        if device.kind not in HAS_DOOR:
            return []
        wired = any(relay.sensor_input for relay in detail.relays)
        words = choice_word(device.door_sensor.value)
        if device.door_sensor is DoorSensor.NONE:
            words = self.tr("not read yet") if wired else self.tr("none")
        tone = "ambiguous" if device.door_sensor is DoorSensor.OPEN else ""
        return [Pair(label_word("Door sensor"), words, tone=tone)]

    def _parts(self, detail: DeviceDetail) -> Card:
        card = Card(self.tr("Proof"), self.tr("what was read back"))
        every = [*detail.plan.status.items, *detail.plan.status.foreign]
        for kind in ItemKind:
            mine = [i for i in every if i.kind is kind]
            if not mine:
                continue
            counts: dict[str, float] = {}
            for item in mine:
                counts[item.verdict.value] = counts.get(item.verdict.value, 0) + 1
            line = row(gap=10)
            name = Label(kind_word(kind), "strong")
            name.setMinimumWidth(theme().px(84))
            line.addWidget(name)
            line.addWidget(StackBar(counts, height=8), 1)
            verdict = detail.plan.status.verdict(kind)
            words = f"{number_word(int(counts.get('proved', 0)))}/{number_word(len(mine))} {verdict_word('proved')}"
            said = VerdictLabel(verdict.value, words, role="help")
            said.setMinimumWidth(theme().px(120))
            line.addWidget(said)
            card.body.addLayout(line)
        card.body.addStretch(1)
        return card

    def _history(self, detail: DeviceDetail) -> Card:
        card = Card(self.tr("What was done with it"), self.tr("the latest on this laptop"))
        now, zone = self.desk.ctx.clock.now(), self.desk.sites.zone
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme().px(16))
        grid.setVerticalSpacing(theme().px(6))
        grid.setColumnStretch(2, 1)
        for number, entry in enumerate(detail.history[:8]):
            grid.addWidget(Label(time_word(entry.at, now, zone), "log", "t3"), number, 0)
            grid.addWidget(Label(spoken(entry.act) or entry.op, "help-strong"), number, 1)
            grid.addWidget(Label(_changed_words(entry), "help", "t2", elide=True), number, 2)
            grid.addWidget(Label(entry.who, "help", "t3"), number, 3)
        card.body.addLayout(grid)
        if not detail.history:
            card.body.addWidget(Paragraph(self.tr("Nothing yet."), "help", "t3"))
        return card


def _fixed(widget: QWidget, width: int) -> QWidget:
    widget.setFixedWidth(theme().px(width))
    # A label that may be cut has no width of its own to a layout, which would then put its neighbour on it.
    widget.setSizePolicy(QSizePolicy.Policy.Fixed, widget.sizePolicy().verticalPolicy())
    return widget


def _changed_words(entry: AuditEntry) -> str:
    spec = BY_NAME.get(entry.entity)
    columns = [spec.by_name[n] for n in entry.changes if spec and n in spec.by_name]
    labels = [label_word(c.label) for c in columns if not isinstance(c.kind, Ref)]
    return ", ".join(labels[:7])


METHODS = {
    AccessMethod.PIN.value: "PIN",
    AccessMethod.CARD.value: "card",
    AccessMethod.FACE.value: "face",
    AccessMethod.BLUETOOTH.value: "Bluetooth",
    AccessMethod.NFC.value: "NFC",
    AccessMethod.APP_HOME.value: "app",
    AccessMethod.APP_TALK.value: "app while talking",
    AccessMethod.LPR.value: "licence plate",
    AccessMethod.FINGERPRINT.value: "fingerprint",
    AccessMethod.QR.value: "QR code",
    AccessMethod.UHF.value: "UHF card",
    AccessMethod.ID_ACCESS.value: "ID access",
}


class LogTab(Scrolled):
    """The newest lines of the device's own door log, read when the tab is shown."""

    def __init__(self, desk: Desk, device_id: str) -> None:
        super().__init__(desk)
        self._device_id = device_id
        self._detail: DeviceDetail | None = None
        self._asked = False
        self._lines = column(gap=0)
        self._card = Card(self.tr("Door log"), self.tr("times by the device's own clock"))
        self._card.body.addLayout(self._lines)
        self._words = Paragraph("", "text", "t2")
        self.again = Button(self.tr("Read the log again"), icon="refresh-cw")
        self.again.clicked.connect(self.enter)
        top = row(gap=8)
        top.addWidget(self._words, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.again)
        self._fault = column(gap=0)
        self.body.addLayout(top)
        self.body.addLayout(self._fault)
        self.body.addWidget(self._card)
        self._card.hide()

    def show_detail(self, detail: DeviceDetail) -> None:
        """Remember the device; a log that was asked for before it was known is read now."""
        self._detail = detail
        if self._asked:
            self.enter()

    def enter(self) -> None:
        """Read the log from the device."""
        self._asked = self._detail is None
        if self._detail is not None:
            self._words.set_text(self.tr("Reading the newest lines from the device…"))
            work = actions.door_log(self.desk.ctx, self._detail.device, newest=50)
            run(self, work, trigger=self.again, done=self.show_events, failed=self._failed)

    def _failed(self, fault: GatewrightError) -> None:
        """Why it could not be read; lines that were read before stay."""
        verdict = verdict_of(fault)
        self._words.set_text(self.tr("Not read"))
        clear(self._fault)
        self._fault.addWidget(
            RefusalBox(spoken(fault), lead=verdict_word(verdict).capitalize() + ":", verdict=verdict)
        )

    def show_events(self, events: list[DoorEvent]) -> None:
        """Show door events, the newest first."""
        clear(self._lines)
        clear(self._fault)
        self._card.setVisible(bool(events))
        self._words.set_text(
            counted(len(events), "{0} line", "{0} lines") if events else self.tr("Its log is empty.")
        )
        for number, event in enumerate(events):
            if number:
                self._lines.addWidget(Rule())
            self._lines.addLayout(self._line(event))

    def _line(self, event: DoorEvent) -> QHBoxLayout:
        line = row(gap=12, margins=(0, 6, 0, 6))
        when = f"{day_word(event.local_time)} {event.local_time:%H:%M:%S}" if event.local_time else "—"
        line.addWidget(_fixed(Label(when, "log", "t3"), 150))
        icon = {"card": "credit-card", "pin": "keyboard", "face": "scan-face"}.get(
            event.method.lower(), "circle"
        )
        line.addWidget(Picture("icon", icon, tone="t3", size=14))
        line.addWidget(Label(event.name or self.tr("nobody known"), "strong", elide=True), 1)
        line.addWidget(_fixed(Label(self.tr("Relay {0}").format(event.relay), "help", "t2"), 90))
        mark, words = ("proved", self.tr("opened")) if event.success else ("refused", self.tr("not opened"))
        line.addWidget(_fixed(VerdictLabel(mark, words, role="help"), 110))
        return line
