"""What nobody foresaw reaches the log and one dialog, wherever it came from."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop.qt import crash
from desktop.qt.crash import CrashDialog
from desktop.qt.theme import Theme

pytestmark = pytest.mark.allow_logs


@pytest.fixture
def reports() -> Iterator[list[tuple[str, int]]]:
    found: list[tuple[str, int]] = []
    crash.set_presenter(lambda text, count: found.append((text, count)))
    yield found
    crash.set_presenter(None)


@pytest.fixture
def hooks(reports: list[tuple[str, int]]) -> Iterator[None]:
    undo = crash.install()
    yield
    undo()


def boom() -> None:
    raise LookupError("no such door")


def test_an_exception_outside_is_reported(hooks: None, reports: list[tuple[str, int]]) -> None:
    try:
        boom()
    except LookupError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "no such door" in reports[0][0]
    assert "boom" in reports[0][0]


def test_a_thread_is_reported(hooks: None, reports: list[tuple[str, int]]) -> None:
    thread = threading.Thread(target=boom, name="reader")
    thread.start()
    thread.join()
    assert len(reports) == 1


async def test_a_task_nobody_awaited_is_reported(reports: list[tuple[str, int]]) -> None:
    loop = asyncio.get_running_loop()
    crash.on_loop_error(loop, {"message": "never awaited", "exception": LookupError("lost")})
    crash.on_loop_error(loop, {"message": "cancelled", "exception": asyncio.CancelledError()})
    assert [text for text, _ in reports if "lost" in text]
    assert len(reports) == 1


def test_hooks_are_put_back(reports: list[tuple[str, int]]) -> None:
    before = (sys.excepthook, threading.excepthook)
    crash.install()()
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.qt_no_exception_capture
def test_words_of_qt_reach_the_log(hooks: None, caplog: pytest.LogCaptureFixture) -> None:
    qWarning("a layout was set twice")
    qWarning("This plugin does not support propagateSizeHints()")
    assert [record.getMessage() for record in caplog.records] == ["a layout was set twice"]


def test_a_second_fault_joins_the_dialog(qtbot: QtBot, look: Theme, qapp: QApplication) -> None:
    crash.set_presenter(None)
    for words in ("first fault", "second fault", "second fault"):
        try:
            raise LookupError(words)
        except LookupError as error:
            crash.report(error)
    shown = [one for one in qapp.topLevelWidgets() if isinstance(one, CrashDialog)]
    assert len(shown) == 1
    text = shown[0].report.toPlainText()
    assert text.count("first fault") == 1
    assert "second fault" in text
    assert "3" in shown[0].windowTitle()
    buttons = {button.text(): button for button in shown[0].findChildren(QPushButton)}
    buttons["Copy the report"].click()
    assert "first fault" in QApplication.clipboard().text()
    buttons["Close"].click()
    assert not shown[0].isVisible()
