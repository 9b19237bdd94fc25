"""Carries out what `core.rules.rollout` decides, as a job: it begins devices, waits, and asks again.

The job holds no state of its own: everything that decides stands in the rows, so after a crash it simply asks again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.base.killpoints import passed
from core.base.verdict import Verdict, worst
from core.entities.device import DEVICE
from core.entities.firmware import ROLLOUT, ROLLOUT_TARGET, Rollout, RolloutState, RolloutTarget, TargetEnd
from core.entities.record import JobRecord
from core.entities.site import SITE
from core.jobs.job import JobContext, JobOutcome, RepeatableHandler
from core.rules.rollout import Act, Do, TargetView, View, decide, policy_of
from core.store.changes import Origin
from core.store.reader import Reader
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
    background makes room.
    """
    rollout = await ctx.mirror.read(lambda r: r.require(ROLLOUT, rollout_id))
    for record in ctx.jobs.current():
        if record.kind == RolloutHandler.kind and record.inputs.get("rollout_id") == rollout_id:
            await ctx.jobs.cancel(record.id)
    await _try_parked_now(ctx, rollout_id)
    await ctx.jobs.wait(await submit_rollout(ctx, rollout, patient=False))
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

    async def run(self) -> JobOutcome:
        """Until nothing is left to do (or, impatient, nothing now)."""
        rollout = await self.ctx.mirror.read(lambda r: r.require(ROLLOUT, self.rollout_id))
        lease = await leases.take(self.ctx, rollout.site_id, rollout.id, minutes=720)
        if lease.other is not None:
            said = f"{lease.other.name or 'Another workstation'} runs this rollout."
            return JobOutcome(said=said, result={"verdict": Verdict.WAITING.value})
        try:
            await self._take_up()
            while await self._step():
                pass
        finally:
            for task in self._jobs.values():
                task.cancel()
            await asyncio.gather(*self._jobs.values(), return_exceptions=True)
        await leases.give_back(self.ctx, rollout.id)
        passed("rollout.ended")
        return await self._outcome()

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

    async def _step(self) -> bool:
        """One round of asking and doing; False when it is over."""
        self.job.check_cancel()
        view = await self.ctx.mirror.read(partial(load_view, rollout_id=self.rollout_id, ctx=self.ctx))
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
            target = tx.require(ROLLOUT_TARGET, target_id)
            if target.end not in {TargetEnd.OPEN, TargetEnd.PARKED}:
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


def _note(tx: Tx, *, act: Act, rollout_id: str) -> None:
    """Write down an act that is nothing but a change of rows."""
    rollout = tx.require(ROLLOUT, rollout_id)
    if act.do is Do.START and rollout.state is RolloutState.PENDING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.RUNNING)
    elif act.do is Do.PAUSE and rollout.state is RolloutState.RUNNING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.PAUSED, said=act.why)
    elif act.do is Do.FINISH and rollout.state is RolloutState.RUNNING:
        tx.patch(ROLLOUT, rollout, state=RolloutState.DONE, said="")
    elif act.do is Do.PROMOTE:
        tx.patch(ROLLOUT_TARGET, tx.require(ROLLOUT_TARGET, act.target_id), wave=act.wave)


def load_view(reader: Reader, *, rollout_id: str, ctx: Context) -> View:
    """Everything that decides about a rollout, as it stands in the rows."""
    rollout = reader.require(ROLLOUT, rollout_id)
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
