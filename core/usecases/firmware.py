"""Firmware: the library, rollouts, and the push of one image that only a read-back proves (FW-01 to FW-04)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import AmbiguousError, CancelledByPerson, RefusedError, UnreachableError, UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.base.words import clean
from core.entities.device import DEVICE, Device
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutState,
    RolloutTarget,
)
from core.entities.proof import PROOF, ItemKind
from core.jobs.job import JobContext, JobOutcome
from core.ports.device import FirmwareStage, Link
from core.rules.catalogue import firmware_fits
from core.rules.desired import Identity, WantedFirmware
from core.rules.firmware_image import HEAD, ImageFacts, inspect_image
from core.rules.plan import Judgement, fingerprint
from core.rules.versions import same_version
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link
from core.usecases.provision import keep_proof, verdict_of


async def add_release(
    ctx: Context, path: Path, *, model: str, version: str = "", notes: str = ""
) -> FirmwareRelease:
    """Take a firmware file into the library. UserError when it is no firmware or belongs to another model."""
    actor = ctx.require(Permission.FIRMWARE)
    image = await asyncio.to_thread(_inspect, path, version)
    if not firmware_fits(model, image.version) or not firmware_fits(model, f"{image.family}.0.0.0"):
        words = f"{clean(path.name)} is firmware of family {image.family}, which does not fit a {model}."
        raise UserError("firmware.other_model", words, field="model")
    facts = await asyncio.to_thread(ctx.blobs.add, path)

    def work(tx: Tx) -> FirmwareRelease:
        present = tx.first(FIRMWARE_RELEASE, model=model, version=image.version)
        if present is not None and present.sha256 == facts.sha256:
            return present
        row = FirmwareRelease(
            id=new_id(),
            scope_id=actor.org_id,
            model=model,
            version=image.version,
            sha256=facts.sha256,
            md5=facts.md5,
            size=facts.size,
            file_name=clean(path.name, limit=128),
            notes=notes,
            created_at=tx.now,
        )
        return tx.put(FIRMWARE_RELEASE, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add firmware")


def _inspect(path: Path, version: str) -> ImageFacts:
    if not path.is_file():
        raise UserError("file.missing", f"There is no file {path}.")
    with path.open("rb") as file:
        head = file.read(HEAD)
    return inspect_image(path.name, head, path.stat().st_size, version=version)


async def plan_rollout(
    ctx: Context, *, site_id: str, release_id: str
) -> tuple[FirmwareRelease, list[Device]]:
    """The release and the site's devices of its model that run another version (FW-02)."""

    def work(reader: Reader) -> tuple[FirmwareRelease, list[Device]]:
        release = reader.require(FIRMWARE_RELEASE, release_id)
        devices = reader.find(DEVICE, scope_id=site_id, model=release.model)
        return release, [d for d in devices if not same_version(d.firmware, release.version)]

    return await ctx.mirror.read(work)


async def start_rollout(
    ctx: Context, *, site_id: str, release_id: str, device_ids: Sequence[str] | None = None
) -> Rollout:
    """Want a release on devices of its model and make the targets; `run_rollout` does the work."""
    ctx.require(Permission.FIRMWARE)

    def work(tx: Tx) -> Rollout:
        release = tx.require(FIRMWARE_RELEASE, release_id)
        chosen = _chosen(tx, site_id, release, device_ids)
        rollout = Rollout(
            id=new_id(),
            scope_id=site_id,
            site_id=site_id,
            release_id=release.id,
            name=f"{release.model} to {release.version}",
            state=RolloutState.RUNNING,
            created_at=tx.now,
        )
        tx.put(ROLLOUT, rollout)
        for device in chosen:
            tx.patch(DEVICE, device, wanted_firmware=release.version)
            target = RolloutTarget(
                id=new_id(),
                scope_id=site_id,
                rollout_id=rollout.id,
                device_id=device.id,
                before=device.firmware,
            )
            tx.put(ROLLOUT_TARGET, target)
        return rollout

    return await ctx.mirror.write(work, origin=Origin.USER, act="Start rollout")


