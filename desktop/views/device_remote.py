"""The tab Remote: restart, reset, the device's own page, a picture, how it connects, AutoP for it alone (DEV-07)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPixmap
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from core.base.errors import GatewrightError, UserError
from core.rules.autop import parse_autop
from core.rules.catalogue import model_of
from core.rules.maintenance import BUTTONS, ButtonModule, Transport, has_buttons
from core.usecases import actions
from core.usecases.actions import ActionResult
from core.usecases.autop import apply_once, apply_regular
from core.usecases.maintenance import set_push_buttons, set_transport
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.remote import called_numbers, transport_of, typed_numbers
from desktop.models.words import counted
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.device_tabs import Scrolled, verdict_of
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import Choice, Segmented

SHOTS = (320, 240)


class RemoteTab(Scrolled):
    """Cards of acts. What takes a device away for a while, or for good, asks first."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.detail: DeviceDetail | None = None
        self.restart = Button(self.tr("Restart…"), icon="power")
        self.reset = Button(self.tr("Factory reset…"), "danger", icon="rotate-ccw")
        self.page = Button(self.tr("Open its own page"), icon="external-link")
        self.look = Button(self.tr("Take a picture"), icon="camera")
        self.transport = ChoiceBox([(one, one.name) for one in Transport])
        self.transport.setPlaceholderText(self.tr("as it is"))
        self.transport.setAccessibleName(self.tr("Connection type"))
        self.module = Segmented([Choice(one, one.value) for one in ButtonModule])
        self.button_field = QPlainTextEdit()
        self.button_field.setTabChangesFocus(True)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.how = Segmented([Choice("regular", self.tr("Regular")), Choice("once", self.tr("One-time"))])
        self.send = Button(self.tr("Send it"), "primary", icon="arrow-up")
        self.faults = Paragraph("", "help", "t2")
        self._picture = QLabel()
        self._picture_words = Paragraph("", "help", "t3")
        self._build()
        self._connect()

    def _build(self) -> None:
        left, right = column(gap=16), column(gap=16)
        left.addWidget(self._care())
        left.addWidget(self._connection())
        left.addWidget(self._camera())
        left.addStretch(1)
        right.addWidget(self._autop())
        right.addStretch(1)
        across = row(gap=16)
        across.addLayout(left, 1)
        across.addLayout(right, 1)
        self.body.addLayout(across)

    def _line(self, icon: str, title: str, words: str, act: QWidget) -> Any:
        line = row(gap=12, margins=(0, 5, 0, 5))
        line.addWidget(Picture("icon", icon, tone="t3", size=16), 0, Qt.AlignmentFlag.AlignTop)
        text = column(gap=0)
        text.addWidget(Label(title, "strong"))
        text.addWidget(Paragraph(words, "help", "t2"))
        line.addLayout(text, 1)
        line.addWidget(act)
        return line

    def _care(self) -> Card:
        card = Card(self.tr("Maintenance"))
        for icon, title, words, act in (
            (
                "external-link",
                self.tr("Its own web page"),
                self.tr("Opens in the browser; the device asks for its own password."),
                self.page,
            ),
            (
                "power",
                self.tr("Restart"),
                self.tr("It is away for about a minute, then read back."),
                self.restart,
            ),
            (
                "rotate-ccw",
                self.tr("Factory reset"),
                self.tr(
                    "Everything on the device is gone, and its sign-in is the factory's. What is wanted stays here."
                ),
                self.reset,
            ),
        ):
            card.body.addLayout(self._line(icon, title, words, act))
        return card

    def _connection(self) -> Card:
        card = Card(self.tr("Connection"))
        self.transport.setFixedWidth(theme().px(110))
        words = self.tr("How its calls reach the server: TCP holds where UDP is filtered, TLS is encrypted.")
        card.body.addLayout(self._line("plug", self.tr("Connection type"), words, self.transport))
        self._button_holder = QWidget()
        inner = column(gap=4)
        inner.addWidget(Label(self.tr("Push-button module"), "help-strong", "t2"))
        self.module.setAccessibleName(self.tr("Push-button module"))
        inner.addWidget(self.module, 0, Qt.AlignmentFlag.AlignLeading)
        words = self.tr("A line for each button, in their order; numbers it calls are parted by ';'.")
        inner.addWidget(Paragraph(words, "help", "t2"))
        self.button_field.setFixedHeight(theme().px(118))
        self.button_field.setAccessibleName(self.tr("Push-button numbers"))
        self.button_keep = Button(self.tr("Want these"), size="small")
        inner.addWidget(self.button_field)
        inner.addWidget(self.button_keep, 0, Qt.AlignmentFlag.AlignTrailing)
        self._button_holder.setLayout(inner)
        card.body.addWidget(self._button_holder)
        return card

    def _camera(self) -> Card:
        card = Card(self.tr("Camera"))
        self._picture.hide()
        self._picture.setAccessibleName(self.tr("Picture from the device"))
        words = self.tr("One picture of what it sees now; it is kept nowhere.")
        card.body.addLayout(self._line("camera", self.tr("Look through it"), words, self.look))
        card.body.addWidget(self._picture)
        card.body.addWidget(self._picture_words)
        self._picture_words.hide()
        return card

    def _autop(self) -> Card:
        card = Card(self.tr("AutoP commands"), self.tr("for this device"))
        self.text.setPlaceholderText("Config.DoorSetting.RTSP.Enable = 1")
        self.text.setFont(theme().font("mono"))
        self.text.setMinimumHeight(theme().px(180))
        self.text.setAccessibleName(self.tr("AutoP commands"))
        self.how_words = Paragraph("", "help", "t2")
        line = row(gap=8)
        line.addWidget(self.how)
        line.addStretch(1)
        line.addWidget(self.send)
        card.body.addWidget(self.text)
        card.body.addWidget(self.faults)
        card.body.addLayout(line)
        card.body.addWidget(self.how_words)
        return card

    def _connect(self) -> None:
        self.restart.clicked.connect(lambda: run(self, self._ask_restart(), failed=self._failed))
        self.reset.clicked.connect(lambda: run(self, self._ask_reset(), failed=self._failed))
        self.page.clicked.connect(self.open_page)
        self.look.clicked.connect(self.take_picture)
        self.transport.chosen.connect(self.want_transport)
        self.button_keep.clicked.connect(self._keep_buttons)
        self.text.textChanged.connect(self._judge)
        self.how.changed.connect(lambda _key: self._judge())
        self.send.clicked.connect(self.send_text)
        self._judge()

    def show_detail(self, detail: DeviceDetail) -> None:
        """Show a device."""
        self.detail = detail
        held = {s.key: s.value for s in detail.settings}
        self.transport.set_current(transport_of(held))
        self._button_holder.setVisible(has_buttons(detail.device.model, detail.device.firmware))
        if not self.button_field.hasFocus():
            called = called_numbers(held)
            if len(called) > BUTTONS[ButtonModule.MD06]:
                self.module.set_current(ButtonModule.MD12)
            self.button_field.setPlainText("\n".join(";".join(numbers) for numbers in called))
        self.page.set_reason(
            "" if detail.device.address else self.tr("Its address is not known; sweep the LAN first.")
        )
        known = model_of(detail.device.model, detail.device.firmware)
        none = known is not None and known.silhouette == "access"
        self.look.set_reason(self.tr("A {0} has no camera.").format(known.name) if known and none else "")

    @property
    def _name(self) -> str:
        return self.detail.device.name if self.detail else ""

    def _failed(self, fault: GatewrightError) -> None:
        self.desk.notice(verdict_of(fault), self._name, spoken(fault))

    def _said(self, result: ActionResult | None) -> None:
        if result is not None:
            self.desk.notice(result.verdict.value, result.device.name, result.said)

    # -- maintenance

    def open_page(self) -> None:
        """Open the device's own web page in the browser."""
        if self.detail is not None and self.detail.device.address:
            QDesktopServices.openUrl(QUrl(self.detail.device.address))

    async def _ask_restart(self) -> None:
        if self.detail is None:
            return
        title = self.tr("Restart {0}").format(self._name)
        text = self.tr("It is away for about a minute; its doors open by key only meanwhile.")
        if await dialogs.confirm(self.window(), title, text, title):
            self._said(await actions.reboot(self.desk.ctx, self.detail.device))

    async def _ask_reset(self) -> None:
        """The name is typed: a wrong click must not empty a door."""
        if self.detail is None:
            return
        title = self.tr("Factory reset of {0}").format(self._name)
        text = self.tr(
            "Its people, cards, PINs and settings are deleted on the device; nobody opens it until it is pushed again. "
            "Type its name to go on."
        )
        typed = await dialogs.ask_text(self.window(), title, text)
        if typed is None:
            return
        if typed.strip() != self._name:
            raise UserError(
                "reset.name", self.tr("'{0}' is not its name; nothing was done.").format(typed[:60])
            )
        self._said(await actions.reset(self.desk.ctx, self.detail.device))

    def take_picture(self) -> None:
        """Ask the device for one picture and show it here."""
        if self.detail is not None:
            work = actions.snapshot(self.desk.ctx, self.detail.device)
            run(self, work, trigger=self.look, done=self.show_picture, failed=self._failed)

    def show_picture(self, data: bytes | None) -> None:
        """Show a JPEG; what is none is said."""
        picture = QPixmap()
        good = data is not None and picture.loadFromData(data)
        if good:
            size = theme().px(SHOTS[0]), theme().px(SHOTS[1])
            mode = Qt.TransformationMode.SmoothTransformation
            self._picture.setPixmap(picture.scaled(*size, Qt.AspectRatioMode.KeepAspectRatio, mode))
        self._picture.setVisible(good)
        words = (
            "" if good else self.tr("The device sent {0} bytes that are no picture.").format(len(data or b""))
        )
        self._picture_words.set_text(words)
        self._picture_words.setVisible(bool(words))

    # -- single settings

    def want_transport(self, key: object) -> None:
        """Want a connection type; the push that follows reads it back."""
        if self.detail is not None:
            work = set_transport(self.desk.ctx, self.detail.device, Transport(str(key)))
            run(self, work, failed=self._failed)

    def _keep_buttons(self) -> None:
        if self.detail is None:
            return
        module = ButtonModule(self.module.current())
        numbers = typed_numbers(self.button_field.toPlainText())
        work = set_push_buttons(self.desk.ctx, self.detail.device, module, numbers)
        run(self, work, trigger=self.button_keep, failed=self._failed)

    # -- AutoP

    def _judge(self) -> None:
        once = self.how.current() == "once"
        self.how_words.set_text(
            self.tr("One-time: gone after a factory or configuration reset, and not kept as wanted.")
            if once
            else self.tr("Regular: kept as wanted, so it stays valid; the next proofs cover it.")
        )
        text = self.text.toPlainText()
        found = parse_autop(text)
        words = [f.words for f in (*found.faults, *found.warnings, *found.dropped)]
        good = counted(len(found.lines), "{0} command", "{0} commands") if found.lines else ""
        self.faults.set_text("\n".join([good, *words[:6]]).strip() if text.strip() else "")
        reason = ""
        if not text.strip():
            reason = self.tr("Write a Config line first.")
        elif not found.good:
            reason = (
                found.faults[0].words if found.faults else self.tr("There is no Config line in this text.")
            )
        self.send.set_reason(reason)

    def send_text(self) -> None:
        """Send the commands to this device; the job reads them back."""
        if self.detail is None or self.send.reason:
            return
        do = apply_once if self.how.current() == "once" else apply_regular
        work = do(self.desk.ctx, self.text.toPlainText(), [self.detail.device.id])
        run(self, work, trigger=self.send, done=self._sent, failed=self._failed)

    def _sent(self, _ids: list[str] | None) -> None:
        self.text.clear()
        self.desk.notice("waiting", self._name, self.tr("The commands are sent and read back."), page="jobs")
