"""The job centre: what runs, waits and was done, with its step, its last word, and how to stop or repeat it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QStackedWidget

from core.entities.record import JobRecord, JobState
from desktop.models.desk import Desk
from desktop.models.jobs import repeat, verdict_mark
from desktop.models.words import number_word
from desktop.qt.roles import Role
from desktop.qt.run import run
from desktop.views.page import Hint, Page, PageAct
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.jobs import JobList
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented

_OPEN = frozenset({JobState.RUNNING, JobState.WAITING, JobState.INTERRUPTED})


class JobsPage(Page):
    """All jobs of this workstation, the running ones first."""

    key: ClassVar[str] = "jobs"
    icon: ClassVar[str] = "list-checks"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head = PageHead(self.tr("Jobs"))
        self.which = Segmented(self._choices())
        self.list = JobList(name=self.tr("Jobs"))
        self.stack = QStackedWidget()
        self.guard = Guarded(self.stack)
        self.empty = EmptyState(
            self.tr("No job yet"),
            self.tr(
                "What needs a device or more than a moment is a job. It goes on while you work, and after a restart."
            ),
            icon="list-checks",
        )
        self._build()
        self.list.set_rows([])
        self.add_act(
            PageAct(
                "stop", self.tr("Stop the job"), self._stop, "x", "Del", reason=self._no_stop, button=False
            )
        )
        self.add_act(
            PageAct(
                "again",
                self.tr("Do it again"),
                self._again,
                "rotate-ccw",
                "R",
                reason=self._no_again,
                button=False,
            )
        )
        desk.jobs.changed.connect(self.refresh)
        self.guard.retry.connect(desk.jobs.refresh)
        self.list.act.connect(self._act)
        self.list.opened.connect(self._open)
        self.which.changed.connect(lambda _key: self.refresh())

    @property
    def title(self) -> str:
        return self.tr("Jobs")

    def _build(self) -> None:
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        bar = Panel("ruled")
        line = row(gap=8, margins=(16, 6, 16, 6))
        line.addWidget(self.which)
        line.addStretch(1)
        bar.setLayout(line)
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addWidget(bar)
        whole.addWidget(self.guard, 1)
        self.setLayout(whole)

    def _choices(self) -> list[Choice]:
        records = self.desk.jobs.records()
        open_count = sum(1 for r in records if r.state in _OPEN)
        left = sum(1 for r in records if self._not_proved(r))
        return [
            Choice("all", self.tr("All"), number_word(len(records))),
            Choice("open", self.tr("Open"), number_word(open_count)),
            Choice("left", self.tr("Not proved"), number_word(left)),
        ]

    def _not_proved(self, record: JobRecord) -> bool:
        return record.state not in _OPEN and verdict_mark(record) != "proved"

    def _keep(self, record: JobRecord) -> bool:
        which = self.which.current()
        if which == "open":
            return record.state in _OPEN
        return self._not_proved(record) if which == "left" else True

    def refresh(self) -> None:
        """Show the jobs as they are now."""
        rows = self.desk.jobs.rows(self._keep)
        self.guard.set_fault(self.desk.jobs.fault, kept=bool(self.desk.jobs.records()))
        self.which.set_choices(self._choices())
        self.list.set_rows(rows)
        self.stack.setCurrentWidget(self.list if self.desk.jobs.records() else self.empty)
        running = sum(1 for r in self.desk.jobs.records() if r.state is JobState.RUNNING)
        self.head.set_note(self.tr("{0} running").format(running) if running else "")
        self.refresh_acts()

    # -- acts

    def _record(self, index: QModelIndex | None = None) -> JobRecord | None:
        at = index if index is not None else self.list.currentIndex()
        key = at.data(Role.KEY) if at.isValid() else None
        return self.desk.jobs.find(str(key)) if key is not None else None

    def _no_stop(self) -> str:
        record = self._record()
        if record is None or record.state not in _OPEN:
            return self.tr("Put the cursor on an open job first.")
        return "" if record.stoppable else self.tr("It is past the point of no return.")

    def _no_again(self) -> str:
        record = self._record()
        return (
            ""
            if record is not None and record.state not in _OPEN
            else self.tr("Put the cursor on a job that has ended.")
        )

    def _stop(self) -> None:
        record = self._record()
        if record is not None:
            run(self, self.desk.ctx.jobs.cancel(record.id), failed=self.fail(record.title))

    def _again(self) -> None:
        record = self._record()
        if record is not None:
            run(self, repeat(self.desk.ctx, record), failed=self.fail(record.title))

    def _act(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        record = self._record(index)
        if record is not None:
            self.do("stop" if record.state in _OPEN else "again")

    def _open(self, index: QModelIndex) -> None:
        record = self._record(index)
        if record is not None and record.inputs.get("device_id"):
            self.desk.go("devices", record.inputs["device_id"])

    def enter(self, target: object = None) -> None:
        self.desk.jobs.refresh()
        self.refresh()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_settled(self) -> bool:
        return not self.desk.jobs.busy

    def status(self) -> list[StatusItem]:
        count = len(self.desk.jobs.open_jobs())
        return [StatusItem(self.tr("{0} open").format(number_word(count)))]

    def hints(self) -> list[Hint]:
        return [("Enter", self.tr("the device")), ("Del", self.tr("stop")), ("R", self.tr("again"))]
