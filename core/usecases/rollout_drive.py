"""Carries out what `core.rules.rollout` decides, as a job: it begins devices, waits, and asks again.

The job holds no state of its own: everything that decides stands in the rows, so after a crash it simply asks again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select

from core.base.errors import UserError
from core.base.killpoints import passed
from core.base.verdict import Verdict, worst
from core.entities.device import DEVICE
from core.entities.firmware import ROLLOUT, ROLLOUT_TARGET, Rollout, RolloutState, RolloutTarget, TargetEnd
from core.entities.record import AUDIT_ENTRY, JobRecord, JobState
from core.entities.site import SITE
from core.jobs.job import JobContext, JobOutcome, RepeatableHandler
from core.rules.rollout import Act, Do, TargetView, View, decide, policy_of
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tables import table_of
from core.store.tx import Tx
from core.usecases import leases
from core.usecases.context import Context
from core.usecases.firmware_push import FirmwareHandler
from core.usecases.rollouts import entrance_of, jobs_by_target

LOOK_S = 2.0
"""How long a pause or an abort from elsewhere may take until it is seen."""


@dataclass
class RolloutHandler(RepeatableHandler):
    """Job: drive one rollout. `patient`: stay until all is over; else end when nothing can be done now."""

    ctx: Context
    kind = "rollout"

    async def run(self, job: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """See `Driver`."""
        driver = Driver(self.ctx, inputs["rollout_id"], job, patient=bool(inputs.get("patient")))
        return await driver.run()


async def submit_rollout(ctx: Context, rollout: Rollout, *, patient: bool = True) -> str:
    """Queue the driver of a rollout; returns the job's id."""
    inputs = {"rollout_id": rollout.id, "patient": patient}
    return await ctx.jobs.submit(
        RolloutHandler.kind, f"rollout:{rollout.id}", f"Rollout {rollout.name}", inputs, network=""
    )


async def run_rollout(ctx: Context, rollout_id: str) -> list[RolloutTarget]:
    """Do all of a rollout that can be done now, the canary first, wave by wave. Returns the targets as they ended.

    Targets that are proved already are left alone, so a second run only does what is open. A driver that waits in the
    background makes room. UserError when it is deleted meanwhile, with what became of each device.
    """
    rollout = await ctx.mirror.read(lambda r: r.require(ROLLOUT, rollout_id))
    for record in ctx.jobs.current():
        if record.kind == RolloutHandler.kind and record.inputs.get("rollout_id") == rollout_id:
            await ctx.jobs.cancel(record.id)
    await _try_parked_now(ctx, rollout_id)
    record = await ctx.jobs.wait(await submit_rollout(ctx, rollout, patient=False))
    if record.result.get("deleted"):
        raise UserError("rollout.deleted", record.said)
    return await targets_of(ctx, rollout_id)


async def targets_of(ctx: Context, rollout_id: str) -> list[RolloutTarget]:
    """A rollout's targets in order of waves."""
    return await ctx.mirror.read(
        lambda r: sorted(r.find(ROLLOUT_TARGET, rollout_id=rollout_id), key=lambda t: t.wave)
    )


async def _try_parked_now(ctx: Context, rollout_id: str) -> None:
    def work(tx: Tx) -> None:
        for target in tx.find(ROLLOUT_TARGET, rollout_id=rollout_id, end=TargetEnd.PARKED):
            tx.patch(ROLLOUT_TARGET, target, retry_at=None)

    await ctx.mirror.write(work, origin=Origin.JOB)


