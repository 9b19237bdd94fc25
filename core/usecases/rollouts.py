"""Rollouts as people handle them: plan, begin, edit, pause, resume, abort (FW-02, FW-03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.base.words import listed
from core.entities.device import DEVICE, SIGHTING, Device, DeviceKind
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
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, SITE, Site
from core.jobs.runner import JobRunner
from core.rules.rollout import RESET_WARNING, assign_waves, parse_quiet
from core.rules.versions import same_version
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.firmware_push import FirmwareHandler, unwant

CONNECTED = timedelta(minutes=15)
"""A device seen within this time counts as connected (FW-02)."""
_DOORS = frozenset({DeviceKind.MULTI_DOOR, DeviceKind.SINGLE_DOOR, DeviceKind.ACCESS})
_EDITABLE = frozenset(
    {
        *("starts_at", "waves", "go_on_pct", "stop_faults", "watch_s", "max_down", "at_once", "quiet_hours"),
        *("reset_after", "name"),
    }
)


@dataclass(frozen=True, slots=True)
class RolloutOptions:
    """How a rollout goes; the members are those of the entity Rollout. `reset_confirmed`: the warning was shown."""

    starts_at: datetime | None = None
    waves: tuple[str, ...] = ("1", "10", "0")
    go_on_pct: int = 90
    stop_faults: int = 2
    watch_s: int = 0
    max_down: int = 1
    at_once: int = 4
    quiet_hours: tuple[str, ...] = ()
    reset_after: bool = False
    reset_confirmed: bool = False

    def fields(self) -> dict[str, Any]:
        """Values of the entity's fields. UserError for quiet hours that are none, or a reset nobody confirmed."""
        if self.reset_after and not self.reset_confirmed:
            raise UserError(
                "rollout.reset", RESET_WARNING, remedy="Confirm it to begin.", field="reset_after"
            )
        quiet = tuple(str(parse_quiet(text)) for text in self.quiet_hours)
        names = (
            "starts_at",
            "waves",
            "go_on_pct",
            "stop_faults",
            "watch_s",
            "max_down",
            "at_once",
            "reset_after",
        )
        return {**{name: getattr(self, name) for name in names}, "quiet_hours": quiet}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that a rollout would touch (FW-02). `owner`: whose it is, for people: its person, apartment or site."""

    device: Device
    connected: bool
    owner: str = ""


async def plan_rollout(
    ctx: Context, *, site_id: str, release_id: str
) -> tuple[FirmwareRelease, list[Device]]:
    """The release and the site's devices of its model that run another version (FW-02)."""

    def work(reader: Reader) -> tuple[FirmwareRelease, list[Device]]:
        release = reader.require(FIRMWARE_RELEASE, release_id)
        devices = reader.find(DEVICE, scope_id=site_id, model=release.model)
        return release, [d for d in devices if not same_version(d.firmware, release.version)]

    return await ctx.mirror.read(work)


async def candidates(ctx: Context, *, site_id: str, release_id: str) -> list[Candidate]:
    """As `plan_rollout`, with what FW-02 shows of each device: whether it is connected, and whose it is."""
    _, devices = await plan_rollout(ctx, site_id=site_id, release_id=release_id)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[Candidate]:
        site = reader.require(SITE, site_id)
        found = []
        for device in devices:
            seen = [s.seen_at for s in reader.find(SIGHTING, mac=device.mac) if s.seen_at and not s.gone]
            latest = max([*seen, *([device.seen_at] if device.seen_at else [])], default=None)
            connected = latest is not None and now - latest <= CONNECTED
            found.append(Candidate(device, connected, _owner(reader, device, site)))
        return found

    return await ctx.mirror.read(work)


def _owner(reader: Reader, device: Device, site: Site) -> str:
    person = reader.get(RESIDENT, device.owner_id) if device.owner_id else None
    if person is not None:
        return f"{person.first_name} {person.last_name}".strip()
    apartment = reader.get(APARTMENT, device.apartment_id) if device.apartment_id else None
    return apartment.number if apartment is not None else site.name


async def start_rollout(
    ctx: Context,
    *,
    site_id: str,
    release_id: str,
    device_ids: Sequence[str] | None = None,
    options: RolloutOptions | None = None,
) -> Rollout:
    """Want a release on devices of its model and make the targets; `run_rollout` or a job does the work.

    With `options.starts_at` it is pending until then. UserError for a device of another model.
    """
    actor = ctx.require(Permission.FIRMWARE)
    chosen_options = options or RolloutOptions()
    fields = chosen_options.fields()

    def work(tx: Tx) -> Rollout:
        tx.grouped()
        release = tx.require(FIRMWARE_RELEASE, release_id)
        pending = fields["starts_at"] is not None and fields["starts_at"] > tx.now
        rollout = Rollout(
            id=new_id(),
            scope_id=site_id,
            site_id=site_id,
            release_id=release.id,
            name=f"{release.model} to {release.version}",
            state=RolloutState.PENDING if pending else RolloutState.RUNNING,
            created_at=tx.now,
            by=actor.name,
            **fields,
        )
        tx.put(ROLLOUT, rollout)
        _put_targets(tx, rollout, release, _chosen(tx, site_id, release, device_ids))
        return rollout

    return await ctx.mirror.write(work, origin=Origin.USER, act="Start rollout")


