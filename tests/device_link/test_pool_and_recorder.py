"""Turns, and what is kept of conversations."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from device_link.addresses import maker_of, real_mac
from device_link.pool import DevicePool, device_key, network_of
from device_link.recorder import Exchange, FlightRecorder, masked_path


async def test_one_device_is_never_spoken_to_twice_at_once() -> None:
    pool = DevicePool()
    at_once = 0
    most = 0

    async def speak(url: str) -> None:
        nonlocal at_once, most
        async with pool.turn(url):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            assert pool.busy(url)
            at_once -= 1

    async with asyncio.TaskGroup() as group:
        for url in ("http://10.0.0.5", "https://10.0.0.5", "http://10.0.0.5:80/", "http://10.0.0.5:443"):
            group.create_task(speak(url))
    assert most == 1
    assert not pool.busy("http://10.0.0.5")


async def test_a_network_is_served_by_so_many_at_a_time() -> None:
    pool = DevicePool(per_network=3)
    at_once = 0
    most = 0

    async def speak(number: int) -> None:
        nonlocal at_once, most
        async with pool.turn(f"http://10.0.0.{number}"):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    async with asyncio.TaskGroup() as group:
        for number in range(1, 20):
            group.create_task(speak(number))
    assert most == 3


def test_keys_and_networks() -> None:
    assert device_key("http://127.0.0.1:40001") != device_key("http://127.0.0.1:40002")
    assert device_key("http://DOOR.local") == device_key("https://door.local:443/x")
    assert network_of("http://10.1.2.3") == network_of("https://10.1.2.200:8443") == "10.1.2.0/24"
    assert network_of("http://10.1.3.3") != network_of("http://10.1.2.3")
    assert network_of("http://door.local") == "names"


def test_the_recorder_keeps_the_last_and_tells_each() -> None:
    told: list[Exchange] = []
    recorder = FlightRecorder(3, told.append)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(5):
        recorder.record(Exchange(at, f"http://10.0.0.{number % 2}", "GET", f"/{number}"))
    assert [one.path for one in recorder.recent()] == ["/2", "/3", "/4"]
    assert [one.path for one in recorder.recent("http://10.0.0.1")] == ["/3"]
    assert len(told) == 5


def test_codes_in_a_query_are_masked() -> None:
    path = "/api/doorlog/get?page=1&NameOrCode=0A1B2C3D&TimeStart=2026"
    assert masked_path(path) == "/api/doorlog/get?page=1&NameOrCode=••••&TimeStart=2026"


def test_macs() -> None:
    for text in (
        "0c:11:05:2a:7f:31",
        "0C-11-05-2A-7F-31",
        "0C11.052A.7F31",
        "c:11:5:2a:7f:31",
        "0C11052A7F31",
    ):
        assert real_mac(text) == "0C11052A7F31"
    for bogus in (
        "",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:16",
        "0C:11:05",
        None,
        7,
        "x" * 99,
    ):
        assert real_mac(bogus) == ""
    assert maker_of("0C11052A7F31") == "Akuvox"
    assert maker_of("7C1EB3000001") == "2N"
    assert maker_of("") == ""
