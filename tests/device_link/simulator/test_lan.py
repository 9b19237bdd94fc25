from __future__ import annotations

import asyncio
import os
import socket
import sys
import tracemalloc

import httpx
import pytest

from device_link.simulator import (
    PROFILES,
    PortTakenError,
    SimDevice,
    SimLan,
    SimSpec,
    SimulatorError,
    profile,
)
from device_link.simulator.lan import loopback_address
from device_link.simulator.profiles import model_id_of
from tests.device_link.simulator.helpers import FAST, add_people, client_of, must, person

OWN_ADDRESSES = sys.platform in {"linux", "win32"}
INFO = "/api/system/info"


async def test_the_same_seed_makes_the_same_lan() -> None:
    async with (
        await SimLan.start(5, "P1,P2", seed=3, timing=FAST) as first,
        await SimLan.start(5, ["P1", "P2"], seed=3, timing=FAST) as second,
        await SimLan.start(5, seed=4, timing=FAST) as third,
    ):
        told = [[(one["mac"], one["model"]) for one in lan.describe()] for lan in (first, second, third)]
        assert told[0] == told[1]
        assert [model for _, model in told[0]] == ["X916S", "X912", "X916S", "X912", "X916S"]
        macs = {mac for mac, _ in told[0]}
        assert len(macs) == 5
        assert not macs & {mac for mac, _ in told[2]}
        assert all(mac.startswith("0C1105") and len(mac) == 12 for mac in macs)
        assert first.device(told[0][1][0].lower()) is first.devices[1]
        with pytest.raises(SimulatorError, match="no simulated device"):
            first.device("0C:11:05:00:00:00")


async def test_faults_and_specs_are_for_single_devices() -> None:
    specs = [
        SimSpec(profile="P2", mac="0c1105aabbcc", firmware="912.30.1.2", faults=("slow:1",)),
        SimSpec(auth="none"),
    ]
    async with await SimLan.start(specs, faults="1:offline,*:trailing-bytes", timing=FAST) as lan:
        told = [device.summary() for device in lan.devices]
        assert [one["faults"] for one in told] == [
            ["slow:1", "trailing-bytes"],
            ["offline", "trailing-bytes"],
        ]
        assert (told[0]["mac"], told[0]["firmware"], told[1]["auth"]) == (
            "0C1105AABBCC",
            "912.30.1.2",
            "none",
        )


def two_ports() -> socket.socket:
    """A socket bound to the upper one of two neighbouring ports, the lower one free.

    They lie below the range from which the system gives ports, so that no other program gets the lower one meanwhile.
    """
    for port in range(20_001 + os.getpid() % 5_000 * 2, 32_000, 2):
        upper = socket.socket()
        try:
            upper.bind(("127.0.0.1", port))
            with socket.socket() as lower:
                lower.bind(("127.0.0.1", port - 1))
        except OSError:
            upper.close()
            continue
        return upper
    raise AssertionError("no two neighbouring ports are free")


async def test_a_port_in_use_is_said_and_nothing_stays() -> None:
    with two_ports() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} on 127.0.0.1 is in use"):
            await SimLan.start(2, port_base=port - 1, timing=FAST)
    async with await SimLan.start(2, port_base=port - 1, timing=FAST) as lan:
        assert [device.unit.port for device in lan.devices] == [port - 1, port]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"devices": 0}, "at least one"),
        ({"devices": 1, "profiles": "X1"}, "no simulated model named 'X1'"),
        ({"devices": 1, "faults": "7:offline"}, "no device '7'"),
        ({"devices": 1, "auth": "secret"}, "no access mode"),
        ({"devices": 1, "bind": "127.0.0.1.1"}, "cannot be used"),
        ({"devices": 1, "port_base": 70_000}, "cannot be used"),
    ],
)
async def test_a_mistake_is_one_sentence(options: dict[str, object], words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        await SimLan.start(timing=FAST, **options)  # type: ignore[arg-type]


@pytest.mark.skipif(not OWN_ADDRESSES, reason="only 127.0.0.1 exists on this system")
async def test_each_device_may_have_an_address_of_its_own() -> None:
    async with await SimLan.start(3, per_device_ip=True, timing=FAST, auth="none") as lan:
        assert [device.unit.ip for device in lan.devices] == ["127.0.1.1", "127.0.1.2", "127.0.1.3"]
        assert len({device.unit.port for device in lan.devices}) == 1
        for device in lan.devices:
            async with client_of(device, auth=None) as client:
                assert (await client.get(INFO)).json()["data"]["Lan"]["IPAddress"] == device.unit.ip
    assert loopback_address(260) == "127.0.2.11"


async def test_a_restart_keeps_the_port_though_others_look_for_free_ones() -> None:
    async with await SimLan.start(1, timing=FAST, auth="none") as lan:
        device = lan.devices[0]
        url = device.url
        await device.set_offline()
        with pytest.raises(PortTakenError):
            await SimLan.start(1, port_base=device.unit.port, timing=FAST)
        await device.set_online()
        async with httpx.AsyncClient() as client:
            assert (await client.get(url + INFO)).status_code == 200


async def test_a_stopped_lan_leaves_no_task_and_no_port() -> None:
    before = asyncio.all_tasks()
    lan = await SimLan.start(3, timing=FAST, auth="none", control_port=0)
    async with client_of(lan.devices[0], auth=None) as client:
        assert (await client.get(INFO)).status_code == 200
        lan.devices[1].press_reboot()
        port = lan.devices[0].unit.port
        await lan.stop()
    assert asyncio.all_tasks() == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    await lan.stop()


async def test_hundreds_of_devices_fit_into_one_process() -> None:
    """Measured: 300 devices of all profiles take about 8 MB before they have people."""
    tracemalloc.start()
    async with await SimLan.start(300, [one.key for one in PROFILES], timing=FAST, auth="none") as lan:
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()

        async def ask(device: SimDevice) -> str:
            async with client_of(device, auth=None) as client:
                return str((await must(client, "firmware/status"))["MAC"]).replace(":", "")

        macs = [await ask(device) for device in lan.devices[::10]]
        assert macs == [device.mac for device in lan.devices[::10]]
    assert size < 24 * 1024 * 1024, f"{size / 1024 / 1024:.1f} MB"


async def test_a_thousand_people_are_taken_in_one_call() -> None:
    async with (
        await SimLan.start(1, timing=FAST, auth="none") as lan,
        client_of(lan.devices[0], auth=None) as client,
    ):
        await add_people(client, *(person(number) for number in range(1000)))
        assert (await must(client, "user/get", {"page": 100}))["curPageNum"] == 10
        assert len(lan.devices[0].users) == 1000


def test_profiles_are_found_by_key_and_by_model() -> None:
    assert profile("p1") is profile("X916S") is profile("X916")
    assert (profile("E12").model, profile("R20").model, profile("A08").key) == ("E12W", "R20K", "P4")
    assert (model_id_of("X915S"), model_id_of("916")) == ("2915", "916")
    assert len({one.key for one in PROFILES}) == len(PROFILES) >= 13
    assert {"P1", "P2", "P3", "P4", "P5", "P6"} <= {one.key for one in PROFILES}