def _chosen(tx: Tx, site_id: str, release: FirmwareRelease, device_ids: Sequence[str] | None) -> list[Device]:
    if device_ids is None:
        return [
            d
            for d in tx.find(DEVICE, scope_id=site_id, model=release.model)
            if not same_version(d.firmware, release.version)
        ]
    chosen = [tx.require(DEVICE, device_id) for device_id in dict.fromkeys(device_ids)]
    for device in chosen:
        if device.model != release.model:
            words = f"'{device.name}' is a {device.model}; this firmware is for a {release.model}."
            raise UserError("firmware.other_model", words)
    return chosen


def _put_targets(tx: Tx, rollout: Rollout, release: FirmwareRelease, devices: Sequence[Device]) -> None:
    """Devices that were seen lately come first: a canary that is not there proves nothing."""
    seen = sorted(
        devices, key=lambda d: (not d.address, -(d.seen_at.timestamp() if d.seen_at else 0), d.name)
    )
    waves = assign_waves([entrance_of(d) for d in seen], [int(size) for size in rollout.waves])
    for device, wave in zip(seen, waves, strict=True):
        target = RolloutTarget(
            id=new_id(),
            scope_id=rollout.site_id,
            rollout_id=rollout.id,
            device_id=device.id,
            before=device.firmware,
            wave=wave,
            wanted_before=device.wanted_firmware,
        )
        tx.put(ROLLOUT_TARGET, target)
        tx.patch(DEVICE, device, wanted_firmware=release.version)


def entrance_of(device: Device) -> str:
    """What a door is a door of: its building, else the site. A device that is no door keeps nobody out."""
    if device.kind not in _DOORS or device.apartment_id is not None:
        return f"device:{device.id}"
    return device.building_id or f"site:{device.site_id}"


async def edit_rollout(ctx: Context, rollout_id: str, **changes: Any) -> Rollout:
    """Change a rollout that has not begun (FW-03). UserError for one that has, and for fields that stay."""
    ctx.require(Permission.FIRMWARE)
    fixed = sorted(set(changes) - _EDITABLE - {"reset_confirmed", "device_ids"})
    if fixed:
        raise UserError(
            "rollout.fixed", f"A rollout's {fixed[0]} does not change; make another one.", field=fixed[0]
        )
    device_ids = changes.pop("device_ids", None)
    confirmed = changes.pop("reset_confirmed", False)

    def work(tx: Tx) -> Rollout:
        rollout = tx.require(ROLLOUT, rollout_id)
        if rollout.state is not RolloutState.PENDING:
            raise UserError(
                "rollout.begun", f"'{rollout.name}' has begun; only a pending rollout can be edited."
            )
        if changes.get("reset_after") and not rollout.reset_after and not confirmed:
            raise UserError(
                "rollout.reset", RESET_WARNING, remedy="Confirm it to go on.", field="reset_after"
            )
        if "quiet_hours" in changes:
            changes["quiet_hours"] = tuple(str(parse_quiet(t)) for t in changes["quiet_hours"])
        rollout = tx.patch(ROLLOUT, rollout, **changes)
        if device_ids is not None or "waves" in changes:
            _choose_again(tx, rollout, device_ids)
        return rollout

    return await ctx.mirror.write(work, origin=Origin.USER, act="Edit rollout")


def _choose_again(tx: Tx, rollout: Rollout, device_ids: Sequence[str] | None) -> None:
    targets = tx.find(ROLLOUT_TARGET, rollout_id=rollout.id)
    ids = device_ids if device_ids is not None else [t.device_id for t in targets]
    for target in targets:
        unwant(tx, rollout, target)
        tx.remove(ROLLOUT_TARGET, target.id)
    release = tx.require(FIRMWARE_RELEASE, rollout.release_id)
    _put_targets(tx, rollout, release, _chosen(tx, rollout.site_id, release, ids))


async def pause_rollout(ctx: Context, rollout_id: str) -> Rollout:
    """Begin no further device; those that are being written are finished."""
    return await _change(ctx, rollout_id, RolloutState.PAUSED, said="Paused on request.")


