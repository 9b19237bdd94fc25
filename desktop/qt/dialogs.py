"""Questions to the person that can be awaited: no nested event loop, so tasks go on behind an open dialog.

`QDialog.exec` and the static message boxes are banned in this project: under them the event loop of asyncio reports
"Cannot enter into task" and other tasks stop. Everything here uses `open()` and a future instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.qt.theme import theme


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)


async def finish(dialog: QDialog) -> int:
    """Open a dialog, wait until it is closed, give its result code; it is deleted afterwards.

    A cancelled task closes the dialog. When its window goes first, the answer is Rejected.
    """
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    gone = False

    def settle(code: int) -> None:
        if not done.done():
            done.set_result(code)

    def leave() -> None:
        nonlocal gone
        gone = True
        settle(int(QDialog.DialogCode.Rejected.value))

    dialog.finished.connect(settle)
    dialog.destroyed.connect(leave)
    dialog.open()
    try:
        return await done
    finally:
        if not gone:
            dialog.hide()
            dialog.deleteLater()


@dataclass(frozen=True, slots=True)
class Answer:
    """One button of a question: what `ask` gives, its words, its kind: primary, plain or danger."""

    key: str
    text: str
    kind: str = "plain"


class QuestionDialog(QDialog):
    """A title, a text, perhaps a line to fill in, and buttons. Escape answers nothing."""

    def __init__(
        self,
        title: str,
        text: str,
        answers: Sequence[Answer],
        *,
        entry: QLineEdit | None = None,
        details: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.answer: str | None = None
        self.entry = entry
        self.setWindowTitle(title)
        self.setModal(True)
        look = theme()
        head, body = _label(title, "panel", "t1"), _label(text, "text", "t2")
        body.setMinimumWidth(look.px(360))
        body.setMaximumWidth(look.px(520))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(look.px(20), look.px(18), look.px(20), look.px(16))
        whole.setSpacing(look.px(8))
        whole.addWidget(head)
        whole.addWidget(body)
        if details:
            whole.addWidget(_label(details, "log", "t2"))
        if entry is not None:
            entry.setAccessibleName(title)
            whole.addWidget(entry)
        whole.addSpacing(look.px(8))
        whole.addLayout(self._buttons(answers))
        self.setAccessibleDescription(text)

    def _buttons(self, answers: Sequence[Answer]) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(theme().px(8))
        line.addStretch(1)
        for answer in answers:
            button = QPushButton(answer.text.replace("&", "&&"))
            button.setProperty("kind", answer.kind)
            button.setFont(theme().font("strong"))
            button.setDefault(answer.kind == "primary")
            button.clicked.connect(lambda _on=False, key=answer.key: self._take(key))
            line.addWidget(button)
        return line

    def _take(self, key: str) -> None:
        self.answer = key
        self.accept()


def _label(text: str, role: str, tone: str) -> QLabel:
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setWordWrap(True)
    made.setFont(theme().font(role))
    palette = made.palette()
    palette.setColor(made.foregroundRole(), theme().colour(tone))
    made.setPalette(palette)
    return made


async def ask(
    parent: QWidget | None, title: str, text: str, answers: Sequence[Answer], *, details: str = ""
) -> str | None:
    """Ask a question; gives the key of the answer, None when the person closed it without one.

    `details` is shown in the mono font: a device's own words, a list of what is running.
    """
    dialog = QuestionDialog(title, text, answers, details=details, parent=parent)
    await finish(dialog)
    return dialog.answer


async def confirm(parent: QWidget | None, title: str, text: str, verb: str, *, danger: bool = False) -> bool:
    """Ask whether to do something; `verb` is the words of the button that does it ("Remove 3")."""
    kind = "danger" if danger else "primary"
    answers = [Answer("no", _tr("Cancel")), Answer("yes", verb, kind)]
    return await ask(parent, title, text, answers) == "yes"


async def tell(parent: QWidget | None, title: str, text: str, *, details: str = "") -> None:
    """Say something that needs to be read before going on."""
    await ask(parent, title, text, [Answer("ok", _tr("Close"), "primary")], details=details)


async def ask_text(
    parent: QWidget | None, title: str, text: str, *, value: str = "", secret: bool = False
) -> str | None:
    """Ask for one line of text; None when the person gave none. `secret` masks it."""
    entry = QLineEdit(value)
    if secret:
        entry.setEchoMode(QLineEdit.EchoMode.Password)
    answers = [Answer("no", _tr("Cancel")), Answer("yes", _tr("OK"), "primary")]
    dialog = QuestionDialog(title, text, answers, entry=entry, parent=parent)
    entry.setFocus()
    await finish(dialog)
    return entry.text() if dialog.answer == "yes" else None


async def choose_file(
    parent: QWidget | None, title: str, filters: Sequence[str] = (), *, folder: Path | None = None
) -> Path | None:
    """Let the person choose a file that exists; filters are like "Sheets (*.xlsx *.csv)"."""
    return await _choose(parent, title, filters, folder, QFileDialog.FileMode.ExistingFile)


async def choose_folder(parent: QWidget | None, title: str, *, folder: Path | None = None) -> Path | None:
    """Let the person choose a folder that exists."""
    return await _choose(parent, title, (), folder, QFileDialog.FileMode.Directory)


async def choose_new_file(
    parent: QWidget | None, title: str, name: str, filters: Sequence[str] = (), *, folder: Path | None = None
) -> Path | None:
    """Let the person choose where to write a file; `name` is the proposal. Qt asks before an old one is replaced."""
    return await _choose(parent, title, filters, folder, QFileDialog.FileMode.AnyFile, name=name)


async def _choose(
    parent: QWidget | None,
    title: str,
    filters: Sequence[str],
    folder: Path | None,
    mode: QFileDialog.FileMode,
    *,
    name: str = "",
) -> Path | None:
    dialog = QFileDialog(parent, title, str(folder or Path.home()))
    dialog.setFileMode(mode)
    if mode == QFileDialog.FileMode.Directory:
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if filters:
        dialog.setNameFilters(list(filters))
    if name:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
    chosen: list[str] = []
    dialog.fileSelected.connect(chosen.append)
    code = await finish(dialog)
    return Path(chosen[0]) if code == int(QDialog.DialogCode.Accepted.value) and chosen else None
