"""The runner of durable jobs: lanes, persistence, cancel, resume after a crash, progress.

Every job is a row of the entity `jobs`. The row says WAITING before the caller gets the id and RUNNING before the
handler begins, so a crash at any moment leaves a row that tells what has to be resumed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.base.clock import Clock
from core.base.errors import CancelledByPerson, GatewrightError, UserError
from core.base.ids import new_id
from core.base.killpoints import passed
from core.base.tasks import TaskOwner
from core.base.words import clean
from core.entities.record import JOB, JobRecord, JobState
from core.jobs.feed import JobFeed, JobListener
from core.jobs.job import Handler, JobContext, JobOutcome, not_stoppable_words
from core.jobs.lanes import Lanes, Waiting
from core.jobs.rows import ended, left_over, patch_job
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx

_log = logging.getLogger(__name__)

LAN = "lan"
"""The network of a job that names none."""


class JobRunner:
    """Runs jobs until it is closed. Used from one event loop; `subscribe` and listeners know no thread."""

    def __init__(
        self,
        mirror: Mirror,
        clock: Clock,
        handlers: Mapping[str, Handler],
        per_network: int = 4,
        *,
        on_crash: Callable[[Exception], None] | None = None,
    ) -> None:
        self._mirror = mirror
        self._clock = clock
        self._handlers = dict(handlers)
        self._on_crash = on_crash
        self._lanes = Lanes(per_network)
        self._feed = JobFeed()
        self._settled = JobFeed()
        self._work_tasks = TaskOwner()
        self._own_tasks = TaskOwner()
        self._running: dict[str, JobContext] = {}
        self._ends: dict[str, asyncio.Future[JobRecord]] = {}
        self._saving: set[str] = set()
        self._intake = asyncio.Lock()
        self._closing = False

    # -------------------------------------------------------------------------------------------------- for everyone

    async def submit(
        self,
        kind: str,
        lane: str,
        title: str,
        inputs: Mapping[str, Any],
        *,
        key: str = "",
        network: str = LAN,
    ) -> str:
        """Queue a job and return its id; it is on disk by then and survives a crash.

        `lane`: one job at a time (`device:<mac>`, `import`). `inputs`: JSON values without secrets. `key`: a waiting
        job of the same kind, lane and key is cancelled in favour of this one. `network`: at most `per_network` jobs
        of one network run at once; "" for work that touches no network or waits for other jobs.
        """
        if kind not in self._handlers:
            msg = f"no handler for jobs of kind {kind}"
            raise ValueError(msg)
        if self._closing:
            raise UserError("jobs.closing", f"'{title}' was not begun: Gatewright is closing.")
        record = JobRecord(
            id=new_id(),
            kind=kind,
            lane=lane,
            title=clean(title, limit=160),
            inputs=json.loads(json.dumps(dict(inputs))),
            journal={},
            result={},
            key=key,
            network=network,
            made_at=self._clock.now(),
        )
        # Shielded: a caller that goes away must not leave a row on disk that nobody runs.
        await asyncio.shield(self._own_tasks.start(self._take_in(record), name=f"submit {kind}"))
        return record.id

    async def cancel(self, job_id: str) -> None:
        """Stop a job: a waiting one at once, a running one at its next safe point; an ended one stays as it is.

        UserError after the point of no return, NotFoundError for an unknown id.
        """
        running = self._running.get(job_id)
        if running is not None:
            running.ask_to_stop()
            return
        waiting = self._lanes.take(job_id)
        if waiting is None:
            await self.get(job_id)
            return
        if not waiting.record.stoppable:
            self._lanes.add(waiting)
            raise UserError("jobs.not_stoppable", not_stoppable_words(waiting.record))
        words = f"'{waiting.record.title}' was stopped on request before it began."
        record = ended(waiting.record, JobState.CANCELLED, words, self._clock.now())
        try:
            await self._write(record)
        except GatewrightError:
            self._lanes.add(waiting)
            raise
        self._settle(record)

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands, live progress included; NotFoundError for an unknown id."""
        running = self._running.get(job_id)
        if running is not None:
            return running.record
        return await self._mirror.read(lambda r: r.require(JOB, job_id))

    async def wait(self, job_id: str) -> JobRecord:
        """Wait until a job has ended and return its record; NotFoundError for an unknown id.

        When the runner is closed before, the record says WAITING or INTERRUPTED.
        """
        end = self._ends.get(job_id)
        return await asyncio.shield(end) if end is not None else await self.get(job_id)

    async def wait_all(self, job_ids: Iterable[str] | None = None) -> list[JobRecord]:
        """Wait for these jobs, or for all that are waiting or running now and come in meanwhile."""
        if job_ids is not None:
            return [await self.wait(job_id) for job_id in job_ids]
        settled: dict[str, JobRecord] = {}
        unsubscribe = self._settled.subscribe(lambda record: settled.update({record.id: record}))
        try:
            while self._ends:
                await asyncio.wait(list(self._ends.values()))
        finally:
            unsubscribe()
        return list(settled.values())

    def current(self) -> list[JobRecord]:
        """Running jobs with their live progress, then waiting ones in order."""
        return [c.record for c in self._running.values()] + [w.record for w in self._lanes]

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Hear of every change of state and of progress (at most ten times a second per job).

        Listeners are called on the thread where it happened and hand over to their own. Returns the function that
        ends the subscription. Callable from any thread.
        """
        return self._feed.subscribe(listener)

    async def recover(self) -> list[str]:
        """Take up what an earlier process left: interrupted jobs are resumed, waiting ones wait again.

        Called once, before the first `submit`. Returns the ids of the jobs that are resumed.
        """

        def work(tx: Tx) -> list[JobRecord]:
            return left_over(tx, self._handlers, self._ends)

        left = await self._mirror.write(work, origin=Origin.JOB)
        for record in left:
            resume = record.state is JobState.INTERRUPTED
            self._lanes.add(Waiting(record, resume=resume))
            self._ends[record.id] = asyncio.get_running_loop().create_future()
            self._feed.publish(record)
        self._pump()
        return [r.id for r in left if r.state is JobState.INTERRUPTED]

    async def close(self, *, grace_s: float = 5.0) -> None:
        """Start nothing more, let running jobs reach a safe point for `grace_s`, then cancel them. Safe to call twice.

        What was running is INTERRUPTED and what was waiting stays so; both go on after the next start.
        """
        self._closing = True
        for running in self._running.values():
            running.ask_to_close()
        await self._work_tasks.close(grace_s=grace_s)
        await self._own_tasks.settle()
        for waiting in self._lanes:
            self._lanes.take(waiting.record.id)
            self._settle(waiting.record)

    # ----------------------------------------------------------------------------------------------------- one by one

    async def _take_in(self, record: JobRecord) -> None:
        async with self._intake:
            replaced = self._lanes.take_like(record.kind, record.lane, record.key) if record.key else []
            words = "A newer request has taken its place."
            gone = [ended(w.record, JobState.CANCELLED, words, self._clock.now()) for w in replaced]

            def work(tx: Tx) -> None:
                for old in gone:
                    patch_job(tx, old)
                tx.put(JOB, record)

            try:
                await self._mirror.write(work, origin=Origin.JOB)
            except Exception:
                for waiting in replaced:
                    self._lanes.add(waiting)
                raise
            passed("job.taken_in")
            self._ends[record.id] = asyncio.get_running_loop().create_future()
            self._lanes.add(Waiting(record))
        for old in gone:
            self._settle(old)
        self._feed.publish(record)
        self._pump()

    def _pump(self) -> None:
        """Start whatever may start."""
        while not self._closing and (waiting := self._lanes.begin()) is not None:
            ctx = JobContext(
                replace(waiting.record, state=JobState.RUNNING),
                self._clock,
                publish=self._feed.publish,
                save=self._write,
                save_soon=self._saver(asyncio.get_running_loop()),
            )
            self._running[ctx.job_id] = ctx
            self._own_tasks.keep(self._work(ctx, resume=waiting.resume), name=f"job {ctx.job_id}")

    async def _work(self, ctx: JobContext, *, resume: bool) -> None:
        self._feed.publish(ctx.record)
        outcome = await self._outcome(ctx, resume=resume)
        passed("job.done")
        try:
            record = ctx.conclude(outcome)
        except (TypeError, ValueError) as fault:  # a result that is no JSON
            record = ctx.conclude(self._crashed(ctx, fault))
        try:
            await self._write(record)
        except Exception:  # noqa: BLE001  whoever waits for the job has to be told whatever happens to its row
            # The row still says RUNNING: the next start resumes the job, which asks the device first.
            _log.exception("the end of job %s (%s) could not be saved", record.id, record.kind)
        passed("job.ended")
        self._lanes.end(record)
        del self._running[record.id]
        self._settle(record)
        self._pump()

    async def _outcome(self, ctx: JobContext, *, resume: bool) -> JobOutcome:
        handler = self._handlers[ctx.record.kind]
        try:
            await self._write(ctx.record)
            passed("job.running")
            if self._closing:
                return _closed()
            call = handler.resume if resume else handler.run
            # A task of its own: closing cancels the handler, never the writing down of how it ended.
            return await self._work_tasks.start(call(ctx, dict(ctx.record.inputs)), name=ctx.record.kind)
        except CancelledByPerson as stop:
            return JobOutcome(JobState.CANCELLED, str(stop))
        except GatewrightError as fault:
            return JobOutcome(JobState.FAILED, str(fault), {"error": fault.document()})
        except asyncio.CancelledError as stop:
            if self._closing:
                return _closed()
            return self._crashed(ctx, RuntimeError(f"a part of the job was cancelled by nobody: {stop!r}"))
        except Exception as fault:  # noqa: BLE001  the one place where a handler's faults end
            return self._crashed(ctx, fault)

    def _crashed(self, ctx: JobContext, fault: Exception) -> JobOutcome:
        _log.error("job %s (%s) crashed", ctx.job_id, ctx.record.kind, exc_info=fault)
        if self._on_crash is not None:
            # Not called from here: what it raises belongs to the loop, not to the job.
            asyncio.get_running_loop().call_soon(self._on_crash, fault)
        return JobOutcome(
            JobState.FAILED, "A fault in Gatewright stopped this work; the log has the details."
        )

    def _settle(self, record: JobRecord) -> None:
        """Tell everyone that a job will not go on in this process."""
        end = self._ends.pop(record.id, None)
        if end is not None and not end.done():
            end.set_result(record)
        self._settled.publish(record)
        self._feed.publish(record)

    # ------------------------------------------------------------------------------------------------ saving, telling

    async def _write(self, record: JobRecord) -> None:
        await self._mirror.write(lambda tx: patch_job(tx, record), origin=Origin.JOB)

    def _saver(self, loop: asyncio.AbstractEventLoop) -> Callable[[str], None]:
        """A function for any thread that has a running job's present record saved soon, many calls as one."""

        def begin(job_id: str) -> None:
            if job_id in self._running and job_id not in self._saving and not self._closing:
                self._saving.add(job_id)
                self._own_tasks.keep(self._save_live(job_id), name="save job")

        def save_soon(job_id: str) -> None:
            loop.call_soon_threadsafe(begin, job_id)

        return save_soon

    async def _save_live(self, job_id: str) -> None:
        self._saving.discard(job_id)
        running = self._running.get(job_id)
        if running is None or running.record.state is not JobState.RUNNING:
            return
        try:
            await self._write(running.record)
        except GatewrightError as fault:
            _log.warning("the progress of job %s could not be saved: %s", job_id, fault)


def _closed() -> JobOutcome:
    words = "Gatewright was closed during this work; it goes on at the next start."
    return JobOutcome(JobState.INTERRUPTED, words)
