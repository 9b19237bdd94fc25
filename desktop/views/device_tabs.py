"""The smaller tabs of a device: overview and log; what tabs that scroll have in common."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from core.base.errors import GatewrightError
from core.entities import BY_NAME
from core.entities.device import AccessMethod
from core.entities.proof import ItemKind
from core.entities.record import AuditEntry
from core.ports.device import DoorEvent
from core.rules.compile import shown_mac
from core.schema.field import Ref
from core.usecases import actions
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.devices import bare_address
from desktop.models.plan_lines import kind_word
from desktop.models.words import label_word, number_word, time_word, verdict_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import Card, RefusalBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair, StackBar
from desktop.views.widgets.labels import Label, Picture, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph


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
        across = row(gap=16)
        across.addWidget(self._parts(detail), 1)
        across.addWidget(self._facts(detail), 1)
        self.body.addLayout(across)
        self.body.addWidget(self._history(detail))

    def _facts(self, detail: DeviceDetail) -> Card:
        device, now, zone = detail.device, self.desk.ctx.clock.now(), self.desk.sites.zone
        card = Card(self.tr("Device"))
        wanted = device.wanted_firmware
        pairs = [
            Pair(self.tr("Place"), detail.place),
            Pair(self.tr("Model"), device.model or "—"),
            Pair(self.tr("MAC"), shown_mac(device.mac), mono=True),
            Pair(self.tr("Address"), bare_address(device.address) or "—", mono=True),
            Pair(
                self.tr("Firmware"),
                device.firmware or "—",
                mono=True,
                note=self.tr("{0} wanted").format(wanted) if wanted and wanted != device.firmware else "",
            ),
            Pair(self.tr("Hardware"), device.hardware or "—", mono=True),
            Pair(self.tr("Seen"), time_word(device.seen_at, now, zone) or self.tr("never")),
        ]
        card.body.addWidget(KeyValues(pairs, label_width=84))
        card.body.addStretch(1)
        return card

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
        self._words = Paragraph("", "text", "t2")
        self.again = Button(self.tr("Read the log again"), icon="refresh-cw")
        self.again.clicked.connect(self.enter)
        top = row(gap=8)
        top.addWidget(self._words, 1)
        top.addWidget(self.again)
        self.body.addLayout(top)
        self.body.addLayout(self._lines)

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
        self._words.set_text(spoken(fault))

    def show_events(self, events: list[DoorEvent]) -> None:
        """Show door events, the newest first."""
        clear(self._lines)
        self._words.set_text(
            self.tr("{0} lines, times by the device's own clock").format(number_word(len(events)))
        )
        for event in events:
            line = row(gap=12, margins=(0, 5, 0, 5))
            when = f"{event.local_time:%d %b %H:%M:%S}" if event.local_time else "—"
            line.addWidget(_fixed(Label(when, "log", "t3"), 130))
            icon = {"card": "credit-card", "pin": "keyboard", "face": "scan-face"}.get(
                event.method.lower(), "circle"
            )
            line.addWidget(Picture("icon", icon, tone="t3", size=14))
            line.addWidget(_fixed(Label(event.name or self.tr("nobody known"), "text", elide=True), 220))
            line.addWidget(_fixed(Label(event.relay, "help", "t2"), 60))
            opened = self.tr("opened") if event.success else self.tr("not opened")
            line.addWidget(Label(opened, "help", "t2" if event.success else "refused"))
            line.addStretch(1)
            self._lines.addLayout(line)
