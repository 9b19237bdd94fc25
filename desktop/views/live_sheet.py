"""The live picture of a door beside the work: stream or stills, said which and why; the door opens from here too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QDialog, QSizePolicy, QWidget

from core.base.errors import GatewrightError
from core.entities.device import Device, Relay
from core.usecases.actions import ActionResult, open_relay
from core.usecases.live_view import has_camera
from core.usecases.provision import verdict_of
from desktop.models.desk import Desk
from desktop.models.live_view import LiveState, LiveView, load_watched
from desktop.qt import video
from desktop.qt.language import spoken
from desktop.qt.painting import Artist
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, column, drawn, follow_theme, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar

WIDTH, HEIGHT = 640, 480
_MARKS = {
    LiveState.CONNECTING: "waiting",
    LiveState.STREAM: "proved",
    LiveState.STILLS: "accepted",
    LiveState.AWAY: "unreachable",
    LiveState.STOPPED: "unreachable",
}


class LivePicture(QWidget):
    """The picture in its own proportions; words in its place while there is none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image: QImage | None = None
        self.words = Paragraph("", "text", "t2")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        whole = column(gap=0, margins=(32, 0, 32, 0))
        whole.addStretch(1)
        whole.addWidget(self.words)
        whole.addStretch(1)
        self.setLayout(whole)
        follow_theme(self)

    def show_image(self, image: QImage) -> None:
        """Show the next picture."""
        self.image = image
        self.words.hide()
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is no picture; the last one goes, so that nobody takes it for now."""
        self.image = None
        self.words.set_text(words)
        self.words.show()
        self.setAccessibleDescription(words)
        self.update()

    def apply_theme(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(WIDTH), theme().px(360))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(320), theme().px(180))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.fill(self.rect(), "canvas")
        if self.image is not None:
            size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            x, y = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            art.painter.drawImage(QRect(x, y, size.width(), size.height()), self.image)


class LiveSheet(QDialog):
    """Not modal: the page goes on behind it. Closing it ends the look, and so does signing out."""

    def __init__(
        self,
        desk: Desk,
        device: Device,
        relays: Sequence[Relay],
        parent: QWidget,
        *,
        means: Callable[[], video.Means] = video.means,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(self.tr("Camera of {0}").format(device.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.live = LiveView(desk.ctx, device, means)
        self.picture = LivePicture(self.windowTitle())
        self.mark = VerdictLabel("waiting", "")
        self.why = Paragraph("", "help", "t2")
        self.said = Paragraph("", "help", "t1")
        self.said.hide()
        self.answer = ""
        """What the door answered to the last opening."""
        self.foot = FootBar()
        self.again = Button(self.tr("Try the stream again"), icon="refresh-cw")
        self.openers = [
            self._opener(relay, first=not n) for n, relay in enumerate(r for r in relays if r.enabled)
        ]
        self._build(device)
        self.again.clicked.connect(self.live.retry)
        self.live.changed.connect(self._show)
        self.live.pictured.connect(self.picture.show_image)
        self.finished.connect(self.live.stop)
        for end in (desk.signed, desk.ending):
            end.connect(self.close)
        self.live.start()
        self._show()

    def _opener(self, relay: Relay, *, first: bool) -> Button:
        words = self.tr("Open {0}").format(relay.name)
        button = Button(words, "primary" if first else "plain", icon="door-open", keys="O" if first else "")
        button.clicked.connect(lambda: self._open(relay, button))
        return button

    def _build(self, device: Device) -> None:
        head = row(gap=12, margins=(16, 10, 16, 10))
        head.addWidget(Label(device.name, "panel", elide=True), 1)
        head.addWidget(self.mark)
        self.foot.add_act(self.again)
        for button in reversed(self.openers):
            self.foot.add_act(button)
        below = column(gap=4, margins=(16, 8, 16, 8))
        below.addWidget(self.why)
        below.addWidget(self.said)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addWidget(self.picture, 1)
        whole.addLayout(below)
        whole.addWidget(self.foot)
        self.setLayout(whole)
        self.resize(theme().px(WIDTH), theme().px(HEIGHT))

    def _show(self) -> None:
        state, words = self.live.state, self.live.words
        self.mark.set_verdict(_MARKS[state], self.state_words())
        self.why.set_text(words if state is LiveState.STILLS else "")
        self.why.setVisible(bool(words) and state is LiveState.STILLS)
        self.again.setVisible(state in {LiveState.STILLS, LiveState.AWAY})
        if state not in {LiveState.STREAM, LiveState.STILLS}:
            self.picture.show_words(words or self.state_words())

    def state_words(self) -> str:
        """What is shown, in words."""
        return {
            LiveState.CONNECTING: self.tr("asking the device"),
            LiveState.STREAM: self.tr("live"),
            LiveState.STILLS: self.tr("a picture each second"),
            LiveState.AWAY: self.tr("no picture"),
            LiveState.STOPPED: self.tr("not looking"),
        }[self.live.state]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() == Qt.Key.Key_O
            and self.openers
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            self.openers[0].click()
            return
        super().keyPressEvent(event)

    def _open(self, relay: Relay, button: Button) -> None:
        work = open_relay(self._desk.ctx, self.live.device, relay.number)
        run(self, work, trigger=button, done=self._opened, failed=self._not_opened)

    def _opened(self, result: ActionResult) -> None:
        self._say(spoken(result.said), result.verdict.value)

    def _not_opened(self, fault: GatewrightError) -> None:
        self._say(spoken(fault), verdict_of(fault).value)

    def _say(self, words: str, tone: str) -> None:
        self.answer = words
        self.said.set_text(words)
        self.said.set_tone(tone)
        self.said.show()


def no_camera(device: Device) -> str:
    """Why a device cannot be looked through; empty where it can."""
    words = QCoreApplication.translate("LiveSheet", "A {0} has no camera that can be reached from here.")
    return "" if has_camera(device) else words.format(device.model)


async def watch(desk: Desk, parent: QWidget, device_id: str) -> LiveSheet:
    """Open the live picture of a device; one that is open already comes to the front."""
    for sheet in parent.window().findChildren(LiveSheet):
        if sheet.live.device.id == device_id and sheet.isVisible():
            sheet.raise_()
            return sheet

    device, relays = await load_watched(desk.ctx, device_id)
    sheet = LiveSheet(desk, device, relays, parent.window())
    sheet.show()
    return sheet
