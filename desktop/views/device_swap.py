"""The swap of a dead unit: old left, new right, what goes along, and in red what cannot (W29)."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from core.base.errors import GatewrightError
from core.rules.compile import shown_mac
from core.usecases.provision import submit
from core.usecases.swap import SwapPlan, plan_swap, swap_device
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.devices import free_macs, silhouette
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Inset
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.page_head import DeviceBox
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar

WIDTH, HEIGHT = 560, 520


class SwapDialog(QDialog):
    """Choose the new unit and see what goes along; `plan` is what was shown when the person said to swap."""

    def __init__(
        self, desk: Desk, parent: QWidget, detail: DeviceDetail, free: list[tuple[str, str]]
    ) -> None:
        super().__init__(parent)
        self.desk, self.detail = desk, detail
        self.plan: SwapPlan | None = None
        self.setWindowTitle(self.tr("Swap {0}").format(detail.device.name))
        self.mac = LineEdit(mono=True, placeholder="0C:11:05:2A:7F:31")
        self.mac_field = FormField(
            self.tr("MAC of the new unit"), self.mac, hint=self.tr("on the label at its back")
        )
        same = [(m, f"{shown_mac(m)} · {model}") for m, model in free if model == detail.device.model]
        other = [
            (m, f"{shown_mac(m)} · {model}".rstrip(" ·")) for m, model in free if model != detail.device.model
        ]
        self.choice = ChoiceBox([(m, words) for m, words in (*same, *other)][:500])
        self.lines = column(gap=0)
        self.foot = FootBar()
        self.cancel = Button(self.tr("Cancel"))
        self.swap = Button(self.tr("Swap and push"), "primary", icon="cpu")
        self._new = Label("—", "mono", "t3")
        self._build()
        self.choice.chosen.connect(lambda key: self._take(str(key)))
        self.mac.textEdited.connect(lambda _text: self._ask())
        self.cancel.clicked.connect(self.reject)
        self.swap.clicked.connect(self.accept)
        self._show(None)

    def _build(self) -> None:
        old = self.detail.device
        units = row(gap=14)
        units.addWidget(self._unit(self.tr("Old"), old.model, Label(shown_mac(old.mac), "mono", "t2")), 1)
        units.addWidget(Picture("icon", "arrow-right", tone="t3", size=18))
        units.addWidget(self._unit(self.tr("New"), old.model, self._new), 1)
        fields = row(gap=12)
        fields.addWidget(self.mac_field, 1)
        fields.addWidget(FormField(self.tr("or one that is free in the library"), self.choice), 1)
        body = column(gap=12, margins=(16, 16, 16, 12))
        body.addLayout(units)
        body.addLayout(fields)
        body.addWidget(Label(self.tr("Goes along"), "section", "t2"))
        body.addLayout(self.lines)
        body.addStretch(1)
        self.foot.add_act(self.cancel)
        self.foot.add_act(self.swap)
        whole = column(gap=0)
        whole.addLayout(body, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)
        self.setFixedSize(theme().px(WIDTH), theme().px(HEIGHT))

    def _unit(self, title: str, model: str, mac: Label) -> Inset:
        box = Inset()
        line = row(gap=10)
        line.addWidget(DeviceBox(silhouette(model)))
        words = column(gap=0)
        words.addWidget(Label(title, "help", "t3"))
        words.addWidget(mac)
        line.addLayout(words, 1)
        box.body.addLayout(line)
        return box

    def _take(self, mac: str) -> None:
        self.mac.setText(shown_mac(mac))
        self._ask()

    def _ask(self) -> None:
        text = self.mac.text().strip()
        if sum(c.isalnum() for c in text) < 12:
            self._show(None)
            return
        work = plan_swap(self.desk.ctx, device_id=self.detail.device.id, mac=text)
        run(self, work, done=self._show, failed=self._refused)

    def _refused(self, fault: GatewrightError) -> None:
        self._show(None)
        self.mac_field.set_error(spoken(fault))

    def _show(self, plan: SwapPlan | None) -> None:
        self.plan = plan
        clear(self.lines)
        self.mac_field.set_error("")
        self.swap.set_reason("" if plan else self.tr("Name the new unit first."))
        self._new.setText(shown_mac(plan.mac) if plan else "—")
        if plan is None:
            words = self.tr(
                "Place, relays, groups, people and settings stay; the old unit's proofs do not count."
            )
            self.lines.addWidget(Paragraph(words, "help", "t2"))
            self.foot.set_text("")
            return
        for number, line in enumerate(plan.lines):
            if number:
                self.lines.addWidget(Rule())
            across = row(gap=10, margins=(0, 4, 0, 4))
            mark = "refused" if line.why else "proved"
            across.addWidget(
                Picture("mark", mark, size=13) if line.why else Picture("icon", "check", tone="t3", size=13)
            )
            across.addWidget(Label(line.what, "help-strong"))
            across.addWidget(
                Paragraph(spoken(line.why) or line.value, "help", "refused" if line.why else "t2"), 1
            )
            self.lines.addLayout(across)
        lost = len(plan.lost)
        words = self.tr("{0} cannot go along").format(lost) if lost else self.tr("Everything goes along")
        self.foot.set_text(words, "refused" if lost else "t2")


async def ask_swap(desk: Desk, parent: QWidget, detail: DeviceDetail) -> None:
    """Let the person choose the new unit, swap, and queue its commissioning. Errors of the verbs pass through."""
    dialog = SwapDialog(desk, parent.window(), detail, await free_macs(desk.ctx, detail.device.model))
    code = await dialogs.finish(dialog)
    plan = dialog.plan
    if code != int(QDialog.DialogCode.Accepted.value) or plan is None:
        return
    made = await swap_device(desk.ctx, device_id=detail.device.id, mac=plan.mac)
    await submit(desk.ctx, [made], commission=True)
    desk.notice("waiting", made.name, f"{shown_mac(made.mac)}: {parent.tr('it is set up and proved anew.')}")
