"""A site's firmware played through on twins: the rollouts' own code on a copy of the rows that decide (W21).

The copy is a mirror of its own that holds no person, no code and no proof and goes away afterwards; the real one is
only read. Waves, thresholds and doors of one entrance are the rollout's; a rehearsal waits for no start time, no quiet
hours and no watching.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from core.base.verdict import Verdict
from core.entities.device import DEVICE, Device, DeviceKind
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutState,
    RolloutTarget,
    TargetEnd,
)
from core.entities.organisation import ORGANISATION, Organisation
from core.entities.record import JOB
from core.entities.site import BUILDING, SITE, Building, Site
from core.jobs.runner import JobRunner
from core.ports.device import DeviceGateway, Link
from core.ports.lan import Login
from core.rules.versions import same_version
from core.store.changes import Origin
from core.store.mirror import open_mirror
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.firmware_push import OVER, FirmwareHandler
from core.usecases.rollout_drive import RolloutHandler, run_rollout
from core.usecases.rollouts import resume_rollout, start_rollout

TWIN_RESTART_S = 20.0
"""How long a twin may be at it; it starts in a tenth of a second, on a busy machine in some."""
_ENDED = frozenset({RolloutState.DONE, RolloutState.ABORTED})


@dataclass(frozen=True, slots=True)
class FirmwareRehearsed:
    """One device of one rollout, or of a wanted version. `wave`: from 0, the canary; None where no wave was reached.

    `seconds`: from its turn to the version read back, on the twin, which writes its flash at once.
    """

    device: Device
    has: str
    gets: str
    verdict: Verdict
    said: str = ""
    wave: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """What decides about a site's firmware, as the mirror has it."""

    organisation: Organisation
    site: Site
    buildings: list[Building]
    devices: list[Device]
    releases: list[FirmwareRelease]
    rollouts: list[Rollout]
    targets: list[RolloutTarget]


async def rehearse_firmware(
    ctx: Context, site_id: str, gateway: DeviceGateway, links: Mapping[str, Link], folder: Path
) -> list[FirmwareRehearsed]:
    """Bring the twins to what the site's open rollouts and wanted versions say; nothing real is touched.

    `gateway`: one whose `wait_back` tells what a twin is once nothing goes on in it any more. `links`: device id -> its
    twin; a device without one is named and left out. `folder`: an empty one for the copy.
    NotAllowedError when something is wanted of a person who may not change firmware.
    """
    rows = await ctx.mirror.read(partial(_rows_of, site_id=site_id), limit_ms=20_000)
    wanted = _wanted(rows)
    if not rows.rollouts and not wanted:
        return []
    ctx.require(Permission.FIRMWARE)
    found: list[FirmwareRehearsed] = []
    async with _stage(ctx, gateway, links, folder) as stage:
        await stage.mirror.write(partial(_furnish, rows=rows, links=links), origin=Origin.JOB)
        for rollout in rows.rollouts:
            if rollout.state is RolloutState.PAUSED:
                await resume_rollout(stage, rollout.id)
            found += await _played(stage, rows, rollout.id, links)
        for (model, version), devices in wanted.items():
            found += await _wanted_version(stage, rows, (model, version), devices, links)
    return found


def _rows_of(reader: Reader, *, site_id: str) -> _Rows:
    site = reader.require(SITE, site_id)
    rollouts = [r for r in reader.find(ROLLOUT, scope_id=site_id) if r.state not in _ENDED]
    open_ids = {r.id for r in rollouts}
    devices = sorted(reader.find(DEVICE, scope_id=site_id), key=lambda d: d.name)
    targets = reader.find(ROLLOUT_TARGET, scope_id=site_id)
    return _Rows(
        reader.require(ORGANISATION, site.org_id),
        site,
        reader.find(BUILDING, scope_id=site_id),
        devices,
        reader.find(FIRMWARE_RELEASE),
        sorted(rollouts, key=lambda r: (str(r.starts_at or r.created_at or ""), r.id)),
        [t for t in targets if t.rollout_id in open_ids and t.device_id in {d.id for d in devices}],
    )


def _wanted(rows: _Rows) -> dict[tuple[str, str], list[Device]]:
    """Model and version -> devices that are to run it and are in no open rollout."""
    in_rollouts = {t.device_id for t in rows.targets if t.end not in OVER}
    found: dict[tuple[str, str], list[Device]] = {}
    for device in rows.devices:
        version = device.wanted_firmware
        if version and device.id not in in_rollouts and not same_version(device.firmware, version):
            found.setdefault((device.model, version), []).append(device)
    return found


