"""Questions that can be awaited: tasks go on behind them, and every way of closing gives an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from desktop.qt import dialogs
from desktop.qt.dialogs import Answer, QuestionDialog
from desktop.qt.theme import Theme

T = TypeVar("T", bound=QDialog)
R = TypeVar("R")


@pytest.fixture
def window(qtbot: QtBot, look: Theme) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def start(work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
    return asyncio.get_running_loop().create_task(work)


async def opened(window: QWidget, kind: type[T]) -> T:
    for _ in range(50):
        found = [one for one in window.findChildren(kind) if one.isVisible()]
        if found:
            return found[0]
        await asyncio.sleep(0)
    raise AssertionError("no dialog was opened")


def press(dialog: QDialog, text: str) -> None:
    buttons = [one for one in dialog.findChildren(QPushButton) if one.text() == text]
    assert buttons, text
    buttons[0].click()


def settle_deletions() -> None:
    QApplication.sendPostedEvents(None, 52)


async def test_the_answer_is_the_key_of_the_button(window: QWidget) -> None:
    answers = [Answer("keep", "Keep"), Answer("drop", "Drop", "danger")]
    task = start(dialogs.ask(window, "Two", "Which?", answers))
    dialog = await opened(window, QuestionDialog)
    press(dialog, "Drop")
    assert await task == "drop"
    settle_deletions()
    assert not isValid(dialog)


async def test_tasks_go_on_behind_a_dialog(window: QWidget) -> None:
    task = start(dialogs.confirm(window, "Remove", "Three rows go.", "Remove 3", danger=True))
    dialog = await opened(window, QuestionDialog)
    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0)
        ticks += 1
    assert not task.done()
    press(dialog, "Remove 3")
    assert await task


async def test_escape_answers_nothing(window: QWidget) -> None:
    task = start(dialogs.ask(window, "Two", "Which?", [Answer("a", "A")]))
    dialog = await opened(window, QuestionDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert await task is None


async def test_a_cancelled_task_closes_its_dialog(window: QWidget) -> None:
    task = start(dialogs.tell(window, "Note", "Read this."))
    dialog = await opened(window, QuestionDialog)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not dialog.isVisible()


async def test_a_window_that_goes_answers_nothing(look: Theme) -> None:
    window = QWidget()
    window.show()
    task = start(dialogs.confirm(window, "Remove", "Three rows go.", "Remove 3"))
    await opened(window, QuestionDialog)
    delete(window)
    assert await task is False


async def test_one_line_can_be_asked_for(window: QWidget) -> None:
    task = start(dialogs.ask_text(window, "Name", "Of the door", value="North"))
    dialog = await opened(window, QuestionDialog)
    dialog.findChildren(QLineEdit)[0].setText("South")
    press(dialog, "OK")
    assert await task == "South"


async def test_a_secret_is_masked(window: QWidget) -> None:
    task = start(dialogs.ask_text(window, "PIN", "Of the door", secret=True))
    dialog = await opened(window, QuestionDialog)
    assert dialog.findChildren(QLineEdit)[0].echoMode() == QLineEdit.EchoMode.Password
    press(dialog, "Cancel")
    assert await task is None


async def test_a_file_is_chosen(window: QWidget, tmp_path: Path) -> None:
    wanted = tmp_path / "people.xlsx"
    wanted.write_bytes(b"x")
    task = start(dialogs.choose_file(window, "Import", ["Sheets (*.xlsx *.csv)"], folder=tmp_path))
    dialog = await opened(window, QFileDialog)
    dialog.fileSelected.emit(str(wanted))
    dialog.done(QDialog.DialogCode.Accepted.value)
    assert await task == wanted


async def test_no_file_is_none(window: QWidget, tmp_path: Path) -> None:
    task = start(dialogs.choose_new_file(window, "Export", "x.csv", folder=tmp_path))
    dialog = await opened(window, QFileDialog)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    dialog.reject()
    assert await task is None


async def test_a_folder_is_chosen(window: QWidget, tmp_path: Path) -> None:
    task = start(dialogs.choose_folder(window, "Pictures", folder=tmp_path))
    dialog = await opened(window, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.done(QDialog.DialogCode.Accepted.value)
    assert await task == tmp_path


async def test_markup_in_a_name_stays_text(window: QWidget) -> None:
    task = start(dialogs.tell(window, "<b>Door</b>", "<img src='x'>"))
    dialog = await opened(window, QuestionDialog)
    formats = {label.textFormat() for label in dialog.findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}
    press(dialog, "Close")
    await task
