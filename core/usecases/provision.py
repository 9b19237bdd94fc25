"""Plan, apply and verify one device or a whole site, and the receipts of it (DESIGN.md: sent is not done)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.base.errors import AmbiguousError, GatewrightError, RefusedError, UnreachableError
from core.base.ids import new_id
from core.base.killpoints import passed
from core.base.verdict import Verdict, worst
from core.base.words import clean
from core.entities.device import DEVICE, Device, DeviceState
from core.entities.proof import PROOF, ItemKind, Proof
from core.jobs.job import JobContext, JobOutcome, RepeatableHandler
from core.ports.device import Link, Part
from core.rules.desired import Identity
from core.rules.plan import ItemResult, Judgement, Plan, judge, make_plan, unsent, wanted_only
from core.rules.plan_item import Sent
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.desired import DeviceTarget, device_status, device_target
from core.usecases.lan import keep_login, note_identity, open_link
from core.usecases.turnover import settle_lines

EVERYTHING = frozenset(Part)
KINDS: dict[Part, frozenset[ItemKind]] = {
    Part.SETTINGS: frozenset({ItemKind.SETTING, ItemKind.FIRMWARE}),
    Part.PEOPLE: frozenset({ItemKind.PERSON, ItemKind.SCHEDULE, ItemKind.CONTACT}),
}

_TAKEN = frozenset({Verdict.PROVED, Verdict.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Reached:
    """A device that answered, and what it is."""

    link: Link
    identity: Identity


async def plan_device(ctx: Context, device_id: str, parts: frozenset[Part] = EVERYTHING) -> Plan:
    """Read a device and say what an apply would change. Sends nothing that changes anything."""
    ctx.require(Permission.PUSH)
    target, sent = await _target(ctx, device_id)
    reached = await _reach(ctx, target.device)
    observed = await ctx.gateway.observe(reached.link, target.desired, parts)
    return make_plan(target.desired, observed, sent)


async def _target(ctx: Context, device_id: str) -> tuple[DeviceTarget, Sent]:
    """What a device should hold, and what was sent to it before. Contacts that were sent and are not wanted any more
    have to be read to be removed.
    """
    target, sent = await device_target(ctx, device_id), await sent_before(ctx, device_id)
    if target.desired.contacts is None and any(kind is ItemKind.CONTACT for kind, _ in sent):
        target = replace(target, desired=replace(target.desired, contacts=()))
    return target, sent


async def submit(
    ctx: Context,
    devices: Sequence[Device],
    *,
    parts: frozenset[Part] = EVERYTHING,
    send: bool = True,
    commission: bool = False,
) -> list[str]:
    """Queue one job per device, in its device's lane; returns the job ids in the order of the devices."""
    ctx.require(Permission.PUSH)
    verb = "Commission" if commission else ("Push to" if send else "Verify")
    inputs = {"parts": sorted(p.value for p in parts), "send": send, "commission": commission}
    return [
        await ctx.jobs.submit(
            ProvisionHandler.kind, f"device:{d.mac}", f"{verb} {d.name}", {"device_id": d.id, **inputs}
        )
        for d in devices
    ]