@asynccontextmanager
async def _stage(
    ctx: Context, gateway: DeviceGateway, links: Mapping[str, Link], folder: Path
) -> AsyncIterator[Context]:
    """A workstation for the rehearsal: a mirror of its own, the twins as its only devices, the real library's files."""

    async def alone() -> bool:
        return True

    logins = dict.fromkeys(Login(link.user, link.password) for link in links.values())
    mirror = open_mirror(folder / "rehearsal.db", secrets.token_hex(32), ctx.clock, backups=folder)
    stage = replace(
        ctx,
        mirror=mirror,
        gateway=gateway,
        factory_logins=tuple(logins),
        restart_limit_s=TWIN_RESTART_S,
        restart_waits=1,
        confirm=alone,
        _jobs=None,
    )
    handlers = (FirmwareHandler(stage), RolloutHandler(stage))
    stage.attach(JobRunner(mirror, ctx.clock, {one.kind: one for one in handlers}))
    try:
        yield stage
    finally:
        await stage.jobs.close()
        await mirror.close()


def _furnish(tx: Tx, *, rows: _Rows, links: Mapping[str, Link]) -> None:
    """The copy: devices at their twins' addresses, and the open rollouts without what they would wait for."""
    tx.put(ORGANISATION, rows.organisation)
    tx.put(SITE, rows.site)
    tx.put_many(BUILDING, rows.buildings)
    tx.put_many(DEVICE, [_copied(d, links[d.id].url) for d in rows.devices if d.id in links])
    tx.put_many(FIRMWARE_RELEASE, rows.releases)
    for rollout in rows.rollouts:
        state = RolloutState.PAUSED if rollout.state is RolloutState.PAUSED else RolloutState.RUNNING
        tx.put(ROLLOUT, replace(rollout, state=state, starts_at=None, watch_s=0, quiet_hours=()))
    for target in rows.targets:
        # A real device that is being written is not asked how it goes; its twin begins where the row began.
        end = TargetEnd.OPEN if target.end is TargetEnd.RUNNING else target.end
        if target.device_id in links:
            tx.put(ROLLOUT_TARGET, replace(target, end=end))


def _copied(device: Device, url: str) -> Device:
    """A device with nothing but what a rollout looks at; one of an apartment is nobody else's door."""
    return Device(
        id=device.id,
        scope_id=device.scope_id,
        site_id=device.site_id,
        mac=device.mac,
        name=device.name,
        kind=device.kind if device.apartment_id is None else DeviceKind.MONITOR,
        building_id=device.building_id,
        model=device.model,
        firmware=device.firmware,
        seen_at=device.seen_at,
        address=url,
    )


async def _wanted_version(
    stage: Context,
    rows: _Rows,
    wanted: tuple[str, str],
    devices: Sequence[Device],
    links: Mapping[str, Link],
) -> list[FirmwareRehearsed]:
    """A wanted version that no rollout brings yet: one with the usual care is begun in the copy."""
    model, version = wanted
    release = next((r for r in rows.releases if (r.model, r.version) == wanted), None)
    if release is None:
        said = f"The library has no firmware {version} for a {model}."
        return [FirmwareRehearsed(d, d.firmware, version, Verdict.WAITING, said) for d in devices]
    ids = [d.id for d in devices if d.id in links]
    missing = [_without_twin(d, version) for d in devices if d.id not in links]
    if not ids:
        return missing
    rollout = await start_rollout(stage, site_id=rows.site.id, release_id=release.id, device_ids=ids)
    return [*await _played(stage, rows, rollout.id, links), *missing]


async def _played(
    stage: Context, rows: _Rows, rollout_id: str, links: Mapping[str, Link]
) -> list[FirmwareRehearsed]:
    """Run one rollout of the copy and tell of each device that was still to be done."""
    before = {t.id: t for t in rows.targets if t.rollout_id == rollout_id}
    over = {t.id for t in before.values() if t.end in OVER}
    targets = await run_rollout(stage, rollout_id)

    def work(reader: Reader) -> tuple[Rollout, dict[str, float]]:
        took = {
            str(job.inputs["target_id"]): (job.ended_at - job.made_at).total_seconds()
            for job in reader.find(JOB, kind=FirmwareHandler.kind)
            if job.made_at and job.ended_at
        }
        return reader.require(ROLLOUT, rollout_id), took

    rollout, took = await stage.mirror.read(work)
    version = next(r.version for r in rows.releases if r.id == rollout.release_id)
    devices = {d.id: d for d in rows.devices}
    found = [
        _told(devices[t.device_id], t, version, rollout.said, took.get(t.id))
        for t in targets
        if t.id not in over
    ]
    left = [t for t in before.values() if t.device_id not in links and t.id not in over]
    return [*found, *(_without_twin(devices[t.device_id], version) for t in left)]


def _told(
    device: Device, target: RolloutTarget, version: str, paused: str, seconds: float | None
) -> FirmwareRehearsed:
    said = target.said
    if target.end is TargetEnd.OPEN:
        said = paused or "Its turn did not come."
    return FirmwareRehearsed(device, device.firmware, version, target.verdict, said, target.wave, seconds)


def _without_twin(device: Device, version: str) -> FirmwareRehearsed:
    said = f"No twin can stand for '{device.name}'; its firmware was not rehearsed."
    return FirmwareRehearsed(device, device.firmware, version, Verdict.WAITING, said)
