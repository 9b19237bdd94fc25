"""The side panel of the LAN: facts of an address and why it cannot be adopted, or adopting with its steps."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.rules.compile import shown_mac
from desktop.models.adopt import RETRY, AdoptFlow
from desktop.models.desk import Desk
from desktop.models.devices import silhouette
from desktop.models.lan import LanLine, LanState
from desktop.models.lan_words import way_words
from desktop.models.words import age_word, translate
from desktop.qt.run import run
from desktop.views.absence import AbsencePart, add_steps
from desktop.views.record_form import RecordForm
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import Act, Inset, RefusalBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.page_head import DeviceBox
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel
from desktop.views.widgets.steps import StepList


def facts(panel: SidePanel, body: QVBoxLayout, line: LanLine, desk: Desk) -> None:
    """Picture, title and facts of an address at the head of the panel."""
    panel.set_picture(DeviceBox(silhouette(line.model, line.firmware)))
    found = ", ".join(way_words(m) for m in line.methods)
    now = desk.ctx.clock.now()
    pairs = [
        Pair(panel.tr("Address"), line.address or "—", mono=True),
        Pair(panel.tr("Found"), found or "—"),
        Pair(panel.tr("Firmware"), line.firmware or "—", mono=True),
        Pair(panel.tr("Seen"), age_word(line.seen_at, now) or "—"),
    ]
    body.addWidget(KeyValues(pairs, columns=2))


class FactsPanel(QWidget):
    """An address that is not to be adopted: what it is, why not, and the way out."""

    def __init__(self, panel: SidePanel, line: LanLine, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._panel, self._line, self._desk = panel, line, desk
        self.body = column(gap=12)
        self.setLayout(self.body)
        panel.body.addWidget(self)
        panel.set_title(line.device.name if line.device else line.model or line.address)
        panel.set_lines((shown_mac(line.mac), "mono", "t2"), (line.words, "help", _tone(line)))
        facts(panel, self.body, line, desk)
        if line.odd:
            self.body.addWidget(RefusalBox(line.odd, lead=self.tr("Odd:"), verdict="ambiguous"))
        if line.ours and line.state in {LanState.BLOCKED, LanState.LOGIN}:
            self.body.addWidget(RefusalBox(line.reason or line.words, lead=self.tr("Closed:")))
            self._known()
        elif line.state in {LanState.HERE, LanState.MOVED, LanState.FACTORY, LanState.UNSEEN}:
            self._known()
        elif line.state is LanState.BLOCKED:
            self._blocked()
        else:
            self.body.addWidget(RefusalBox(line.obstacle, lead=self.tr("Not adopted:"), verdict=_edge(line)))

    def _known(self) -> None:
        line, panel = self._line, self._panel
        if line.state is LanState.UNSEEN:
            words = self.tr(
                "It did not answer the last sweep. Check its power and its cable, then sweep again."
            )
            self.body.addWidget(Paragraph(words, "help", "t2"))
            self.absence = AbsencePart(self._desk, line.mac)
            self.body.addWidget(self.absence)
        elif line.state in {LanState.MOVED, LanState.FACTORY}:
            self.body.addWidget(Paragraph(moved_words(line), "help", "t2"))
        button = Button(self.tr("Open the device"), "primary", keys=self.tr("Enter"))
        device = line.device
        button.clicked.connect(lambda: self._desk.go("devices", device.id if device else None))
        panel.foot.clear_acts()
        panel.foot.add_act(button)
        panel.show_foot()

    def _blocked(self) -> None:
        """The API is closed: the reason, and how to open it."""
        line, panel = self._line, self._panel
        box = RefusalBox(line.reason or "403", lead=self.tr("Closed:"), verdict="refused")
        self.body.addWidget(box)
        self.body.addWidget(Label(self.tr("Open its API"), "section", "t2"))
        add_steps(self.body, open_api_steps(line.address))
        again = Button(self.tr("Sweep again"), "primary", icon="refresh-cw")
        again.clicked.connect(lambda: self._desk.go("lan", "sweep"))
        panel.foot.clear_acts()
        panel.foot.add_act(again)
        panel.show_foot()


def moved_words(line: LanLine) -> str:
    """What it means that a known device is elsewhere on the LAN, or as it left the factory."""
    if line.state is LanState.FACTORY:
        return translate(
            "It takes the factory's sign-in: somebody reset it. Push it, and it is set up as before."
        )
    before = line.device.address if line.device else ""
    return translate("Before, it was at {0}. Gatewright follows its MAC; nothing is to be done.").format(
        before or "?"
    )


def open_api_steps(address: str) -> list[str]:
    """How a person opens the HTTP API of a device that answers 403 (device API 1.2)."""
    return [
        translate("Open http://{0} in a browser and sign in with the device's own password.").format(address),
        translate("Go to Setting, HTTP API, and set it to Enabled."),
        translate(
            "As Authorization Mode choose Digest with a user name and password of your own, "
            "or add this computer to the allow-list."
        ),
        translate("Save. Then sweep again; the row turns to Ready to adopt."),
    ]


def _tone(line: LanLine) -> str:
    tones = {LanState.BLOCKED: "refused", LanState.NOT_OURS: "foreign", LanState.UNSEEN: "unreachable"}
    return tones.get(line.state, "t2")


def _edge(line: LanLine) -> str:
    edges = {LanState.NOT_OURS: "foreign", LanState.ELSEWHERE: "waiting", LanState.OTHER: "unreachable"}
    return edges.get(line.state, "ambiguous")


class AdoptPanel(QWidget):
    """Adopting: the form first, then the steps. Signals: `started()`, `next_wanted()`."""

    started = Signal()
    next_wanted = Signal()

    def __init__(self, panel: SidePanel, flow: AdoptFlow, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("adopt")
        self._panel, self.flow, self._desk = panel, flow, desk
        self.dropped = False
        """Set by the page when the panel shows something else: it is deleted a moment later."""
        self.body = column(gap=12)
        self.setLayout(self.body)
        panel.body.addWidget(self)
        line = flow.line
        panel.set_title(self.tr("Adopt {0}").format(line.model))
        facts(panel, self.body, line, desk)
        self.form: RecordForm | None = None
        self.steps = StepList()
        self.steps.act.connect(self._act)
        self._place = self._add_place()
        if not flow.begun and not flow.planned:
            self._add_form()
        self.body.addWidget(self.steps)
        flow.changed.connect(self.refresh)
        self.refresh()

    def _add_place(self) -> Label:
        box = Inset()
        line = row(gap=8)
        line.addWidget(Picture("icon", "map-pin", tone="t3", size=15))
        words = Label("", "strong", elide=True)
        line.addWidget(words, 1)
        box.body.addLayout(line)
        self._place_box = box
        self.body.addWidget(box)
        return words

    def _add_form(self) -> None:
        places = self.flow.places
        form = RecordForm(
            self.flow.draft,
            ["name", ("building_id", "apartment_id"), "relays"],
            choices={
                "building_id": places.building_choices(),
                "apartment_id": places.apartment_choices(self._building()),
            },
        )
        form.edited.connect(self._edited)
        self.form = form
        self.body.addWidget(form)

    def _building(self) -> str | None:
        return self.flow.draft.text("building_id") or None

    def _edited(self) -> None:
        """The apartments follow the building."""
        form, draft = self.form, self.flow.draft
        if form is None:
            return
        choices = self.flow.places.apartment_choices(self._building())
        if draft.text("apartment_id") and draft.text("apartment_id") not in {key for key, _ in choices}:
            draft.set_text("apartment_id", "")
        form.set_choices("apartment_id", choices, none=self.tr("none"))
        self.refresh()

    def refresh(self) -> None:
        """Show where it stands; another row may be in the panel by now."""
        if self.dropped:
            return
        flow, panel = self.flow, self._panel
        words, tone = flow.headline()
        panel.set_lines((shown_mac(flow.line.mac), "mono", "t2"), (words, "help", tone))
        if self.form is not None:
            self.form.setVisible(not flow.begun)
        self._place_box.setVisible(flow.begun or flow.planned)
        self._place.setText(self._place_words())
        self.steps.set_steps(flow.steps())
        self._show_foot()

    def _place_words(self) -> str:
        device, places = self.flow.device, self.flow.places
        if device is None:
            return ""
        return f"{places.place(device.building_id, device.apartment_id)} · {device.name}"

    def _show_foot(self) -> None:
        flow, foot = self.flow, self._panel.foot
        foot.clear_acts()
        if not flow.begun:
            self._add("adopt", Act("adopt", self.tr("Adopt and prove"), "primary", keys="Ctrl Enter"))
        elif flow.running:
            job = flow.record
            locked = self.tr("Past the point of no return.") if job is not None and not job.stoppable else ""
            self._add("stop", Act("stop", self.tr("Stop here"), reason=locked))
        else:
            self._add("open", Act("open", self.tr("Open the device")))
            self._add("next", Act("next", self.tr("Next device"), "primary"))
        self._panel.show_foot()

    def _add(self, key: str, act: Act) -> None:
        button = act.button("normal")
        button.clicked.connect(lambda: self._act(key))
        self._panel.foot.add_act(button)

    def _act(self, key: str) -> None:
        flow = self.flow
        if key == "adopt":
            self.adopt()
        elif key == "stop":
            run(self._panel, self._desk.ctx.jobs.cancel(flow.job_id))
        elif key == RETRY:
            run(self._panel, flow.retry())
        elif key == "next":
            self.next_wanted.emit()
        elif flow.device is not None:
            self._desk.go("devices", flow.device.id)

    def adopt(self) -> None:
        """Begin, or show what is missing."""
        draft = self.flow.draft
        if not self.flow.planned and draft.faults():
            draft.show_all()
            if self.form is not None:
                self.form.focus_first()
            return
        run(self._panel, self._start(), failed=draft.refuse)

    async def _start(self) -> None:
        await self.flow.start()
        self.started.emit()