def _chosen(tx: Tx, site_id: str, release: FirmwareRelease, device_ids: Sequence[str] | None) -> list[Device]:
    if device_ids is None:
        return [
            d
            for d in tx.find(DEVICE, scope_id=site_id, model=release.model)
            if not same_version(d.firmware, release.version)
        ]
    chosen = [tx.require(DEVICE, device_id) for device_id in device_ids]
    for device in chosen:
        if device.model != release.model:
            words = f"'{device.name}' is a {device.model}; this firmware is for a {release.model}."
            raise UserError("firmware.other_model", words)
    return chosen


async def open_rollouts(ctx: Context, site_id: str) -> list[Rollout]:
    """Rollouts of a site that still have work."""
    return await ctx.mirror.read(
        lambda r: [x for x in r.find(ROLLOUT, scope_id=site_id) if x.state is RolloutState.RUNNING]
    )


async def run_rollout(ctx: Context, rollout_id: str) -> list[RolloutTarget]:
    """One device first; the others only when that one proved the version. Returns the targets as they ended.

    Targets that are proved already are left alone, so a second run only does what is open.
    """
    targets = [t for t in await _targets(ctx, rollout_id) if t.verdict is not Verdict.PROVED]
    reachable = [t for t in targets if not await _never_seen(ctx, t)]
    if reachable:
        first, *rest = reachable
        canary = await _push_one(ctx, first)
        if canary.verdict is Verdict.PROVED and rest:
            ids = [await _submit(ctx, t) for t in rest]
            for job_id in ids:
                await ctx.jobs.wait(job_id)
    await _note_unseen(ctx, [t for t in targets if t not in reachable])
    ended = await _targets(ctx, rollout_id)
    if all(t.verdict is Verdict.PROVED for t in ended):
        await set_rollout_state(ctx, rollout_id, RolloutState.DONE)
    return ended


async def set_rollout_state(ctx: Context, rollout_id: str, state: RolloutState) -> Rollout:
    """Pause, resume, abort or end a rollout."""
    ctx.require(Permission.FIRMWARE)
    return await ctx.mirror.write(
        lambda tx: tx.patch(ROLLOUT, tx.require(ROLLOUT, rollout_id), state=state),
        origin=Origin.USER,
        act=f"Rollout {state.value}",
    )


async def _targets(ctx: Context, rollout_id: str) -> list[RolloutTarget]:
    return await ctx.mirror.read(lambda r: r.find(ROLLOUT_TARGET, rollout_id=rollout_id))


async def _never_seen(ctx: Context, target: RolloutTarget) -> bool:
    device = await ctx.mirror.read(lambda r: r.require(DEVICE, target.device_id))
    return not device.address


async def _note_unseen(ctx: Context, targets: Sequence[RolloutTarget]) -> None:
    for target in targets:
        said = "Waits for the device: it has not been seen on this LAN yet."
        await _end(ctx, target, Verdict.WAITING, said, None)


async def _submit(ctx: Context, target: RolloutTarget) -> str:
    device = await ctx.mirror.read(lambda r: r.require(DEVICE, target.device_id))
    inputs = {"target_id": target.id}
    return await ctx.jobs.submit(
        FirmwareHandler.kind, f"device:{device.mac}", f"Firmware of {device.name}", inputs
    )


async def _push_one(ctx: Context, target: RolloutTarget) -> RolloutTarget:
    await ctx.jobs.wait(await _submit(ctx, target))
    return await ctx.mirror.read(lambda r: r.require(ROLLOUT_TARGET, target.id))


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


async def push_firmware(
    ctx: Context, target_id: str, job: JobContext, *, resumed: bool
) -> tuple[Verdict, str]:
    """Send the image when another version runs, wait through the restart, read the version; only that proves it."""
    target, release, device = await ctx.mirror.read(lambda r: _load(r, target_id))
    try:
        link, identity = await _reach_through_restart(ctx, device, resumed=resumed)
        if not same_version(identity.firmware, release.version):
            _must_fit(device, release, identity)
            await _send(ctx, link, release, job)
            identity = await _wait_for(ctx, link, release, job)
        verdict, said = _compare(identity, release)
    except CancelledByPerson:
        await _end(ctx, target, Verdict.WAITING, "Stopped before the upgrade; the device is as it was.", None)
        raise
    except (RefusedError, UnreachableError, UserError) as fault:
        identity_after, verdict, said = None, verdict_of(fault), clean(str(fault), limit=400)
        await _end(ctx, target, verdict, said, identity_after)
        return verdict, said
    await _end(ctx, target, verdict, said, identity)
    return verdict, said


