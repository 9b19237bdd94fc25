"""What a job is made of: the handler that does it, the context that it is given, the outcome that it returns."""

from __future__ import annotations

import asyncio
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, Protocol

from core.base.clock import Clock
from core.base.errors import CancelledByPerson, UserError
from core.base.words import clean
from core.entities.record import JobRecord, JobState

PUBLISH_EVERY_S = 0.1
"""Progress is told to listeners ten times a second at most; a new stage is told at once."""

ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
"""States that a job does not leave any more."""


class ProgramCloses(asyncio.CancelledError):
    """Raised at a job's safe point when the program is closing. The job is resumed at the next start."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended: DONE, FAILED or CANCELLED, a sentence for people, and a JSON document for programs.

    DONE says that the job did its work, not that a device took it: verdicts stand in `result` and in proofs.
    """

    state: JobState = JobState.DONE
    said: str = ""
    result: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.state in {JobState.WAITING, JobState.RUNNING}:
            msg = f"a job cannot end as {self.state}"
            raise ValueError(msg)


class Handler(Protocol):
    """Does the jobs of one kind. Runs on the event loop; blocking work belongs into a thread.

    Errors that are worded (GatewrightError) end the job as FAILED with their words; anything else is a crash.
    """

    kind: str

    async def run(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """Do the work. `inputs` are those of `JobRunner.submit`."""
        ...

    async def resume(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """Go on after the program died or was closed in between: ask the device first, then do what is missing.

        `ctx.journal` holds what was saved until then.
        """
        ...


class RepeatableHandler(ABC):
    """A Handler whose work may simply be done again, because it compares before it changes anything."""

    kind: str

    @abstractmethod
    async def run(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """See `Handler.run`."""

    async def resume(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """Do it again from the beginning."""
        return await self.run(ctx, inputs)


class _Stop(Enum):
    NO = 0
    PERSON = 1
    CLOSING = 2


class JobContext:
    """A running job's line to the outside. `progress` and `check_cancel` may be called from any thread."""

    def __init__(
        self,
        record: JobRecord,
        clock: Clock,
        *,
        publish: Callable[[JobRecord], None],
        save: Callable[[JobRecord], Coroutine[Any, Any, None]],
        save_soon: Callable[[str], None],
    ) -> None:
        self._record = record
        self._clock = clock
        self._publish = publish
        self._save = save
        self._save_soon = save_soon
        self._lock = threading.Lock()
        self._told_at = float("-inf")
        self._stop = _Stop.NO
        self._why_not = ""

    @property
    def record(self) -> JobRecord:
        """The job as it stands now, unsaved progress included."""
        return self._record

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self._record.id

    @property
    def journal(self) -> Mapping[str, Any]:
        """What was saved so far, also by an earlier life of the job. Change it with `save`."""
        return MappingProxyType(self._record.journal)

    def progress(self, done: int, total: int, stage: str = "") -> None:
        """Tell how far the job is; cheap enough for a loop. Raises as `check_cancel` does.

        An empty `stage` leaves the stage as it is.
        """
        with self._lock:
            before = self._record
            now = replace(before, done=done, total=total, stage=clean(stage, limit=64) or before.stage)
            new_stage = now.stage != before.stage
            completed = done >= total and before.done < before.total
            moment = self._clock.monotonic()
            due = new_stage or completed or moment - self._told_at >= PUBLISH_EVERY_S
            self._record = now
            if due:
                self._told_at = moment
        if due:
            self._publish(now)
        if new_stage:
            self._save_soon(now.id)
        self.check_cancel()

    def check_cancel(self) -> None:
        """A safe point: CancelledByPerson when somebody asked to stop, ProgramCloses when the program is closing.

        Does nothing after the point of no return.
        """
        with self._lock:
            self._raise_if_stopped()

    def point_of_no_return(self, why: str) -> None:
        """From here on a cancel is refused with `why`, one sentence. A cancel that came before still raises."""
        with self._lock:
            self._raise_if_stopped()
            self._why_not = why
            self._record = now = replace(self._record, stoppable=False)
        self._publish(now)
        self._save_soon(now.id)

    async def save(self, **entries: Any) -> None:
        """Merge entries into the journal and write it to the mirror; returns when it is on disk.

        Entries are JSON values and hold no secrets; TypeError otherwise.
        """
        # A copy through JSON: the writer's thread must not see later changes of a nested list.
        news = json.loads(json.dumps(entries))
        with self._lock:
            self._record = now = replace(self._record, journal={**self._record.journal, **news})
        await self._save(now)

    def ask_to_stop(self) -> None:
        """A person's wish; the job unwinds at its next safe point. UserError after the point of no return."""
        with self._lock:
            if not self._record.stoppable:
                raise UserError("jobs.not_stoppable", self._why_not or not_stoppable_words(self._record))
            if self._stop is _Stop.NO:
                self._stop = _Stop.PERSON

    def ask_to_close(self) -> None:
        """The program is closing: unwind at the next safe point, to be resumed later."""
        with self._lock:
            if self._stop is _Stop.NO:
                self._stop = _Stop.CLOSING

    def conclude(self, outcome: JobOutcome) -> JobRecord:
        """The record of the ended job; for the runner."""
        with self._lock:
            ended = self._clock.now() if outcome.state in ENDED else None
            self._record = replace(
                self._record,
                state=outcome.state,
                said=clean(outcome.said, limit=400),
                result=json.loads(json.dumps(outcome.result)),
                ended_at=ended,
            )
            return self._record

    def _raise_if_stopped(self) -> None:
        if self._stop is _Stop.NO or not self._record.stoppable:
            return
        if self._stop is _Stop.PERSON:
            raise CancelledByPerson(f"'{self._record.title}'")
        raise ProgramCloses


def not_stoppable_words(record: JobRecord) -> str:
    """Why a job that was interrupted past its point of no return is not cancelled."""
    return f"'{record.title}' has gone too far to be stopped; it first has to see what the device made of it."
