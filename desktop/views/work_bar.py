"""One quiet bar: what is being done, how far it is, and how to stop it; for jobs and for acts without a job."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from core.base.errors import GatewrightError
from core.entities.record import JobRecord
from desktop.models.desk import Desk
from desktop.models.jobs import stage_word
from desktop.models.words import number_word
from desktop.qt.language import spoken
from desktop.qt.run import Work, run
from desktop.views.widgets.base import row
from desktop.views.widgets.boxes import Act, NoticeBar

T = TypeVar("T")


class WorkBar(QWidget):
    """Hidden while nothing is done. One thing at a time: what comes later takes the bar over."""

    def __init__(self, desk: Desk, *, bottom: int = 10) -> None:
        super().__init__()
        self._desk = desk
        self._task: Work[Any] | None = None
        self._job: JobRecord | None = None
        self._title = ""
        self.bar = NoticeBar("", "", icon="refresh-cw")
        self.bar.act.connect(lambda _key: self.stop())
        holder = row(gap=0, margins=(16, 0, 16, bottom))
        holder.addWidget(self.bar)
        self.setLayout(holder)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether something is shown as being done."""
        return self._task is not None or self._job is not None

    def work(
        self,
        title: str,
        work: Coroutine[Any, Any, T],
        *,
        done: Callable[[T], object] | None = None,
        failed: Callable[[GatewrightError], object] | None = None,
        trigger: QWidget | None = None,
    ) -> None:
        """Run an act and show it until it is over or stopped."""
        self._job, self._title = None, title
        self._show(title, "", "")
        self._task = begun = run(self, work, done=done, failed=failed, trigger=trigger, name=title)
        begun.task.add_done_callback(lambda _task: self._over(begun))

    def tell(self, done: int, total: int) -> None:
        """How far the act is."""
        words = self.tr("{0} of {1}").format(number_word(done), number_word(total))
        self.bar.set_text(self._title, words)

    def follow(self, record: JobRecord | None) -> None:
        """Show a job that runs or waits; None when there is none any more."""
        if record is None:
            if self._job is not None:
                self._job = None
                self.setVisible(self.busy)
            return
        self._job = record
        count = self.tr("{0} of {1}").format(record.done, record.total) if record.total > 1 else ""
        words = " · ".join(p for p in (stage_word(record) or self.tr("waits for its turn"), count) if p)
        locked = "" if record.stoppable else self.tr("Past the point of no return: it cannot be stopped now.")
        self._show(spoken(record.title), words, locked)

    def _show(self, title: str, words: str, locked: str) -> None:
        self.bar.set_text(title, words)
        self.bar.set_acts([Act("stop", self.tr("Stop"), icon="x", reason=locked)])
        self.show()

    def stop(self) -> None:
        """Stop what is shown, where that is possible."""
        if self._job is not None:
            run(self, self._desk.ctx.jobs.cancel(self._job.id))
        elif self._task is not None:
            self._task.cancel()

    def _over(self, work: Work[Any]) -> None:
        if work is self._task and isValid(self):
            self._task = None
            self.setVisible(self.busy)
