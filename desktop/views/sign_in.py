"""The first screen: sign in once at a cloud core; after that the workstation works without a network (ACC-01)."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from core.base.errors import GatewrightError, UnreachableError
from desktop.models.desk import Desk
from desktop.models.sign_in_flow import SignInFlow, Stage
from desktop.qt.language import LANGUAGES, spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.qt.tokens import blend
from desktop.views.sign_in_steps import CodeStep, PolicyStep
from desktop.views.sign_in_words import WordsStep, words_steps
from desktop.views.widgets.base import column, follow_theme, row
from desktop.views.widgets.boxes import EdgeBox
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.fields import FormField, LineEdit, SecretEdit
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph

INK, LEAF, EDGE = "#181A22", "#2746C7", "#8FA6FF"
_SHADES = (0.16, 0.5, 0.72, 1.0, 0.34, 0.6, 0.1, 0.85)
COLUMNS = 4


class GateArt(QWidget):
    """A wall of gates: two leaves joined by a dovetail, over the product's name and what it is for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(theme().px(320))
        name = Label("Gatewright", "figure")
        name.setStyleSheet("color: #FFFFFF")
        self._lines = [
            Paragraph(self.tr("Find the doors, set them up, prove each one."), "omnibox", "#B7BCC6"),
            Paragraph(self.tr("With or without a network."), "omnibox", "#B7BCC6"),
        ]
        top = row(gap=14)
        top.addWidget(_WhiteMark())
        top.addWidget(name)
        top.addStretch(1)
        words = column(gap=0)
        for line in self._lines:
            words.addWidget(line)
        foot = column(gap=18, margins=(48, 0, 48, 44))
        foot.addStretch(1)
        foot.addLayout(top)
        foot.addLayout(words)
        self.setLayout(foot)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(INK))
        foot = theme().px(210)
        gap = theme().px(12)
        width = (self.width() - gap * (COLUMNS + 1)) / COLUMNS
        height = width * 1.09
        painter.setClipRect(0, 0, self.width(), self.height() - foot)
        rows = int((self.height() - foot) / (height + gap)) + 1
        for line in range(rows):
            for across in range(COLUMNS):
                number = line * COLUMNS + across
                area = QRectF(gap + across * (width + gap), gap + line * (height + gap), width, height)
                self._paint_gate(painter, area, number)
        painter.setClipping(False)
        painter.fillRect(0, self.height() - foot, self.width(), 1, QColor(blend(LEAF, INK, 0.6)))
        painter.end()

    def _paint_gate(self, painter: QPainter, area: QRectF, number: int) -> None:
        post, leaf = gate_paths(area)
        if number % 11 == 10:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(EDGE), 1.2))
            painter.drawPath(post)
            painter.drawPath(leaf)
            return
        shade = _SHADES[(number * 3 + number // COLUMNS) % len(_SHADES)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(blend("#3D4A78", INK, 0.25 + shade * 0.5)))
        painter.drawPath(post)
        painter.setBrush(QColor(blend(LEAF, INK, 0.2 + shade * 0.8)))
        painter.drawPath(leaf)


def gate_paths(area: QRectF) -> tuple[QPainterPath, QPainterPath]:
    """The two leaves of a gate that fill a rectangle: a post with a dovetail, and the leaf that it holds."""
    left, top, width, height = area.left(), area.top(), area.width(), area.height()

    def shape(points: tuple[tuple[float, float], ...]) -> QPainterPath:
        path = QPainterPath()
        for number, (x, y) in enumerate(points):
            at = (left + x * width, top + y * height)
            path.moveTo(*at) if number == 0 else path.lineTo(*at)
        path.closeSubpath()
        return path

    post = shape(
        ((0, 0), (0.41, 0), (0.41, 0.36), (0.61, 0.27), (0.61, 0.73), (0.41, 0.64), (0.41, 1), (0, 1))
    )
    leaf = shape(
        ((0.49, 0), (1, 0), (1, 1), (0.49, 1), (0.49, 0.75), (0.69, 0.84), (0.69, 0.16), (0.49, 0.25))
    )
    return post, leaf


class _WhiteMark(QWidget):
    """The mark on a dark ground, whatever the theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(theme().px(30), theme().px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        post, leaf = gate_paths(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(post, QColor("#FFFFFF"))
        painter.fillPath(leaf, QColor("#5B7BFF"))
        painter.end()


class SignInView(QWidget):
    """Cloud address, user name, password. `desk.signed` is emitted after it worked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.flow = SignInFlow(desk.station)
        self.cloud = LineEdit(mono=True, icon="globe", placeholder="https://core.example.com")
        self.user = LineEdit()
        self.password = SecretEdit()
        self.button = Button(self.tr("Sign in"), "primary", keys=self.tr("Enter"), size="large")
        self.fields = {
            "cloud": FormField(self.tr("Cloud core"), self.cloud),
            "user": FormField(self.tr("User name"), self.user),
            "password": FormField(self.tr("Password"), self.password),
        }
        self._box = EdgeBox("refused")
        self._words = Paragraph("", "help", "t1")
        self._box.body.addWidget(self._words)
        self._box.hide()
        for widget in (self.cloud, self.user, self.password):
            widget.setFixedHeight(theme().px(36))
            widget.returnPressed.connect(self.sign_in)
            widget.textEdited.connect(self._clear_faults)
        self.button.clicked.connect(self.sign_in)
        self._theme_box = ChoiceBox(self._themes(), current=desk.preferences.text("theme"))
        self._theme_box.chosen.connect(lambda key: desk.preferences.set("theme", str(key)))
        languages: list[tuple[object, str]] = [(one.code, one.name) for one in LANGUAGES]
        self._language_box = ChoiceBox(languages, current=desk.preferences.text("language") or "en")
        self._language_box.setAccessibleName(self.tr("Language"))
        self._language_box.chosen.connect(lambda key: desk.preferences.set("language", str(key)))
        self._theme_box.setAccessibleName(self.tr("Theme"))
        self.forgot = LinkButton(self.tr("Forgot your password?"))
        self.forgot.clicked.connect(self.ask_new_password)
        self.code_step, self.policy_step = CodeStep(), PolicyStep()
        self.words_steps: dict[Stage, WordsStep] = words_steps(self.flow, self._go, self._later)
        self._build()
        self._connect_flow()

    def _connect_flow(self) -> None:
        flow, code, policy = self.flow, self.code_step, self.policy_step
        flow.changed.connect(self._show_stage)
        code.entered.connect(lambda text: self._go(flow.give_code(text), code.button))
        code.again.connect(lambda: self._go(flow.send_again(), code.button))
        code.left.connect(flow.step_back)
        policy.agreed.connect(lambda: self._go(flow.agree(), policy.yes))
        policy.disagreed.connect(flow.step_back)

    def _themes(self) -> list[tuple[object, str]]:
        return [
            ("system", self.tr("As the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
            ("contrast", self.tr("High contrast")),
        ]

    def _build(self) -> None:
        self.steps = QStackedWidget()
        self.steps.addWidget(self._first_step())
        self.steps.addWidget(self.code_step)
        self.steps.addWidget(self.policy_step)
        for step in self.words_steps.values():
            self.steps.addWidget(step)
        self.steps.setFixedWidth(theme().px(400))
        holder = self.steps
        middle = row(gap=0)
        middle.addStretch(1)
        middle.addWidget(holder)
        middle.addStretch(1)
        right = column(gap=0, margins=(24, 24, 24, 16))
        right.addStretch(3)
        right.addLayout(middle)
        right.addStretch(4)
        right.addLayout(self._foot())
        whole = row(gap=0)
        whole.addWidget(GateArt(), 3)
        whole.addLayout(right, 5)
        self.setLayout(whole)

    def _first_step(self) -> QWidget:
        form = column(gap=14)
        form.addWidget(Label(self.tr("Sign in"), "figure"))
        form.addWidget(
            Paragraph(self.tr("Once online. After that this laptop works without a network."), "text", "t2")
        )
        form.addSpacing(theme().px(8))
        for field in self.fields.values():
            form.addWidget(field)
        form.addWidget(self._box)
        form.addWidget(self.button)
        form.addWidget(self.forgot, 0, Qt.AlignmentFlag.AlignLeading)
        form.addSpacing(theme().px(6))
        form.addLayout(self._promise())
        form.addStretch(1)
        made = QWidget()
        made.setLayout(form)
        return made

    def _promise(self) -> QVBoxLayout:
        lines = column(gap=6)
        for icon, words in (
            (
                "radar",
                self.tr("Without a network: find, adopt, set up, push and prove devices, change people."),
            ),
            (
                "laptop",
                self.tr("Everything you change is kept on this laptop, encrypted, and sent when it is back."),
            ),
        ):
            line = row(gap=8)
            line.addWidget(Picture("icon", icon, tone="t3", size=15), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(Paragraph(words, "help", "t2"), 1)
            lines.addLayout(line)
        return lines

    def _foot(self) -> QHBoxLayout:
        line = row(gap=8)
        line.addStretch(1)
        line.addWidget(Picture("icon", "languages", tone="t3", size=15))
        self._language_box.setFixedWidth(theme().px(130))
        line.addWidget(self._language_box)
        line.addWidget(Picture("icon", "contrast", tone="t3", size=15))
        self._theme_box.setFixedWidth(theme().px(160))
        line.addWidget(self._theme_box)
        return line

    # -- acting

    def enter(self) -> None:
        """Show what is known: the last cloud and user; never a password."""
        preferences = self.desk.preferences
        self.flow.step_back()
        self.cloud.setText(self.desk.station.cloud or preferences.text("cloud"))
        self.user.setText(preferences.text("user"))
        self.password.clear()
        first = next((w for w in (self.cloud, self.user) if not w.text()), self.password)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def sign_in(self) -> None:
        """Sign in with what was entered, or say what is missing."""
        self._clear_faults()
        missing = {
            "cloud": self.tr("The address of the cloud core is missing."),
            "user": self.tr("The user name is missing."),
            "password": self.tr("The password is missing."),
        }
        for key, widget in (("cloud", self.cloud), ("user", self.user), ("password", self.password)):
            if not widget.text().strip():
                self.fields[key].set_error(missing[key])
                widget.setFocus()
                return
        cloud, user = address_of(self.cloud.text()), self.user.text().strip()
        self._go(self.flow.enter(cloud, user, self.password.text()), self.button)

    def ask_new_password(self) -> None:
        """The way round by mail (ACC-04); it needs to know which cloud core."""
        self._clear_faults()
        if not self.cloud.text().strip():
            self.fields["cloud"].set_error(self.tr("The address of the cloud core is missing."))
            self.cloud.setFocus()
            return
        self.password.clear()
        self.flow.begin_forgot(address_of(self.cloud.text()), self.user.text().strip())

    def _go(self, work: Coroutine[Any, Any, None], trigger: QWidget) -> None:
        run(self, self._work(work), trigger=trigger, failed=self._failed)

    async def _work(self, work: Coroutine[Any, Any, None]) -> None:
        cloud, user = self.flow.cloud, self.flow.user
        await work
        await self._finish(cloud, user)

    def _later(self) -> None:
        """What the account lacks is asked for again at the next sign-in."""
        cloud, user = self.flow.cloud, self.flow.user
        self.flow.pass_over()
        run(self, self._finish(cloud, user), failed=self._failed)

    async def _finish(self, cloud: str, user: str) -> None:
        """Into the window, once the flow is over."""
        if self.flow.stage is not Stage.DONE:
            return
        self.password.clear()
        self.desk.preferences.set("cloud", cloud or address_of(self.cloud.text()))
        self.desk.preferences.set("user", user or self.user.text().strip())
        self.flow.step_back()
        await self.desk.sites.load()
        await self.desk.restore_drafts()
        self.desk.signed.emit()

    def _show_stage(self) -> None:
        stage = self.flow.stage
        for step in self.words_steps.values():
            step.forget()
        if stage is Stage.CODE:
            self.steps.setCurrentWidget(self.code_step)
            self.code_step.show_words(self.flow.words)
        elif stage is Stage.POLICY:
            self.steps.setCurrentWidget(self.policy_step)
            self.policy_step.show_policies(self.flow.policies, self.flow.words)
        elif stage in self.words_steps:
            step = self.words_steps[stage]
            self.steps.setCurrentWidget(step)
            step.begin(self.flow.words, self.flow.user)
        else:
            self.steps.setCurrentIndex(0)
            self._say(self.flow.words)

    def _failed(self, fault: GatewrightError) -> None:
        if self.flow.stage is Stage.CODE:
            self.code_step.field.set_error(spoken(fault))
            self.code_step.code.selectAll()
            return
        if self.flow.stage in self.words_steps:
            self.words_steps[self.flow.stage].show_fault(fault)
            return
        field = self.fields.get(fault.field)
        if field is not None:
            field.set_error(spoken(fault))
        else:
            # That nothing answers is a state, and no refusal.
            self._box.set_verdict("unreachable" if isinstance(fault, UnreachableError) else "refused")
            self._say(spoken(fault))
        self.password.selectAll()
        self.password.setFocus()

    def _say(self, words: str) -> None:
        """In the box below the fields; nothing hides it."""
        self._words.set_text(words)
        self._box.setVisible(bool(words))

    def _clear_faults(self, _text: str = "") -> None:
        self._box.hide()
        for field in self.fields.values():
            field.set_error("")


def address_of(text: str) -> str:
    """The address as a URL: https, but http for this machine itself, where none was typed."""
    plain = text.strip().rstrip("/")
    if "://" in plain:
        return plain
    host = plain.partition(":")[0]
    here = host == "localhost" or host.startswith("127.")
    return f"{'http' if here else 'https'}://{plain}"
