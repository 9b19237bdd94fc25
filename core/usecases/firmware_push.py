"""One device to one release: lease, send, wait through the restart, read the version. Only that proves it (FW-02).

Never raises for what the device or the network did: the target of the rollout says how it ended. A device that did not
answer before anything was sent is parked; one that is not seen again afterwards has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.errors import AmbiguousError, CancelledByPerson, RefusedError, UnreachableError, UserError
from core.base.killpoints import passed
from core.base.verdict import Verdict
from core.base.words import clean
from core.entities.device import DEVICE, Device, DeviceState
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutTarget,
    TargetEnd,
)
from core.entities.proof import PROOF, ItemKind
from core.jobs.job import JobContext, JobOutcome
from core.ports.device import FirmwareStage, Link
from core.rules.catalogue import firmware_fits
from core.rules.desired import Identity, WantedFirmware
from core.rules.plan import Judgement, fingerprint
from core.rules.rollout import retry_delay
from core.rules.versions import same_version
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import leases
from core.usecases.context import Context
from core.usecases.lan import note_identity, open_link
from core.usecases.provision import keep_proof, verdict_of

UNTIL_LIMIT = 1_000_000
DELETED = "The upgrade was deleted before anything was sent; the device is as it was."
BEFORE_UPGRADE = frozenset({FirmwareStage.PREPARE.value, FirmwareStage.UPLOAD.value})
"""Steps in which a program may have died without the device writing anything. A step reaches the disk a moment after it
has begun, so even then a device is given the time in which a restart would show.
"""
WAS_RESET = "Upgraded and reset; what is wanted has to be pushed again."
OVER = frozenset({TargetEnd.PROVED, TargetEnd.FAILED, TargetEnd.REFUSED, TargetEnd.ABORTED})


@dataclass
class FirmwareHandler:
    """Job: bring one device to a rollout's release. Asks for the running version first, so it is safe to repeat."""

    ctx: Context
    kind = "firmware"

    async def run(self, job: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """See `push_firmware`."""
        return _outcome(*await push_firmware(self.ctx, inputs["target_id"], job, resumed=False))

    async def resume(self, job: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """After a crash the device may be in the middle of its restart: wait for it, then look."""
        return _outcome(*await push_firmware(self.ctx, inputs["target_id"], job, resumed=True))


def _outcome(verdict: Verdict, said: str) -> JobOutcome:
    return JobOutcome(
        said=f"{verdict.value}: {said}" if said else verdict.value, result={"verdict": verdict.value}
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What one push is about."""

    target: RolloutTarget
    rollout: Rollout
    release: FirmwareRelease
    device: Device


@dataclass(frozen=True, slots=True)
class _Ended:
    """How it ended. `identity`: what the device told last, when it did."""

    end: TargetEnd
    verdict: Verdict
    said: str = ""
    identity: Identity | None = None
    was_reset: bool = False


async def push_firmware(
    ctx: Context, target_id: str, job: JobContext, *, resumed: bool
) -> tuple[Verdict, str]:
    """Send the image when another version runs, wait through the restart, read the version; only that proves it."""
    work = await ctx.mirror.read(
        lambda r: load_work(r, target_id) if r.get(ROLLOUT_TARGET, target_id) else None
    )
    if work is None:
        sent = job.journal.get("sending")
        return (
            Verdict.WAITING,
            "The upgrade was deleted; the device was not asked again." if sent else DELETED,
        )
    if work.target.end in OVER:
        return work.target.verdict, work.target.said
    lease = await leases.take(ctx, work.device.scope_id, work.device.id)
    if lease.other is not None:
        until = f"{lease.other.until:%H:%M} UTC"
        said = (
            f"{lease.other.name or 'Another workstation'} works on this device, until {until} at the latest."
        )
        ended = _Ended(TargetEnd.PARKED, Verdict.WAITING, said)
        await _keep(ctx, work, ended)
    else:
        passed("firmware.leased")
        ended = await _leased(ctx, work, job, resumed=resumed, warn="" if lease.sure else leases.UNSURE)
        await leases.give_back(ctx, work.device.id)
    return ended.verdict, ended.said


async def _leased(ctx: Context, work: Work, job: JobContext, *, resumed: bool, warn: str) -> _Ended:
    try:
        ended = await _bring(ctx, work, job, resumed=resumed)
    except CancelledByPerson:
        said = "Stopped before the upgrade; the device is as it was."
        await _keep(ctx, work, _Ended(TargetEnd.ABORTED, Verdict.WAITING, said))
        await leases.give_back(ctx, work.device.id)
        raise
    if ended.end is TargetEnd.PROVED and warn:
        ended = _Ended(
            ended.end, ended.verdict, f"{ended.said} {warn}".strip(), ended.identity, ended.was_reset
        )
    await _keep(ctx, work, ended)
    passed("firmware.kept")
    return ended


async def _bring(ctx: Context, work: Work, job: JobContext, *, resumed: bool) -> _Ended:
    sent = bool(job.journal.get("sending"))
    try:
        link, identity = await reach_through_restart(ctx, work.device, resumed=resumed and sent)
    except (RefusedError, UnreachableError) as fault:
        return _not_reached(fault, job)
    passed("firmware.reached")
    if sent and not _runs(identity, work):
        # The program died while it sent; the device may be writing. Its restart, or a quiet minute, tells.
        tries = UNTIL_LIMIT if job.record.stage not in BEFORE_UPGRADE else 1
        identity = await _after_restart(ctx, link, work, job, tries=tries) or identity
    if not _runs(identity, work):
        trouble = await _send(ctx, link, work, identity, job)
        if trouble is not None:
            return trouble
        found = await _after_restart(ctx, link, work, job)
        if found is None:
            said = "It took the upgrade and was not seen again."
            return _Ended(TargetEnd.FAILED, Verdict.UNREACHABLE, said)
        identity = found
    passed("firmware.back")
    if not _runs(identity, work):
        words = f"The device said yes but still runs {identity.firmware}, not {work.release.version}."
        return _Ended(TargetEnd.FAILED, Verdict.DIFFERS, words, identity)
    return await _reset(ctx, link, work, identity, job)


def _runs(identity: Identity, work: Work) -> bool:
    return same_version(identity.firmware, work.release.version)


def _not_reached(fault: RefusedError | UnreachableError, job: JobContext) -> _Ended:
    said = clean(str(fault), limit=400)
    sent = bool(job.journal.get("sending"))
    if isinstance(fault, RefusedError):
        if job.journal.get("reset"):
            # The version was read back before the reset, which has brought the factory's access mode back.
            return _Ended(
                TargetEnd.PROVED, Verdict.PROVED, clean(f"{WAS_RESET} {said}", limit=400), was_reset=True
            )
        return _Ended(TargetEnd.REFUSED, Verdict.REFUSED, said)
    if sent:
        return _Ended(TargetEnd.FAILED, Verdict.UNREACHABLE, f"Not seen again since the upgrade. {said}")
    return _Ended(TargetEnd.PARKED, verdict_of(fault), said)


async def reach_through_restart(ctx: Context, device: Device, *, resumed: bool) -> tuple[Link, Identity]:
    """As `open_link`; a device that was left in the middle of an upgrade gets the time of a restart."""
    deadline = ctx.clock.monotonic() + (ctx.restart_limit_s if resumed else 0.0)
    while True:
        try:
            return await open_link(ctx, device)
        except UnreachableError as fault:
            if fault.code == "device.not_seen" or ctx.clock.monotonic() >= deadline:
                raise
        await ctx.clock.sleep(min(1.0, ctx.restart_limit_s / 50))


async def _send(ctx: Context, link: Link, work: Work, identity: Identity, job: JobContext) -> _Ended | None:
    """Send the image. None when the device took it, or may have; else how it ended, with nothing changed there."""
    release, device = work.release, work.device
    if not firmware_fits(identity.model, release.version, identity.firmware):
        words = f"'{device.name}' is a {identity.model} on {identity.firmware}; {release.version} is another family's."
        return _Ended(TargetEnd.REFUSED, Verdict.REFUSED, f"{words} Nothing was sent.", identity)
    if not ctx.blobs.has(release.sha256):
        words = f"The file of {release.model} {release.version} is not on this workstation yet."
        return _Ended(TargetEnd.PARKED, Verdict.WAITING, f"{words} Sync while there is a network.", identity)
    if await ctx.mirror.read(lambda r: r.get(ROLLOUT_TARGET, work.target.id)) is None:
        return _Ended(TargetEnd.ABORTED, Verdict.WAITING, DELETED, identity)

    def stage(where: FirmwareStage, done: int, total: int) -> None:
        if where is FirmwareStage.UPGRADE:
            job.point_of_no_return("The device is writing its firmware.")
        job.progress(done, total, where.value)
        if done in {0, total}:
            passed(f"firmware.{where.value}")

    await job.save(sending=True)
    passed("firmware.noted")
    image = ctx.blobs.path(release.sha256)
    try:
        await ctx.gateway.send_firmware(link, image, release.md5, stage=stage, file_name=release.file_name)
    except AmbiguousError:
        # Some units restart before they have answered the upgrade; whether they took it, the version tells.
        job.progress(0, 1, FirmwareStage.RESTART.value)
    except (RefusedError, UserError) as fault:
        await job.save(sending=False)
        return _Ended(TargetEnd.REFUSED, Verdict.REFUSED, clean(str(fault), limit=400), identity)
    except UnreachableError as fault:
        await job.save(sending=False)
        said = f"The connection broke before the upgrade began; nothing was changed. {fault}"
        return _Ended(TargetEnd.PARKED, Verdict.UNREACHABLE, clean(said, limit=400), identity)
    passed("firmware.sent")
    return None


async def _after_restart(
    ctx: Context, link: Link, work: Work, job: JobContext, *, tries: int = UNTIL_LIMIT
) -> Identity | None:
    """What the device is once the wanted version answers, or the time is over; None when it was not seen again.

    `tries`: so many waits through a restart, each of which ends early when nothing restarts.

    Units answer with the old version for a moment before they restart.
    """
    job.progress(0, 1, FirmwareStage.RESTART.value)
    tries = min(tries, ctx.restart_waits)
    deadline = ctx.clock.monotonic() + ctx.restart_limit_s
    pause = min(1.0, ctx.restart_limit_s / 50)
    identity: Identity | None = None
    while True:
        left = max(0.1, deadline - ctx.clock.monotonic())
        try:
            identity = await ctx.gateway.wait_back(link, limit_s=left)
        except RefusedError:
            identity = await _with_other_login(ctx, work.device) or identity
        except UnreachableError:
            identity = None
        tries -= 1
        if (identity and _runs(identity, work)) or not tries or ctx.clock.monotonic() >= deadline:
            job.progress(1, 1, FirmwareStage.READ_BACK.value)
            return identity
        await ctx.clock.sleep(pause)


async def _with_other_login(ctx: Context, device: Device) -> Identity | None:
    """An upgrade or a reset may have brought the factory's sign-in back."""
    try:
        _, identity = await open_link(ctx, device)
    except (RefusedError, UnreachableError):
        return None
    return identity


async def _reset(ctx: Context, link: Link, work: Work, identity: Identity, job: JobContext) -> _Ended:
    """FW-02: reset after the upgrade, when that is asked for. Asked twice it does no more harm than once."""
    proved = _Ended(TargetEnd.PROVED, Verdict.PROVED, "", identity)
    if not work.rollout.reset_after:
        return proved
    job.point_of_no_return("The device is being reset.")
    job.progress(0, 1, "reset")
    await job.save(sending=True, reset=True)
    passed("reset.noted")
    try:
        await ctx.gateway.reset(link)
        passed("reset.asked")
        identity = await ctx.gateway.wait_back(link, limit_s=ctx.restart_limit_s)
    except RefusedError:
        identity = await _with_other_login(ctx, work.device) or identity
    except UnreachableError as fault:
        words = f"Upgraded to {identity.firmware}; not seen again since the reset. {fault}"
        return _Ended(
            TargetEnd.FAILED, Verdict.UNREACHABLE, clean(words, limit=400), identity, was_reset=True
        )
    passed("reset.back")
    return _Ended(TargetEnd.PROVED, Verdict.PROVED, WAS_RESET, identity, was_reset=True)


async def _keep(ctx: Context, work: Work, ended: _Ended) -> None:
    """Write how the target ended, the device's version as read, and the receipt, in one transaction. Of a rollout that
    was deleted meanwhile what the device told is kept.
    """

    def write(tx: Tx) -> None:
        target = tx.get(ROLLOUT_TARGET, work.target.id)
        if target is not None:
            _end_target(tx, work.rollout, target, ended)
        device = tx.get(DEVICE, work.device.id)
        if device is None:
            return
        if ended.identity is not None:
            device = tx.patch(DEVICE, device, firmware=ended.identity.firmware, seen_at=tx.now)
            note_identity(tx, device, ended.identity)
        if ended.was_reset:
            _forget_contents(tx, device)
        if target is not None or ended.end is not TargetEnd.ABORTED:
            keep_firmware_proof(tx, device, work.release, (ended.verdict, ended.said), ctx.workstation)

    await ctx.mirror.write(write, origin=Origin.DEVICE, act="Firmware read back")


def _end_target(tx: Tx, rollout: Rollout, target: RolloutTarget, ended: _Ended) -> None:
    tries = target.tries + 1 if ended.end is TargetEnd.PARKED else target.tries
    target = tx.patch(
        ROLLOUT_TARGET,
        target,
        end=ended.end,
        verdict=ended.verdict,
        said=clean(ended.said, limit=400),
        after=ended.identity.firmware if ended.identity else target.after,
        at=tx.now,
        tries=tries,
        retry_at=tx.now + retry_delay(tries) if ended.end is TargetEnd.PARKED else None,
    )
    if ended.end is TargetEnd.ABORTED:
        unwant(tx, rollout, target)


def unwant(tx: Tx, rollout: Rollout, target: RolloutTarget) -> None:
    """A device that was not touched is meant to run what was meant before."""
    device, release = tx.get(DEVICE, target.device_id), tx.get(FIRMWARE_RELEASE, rollout.release_id)
    if device is not None and release is not None and device.wanted_firmware == release.version:
        tx.patch(DEVICE, device, wanted_firmware=target.wanted_before)


def _forget_contents(tx: Tx, device: Device) -> None:
    """After a reset nothing that was proved about settings and people holds any more."""
    for proof in tx.find(PROOF, device_id=device.id):
        if proof.kind is not ItemKind.FIRMWARE:
            tx.remove(PROOF, proof.id)
    tx.patch(DEVICE, device, state=DeviceState.PLANNED)


def keep_firmware_proof(
    tx: Tx, device: Device, release: FirmwareRelease, ended: tuple[Verdict, str], by: str
) -> None:
    """The receipt of a device's firmware, inside a transaction."""
    wanted = WantedFirmware(release.model, release.version)
    judgement = Judgement(ItemKind.FIRMWARE, "firmware", "Firmware", ended[0], fingerprint(wanted), ended[1])
    present = tx.first(PROOF, device_id=device.id, kind=ItemKind.FIRMWARE)
    keep_proof(tx, device, judgement, present, by)


def load_work(reader: Reader, target_id: str) -> Work:
    """What one push is about; NotFoundError when the rollout was deleted."""
    target = reader.require(ROLLOUT_TARGET, target_id)
    rollout = reader.require(ROLLOUT, target.rollout_id)
    return Work(
        target,
        rollout,
        reader.require(FIRMWARE_RELEASE, rollout.release_id),
        reader.require(DEVICE, target.device_id),
    )
