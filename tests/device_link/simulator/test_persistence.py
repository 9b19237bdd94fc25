"""A simulator that was killed goes on as it was: real processes, real kills."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from device_link.simulator import SimLan, SimulatorError, make_image
from tests.device_link.simulator.helpers import FAST, add_people, ask, client_of, must, person

ROOT = Path(__file__).resolve().parents[3]


class Simulator:
    """One process of `python -m device_link.simulator` and its ready line."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    def client(self, index: int = 0) -> httpx.AsyncClient:
        one = self.ready["devices"][index]
        return httpx.AsyncClient(base_url=one["url"], auth=httpx.DigestAuth(one["user"], one["password"]))

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await self.process.wait()


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
Launch = Callable[..., Awaitable[Simulator]]


async def launch_process(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "device_link.simulator", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    async with AsyncExitStack() as stack:

        async def start(*arguments: str) -> Simulator:
            process = await launch_process(*arguments)
            stack.push_async_callback(finish, process)
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), 40.0)
            return Simulator(process, json.loads(line))

        yield start


async def finish(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


@posix_only
@pytest.mark.slow
async def test_kill_9_loses_nothing_that_was_answered(launch: Launch, tmp_path: Path) -> None:
    options = ("--count", "2", "--state", str(tmp_path), "--faults", "0:drop-user:3", "--seed", "5")
    first = await launch(*options)
    title = "Config.Settings.GENERAL.WebTitle"
    async with first.client() as client:
        await add_people(client, person(1), person(2))
        await must(client, "config/set", {title: "Kept", "Config.DoorSetting.HTTPAPI.Password": "changed"})
    assert await first.end(signal.SIGKILL) == -signal.SIGKILL
    second = await launch(*options)
    assert second.ready["devices"][0]["password"] == "changed"
    assert [one["mac"] for one in second.ready["devices"]] == [one["mac"] for one in first.ready["devices"]]
    async with second.client() as client:
        assert (await must(client, "config/get", {"item": [title]}))[title] == "Kept"
        await add_people(client, person(3), person(4))
        kept = [one["UserID"] for one in (await must(client, "user/get"))["item"]]
        assert kept == ["1", "2", "4"], "the third user is the one that gets lost, whoever runs the simulator"
        await must(client, "firmware/prepare")
        image = make_image("P1", "916.30.10.200")
        await client.post("/api/firmware/upload", files={"file": ("a.rom", image)})
        md5 = hashlib.md5(image, usedforsecurity=False).hexdigest()
        assert (await ask(client, "firmware/upgrade", {"md5": md5}))["message"] == "OK"
    await second.end(signal.SIGKILL)
    third = await launch(*options)
    assert third.ready["devices"][0]["firmware"] == "916.30.10.200", "a device finishes its flash by itself"
    assert await third.end(signal.SIGTERM) == 0


async def test_a_stopped_lan_can_be_started_again_in_the_same_process(tmp_path: Path) -> None:
    macs = set()
    for expected in ([], ["1"], ["1", "2"]):
        async with (
            await SimLan.start(1, state_dir=tmp_path, timing=FAST) as lan,
            client_of(lan.devices[0]) as client,
        ):
            shown = [one["UserID"] for one in (await must(client, "user/get"))["item"]]
            assert shown == expected
            await add_people(client, person(len(expected) + 1))
            macs.add(lan.devices[0].mac)
    assert os.listdir(tmp_path) == [f"{mac}.json" for mac in macs]  # noqa: PTH208 - nothing else runs here


async def test_a_state_of_another_model_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    async with await SimLan.start(1, "P1", state_dir=tmp_path, timing=FAST) as lan:
        path = tmp_path / f"{lan.devices[0].mac}.json"
    with pytest.raises(SimulatorError, match=r"another model \(P1, not P2\)"):
        await SimLan.start(1, "P2", state_dir=tmp_path, timing=FAST)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(SimulatorError, match=f"delete {path.name}"):
        await SimLan.start(1, "P1", state_dir=tmp_path, timing=FAST)


@posix_only
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_program_prints_one_line_and_ends_when_told(launch: Launch, number: signal.Signals) -> None:
    running = await launch(
        "--count", "3", "--profile-name", "P1,P4", "--auth", "basic", "--user", "u", "--password", "p"
    )
    devices = running.ready["devices"]
    assert [one["model"] for one in devices] == ["X916S", "A08S", "X916S"]
    assert set(devices[0]) == {"mac", "model", "firmware", "url", "auth", "user", "password"}
    assert (devices[0]["auth"], devices[0]["user"], devices[0]["password"]) == ("basic", "u", "p")
    async with httpx.AsyncClient(auth=("u", "p")) as client:
        assert (await client.get(devices[0]["url"] + "/api/system/info")).status_code == 200
        assert len((await client.get(running.ready["control"] + "/devices")).json()["devices"]) == 3
    assert await running.end(number) == 0
    out, err = await running.process.communicate()
    assert out == b""
    assert b"Traceback" not in err


@pytest.mark.slow
async def test_the_program_says_in_one_sentence_what_is_wrong() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        wrong = {
            ("--port-base", port): f"Port {port} on 127.0.0.1 is in use",
            ("--faults", "0:melt"): "no fault named",
        }
        for arguments, words in wrong.items():
            process = await launch_process(*arguments)
            out, err = await process.communicate()
            assert (process.returncode, out) == (1, b"")
            assert words in err.decode()
            assert err.decode().count("\n") == 1
