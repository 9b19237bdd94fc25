"""Sweeping the LAN from a page: begins, counts what answers, stops. It owns the task, the page shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from core.base.errors import GatewrightError
from core.usecases.lan import scan
from desktop.models.desk import Desk
from desktop.models.words import span_word, time_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import Work, run


class Sweep(QWidget):
    """Never shown; a child of its page, so that the sweep ends with it. Signal `moved()`: begun, one more, over."""

    moved = Signal()

    def __init__(self, desk: Desk, page: QWidget) -> None:
        super().__init__(page)
        self.hide()
        self._desk = desk
        self._task: Work[Any] | None = None
        self.found = 0
        self.words = ""
        """`swept 09:14 in 4 s`, after the first one."""

    @property
    def busy(self) -> bool:
        """Whether a sweep runs."""
        return self._task is not None

    def toggle(self, targets: tuple[str, ...] = ()) -> None:
        """Sweep, or stop the sweep that runs."""
        if self._task is not None:
            self._task.cancel()
            return
        self.found = 0
        wanted = targets or tuple(self._desk.preferences.text("scan_targets").split())
        self._task = begun = run(self, self._work(wanted), failed=self._failed, name="sweep")
        begun.task.add_done_callback(lambda _task: self._over())
        self.moved.emit()

    def stop(self) -> None:
        """End a sweep that runs."""
        if self._task is not None:
            self._task.cancel()

    async def _work(self, targets: tuple[str, ...]) -> None:
        clock = self._desk.ctx.clock
        began = clock.monotonic()
        await scan(self._desk.ctx, targets, lambda _seen: self._count())
        took = span_word(timedelta(seconds=clock.monotonic() - began))
        at = time_word(clock.now(), clock.now(), self._desk.sites.zone)
        self.words = self.tr("swept {0} in {1}").format(at, took)

    def _count(self) -> None:
        self.found += 1
        self.moved.emit()

    def _over(self) -> None:
        self._task = None
        if isValid(self):
            self.moved.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self._desk.notice("refused", self.tr("The LAN could not be swept"), spoken(fault))

    async def ask_range(self) -> None:
        """Ask for networks and addresses, remember them, and sweep them."""
        text = await dialogs.ask_text(
            self.window(),
            self.tr("Scan a range"),
            self.tr(
                "Networks (192.168.10.0/24), ranges (192.168.10.20-60), hosts or host:port, with blanks between."
            ),
            value=self._desk.preferences.text("scan_targets"),
        )
        if text is not None:
            self._desk.preferences.set("scan_targets", text.strip())
            self.toggle(tuple(text.split()))
