"""Steps of the sign-in that ask for words: a new password by mail, and what the account lacks (ACC-04, ACC-06)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError, UnreachableError
from desktop.models.sign_in_flow import SignInFlow, Stage
from desktop.qt.language import spoken
from desktop.qt.theme import theme
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import EdgeBox
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.fields import FormField, LineEdit, SecretEdit
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph

Go = Callable[[Coroutine[Any, Any, None], QWidget], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """One line that is asked for. `missing` is said when it is empty; `key` is the field of a fault about it."""

    key: str
    label: str
    missing: str
    hint: str = ""
    secret: bool = False
    mono: bool = False


class WordsStep(QWidget):
    """A title, why, some lines and one act. Signals: `entered()` every line is filled, `again()`, `left()`.

    `ways` are the words of the links below: of `again` (none where it is empty) and of `left`.
    """

    entered = Signal()
    again = Signal()
    left = Signal()

    def __init__(self, title: str, why: str, asks: Sequence[Ask], verb: str, ways: tuple[str, str]) -> None:
        super().__init__()
        self._why, self._asks = why, tuple(asks)
        self._words = Paragraph(why, "text", "t2")
        self.lines: dict[str, LineEdit] = {}
        self.fields: dict[str, FormField] = {}
        for ask in asks:
            line = SecretEdit() if ask.secret else LineEdit(mono=ask.mono)
            line.setFixedHeight(theme().px(36))
            line.returnPressed.connect(self._enter)
            line.textEdited.connect(self._clear)
            self.lines[ask.key] = line
            self.fields[ask.key] = FormField(ask.label, line, hint=ask.hint)
        self.button = Button(verb, "primary", keys=self.tr("Enter"), size="large")
        self.button.clicked.connect(self._enter)
        self._box = EdgeBox("refused")
        self.fault = Paragraph("", "help", "t1")
        self._box.body.addWidget(self.fault)
        self._box.hide()
        self._build(title, ways)

    def _build(self, title: str, ways: tuple[str, str]) -> None:
        whole = column(gap=14)
        whole.addWidget(Label(title, "figure"))
        whole.addWidget(self._words)
        whole.addSpacing(theme().px(8))
        for field in self.fields.values():
            whole.addWidget(field)
        whole.addWidget(self._box)
        whole.addWidget(self.button)
        foot = row(gap=12)
        if ways[0]:
            again = LinkButton(ways[0])
            again.clicked.connect(self.again)
            foot.addWidget(again)
        foot.addStretch(1)
        self.leave = LinkButton(ways[1])
        self.leave.clicked.connect(self.left)
        foot.addWidget(self.leave)
        whole.addLayout(foot)
        whole.addStretch(1)
        self.setLayout(whole)

    def text(self, key: str) -> str:
        """What was typed; a password as it is, all else without blanks around it."""
        line = self.lines[key]
        return line.text() if isinstance(line, SecretEdit) else line.text().strip()

    def begin(self, words: str, user: str) -> None:
        """Show it with the cloud's words, or its own; what was typed before is gone, `user` is filled in."""
        self._clear()
        self._words.set_text(words or self._why)
        self.forget()
        if "user" in self.lines:
            self.lines["user"].setText(user)
        first = next((line for line in self.lines.values() if not line.text()), self.button)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep nothing of what was typed."""
        for line in self.lines.values():
            line.clear()

    def show_fault(self, fault: GatewrightError) -> None:
        """Beside the line that it is about, else in the box; without a network, why that is in the way."""
        # The cloud names a password that it does not take by its member of the message: `new` or `password`.
        field = self.fields.get("password" if fault.field == "new" else fault.field)
        if field is not None:
            field.set_error(spoken(fault))
            return
        words = spoken(fault)
        if isinstance(fault, UnreachableError):
            words = f"{self.tr('This needs the cloud core, and so a network.')} {words}"
        self.fault.set_text(words)
        self._box.show()

    def _enter(self) -> None:
        self._clear()
        for ask in self._asks:
            if not self.text(ask.key):
                self.fields[ask.key].set_error(ask.missing)
                self.lines[ask.key].setFocus()
                return
        self.entered.emit()

    def _clear(self, _text: str = "") -> None:
        self._box.hide()
        for field in self.fields.values():
            field.set_error("")


def _tr(text: str) -> str:
    return QCoreApplication.translate("SignInWords", text)


def words_steps(flow: SignInFlow, go: Go, later: Callable[[], None]) -> dict[Stage, WordsStep]:
    """The steps by their stage, joined with the flow. `go` runs a verb of it; `later` leaves a want for next time."""
    made = {
        Stage.FORGOT: _forgot(),
        Stage.RESET: _reset(),
        Stage.EMAIL: _email(),
        Stage.PASSWORD: _password(),
    }
    forgot, reset, email, password = made.values()
    forgot.entered.connect(lambda: go(flow.send_mail(forgot.text("user")), forgot.button))
    reset.entered.connect(
        lambda: go(flow.set_password(reset.text("code"), reset.text("password")), reset.button)
    )
    reset.again.connect(lambda: go(flow.send_mail(flow.user), reset.button))
    email.entered.connect(lambda: go(flow.give_email(email.text("email")), email.button))
    password.entered.connect(lambda: go(flow.give_password(password.text("password")), password.button))
    for step in (forgot, reset):
        step.left.connect(flow.step_back)
    for step in (email, password):
        step.left.connect(later)
    return made


def _forgot() -> WordsStep:
    return WordsStep(
        _tr("A new password"),
        _tr("The cloud core sends a code to the e-mail address of the account."),
        [Ask("user", _tr("User name"), _tr("The user name is missing."))],
        _tr("Send the code"),
        ("", _tr("Back to the sign-in")),
    )


def _new_password() -> Ask:
    return Ask("password", _tr("New password"), _tr("The new password is missing."), secret=True)


def _reset() -> WordsStep:
    code = Ask("code", _tr("Code"), _tr("The code of the mail is missing."), _tr("from the mail"), mono=True)
    return WordsStep(
        _tr("A new password"),
        "",
        [code, _new_password()],
        _tr("Set it and sign in"),
        (_tr("Send again"), _tr("Back to the sign-in")),
    )


def _email() -> WordsStep:
    return WordsStep(
        _tr("Your e-mail address"),
        _tr("The account has none. A new password and codes go there."),
        [Ask("email", _tr("E-mail"), _tr("The e-mail address is missing."))],
        _tr("Keep it"),
        ("", _tr("Next time")),
    )


def _password() -> WordsStep:
    return WordsStep(
        _tr("A new password"),
        _tr("Yours is more than a month old. Other workstations are signed out when it changes."),
        [_new_password()],
        _tr("Change it"),
        ("", _tr("Next time")),
    )
