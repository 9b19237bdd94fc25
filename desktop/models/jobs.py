"""Jobs as the window shows them: running ones with live progress, then those that wait, then what ended lately."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.entities.record import JOB, JobRecord, JobState
from core.store.changes import ChangeSet
from core.store.query import ListQuery, rows
from core.usecases.context import Context, Permission
from desktop.models.latest import Latest
from desktop.models.words import age_word, translate
from desktop.qt.bridge import Crossing
from desktop.qt.language import spoken
from desktop.qt.roles import JobRow, Progress

KEPT = 200
_OPEN = frozenset({JobState.RUNNING, JobState.WAITING, JobState.INTERRUPTED})
_ORDER = {JobState.RUNNING: 0, JobState.INTERRUPTED: 1, JobState.WAITING: 2}


def verdict_mark(record: JobRecord) -> str:
    """The mark of a job: what its result's worst verdict is, never better. DONE alone is no proof."""
    if record.state is JobState.RUNNING:
        return "running"
    if record.state in {JobState.WAITING, JobState.INTERRUPTED}:
        return "waiting"
    if record.state is JobState.CANCELLED:
        return "todo"
    counts = record.result.get("counts")
    words = [str(w) for w in counts] if isinstance(counts, dict) else [str(record.result.get("verdict", ""))]
    for word in ("refused", "differs", "ambiguous", "unreachable", "waiting", "accepted", "proved"):
        if word in words:
            return word
    return "refused" if record.state is JobState.FAILED else "accepted"


def stage_word(record: JobRecord) -> str:
    """The step of a running job in words."""
    words = {
        "reach": translate("reaching the device"),
        "send": translate("sending"),
        "read back": translate("reading back"),
        "prepare": translate("asking to write"),
        "upload": translate("uploading"),
        "upgrade": translate("writing, do not unplug"),
        "restart": translate("restarting"),
        "read_back": translate("reading the version"),
    }
    return words.get(record.stage, record.stage)


def job_row(record: JobRecord, now: datetime) -> JobRow:
    """One row of the job centre."""
    running = record.state is JobState.RUNNING
    note, progress = spoken(record.said), None
    if running:
        count = translate("{0} of {1}").format(record.done, record.total) if record.total > 1 else ""
        note = " · ".join(part for part in (stage_word(record) or translate("begins"), count) if part)
        if record.total:
            tone = "acc" if record.stoppable else "ambiguous.solid"
            progress = Progress(record.done, record.total, "", tone)
    elif record.state is JobState.WAITING:
        note = translate("waits for its turn")
    elif record.state is JobState.INTERRUPTED:
        note = spoken(record.said) or translate("was interrupted; goes on by asking the device first")
    act, act_text = _act(record)
    at = record.ended_at or record.made_at
    title = spoken(record.title)
    return JobRow(title, note, verdict_mark(record), progress, age_word(at, now), act, act_text, record.id)


def _act(record: JobRecord) -> tuple[str, str]:
    if record.state in _OPEN:
        if record.stoppable:
            return "x", translate("Stop")
        return "lock", translate("Past the point of no return: it cannot be stopped now.")
    if record.state in {JobState.FAILED, JobState.CANCELLED} or record.kind == "provision":
        return "rotate-ccw", translate("Do it again")
    return "", ""


class JobsModel(QObject):
    """The last jobs of this workstation. Signal `changed()`; `progressed(JobRecord)` for whoever follows one job."""

    changed = Signal()
    progressed = Signal(object)

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing, jobs: Crossing) -> None:
        super().__init__()
        self._ctx = ctx
        self._records: dict[str, JobRecord] = {}
        self.fault: GatewrightError | None = None
        """Why the list could not be read the last time; what it shows is older then."""
        self._latest = Latest(tasks, self._load, failed=self._failed)
        feed.delivered.connect(self._on_changes)
        jobs.delivered.connect(self._on_progress)

    def records(self) -> list[JobRecord]:
        """Running first, then waiting, then ended ones, the latest first."""

        def place(record: JobRecord) -> tuple[int, float]:
            moment = record.ended_at or record.made_at
            seconds = moment.timestamp() if moment else 0.0
            return (_ORDER.get(record.state, 3), seconds if record.state in _OPEN else -seconds)

        return sorted(self._records.values(), key=place)

    def find(self, job_id: str) -> JobRecord | None:
        """A job by its id."""
        return self._records.get(job_id)

    def open_jobs(self) -> list[JobRecord]:
        """Those that run or wait."""
        return [r for r in self.records() if r.state in _OPEN]

    def lane_of(self, mac: str) -> JobRecord | None:
        """The running or waiting job of a device."""
        lane = f"device:{mac}"
        return next((r for r in self.open_jobs() if r.lane == lane), None)

    def refresh(self) -> None:
        """Read the list again."""
        self._latest.ask()

    @property
    def busy(self) -> bool:
        """True while the list is read."""
        return self._latest.busy

    def close(self) -> None:
        """Read nothing any more."""
        self._latest.close()

    def rows(self, keep: Callable[[JobRecord], bool] = lambda _r: True) -> list[JobRow]:
        """Rows of the job centre."""
        now = self._ctx.clock.now()
        return [job_row(r, now) for r in self.records() if keep(r)]

    async def _load(self) -> None:
        query = ListQuery(JOB, sort="-made_at", limit=KEPT)
        found: list[JobRecord] = await self._ctx.mirror.read(lambda reader: rows(reader, query))
        live = {r.id: r for r in self._ctx.jobs.current()}
        self._records = {r.id: live.get(r.id, r) for r in found} | live
        self.fault = None
        self.changed.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self.fault = fault
        self.changed.emit()

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        if any(c.touches(JOB.name) for c in changes):
            self.refresh()

    def _on_progress(self, records: list[JobRecord]) -> None:
        for record in {r.id: r for r in records}.values():
            self._records[record.id] = record
            self.progressed.emit(record)
        self.changed.emit()


async def repeat(ctx: Context, record: JobRecord) -> str:
    """Queue the same work again; what is proved by now is left alone. Gives the new job's id."""
    ctx.require(Permission.PUSH)
    return await ctx.jobs.submit(
        record.kind, record.lane, record.title, record.inputs, key=record.key, network=record.network
    )