def _load(reader: Reader, target_id: str) -> tuple[RolloutTarget, FirmwareRelease, Device]:
    target = reader.require(ROLLOUT_TARGET, target_id)
    rollout = reader.require(ROLLOUT, target.rollout_id)
    return (
        target,
        reader.require(FIRMWARE_RELEASE, rollout.release_id),
        reader.require(DEVICE, target.device_id),
    )


async def _reach_through_restart(ctx: Context, device: Device, *, resumed: bool) -> tuple[Link, Identity]:
    """As `open_link`; a device that was left in the middle of an upgrade gets the time of a restart."""
    deadline = ctx.clock.monotonic() + (ctx.restart_limit_s if resumed else 0.0)
    while True:
        try:
            return await open_link(ctx, device)
        except UnreachableError as fault:
            if fault.code == "device.not_seen" or ctx.clock.monotonic() >= deadline:
                raise
        await ctx.clock.sleep(min(1.0, ctx.restart_limit_s / 50))


def _must_fit(device: Device, release: FirmwareRelease, identity: Identity) -> None:
    if not firmware_fits(identity.model, release.version, identity.firmware):
        words = f"'{device.name}' is a {identity.model} on {identity.firmware}; {release.version} is another family's."
        raise UserError("firmware.other_model", words)


async def _send(ctx: Context, link: Link, release: FirmwareRelease, job: JobContext) -> None:
    if not ctx.blobs.has(release.sha256):
        words = f"The file of {release.model} {release.version} is not on this workstation."
        raise UserError(
            "firmware.file_missing", words, remedy="Sync while there is a network, then try again."
        )

    def stage(where: FirmwareStage, done: int, total: int) -> None:
        if where is FirmwareStage.UPGRADE:
            job.point_of_no_return("The device is writing its firmware.")
        job.progress(done, total, where.value)

    try:
        image = ctx.blobs.path(release.sha256)
        await ctx.gateway.send_firmware(link, image, release.md5, stage=stage, file_name=release.file_name)
    except AmbiguousError:
        # Some units restart before they have answered the upgrade; whether they took it, the version tells.
        job.progress(0, 1, FirmwareStage.RESTART.value)


async def _wait_for(ctx: Context, link: Link, release: FirmwareRelease, job: JobContext) -> Identity:
    """Until the wanted version answers; units answer with the old one for a moment before they restart."""
    job.progress(0, 1, FirmwareStage.RESTART.value)
    deadline = ctx.clock.monotonic() + ctx.restart_limit_s
    pause = min(1.0, ctx.restart_limit_s / 50)
    identity = await ctx.gateway.wait_back(link, limit_s=ctx.restart_limit_s)
    while not same_version(identity.firmware, release.version) and ctx.clock.monotonic() < deadline:
        await ctx.clock.sleep(pause)
        identity = await ctx.gateway.wait_back(link, limit_s=max(0.1, deadline - ctx.clock.monotonic()))
    job.progress(1, 1, FirmwareStage.READ_BACK.value)
    return identity


def _compare(identity: Identity, release: FirmwareRelease) -> tuple[Verdict, str]:
    if same_version(identity.firmware, release.version):
        return Verdict.PROVED, ""
    return Verdict.DIFFERS, f"The device said yes but still runs {identity.firmware}, not {release.version}."


async def _end(
    ctx: Context, target: RolloutTarget, verdict: Verdict, said: str, identity: Identity | None
) -> None:
    """Write the target's verdict, the device's version as read, and the receipt."""

    def work(tx: Tx) -> None:
        row, release, device = _load(tx, target.id)
        after = identity.firmware if identity else row.after
        tx.patch(ROLLOUT_TARGET, row, verdict=verdict, said=clean(said, limit=400), after=after, at=tx.now)
        if identity is not None:
            device = tx.patch(DEVICE, device, firmware=identity.firmware, seen_at=tx.now)
        wanted = WantedFirmware(release.model, release.version)
        judgement = Judgement(ItemKind.FIRMWARE, "firmware", "Firmware", verdict, fingerprint(wanted), said)
        present = tx.first(PROOF, device_id=device.id, kind=ItemKind.FIRMWARE)
        keep_proof(tx, device, judgement, present, ctx.workstation)

    await ctx.mirror.write(work, origin=Origin.DEVICE, act="Firmware read back")