@dataclass
class Driver:
    """One run of one rollout."""

    ctx: Context
    rollout_id: str
    job: JobContext
    patient: bool
    _jobs: dict[str, asyncio.Task[JobRecord]] = field(default_factory=dict)
    _view: View | None = None
    """As it was looked at last; of a rollout that is deleted, what it was about."""
    _names: dict[str, str] = field(default_factory=dict)
    """Target -> its device's name."""
    _records: dict[str, JobRecord] = field(default_factory=dict)
    """Target -> how the work on it ended."""

    async def run(self) -> JobOutcome:
        """Until nothing is left to do (or, impatient, nothing now), or the rollout is deleted."""
        rollout = await self.ctx.mirror.read(lambda r: r.get(ROLLOUT, self.rollout_id))
        if rollout is None:
            return await self._deleted()
        lease = await leases.take(self.ctx, rollout.site_id, rollout.id, minutes=720)
        if lease.other is not None:
            said = f"{lease.other.name or 'Another workstation'} runs this rollout."
            return JobOutcome(said=said, result={"verdict": Verdict.WAITING.value})
        try:
            await self._take_up()
            while going := await self._step():
                pass
            deleted = await self._deleted() if going is None else None
        finally:
            for task in self._jobs.values():
                task.cancel()
            await asyncio.gather(*self._jobs.values(), return_exceptions=True)
        await leases.give_back(self.ctx, rollout.id)
        passed("rollout.ended")
        return deleted or await self._outcome()

    async def _take_up(self) -> None:
        """Wait for devices that an earlier life began; one that was marked and never begun is open again."""
        alive = jobs_by_target(self.ctx.jobs)

        def work(tx: Tx) -> list[str]:
            running = tx.find(ROLLOUT_TARGET, rollout_id=self.rollout_id, end=TargetEnd.RUNNING)
            for target in running:
                if target.id not in alive:
                    tx.patch(ROLLOUT_TARGET, target, end=TargetEnd.OPEN)
            return [t.id for t in running if t.id in alive]

        for target_id in await self.ctx.mirror.write(work, origin=Origin.JOB):
            self._watch(target_id, alive[target_id])

    def _watch(self, target_id: str, job_id: str) -> None:
        self._jobs[target_id] = asyncio.get_running_loop().create_task(
            self.ctx.jobs.wait(job_id), name=f"wait for {job_id}"
        )

    async def _step(self) -> bool | None:
        """One round of asking and doing; False when it is over, None when the rollout was deleted."""
        self.job.check_cancel()
        view = await self.ctx.mirror.read(partial(load_view, rollout_id=self.rollout_id, ctx=self.ctx))
        if view is None:
            return None
        self._view = view
        if any(target.id not in self._names for target in view.targets):
            self._names = await self.ctx.mirror.read(partial(_names_of, rollout_id=self.rollout_id))
        self._tell(view)
        acts = decide(view)
        for act in acts:
            if act.do is Do.WAIT:
                return await self._wait(act)
            await self._do(act)
        return bool(acts) and acts[-1].do is not Do.FINISH

    async def _do(self, act: Act) -> None:
        if act.do is Do.BEGIN:
            await self._begin(act.target_id)
            return
        await self.ctx.mirror.write(partial(_note, act=act, rollout_id=self.rollout_id), origin=Origin.JOB)
        passed("rollout.started" if act.do is Do.START else "rollout.marked")

    async def _begin(self, target_id: str) -> None:
        """Mark first, submit then: what was marked and never submitted is found by the next life."""

        def mark(tx: Tx) -> tuple[str, str] | None:
            target = tx.get(ROLLOUT_TARGET, target_id)
            if target is None or target.end not in {TargetEnd.OPEN, TargetEnd.PARKED}:
                return None
            tx.patch(ROLLOUT_TARGET, target, end=TargetEnd.RUNNING, retry_at=None)
            device = tx.require(DEVICE, target.device_id)
            return device.mac, device.name

        device = await self.ctx.mirror.write(mark, origin=Origin.JOB)
        passed("rollout.marked")
        if device is None:
            return
        mac, name = device
        job_id = await self.ctx.jobs.submit(
            FirmwareHandler.kind, f"device:{mac}", f"Firmware of {name}", {"target_id": target_id}
        )
        passed("rollout.submitted")
        self._watch(target_id, job_id)

    async def _wait(self, act: Act) -> bool:
        """Wait for a device to end or for the act's moment; False when an impatient run has nothing to wait for."""
        if not self._jobs and not self.patient:
            return False
        seconds = LOOK_S
        if act.until is not None:
            seconds = min(seconds, max((act.until - self.ctx.clock.now()).total_seconds(), 0.01))
        nap = asyncio.get_running_loop().create_task(self.ctx.clock.sleep(seconds), name="rollout waits")
        try:
            await asyncio.wait([nap, *self._jobs.values()], return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
        for target_id, task in list(self._jobs.items()):
            if task.done():
                del self._jobs[target_id]
                self._records[target_id] = task.result()
                await self._ended(target_id, task.result())
        return True

    async def _ended(self, target_id: str, record: JobRecord) -> None:
        """A job that ended without a word about its target (a fault of ours) is a failure."""

        def work(tx: Tx) -> None:
            target = tx.get(ROLLOUT_TARGET, target_id)
            if target is not None and target.end is TargetEnd.RUNNING:
                failed = {"end": TargetEnd.FAILED, "verdict": Verdict.AMBIGUOUS, "at": tx.now}
                tx.patch(
                    ROLLOUT_TARGET, target, said=record.said or "The work ended without a verdict.", **failed
                )

        if record.ended_at is not None:
            await self.ctx.mirror.write(work, origin=Origin.JOB)

    def _tell(self, view: View) -> None:
        over = sum(1 for t in view.targets if t.over)
        self.job.progress(over, len(view.targets), view.state.value)

    async def _outcome(self) -> JobOutcome:
        targets = await targets_of(self.ctx, self.rollout_id)
        ends = Counter(t.end.value for t in targets)
        said = ", ".join(f"{n} {word}" for word, n in ends.items()) or "No device is meant."
        verdict = worst([t.verdict for t in targets])
        return JobOutcome(said=said, result={"ends": dict(ends), "verdict": verdict.value})

    async def _deleted(self) -> JobOutcome:
        """The rollout was deleted. Nothing more is begun, what may still be stopped is; a device that is being written
        ends as it ends. The outcome tells of each device.
        """
        alive = jobs_by_target(self.ctx.jobs)
        for target_id in self._jobs.keys() & alive.keys():
            with suppress(UserError):
                await self.ctx.jobs.cancel(alive[target_id])
        for target_id, task in self._jobs.items():
            self._records[target_id] = await task
        who = await self.ctx.mirror.read(partial(_who_deleted, rollout_id=self.rollout_id))
        devices = [
            (self._names.get(t.id, ""), *self._left(t)) for t in (self._view.targets if self._view else ())
        ]
        said = f"Stopped: deleted by {who}." if who else "Stopped: deleted at another workstation."
        if counted := Counter(word for _, word, _ in devices):
            said += f" {', '.join(f'{n} {word}' for word, n in counted.items())}."
        result = {
            "deleted": True,
            "verdict": Verdict.WAITING.value,
            "devices": [{"name": name, "end": word, "said": words} for name, word, words in devices],
        }
        return JobOutcome(JobState.CANCELLED, said, result)

    def _left(self, target: TargetView) -> tuple[str, str]:
        """What became of a device of a deleted rollout, in a word, and what was said about it."""
        record = self._records.get(target.id)
        if target.over or record is None:
            return (target.end.value if target.over else "not begun"), ""
        verdict = record.result.get("verdict", "")
        return (verdict if verdict not in {"", Verdict.WAITING.value} else "not changed"), record.said


def _who_deleted(reader: Reader, *, rollout_id: str) -> str:
    """Who deleted a rollout: its lease tells, or for one of this workstation its audit."""
    table = table_of(AUDIT_ENTRY)
    here = select(table.c.who).where(table.c.entity_id == rollout_id, table.c.op == "remove")
    newest = here.order_by(table.c.row_no.desc()).limit(1)
    return leases.who_deleted(reader, rollout_id) or reader.connection.execute(newest).scalar() or ""


def _names_of(reader: Reader, *, rollout_id: str) -> dict[str, str]:
    targets = reader.find(ROLLOUT_TARGET, rollout_id=rollout_id)
    names = {d.id: d.name for d in reader.find_in(DEVICE, "id", [t.device_id for t in targets])}
    return {t.id: names.get(t.device_id, "") for t in targets}


def _note(tx: Tx, *, act: Act, rollout_id: str) -> None:
    """Write down an act that is nothing but a change of rows."""
    rollout = tx.get(ROLLOUT, rollout_id)
    if rollout is None:
        return  # The next look sees that it was deleted.
    if act.do is Do.START and rollout.state is RolloutState.PENDING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.RUNNING)
    elif act.do is Do.PAUSE and rollout.state is RolloutState.RUNNING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.PAUSED, said=act.why)
    elif act.do is Do.FINISH and rollout.state is RolloutState.RUNNING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.DONE, said="")
    elif act.do is Do.PROMOTE:
        tx.patch(ROLLOUT_TARGET, tx.require(ROLLOUT_TARGET, act.target_id), wave=act.wave)


def load_view(reader: Reader, *, rollout_id: str, ctx: Context) -> View | None:
    """Everything that decides about a rollout, as it stands in the rows; None when it was deleted."""
    rollout = reader.get(ROLLOUT, rollout_id)
    if rollout is None:
        return None
    site = reader.require(SITE, rollout.site_id)
    entrances = {d.id: entrance_of(d) for d in reader.find(DEVICE, scope_id=rollout.site_id)}
    busy: Counter[str] = Counter()
    for target in reader.find(ROLLOUT_TARGET, scope_id=rollout.site_id, end=TargetEnd.RUNNING):
        if target.rollout_id != rollout_id:
            busy[entrances.get(target.device_id, "")] += 1
    targets = tuple(
        TargetView(t.id, t.wave, entrances.get(t.device_id, t.device_id), t.end, t.retry_at, t.at, t.excused)
        for t in reader.find(ROLLOUT_TARGET, rollout_id=rollout_id)
    )
    policy = policy_of(rollout, takes_s=int(ctx.restart_limit_s))
    return View(
        rollout.state, policy, targets, ctx.clock.now(), site.time_zone, rollout.starts_at, dict(busy)
    )
