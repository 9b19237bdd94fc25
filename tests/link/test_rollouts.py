"""Firmware rollouts on real sockets: order, end states, abort, reset, leases (FW-01 to FW-04, W4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, DeviceState
from core.entities.firmware import (
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutState,
    RolloutTarget,
    TargetEnd,
)
from core.entities.proof import PROOF, ItemKind
from core.entities.record import JOB, JobRecord
from core.entities.site import SiteKind
from core.entities.task import LEASE, Lease, lease_id
from core.rules.lease import Held
from core.store.tx import Tx
from core.usecases import firmware
from core.usecases.firmware import RolloutFilter, RolloutOptions
from core.usecases.provision import submit
from device_link.simulator import SimSpec
from device_link.simulator.life import Timing
from tests.link.conftest import MakeWorld
from tests.link.world import FLASH, NEW, OLD, World, specs

ONE_BY_ONE = RolloutOptions(waves=("1", "2", "0"))


async def begin(made: World, folder: Path, options: RolloutOptions = ONE_BY_ONE) -> Rollout:
    release = await made.release(folder)
    return await firmware.start_rollout(
        made.ctx,
        site_id=made.site.id,
        release_id=release.id,
        device_ids=[d.id for d in made.devices],
        options=options,
    )


def by_door(made: World, targets: list[RolloutTarget]) -> dict[str, RolloutTarget]:
    names = {d.id: d.name for d in made.devices}
    return {names[t.device_id]: t for t in targets}


def uploads(made: World, url: str = "") -> int:
    return sum(1 for e in made.recorder.recent(url) if e.path.startswith("/api/firmware/upload"))


async def state_of(made: World, rollout: Rollout) -> Rollout:
    found: Rollout = await made.read(lambda r: r.require(ROLLOUT, rollout.id))
    return found


async def test_all_are_proved_one_door_of_the_entrance_at_a_time(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(5))
    rollout = await begin(made, tmp_path)
    down: list[int] = []
    made.ctx.jobs.subscribe(
        lambda _r: down.append(sum(1 for j in made.ctx.jobs.current() if j.kind == "firmware"))
    )
    targets = await firmware.run_rollout(made.ctx, rollout.id)
    assert [t.verdict for t in targets] == [Verdict.PROVED] * 5
    assert [t.end for t in targets] == [TargetEnd.PROVED] * 5
    assert {t.after for t in targets} == {NEW}
    assert [t.wave for t in targets] == [0, 1, 1, 2, 2]
    assert max(down) == 1
    assert all(unit.firmware == NEW and unit.restarts == 1 for unit in made.lan.devices)
    assert (await state_of(made, rollout)).state is RolloutState.DONE
    leases: list[Lease] = await made.read(lambda r: r.find(LEASE))
    assert len(leases) == 6
    assert not any(lease.held for lease in leases)


async def test_a_canary_that_refuses_stops_everything(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(3, "wrong-md5", "wrong-md5", "wrong-md5"))
    rollout = await begin(made, tmp_path)
    targets = await firmware.run_rollout(made.ctx, rollout.id)
    assert sorted(t.end for t in targets) == [TargetEnd.OPEN, TargetEnd.OPEN, TargetEnd.REFUSED]
    [canary] = [t for t in targets if t.wave == 0]
    assert canary.verdict is Verdict.REFUSED
    assert "MD5" in canary.said
    paused = await state_of(made, rollout)
    assert (paused.state, "canary" in paused.said) == (RolloutState.PAUSED, True)
    assert all(unit.firmware == OLD and unit.restarts == 0 for unit in made.lan.devices)
    for unit in made.lan.devices:
        await unit.clear_fault("wrong-md5")
    await firmware.resume_rollout(made.ctx, rollout.id, retry=True)
    targets = await firmware.run_rollout(made.ctx, rollout.id)
    assert {t.verdict for t in targets} == {Verdict.PROVED}


@pytest.mark.parametrize(
    ("faults", "ends"),
    [
        ("offline", (TargetEnd.PARKED, Verdict.UNREACHABLE, OLD)),
        ("never-back", (TargetEnd.FAILED, Verdict.UNREACHABLE, NEW)),
        ("upgrade-same", (TargetEnd.FAILED, Verdict.DIFFERS, OLD)),
        ("drop-mid-upload:1", (TargetEnd.PARKED, Verdict.UNREACHABLE, OLD)),
        ("no-firmware-api", (TargetEnd.REFUSED, Verdict.REFUSED, OLD)),
        ("upgrade-answer:never", (TargetEnd.PROVED, Verdict.PROVED, NEW)),
        ("upgrade-answer:at-once", (TargetEnd.PROVED, Verdict.PROVED, NEW)),
        ("allowlist", (TargetEnd.REFUSED, Verdict.REFUSED, OLD)),
    ],
)
async def test_each_fault_has_its_end_state(
    make_world: MakeWorld, tmp_path: Path, faults: str, ends: tuple[TargetEnd, Verdict, str]
) -> None:
    end, verdict, firmware_after = ends
    made = await make_world(specs(1, faults))
    rollout = await begin(made, tmp_path)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert (target.end, target.verdict) == (end, verdict), target.said
    assert made.lan.devices[0].firmware == firmware_after
    assert target.said or end is TargetEnd.PROVED
    assert (target.retry_at is not None) == (end is TargetEnd.PARKED)


async def test_an_offline_device_is_parked_and_done_when_it_is_back(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(2))
    [first, second] = made.lan.devices
    await first.set_offline()
    rollout = await begin(made, tmp_path)
    targets = by_door(made, await firmware.run_rollout(made.ctx, rollout.id))
    assert targets["Door 1"].end is TargetEnd.PROVED
    parked = targets["Door 0"]
    assert (parked.end, parked.tries) == (TargetEnd.PARKED, 1)
    assert parked.retry_at is not None
    assert parked.at is not None
    assert parked.retry_at - parked.at == timedelta(minutes=1)
    assert (await state_of(made, rollout)).state is RolloutState.RUNNING
    again = by_door(made, await firmware.run_rollout(made.ctx, rollout.id))["Door 0"]
    assert again.tries == 2
    await first.set_online()
    targets = by_door(made, await firmware.run_rollout(made.ctx, rollout.id))
    assert targets["Door 0"].end is TargetEnd.PROVED
    assert (await state_of(made, rollout)).state is RolloutState.DONE
    assert second.restarts == 1


async def test_what_runs_the_version_already_is_skipped(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(1, firmware=NEW))
    rollout = await begin(made, tmp_path)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert (target.end, target.verdict) == (TargetEnd.PROVED, Verdict.PROVED)
    assert uploads(made) == 0
    assert made.lan.devices[0].restarts == 0


async def test_a_wrong_model_is_not_touched(make_world: MakeWorld, tmp_path: Path) -> None:
    """The row says R29, the unit behind the MAC is another model: what answers decides."""
    made = await make_world([SimSpec(profile="P1")])

    def lie(tx: Tx) -> None:
        tx.patch(DEVICE, made.devices[0], model="R29", firmware=OLD)

    await made.write(lie)
    rollout = await begin(made, tmp_path)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert (target.end, target.verdict) == (TargetEnd.REFUSED, Verdict.REFUSED)
    assert "Nothing was sent" in target.said
    assert uploads(made) == 0
    release = await made.release(tmp_path, "29.30.10.508")
    await made.write(lambda tx: tx.patch(DEVICE, made.devices[0], model="X916S"))
    with pytest.raises(UserError, match="is a X916S"):
        await firmware.start_rollout(
            made.ctx, site_id=made.site.id, release_id=release.id, device_ids=[made.devices[0].id]
        )


async def until(made: World, stage: str) -> None:
    """Wait until a firmware job has come to a stage."""
    come = asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard(record: JobRecord) -> None:
        if record.kind == "firmware" and record.stage == stage:
            loop.call_soon_threadsafe(come.set)

    stop = made.ctx.jobs.subscribe(heard)
    try:
        async with asyncio.timeout(30):
            await come.wait()
    finally:
        stop()


async def test_abort_before_the_point_of_no_return_changes_nothing(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(2, "slow:300", "slow:300"))
    rollout = await begin(made, tmp_path)
    job = await firmware.submit_rollout(made.ctx, rollout)
    await until(made, "prepare")
    aborted = await firmware.abort_rollout(made.ctx, rollout.id)
    await made.ctx.jobs.wait_all()
    assert (aborted.stopped, aborted.too_late) == (2, ())
    targets: list[RolloutTarget] = await made.read(lambda r: r.find(ROLLOUT_TARGET))
    assert {t.end for t in targets} == {TargetEnd.ABORTED}
    assert all(unit.firmware == OLD and unit.restarts == 0 for unit in made.lan.devices)
    assert (await made.read(lambda r: r.require(JOB, job))).ended_at is not None
    device = await made.read(lambda r: r.require(DEVICE, made.devices[0].id))
    assert device.wanted_firmware == ""
    with pytest.raises(UserError, match="aborted already"):
        await firmware.resume_rollout(made.ctx, rollout.id)


async def test_abort_after_the_point_of_no_return_says_so(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(2), timing=Timing(flash=0.6, boot=0.1, shutdown=0.01))
    rollout = await begin(made, tmp_path)
    await firmware.submit_rollout(made.ctx, rollout)
    await until(made, "restart")
    aborted = await firmware.abort_rollout(made.ctx, rollout.id)
    assert aborted.stopped == 1
    assert len(aborted.too_late) == 1
    assert "Too late" in aborted.said
    await made.ctx.jobs.wait_all()
    targets: list[RolloutTarget] = await made.read(lambda r: r.find(ROLLOUT_TARGET))
    assert sorted(t.end for t in targets) == [TargetEnd.ABORTED, TargetEnd.PROVED]
    assert sorted(unit.firmware for unit in made.lan.devices) == [OLD, NEW]


async def test_a_reset_after_the_upgrade_needs_a_yes_and_forgets_proofs(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(1))
    with pytest.raises(UserError, match="cannot be brought back"):
        await begin(made, tmp_path, RolloutOptions(reset_after=True))
    [job] = await submit(made.ctx, made.devices, commission=True)
    await made.ctx.jobs.wait(job)
    held = made.lan.devices[0].unit.config.get("Config.DoorSetting.DEVICENODE.Location")
    assert held == "Building A"
    rollout = await begin(made, tmp_path, RolloutOptions(reset_after=True, reset_confirmed=True))
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert (target.end, target.verdict) == (TargetEnd.PROVED, Verdict.PROVED), target.said
    assert made.lan.devices[0].unit.config.get("Config.DoorSetting.DEVICENODE.Location") != held
    assert made.lan.devices[0].restarts == 2
    proofs = await made.read(lambda r: r.find(PROOF, device_id=made.devices[0].id))
    assert [p.kind for p in proofs] == [ItemKind.FIRMWARE]
    device = await made.read(lambda r: r.require(DEVICE, made.devices[0].id))
    assert device.state is DeviceState.PLANNED


async def test_a_device_that_another_workstation_works_on_is_left_alone(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(1))
    rollout = await begin(made, tmp_path)
    device = made.devices[0]

    def theirs(tx: Tx) -> None:
        held = Held(tx.now + timedelta(minutes=5), "another" * 4, "Van 2").text()
        tx.put(LEASE, Lease(id=lease_id(device.id), scope_id=made.site.id, subject=device.id, held=held))

    await made.write(theirs)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert (target.end, target.verdict) == (TargetEnd.PARKED, Verdict.WAITING)
    assert "Van 2" in target.said
    assert uploads(made) == 0

    def over(tx: Tx) -> None:
        tx.patch(
            LEASE, tx.require(LEASE, lease_id(device.id)), held=Held(tx.now, "another" * 4, "Van 2").text()
        )

    await made.write(over)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert target.end is TargetEnd.PROVED


async def test_a_pending_rollout_is_edited_listed_and_deleted(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(2))
    later = made.ctx.clock.now() + timedelta(hours=3)
    rollout = await begin(made, tmp_path, RolloutOptions(starts_at=later, waves=("1", "0")))
    assert rollout.state is RolloutState.PENDING
    await firmware.run_rollout(made.ctx, rollout.id)
    assert (await state_of(made, rollout)).state is RolloutState.PENDING
    edited = await firmware.edit_rollout(
        made.ctx, rollout.id, quiet_hours=("7:00-8:30",), device_ids=[made.devices[0].id]
    )
    assert edited.quiet_hours == ("07:00-08:30",)
    assert (await made.read(lambda r: r.require(DEVICE, made.devices[1].id))).wanted_firmware == ""
    with pytest.raises(UserError, match="does not change"):
        await firmware.edit_rollout(made.ctx, rollout.id, release_id="0" * 32)
    [row] = await firmware.list_rollouts(made.ctx, RolloutFilter(status="pending", version=NEW))
    assert (row.model, row.version, row.status, row.ends) == ("R29", NEW, "pending", {"open": 1})
    assert await firmware.list_rollouts(made.ctx, RolloutFilter(status="executed")) == []
    other_kind = SiteKind.HOUSE if row.kind is not SiteKind.HOUSE else SiteKind.OFFICE
    assert await firmware.list_rollouts(made.ctx, RolloutFilter(kind=other_kind)) == []
    await firmware.delete_rollouts(made.ctx, [rollout.id])
    assert await firmware.list_rollouts(made.ctx) == []
    assert (await made.read(lambda r: r.require(DEVICE, made.devices[0].id))).wanted_firmware == ""


async def test_candidates_say_who_is_connected(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(2), timing=FLASH)
    await made.write(lambda tx: tx.patch(DEVICE, made.devices[0], seen_at=tx.now))
    release: FirmwareRelease = await made.release(tmp_path)
    found = await firmware.candidates(made.ctx, site_id=made.site.id, release_id=release.id)
    assert [(c.device.name, c.connected) for c in found] == [("Door 0", True), ("Door 1", False)]
