"""The site agent: what was asked for from afar is done here, once, and its verdict goes back (DESIGN.md).

A task is leased by one workstation on the site's LAN. With a network the cloud says whose lease stands before anything
is done; an act that must not happen twice (a door) is not repeated by whoever finds it half done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from core.base.errors import GatewrightError, UserError
from core.base.ids import new_id
from core.base.verdict import Verdict, worst
from core.base.words import clean
from core.entities.device import DEVICE, Device
from core.entities.record import JobRecord
from core.entities.task import TASK, Task, TaskKind
from core.ports.device import Part
from core.rules.lease import Held, in_the_way, parse_held
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import actions, autop, clock, events, leases
from core.usecases.context import Context, Permission
from core.usecases.provision import submit, verdict_of
from core.usecases.rollout_drive import run_rollout

LEASE_MINUTES = 15
FRESH = timedelta(minutes=2)
"""A door that was asked for longer ago is not opened any more: whoever stood there has gone."""
_NEEDS: dict[TaskKind, Permission] = {
    TaskKind.ROLLOUT: Permission.FIRMWARE,
    TaskKind.AUTOP: Permission.SET_DEVICES,
}
_SITE_WIDE = frozenset({TaskKind.PUSH, TaskKind.VERIFY, TaskKind.PULL_LOG, TaskKind.CLOCK, TaskKind.ROLLOUT})


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one task."""

    task: Task
    verdict: Verdict
    said: str


async def ask(
    ctx: Context, site_id: str, kind: TaskKind, *, device_id: str | None = None, what: str = ""
) -> Task:
    """Ask for an act at a site from afar; whoever is on its LAN does it. UserError for an act without its device."""
    actor = ctx.require(_NEEDS.get(kind, Permission.PUSH))
    if device_id is None and kind not in _SITE_WIDE:
        raise UserError("task.device", f"A task '{kind.value}' needs a device.", field="device_id")
    if kind is TaskKind.AUTOP:
        autop.checked(what)
    task = Task(
        id=new_id(),
        scope_id=site_id,
        site_id=site_id,
        kind=kind,
        device_id=device_id,
        what=what,
        asked_by=actor.name,
        asked_at=ctx.clock.now(),
    )
    return await ctx.mirror.write(lambda tx: tx.put(TASK, task), origin=Origin.USER, act="Ask from afar")


async def waiting(ctx: Context, site_id: str) -> list[Task]:
    """Tasks of a site that nobody has done, oldest first."""
    return await ctx.mirror.read(
        lambda r: sorted(
            (t for t in r.find(TASK, scope_id=site_id, verdict=Verdict.WAITING) if t.done_at is None),
            key=lambda t: t.id,
        )
    )


async def run_once(ctx: Context, site_id: str) -> list[Done]:
    """Sync, do every waiting task of the site that is free, sync again."""
    await leases.confirmed(ctx)
    done = []
    for task in await waiting(ctx, site_id):
        outcome = await _do(ctx, task)
        if outcome is not None:
            done.append(outcome)
    if done:
        await leases.confirmed(ctx)
    return done


async def _do(ctx: Context, task: Task) -> Done | None:
    """None when the task is another workstation's."""
    me = await leases.who_am_i(ctx)
    taken = await ctx.mirror.write(
        partial(_take, task_id=task.id, me=me, name=ctx.workstation), origin=Origin.JOB
    )
    if taken is None:
        return None
    begun_before = parse_held(task.held) is not None
    await leases.confirmed(ctx)
    held = await ctx.mirror.read(lambda r: r.require(TASK, task.id).held)
    if in_the_way(held, me, ctx.clock.now()) is not None:
        return None
    verdict, said = await _outcome(ctx, task, begun_before=begun_before)
    kept = await ctx.mirror.write(
        partial(_keep, task_id=task.id, verdict=verdict, said=said, by=ctx.workstation),
        origin=Origin.JOB,
        act="Task",
    )
    return Done(kept, verdict, said)


def _take(tx: Tx, *, task_id: str, me: str, name: str) -> Task | None:
    task = tx.get(TASK, task_id)
    if task is None or task.done_at is not None or in_the_way(task.held, me, tx.now) is not None:
        return None
    until = tx.now + timedelta(minutes=LEASE_MINUTES)
    return tx.patch(TASK, task, held=Held(until, me, name).text())


