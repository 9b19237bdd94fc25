"""What nobody foresaw: one log entry and one dialog, from wherever it came.

Sources: exceptions in slots and threads, in tasks of the event loop, and Qt's own messages. The log masks secrets; the
dialog shows what was logged, so that a person can send it on.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QCoreApplication, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop.qt.theme import theme

log = logging.getLogger("gatewright.crash")
qt_log = logging.getLogger("gatewright.qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# These concern a window manager that is not there, or a font that is looked for and replaced; nobody can act on them.
_NOISE = ("This plugin does not support propagateSizeHints",)
_state: dict[str, Any] = {"dialog": None, "count": 0, "show": None}


class CrashDialog(QDialog):
    """Says that something unforeseen happened, what was kept, and shows the report to copy."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something was not foreseen"))
        look = theme()
        head = QLabel(self.tr("Something was not foreseen"))
        head.setFont(look.font("panel"))
        words = QLabel(
            self.tr(
                "This is a fault of the program, not of yours. What you entered is kept. "
                "The report below is also in the log; it contains no PIN, card or password."
            )
        )
        words.setWordWrap(True)
        self.report = QPlainTextEdit(text)
        self.report.setReadOnly(True)
        self.report.setFont(look.font("log"))
        self.report.setAccessibleName(self.tr("Report"))
        copy, close = QPushButton(self.tr("Copy the report")), QPushButton(self.tr("Close"))
        close.setProperty("kind", "primary")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.report.toPlainText()))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*(look.px(20),) * 4)
        whole.setSpacing(look.px(10))
        for widget in (head, words, self.report):
            whole.addWidget(widget)
        whole.addLayout(buttons)
        self.resize(look.px(620), look.px(420))

    def add(self, text: str, count: int) -> None:
        """Add a further report; only the number grows when it is the same one again."""
        self.setWindowTitle(self.tr("Not foreseen, {0} times").format(count))
        if text not in self.report.toPlainText():
            self.report.appendPlainText("\n" + text)


def report(error: BaseException, *, where: str = "") -> None:
    """Log an unforeseen error with its stack and show it; a second one joins the dialog that is open."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    log.error("%s%s", f"{where}: " if where else "", text)
    _state["count"] += 1
    show: Callable[[str, int], object] | None = _state["show"]
    (show or _show)(text, _state["count"])


def _show(text: str, count: int) -> None:
    app = QApplication.instance()
    if app is None or threading.current_thread() is not threading.main_thread():
        return
    dialog = _state["dialog"]
    if isinstance(dialog, CrashDialog) and isValid(dialog) and dialog.isVisible():
        dialog.add(text, count)
        return
    made = CrashDialog(text, QApplication.activeWindow())
    made.finished.connect(lambda _code: made.deleteLater())
    _state["dialog"] = made
    made.open()


def set_presenter(show: Callable[[str, int], object] | None) -> None:
    """Show reports in another way than by the dialog: a program without a window, tests. None: the dialog again."""
    _state["show"] = show
    _state["count"] = 0


def _on_exception(kind: type[BaseException], error: BaseException, stack: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, stack)
        QCoreApplication.quit()
        return
    report(error.with_traceback(stack))


def _on_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        report(args.exc_value, where=f"thread {args.thread.name if args.thread else '?'}")


def on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The exception handler of the event loop; a cancelled task is no error."""
    error = context.get("exception")
    if isinstance(error, asyncio.CancelledError):
        return
    if isinstance(error, BaseException):
        report(error, where=str(context.get("message", "")))
    else:
        log.error("event loop: %s", context.get("message", context))


def _on_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if not any(noise in message for noise in _NOISE):
        qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s", message)


def install(loop: asyncio.AbstractEventLoop | None = None) -> Callable[[], None]:
    """Catch everything from now on; gives the function that puts back what was there before."""
    before = (sys.excepthook, threading.excepthook)
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread
    qt_before = qInstallMessageHandler(_on_qt)
    if loop is not None:
        loop.set_exception_handler(on_loop_error)

    def undo() -> None:
        sys.excepthook, threading.excepthook = before
        qInstallMessageHandler(qt_before)
        if loop is not None and not loop.is_closed():
            loop.set_exception_handler(None)

    return undo
