"""A rehearsal with the site's firmware: the rollouts' own way on twins, and nothing real is touched (W21)."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.entities.device import DEVICE
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    RolloutState,
    TargetEnd,
)
from core.entities.organisation import Role
from core.entities.proof import PROOF
from core.entities.record import JOB
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import firmware, rollout_rehearsal
from core.usecases.context import Actor
from core.usecases.firmware import RolloutOptions
from tests.factories import plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import NEW, OLD, World, specs

CLOSED = b"\x00" + random.Random(7).randbytes(70_000) + b"\x00"
"""What a vendor's image looks like from outside: bytes without a readable word."""


async def vendors_file(made: World, folder: Path) -> FirmwareRelease:
    """A release as vendors make them: a closed file whose name alone tells its version."""
    path = folder / f"{NEW}.rom"
    path.write_bytes(CLOSED)
    return await firmware.add_release(made.ctx, path, model="R29")


def everything(reader: Reader) -> list[Any]:
    """All rows that a rollout would change."""
    kinds = (DEVICE, FIRMWARE_RELEASE, ROLLOUT, ROLLOUT_TARGET, PROOF, JOB)
    return [reader.find(spec) for spec in kinds]


async def rehearsed(made: World, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """The command's exit code and its lines about firmware; what is real is as before."""
    before, spoken = await made.read(everything), len(made.recorder.recent())
    code, told = await command(made, "lan", "rehearse", "--site", made.site.name, *words)
    assert await made.read(everything) == before
    assert len(made.recorder.recent()) == spoken, "no real device is spoken to"
    assert all(unit.firmware == OLD and not unit.restarts for unit in made.lan.devices)
    return code, told["firmware"]


async def later(made: World, release: FirmwareRelease, **more: Any) -> None:
    """A rollout of all devices that would begin tonight, after quiet hours, and watch each wave for an hour."""
    options = RolloutOptions(
        starts_at=made.ctx.clock.now() + timedelta(hours=9),
        quiet_hours=("00:00-23:59",),
        watch_s=3600,
        **more,
    )
    ids = [d.id for d in made.devices]
    await firmware.start_rollout(
        made.ctx, site_id=made.site.id, release_id=release.id, device_ids=ids, options=options
    )


async def test_a_rollout_of_tonight_is_played_on_the_twins_wave_by_wave(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made: World = await make_world(specs(3))
    await later(made, await vendors_file(made, tmp_path), waves=("1", "1", "0"))
    code, found = await rehearsed(made)
    assert [(f["name"], f["has"], f["gets"], f["verdict"]) for f in found] == [
        (f"Door {n}", OLD, NEW, "proved") for n in range(3)
    ]
    assert [f["wave"] for f in found] == [0, 1, 2]
    assert all(0 < f["seconds"] < 60 for f in found)
    assert code == 0
    code, lines = await command(made, "lan", "rehearse", "--site", made.site.name, as_json=False)
    assert f"Door 2  {OLD}  {NEW}  proved   2" in lines


async def test_a_canary_that_fails_on_its_twin_stops_the_waves_behind_it(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made: World = await make_world(specs(2))
    await later(made, await vendors_file(made, tmp_path), waves=("1", "0"))
    code, [canary, behind] = await rehearsed(made, "--faults", "unique-pins,0:wrong-md5")
    assert (code, canary["name"], canary["verdict"]) == (1, "Door 0", "refused")
    assert "Wrong MD5" in canary["said"]
    assert (behind["verdict"], behind["seconds"]) == ("waiting", None)
    assert behind["said"] == "The canary had a fault; look at them before going on."


async def test_a_twin_that_never_runs_its_version_is_not_waited_for(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells itself when its restart is over: hours of patience would change nothing, and cost nothing."""
    monkeypatch.setattr(rollout_rehearsal, "TWIN_RESTART_S", 7200.0)
    made: World = await make_world(specs(3))
    await later(made, await vendors_file(made, tmp_path), waves=("0",), stop_faults=9, max_down=3)
    code, found = await rehearsed(made, "--faults", "0:upgrade-same,1:never-back,2:upgrade-failed")
    assert code == 1
    assert {f["name"]: f["verdict"] for f in found} == {
        "Door 0": "differs", "Door 1": "unreachable", "Door 2": "differs",
    }  # fmt: skip


async def test_a_paused_rollout_is_played_as_if_it_were_resumed(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """What failed for real is excused, as "resume" has it; the next device proves the canary wave instead."""
    made: World = await make_world(specs(3))
    await later(made, await vendors_file(made, tmp_path), waves=("1", "1", "0"))

    def stopped(tx: Tx) -> None:
        ends = (TargetEnd.FAILED, TargetEnd.RUNNING, TargetEnd.PARKED)
        for target, end in zip(sorted(tx.find(ROLLOUT_TARGET), key=lambda t: t.wave), ends, strict=True):
            tx.patch(ROLLOUT_TARGET, target, end=end, said="as it went", at=tx.now)
        [rollout] = tx.find(ROLLOUT)
        tx.patch(ROLLOUT, rollout, state=RolloutState.PAUSED, said="The canary had a fault.")

    await made.write(stopped)
    code, found = await rehearsed(made)
    assert [(f["name"], f["verdict"], f["wave"]) for f in found] == [
        ("Door 1", "proved", 0), ("Door 2", "proved", 2), ("Door 0", "proved", 0),
    ]  # fmt: skip
    assert code == 0


async def test_wanted_versions_without_a_rollout_a_file_or_a_twin_are_named(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made: World = await make_world(specs(1))
    release = await vendors_file(made, tmp_path)
    two_n = tmp_path / "2n.hip"
    two_n.write_bytes(CLOSED[::-1])
    newer = await firmware.add_release(made.ctx, two_n, model="2N IP Verso", version="2.47.0.1")

    def work(tx: Tx) -> None:
        def device(number: int, **more: Any) -> None:
            mac = f"{more.pop('maker', '0C1105')}00000{number}"
            plant(tx, DEVICE, site_id=made.site.id, mac=mac, name=f"Gate {number}", **more)

        tx.patch(DEVICE, made.devices[0], wanted_firmware=NEW)
        device(1, model="X916S", firmware="916.30.10.114", wanted_firmware="916.30.10.200")
        device(2, model="Z999", firmware="999.1.1.1", wanted_firmware="999.1.1.2")
        device(3, model="2N IP Verso", firmware="2.46.0.1", wanted_firmware="2.47.0.1", maker="7C1EB3")
        plant(
            tx,
            FIRMWARE_RELEASE,
            scope_id=made.ctx.me.org_id,
            model="Z999",
            version="999.1.1.2",
            sha256="a" * 64,
        )

    await made.write(work)
    code, found = await rehearsed(made)
    by_name = {one["name"]: one for one in found}
    assert code == 1
    assert by_name["Door 0"]["verdict"] == "proved", by_name
    assert (by_name["Gate 3"]["has"], by_name["Gate 3"]["verdict"]) == ("2.46.0.1", "proved"), newer
    assert by_name["Gate 1"]["said"] == "The library has no firmware 916.30.10.200 for a X916S."
    assert by_name["Gate 2"]["said"] == "No twin can stand for 'Gate 2'; its firmware was not rehearsed."
    made.ctx.blobs.path(release.sha256).unlink()
    _, found = await rehearsed(made)
    [door] = [one for one in found if one["name"] == "Door 0"]
    assert door["verdict"] == "waiting"
    assert door["said"].startswith(f"The file of R29 {NEW} is not on this workstation yet.")


async def test_who_may_not_change_firmware_is_told_so(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(1))
    await vendors_file(made, tmp_path)
    await made.write(lambda tx: tx.patch(DEVICE, made.devices[0], wanted_firmware=NEW))
    made.ctx.actor = Actor("b" * 32, made.ctx.me.org_id, Role.MANAGER, "Ann")
    code, told = await command(made, "lan", "rehearse", "--site", made.site.name)
    assert (code, told["firmware"]) == (1, [])
    assert told["firmware_said"] == "A manager may not change firmware."
    assert len(told["devices"]) == 1