@dataclass
class ProvisionHandler(RepeatableHandler):
    """Job: bring one device to what is wanted, or only read it back. Safe to repeat: it looks before it sends."""

    ctx: Context
    kind = "provision"

    async def run(self, job: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """See `provision`."""
        parts = frozenset(Part(p) for p in inputs["parts"])
        send, commission = bool(inputs["send"]), bool(inputs["commission"])
        judgements = await provision(
            self.ctx, inputs["device_id"], parts, send=send, commission=commission, job=job
        )
        return outcome_of(judgements)


def outcome_of(judgements: Sequence[Judgement]) -> JobOutcome:
    """A job's last word from its judgements: counts by verdict, and the worst of them."""
    counts: dict[str, int] = {}
    for judgement in judgements:
        counts[judgement.verdict.value] = counts.get(judgement.verdict.value, 0) + 1
    said = (
        ", ".join(f"{counts[v.value]} {v.value}" for v in Verdict if v.value in counts)
        or "Nothing is wanted."
    )
    verdict = worst([j.verdict for j in judgements])
    why = next((j.said for j in judgements if j.verdict is verdict and j.said), "")
    return JobOutcome(said=said, result={"counts": counts, "verdict": verdict.value, "why": why})


async def provision(
    ctx: Context, device_id: str, parts: frozenset[Part], *, send: bool, commission: bool, job: JobContext
) -> list[Judgement]:
    """Observe, plan, apply (when `send`), observe again, judge, keep the receipts. Never raises for what a device or
    the network did: that is a verdict. CancelledByPerson passes through, with what is known kept.
    """
    target, sent = await _target(ctx, device_id)
    kinds = frozenset(k for p in parts for k in KINDS[p])
    job.progress(0, 1, "reach")
    try:
        reached = await _reach(ctx, target.device)
        passed("push.reached")
        await _note_identity(ctx, target.device, reached, commission=commission)
        passed("push.noted")
        observed = await ctx.gateway.observe(reached.link, target.desired, parts)
        passed("push.observed")
        results: list[ItemResult] = []
        if send:
            results = await _send(ctx, reached.link, make_plan(target.desired, observed, sent), kinds, job)
            passed("push.sent")
            observed = await _read_back(ctx, reached.link, target, parts, job)
        passed("push.read_back")
        plan = make_plan(target.desired, observed, sent)
        judgements = [j for j in judge(plan, results) if j.kind in kinds]
        await _keep(ctx, target, judgements, kinds, whole=True)
        passed("push.kept")
    except GatewrightError as fault:
        if not isinstance(fault, (RefusedError, UnreachableError)):
            raise
        judgements = await _not_reached(ctx, target, fault, kinds)
    return judgements


async def sent_before(ctx: Context, device_id: str) -> Sent:
    """What was ever sent to a device, by the receipts, with the fingerprint of what it took, empty for what it did
    not: the memory of what it holds and does not tell.
    """

    def work(reader: Reader) -> Sent:
        rows = reader.find(PROOF, device_id=device_id)
        ours = [p for p in rows if p.verdict is not Verdict.FOREIGN]
        return {(p.kind, p.subject): p.wanted if p.verdict in _TAKEN else "" for p in ours}

    return await ctx.mirror.read(work)


async def _reach(ctx: Context, device: Device) -> Reached:
    link, identity = await open_link(ctx, device)
    return Reached(link, identity)


async def _send(
    ctx: Context, link: Link, plan: Plan, kinds: frozenset[ItemKind], job: JobContext
) -> list[ItemResult]:
    changes = tuple(i for i in plan.changes if i.kind in kinds and i.kind is not ItemKind.FIRMWARE)
    if not changes:
        return []
    told: list[ItemResult] = []

    def report(result: ItemResult) -> None:
        told.append(result)
        passed("push.item")
        job.progress(len(told), len(changes), "send")

    return await ctx.gateway.apply(
        link, Plan(plan.device_id, changes), report=report, check_cancel=job.check_cancel
    )


async def _read_back(
    ctx: Context, link: Link, target: DeviceTarget, parts: frozenset[Part], job: JobContext
) -> Any:
    job.progress(0, 1, "read back")
    return await ctx.gateway.observe(link, target.desired, parts)


def verdict_of(fault: GatewrightError) -> Verdict:
    """The verdict that a failed attempt gives."""
    if isinstance(fault, AmbiguousError):
        return Verdict.AMBIGUOUS
    if isinstance(fault, UnreachableError):
        return Verdict.WAITING if fault.code == "device.not_seen" else Verdict.UNREACHABLE
    return Verdict.REFUSED


async def _not_reached(
    ctx: Context, target: DeviceTarget, fault: GatewrightError, kinds: frozenset[ItemKind]
) -> list[Judgement]:
    """Every item that is not proved already gets the reason; what was proved earlier stays proved as of then. This
    attempt proved nothing, so what is returned says the reason of every item.
    """
    said = clean(str(fault), limit=400)
    status = await device_status(ctx, target.device.id)
    proved = {(i.kind, i.subject) for i in status.items if i.verdict is Verdict.PROVED}
    everything = [j for j in unsent(wanted_only(target.desired), verdict_of(fault), said) if j.kind in kinds]
    await _keep(ctx, target, [j for j in everything if (j.kind, j.subject) not in proved], kinds, whole=False)
    return everything


async def _note_identity(ctx: Context, device: Device, reached: Reached, *, commission: bool) -> None:
    identity = reached.identity

    def work(tx: Tx) -> None:
        row = tx.require(DEVICE, device.id)
        state = DeviceState.COMMISSIONED if commission else row.state
        tx.patch(
            DEVICE,
            row,
            address=reached.link.url,
            model=row.model or identity.model,
            firmware=identity.firmware,
            hardware=identity.hardware,
            seen_at=tx.now,
            state=state,
        )
        note_identity(tx, row, identity)

    await ctx.mirror.write(work, origin=Origin.DEVICE, act="Read device")
    await keep_login(ctx, device.mac, reached.link)


async def _keep(
    ctx: Context,
    target: DeviceTarget,
    judgements: Sequence[Judgement],
    kinds: frozenset[ItemKind],
    *,
    whole: bool,
) -> None:
    """Write the receipts. `whole`: the kinds were read completely, so what is not judged is not there any more."""
    by = ctx.workstation

    def work(tx: Tx) -> None:
        present = {
            (p.kind, p.subject): p for p in tx.find(PROOF, device_id=target.device.id) if p.kind in kinds
        }
        for judgement in judgements:
            keep_proof(
                tx, target.device, judgement, present.pop((judgement.kind, judgement.subject), None), by
            )
        if whole:
            for gone in present.values():
                tx.remove(PROOF, gone.id)
            if ItemKind.PERSON in kinds:
                settle_lines(tx, target.device, judgements)

    await ctx.mirror.write(work, origin=Origin.DEVICE, act="Read back")


def keep_proof(tx: Tx, device: Device, judgement: Judgement, present: Proof | None, by: str) -> None:
    """Write one receipt inside a transaction, in place of the one there was."""
    said = judgement.said
    if present is not None and (present.verdict, present.wanted) == (
        judgement.verdict,
        judgement.fingerprint,
    ):
        # What the device said when it was written to tells more than a later look that finds the same.
        said = present.said or said
    values: dict[str, Any] = {
        "title": clean(judgement.title, limit=160),
        "verdict": judgement.verdict,
        "wanted": judgement.fingerprint,
        "said": clean(said, limit=400),
        "at": tx.now,
        "by": by,
    }
    if present is not None:
        tx.patch(PROOF, present, **values)
        return
    subject = judgement.subject[:160]
    row = Proof(
        id=new_id(),
        scope_id=device.scope_id,
        device_id=device.id,
        kind=judgement.kind,
        subject=subject,
        **values,
    )
    tx.put(PROOF, row)


async def devices_of(ctx: Context, site_id: str) -> list[Device]:
    """A site's devices in order of their names."""

    def work(reader: Reader) -> list[Device]:
        return sorted(reader.find(DEVICE, scope_id=site_id), key=lambda d: d.name)

    return await ctx.mirror.read(work)
