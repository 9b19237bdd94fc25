"""kill -9 at every named moment of a rollout and of a push of people: the next life ends in the right verdicts.

Every such moment of core.base.killpoints is gone through, by real processes against simulated devices that live on.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.base import killpoints
from core.base.killpoints import FIRMWARE_POINTS, JOB_POINTS, PUSH_POINTS, RESET_POINTS, ROLLOUT_POINTS
from device_link.simulator import SimDevice, SimLan
from device_link.simulator.image import make_image
from tests.link.killed import PEOPLE
from tests.link.world import FLASH, NEW, OLD, specs

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]

ROLLOUT_CHAINS = (
    ("job.taken_in:1", "rollout.marked:1", "rollout.submitted:1", "firmware.leased:1"),
    ("job.running:1", "firmware.reached:1", "firmware.noted:1", "firmware.prepare:1"),
    ("firmware.upload:1", "firmware.upgrade:1", "firmware.back:1", "firmware.kept:1"),
    ("firmware.sent:1", "job.done:1", "job.ended:1", "rollout.ended:1"),
    ("rollout.marked:2", "firmware.sent:1", "rollout.ended:1"),
)
"""Each life is killed at the next moment: a life that takes up work is as mortal as the one that began it. At most four
in a chain: a job under which the program died five times is not tried again.
"""
LATER_CHAINS = (("rollout.started:1",),)
"""A rollout that begins at a time: killed when it has just begun."""
RESET_CHAINS = (("reset.noted:1", "reset.asked:1"), ("firmware.back:1", "reset.back:1"))
PUSH_CHAINS = (
    ("job.taken_in:1", "job.running:1", "push.reached:1", "push.noted:1"),
    ("push.observed:1", "push.item:1", "push.sent:1", "push.read_back:1"),
    ("push.item:7", "push.kept:1", "job.done:1", "job.ended:1"),
)


def alone(chains: tuple[tuple[str, ...], ...]) -> list[Any]:
    """The chains, and for long runs every moment by itself."""
    single = dict.fromkeys((moment,) for chain in chains for moment in chain)
    return [*chains, *(pytest.param(one, marks=pytest.mark.soak) for one in single)]


async def station(folder: Path, act: str, kill_at: str = "") -> tuple[int, str, str]:
    """Run the workstation's process; returns its code and what it printed."""
    environment = {**os.environ, killpoints.VARIABLE: kill_at} if kill_at else dict(os.environ)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.link.killed", str(folder), act),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def furnished(lan: SimLan, folder: Path) -> None:
    (folder / "lan.json").write_text(json.dumps(lan.describe()), "utf-8")
    (folder / f"{NEW}.rom").write_bytes(make_image("29", NEW, 70_000))
    code, _, err = await station(folder, "furnish")
    assert code == 0, err


async def killed_and_resumed(folder: Path, act: str, moments: tuple[str, ...]) -> dict[str, Any]:
    for moment in moments:
        code, _, err = await station(folder, act, moment)
        assert code == -signal.SIGKILL, f"{moment} was never passed: {err}"
    code, out, err = await station(folder, act)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_every_moment_is_gone_through() -> None:
    chains = (*ROLLOUT_CHAINS, *LATER_CHAINS, *RESET_CHAINS, *PUSH_CHAINS)
    names = {moment.partition(":")[0] for chain in chains for moment in chain}
    assert names == {*JOB_POINTS, *FIRMWARE_POINTS, *RESET_POINTS, *ROLLOUT_POINTS, *PUSH_POINTS}


@pytest.mark.parametrize("moments", alone(ROLLOUT_CHAINS), ids=",".join)
async def test_a_rollout(tmp_path: Path, moments: tuple[str, ...]) -> None:
    async with await SimLan.start(specs(2), timing=FLASH) as lan:
        await furnished(lan, tmp_path)
        found = await killed_and_resumed(tmp_path, "rollout", moments)
        assert [t[:2] for t in found["targets"]] == [["proved", "proved"]] * 2
        assert found["rollouts"] == ["done"]
        assert set(found["devices"].values()) == {NEW}
        assert {state for kind, state, _ in found["jobs"] if kind == "firmware"} == {"done"}
        for unit in lan.devices:
            await unit.settled()
            assert (unit.firmware, unit.restarts) == (NEW, 1), "flashed more than once"


@pytest.mark.parametrize("moments", LATER_CHAINS, ids=",".join)
async def test_a_rollout_at_a_time(tmp_path: Path, moments: tuple[str, ...]) -> None:
    async with await SimLan.start(specs(1), timing=FLASH) as lan:
        await furnished(lan, tmp_path)
        found = await killed_and_resumed(tmp_path, "later", moments)
        assert [t[:2] for t in found["targets"]] == [["proved", "proved"]]
        assert found["rollouts"] == ["done"]
        assert lan.devices[0].restarts == 1, "flashed more than once"


@pytest.mark.parametrize("moments", alone(RESET_CHAINS), ids=",".join)
async def test_a_reset_after_the_upgrade(tmp_path: Path, moments: tuple[str, ...]) -> None:
    async with await SimLan.start(specs(1), timing=FLASH) as lan:
        await furnished(lan, tmp_path)
        found = await killed_and_resumed(tmp_path, "reset", moments)
        [[end, verdict, said]] = found["targets"]
        assert (end, verdict) == ("proved", "proved")
        assert "reset" in said
        assert lan.devices[0].firmware == NEW
        assert lan.devices[0].unit.config.get("Config.DoorSetting.DEVICENODE.Location") != "Building A"


@pytest.mark.parametrize("moments", alone(PUSH_CHAINS), ids=",".join)
async def test_a_push_of_people(tmp_path: Path, moments: tuple[str, ...]) -> None:
    async with await SimLan.start(specs(2), timing=FLASH) as lan:
        await furnished(lan, tmp_path)
        found = await killed_and_resumed(tmp_path, "push", moments)
        people = [verdict for kind, verdict, _, _ in found["proofs"] if kind == "person"]
        assert people == ["proved"] * 2 * PEOPLE
        assert {verdict for _, verdict, _, _ in found["proofs"]} == {"proved"}
        for unit in lan.devices:
            assert_single(unit)


def assert_single(unit: SimDevice) -> None:
    """Nobody is on the device twice, and nobody is missing."""
    ids = [user.user_id for user in unit.users]
    pins = [user.pin for user in unit.users]
    assert len(ids) == len(set(ids)) == PEOPLE
    assert sorted(pins) == [f"{20_000 + n}" for n in range(PEOPLE)]
    assert unit.firmware == OLD
