"""py2n, a client library that we did not write, unmodified, against the simulated 2N unit (device API 8)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from device_link.simulator.twon import TwoNDevice, TwoNSpec
from tests.device_link.environments import environment_with

PROGRAM = """
import asyncio, json, sys, aiohttp
from py2n import Py2NDevice, Py2NConnectionData
from py2n import utils

async def main(host, method):
    told = {}
    async with aiohttp.ClientSession() as session:
        signed = {} if method == "none" else {"username": "admin", "password": "2n", "auth_method": method}
        options = Py2NConnectionData(host, **signed)
        device = await Py2NDevice.create(session, options)
        data = device.data
        told["info"] = [data.name, data.model, data.mac, data.firmware, data.serial]
        told["switches"] = [[s.id, s.enabled, s.active, s.mode] for s in data.switches]
        told["ports"] = sorted(p.id for p in data.ports)
        told["events"] = data.log_caps
        await device.set_switch(1, True)
        await device.update()
        told["after"] = [device.get_switch(1), device.get_switch(2)]
        await device.set_switch(1, False)
        await utils.set_port(session, options, "relay2", True)
        number = await utils.log_subscribe(session, options, "all", ["SwitchStateChanged"], 60)
        told["log"] = [e["params"] for e in await utils.log_pull(session, options, number)]
        await utils.log_unsubscribe(session, options, number)
        told["template"] = sorted((await utils.get_dir_template(session, options))[0])
        wanted = {"fields": ["name", "access.pin"], "iterator": {"timestamp": 0}}
        users = await utils.query_dir(session, options, wanted)
        told["users"] = [[u["name"], u["access"]["pin"]] for u in users]
        await utils.update_dir(session, options, [{"uuid": users[0]["uuid"], "access": {"pin": "7788"}}])
        try:
            await utils.api_request(session, options, "nothing/there")
        except Exception as error:
            told["error"] = str(error.error)
        await device.restart()
    print(json.dumps(told))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(scope="session")
def py2n_python(pytestconfig: pytest.Config) -> Path:
    return environment_with(pytestconfig, "py2n==0.6.0", "py2n")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_py2n_reads_and_switches_the_unit(py2n_python: Path) -> None:
    """One test for all ways to sign in: of two workers that make the same environment at once, one fails."""
    for auth in ("none", "basic", "digest"):
        await must_read_and_switch(py2n_python, auth)


async def must_read_and_switch(py2n_python: Path, auth: str) -> None:
    async with TwoNDevice(TwoNSpec(auth=auth)) as unit:
        unit.state.directory.create([{"name": "Ann", "access": {"pin": "4711"}}], force=False)
        process = await asyncio.create_subprocess_exec(
            py2n_python, "-c", PROGRAM, urlsplit(unit.url).netloc, auth,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()[-2000:]
        told: dict[str, Any] = json.loads(out)
        assert told["info"] == [
            "Door",
            "2N IP Verso",
            "7C-1E-B3-00-00-01",
            "2.46.0.1.2-release",
            unit.state.serial,
        ]
        assert told["switches"] == [
            [1, True, False, "monostable"], [2, True, False, "monostable"],
            [3, False, False, None], [4, False, False, None],
        ]  # fmt: skip
        assert told["ports"] == ["input1", "relay1", "relay2", "tamper"]
        assert told["after"] == [True, False]
        assert told["log"] == [{"switch": 1, "state": True}, {"switch": 1, "state": False}]
        assert "access" in told["template"]
        assert told["users"] == [["Ann", "4711"]]
        assert told["error"] == "ApiError.INVALID_PATH"
        assert unit.state.directory.living()[0]["access"]["pin"] == "7788"
        assert unit.state.ports["relay2"] is True