async def resume_rollout(ctx: Context, rollout_id: str, *, retry: bool = False) -> Rollout:
    """Go on. Faults so far have been seen by a person and stop it no more; with `retry` they are tried again."""
    ctx.require(Permission.FIRMWARE)

    def work(tx: Tx) -> Rollout:
        rollout = _open(tx, rollout_id)
        for target in tx.find(ROLLOUT_TARGET, rollout_id=rollout_id):
            if target.end in {TargetEnd.FAILED, TargetEnd.REFUSED}:
                again = {"end": TargetEnd.OPEN, "verdict": Verdict.WAITING} if retry else {"excused": True}
                tx.patch(ROLLOUT_TARGET, target, **again)
            elif target.end is TargetEnd.PARKED:
                tx.patch(ROLLOUT_TARGET, target, retry_at=None)
        return tx.patch(ROLLOUT, rollout, state=RolloutState.RUNNING, said="")

    return await ctx.mirror.write(work, origin=Origin.USER, act="Resume rollout")


@dataclass(frozen=True, slots=True)
class Aborted:
    """What an abort came to. `too_late`: devices past the point of no return, which end as they end."""

    rollout: Rollout
    stopped: int
    too_late: tuple[str, ...] = ()
    said: str = ""


async def abort_rollout(ctx: Context, rollout_id: str) -> Aborted:
    """Stop for good. What has not been touched stays as it is; a device that is being written cannot be stopped."""
    ctx.require(Permission.FIRMWARE)
    rollout, stopped = await ctx.mirror.write(
        partial(_abort, rollout_id=rollout_id), origin=Origin.USER, act="Abort rollout"
    )
    too_late = []
    for job_id, name in await _running(ctx, rollout_id):
        try:
            await ctx.jobs.cancel(job_id)
            stopped += 1
        except UserError:
            too_late.append(name)
    said = f"{stopped} devices were left as they are."
    if too_late:
        said += f" Too late for {listed(too_late)}: the firmware is being written, so do not cut the power."
    return Aborted(rollout, stopped, tuple(too_late), said)


def _abort(tx: Tx, *, rollout_id: str) -> tuple[Rollout, int]:
    rollout = _open(tx, rollout_id)
    stopped = 0
    for target in tx.find(ROLLOUT_TARGET, rollout_id=rollout_id):
        if target.end in {TargetEnd.OPEN, TargetEnd.PARKED}:
            stopped += 1
            said = "Aborted before it began; nothing was changed."
            tx.patch(
                ROLLOUT_TARGET, target, end=TargetEnd.ABORTED, verdict=Verdict.WAITING, said=said, at=tx.now
            )
            unwant(tx, rollout, target)
    return tx.patch(ROLLOUT, rollout, state=RolloutState.ABORTED, said="Aborted."), stopped


async def _running(ctx: Context, rollout_id: str) -> list[tuple[str, str]]:
    """Jobs of a rollout's devices, with the devices' names."""
    by_target = jobs_by_target(ctx.jobs)

    def work(reader: Reader) -> list[tuple[str, str]]:
        targets = [t for t in reader.find(ROLLOUT_TARGET, rollout_id=rollout_id) if t.id in by_target]
        return [(by_target[t.id], reader.require(DEVICE, t.device_id).name) for t in targets]

    return await ctx.mirror.read(work)


def jobs_by_target(jobs: JobRunner) -> dict[str, str]:
    """Target -> the job that works on it or waits to."""
    return {str(r.inputs["target_id"]): r.id for r in jobs.current() if r.kind == FirmwareHandler.kind}


async def set_rollout_state(ctx: Context, rollout_id: str, state: RolloutState) -> Rollout:
    """Pause, resume, abort or end a rollout."""
    if state is RolloutState.RUNNING:
        return await resume_rollout(ctx, rollout_id)
    if state is RolloutState.ABORTED:
        return (await abort_rollout(ctx, rollout_id)).rollout
    return await _change(ctx, rollout_id, state)


def _open(tx: Tx, rollout_id: str) -> Rollout:
    rollout = tx.require(ROLLOUT, rollout_id)
    if rollout.state in {RolloutState.DONE, RolloutState.ABORTED}:
        raise UserError("rollout.over", f"'{rollout.name}' is {rollout.state.value} already.")
    return rollout


async def _change(ctx: Context, rollout_id: str, state: RolloutState, said: str = "") -> Rollout:
    ctx.require(Permission.FIRMWARE)
    return await ctx.mirror.write(
        lambda tx: tx.patch(ROLLOUT, _open(tx, rollout_id), state=state, said=said),
        origin=Origin.USER,
        act=f"Rollout {state.value}",
    )


async def open_rollouts(ctx: Context, site_id: str) -> list[Rollout]:
    """Rollouts of a site that still have work."""
    return await ctx.mirror.read(
        lambda r: [x for x in r.find(ROLLOUT, scope_id=site_id) if x.state is RolloutState.RUNNING]
    )