def _keep(tx: Tx, *, task_id: str, verdict: Verdict, said: str, by: str) -> Task:
    task = tx.require(TASK, task_id)
    return tx.patch(
        TASK, task, verdict=verdict, said=clean(said, limit=400), done_at=tx.now, done_by=by[:128]
    )


async def _outcome(ctx: Context, task: Task, *, begun_before: bool) -> tuple[Verdict, str]:
    if task.kind is TaskKind.RELAY:
        if begun_before:
            return (
                Verdict.AMBIGUOUS,
                "A workstation began with it and did not say how it ended; it is not repeated.",
            )
        if task.asked_at is None or ctx.clock.now() - task.asked_at > FRESH:
            return Verdict.REFUSED, "It was asked for too long ago to open a door now."
    try:
        return await _ACTS[task.kind](ctx, task)
    except GatewrightError as fault:
        return verdict_of(fault), str(fault)


async def _device(ctx: Context, task: Task) -> Device:
    def work(reader: Reader) -> Device:
        device = reader.require(DEVICE, task.device_id or "")
        if device.site_id != task.site_id:
            raise UserError("task.device", "The device of this task belongs to another site.")
        return device

    return await ctx.mirror.read(work)


async def _devices(ctx: Context, task: Task) -> list[Device]:
    if task.device_id is not None:
        return [await _device(ctx, task)]
    return await ctx.mirror.read(lambda r: r.find(DEVICE, scope_id=task.site_id))


async def _jobs(ctx: Context, job_ids: list[str]) -> tuple[Verdict, str]:
    records: list[JobRecord] = [await ctx.jobs.wait(job_id) for job_id in job_ids]
    verdicts = [Verdict(r.result.get("verdict", Verdict.AMBIGUOUS.value)) for r in records]
    return worst(verdicts), " ".join(f"{r.title}: {r.said}." for r in records[:8])


async def _push(ctx: Context, task: Task) -> tuple[Verdict, str]:
    send = task.kind is TaskKind.PUSH
    return await _jobs(ctx, await submit(ctx, await _devices(ctx, task), parts=frozenset(Part), send=send))


async def _reboot(ctx: Context, task: Task) -> tuple[Verdict, str]:
    result = await actions.reboot(ctx, await _device(ctx, task))
    return result.verdict, result.said


async def _relay(ctx: Context, task: Task) -> tuple[Verdict, str]:
    number = int(task.what) if task.what.isascii() and task.what.isdigit() else 1
    result = await actions.open_relay(ctx, await _device(ctx, task), number)
    return result.verdict, result.said


async def _rollout(ctx: Context, task: Task) -> tuple[Verdict, str]:
    ctx.require(Permission.FIRMWARE)
    targets = await run_rollout(ctx, task.what)
    proved = sum(1 for t in targets if t.verdict is Verdict.PROVED)
    return worst([t.verdict for t in targets]), f"{proved} of {len(targets)} devices were proved."


async def _autop(ctx: Context, task: Task) -> tuple[Verdict, str]:
    device = await _device(ctx, task)
    return await _jobs(ctx, await autop.apply_regular(ctx, task.what, [device.id]))


async def _pull_log(ctx: Context, task: Task) -> tuple[Verdict, str]:
    if task.device_id is None:
        count, verdict = await events.pull_site(ctx, task.site_id)
    else:
        count, verdict = len((await events.pull_log(ctx, await _device(ctx, task))).events), Verdict.PROVED
    return verdict, f"{count} new events."


async def _clock(ctx: Context, task: Task) -> tuple[Verdict, str]:
    results = [await clock.set_clock(ctx, device) for device in await _devices(ctx, task)]
    return worst([r.verdict for r in results]), " ".join(
        f"{r.after.device.name}: {r.after.said}" for r in results[:8]
    )


_ACTS: dict[TaskKind, Callable[[Context, Task], Awaitable[tuple[Verdict, str]]]] = {
    TaskKind.PUSH: _push,
    TaskKind.VERIFY: _push,
    TaskKind.REBOOT: _reboot,
    TaskKind.RELAY: _relay,
    TaskKind.ROLLOUT: _rollout,
    TaskKind.AUTOP: _autop,
    TaskKind.PULL_LOG: _pull_log,
    TaskKind.CLOCK: _clock,
}
