"""The scanner on loopback: simulated devices in every access state, strangers, announcements, neighbour files."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.base.clock import SystemClock
from core.base.errors import DataError, UserError
from core.ports.lan import AccessState, Login, Sighted
from device_link.discovery.mdns import MdnsListener, announced
from device_link.discovery.neighbours import FileNeighbours
from device_link.discovery.scanner import Scanner
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.twon import TwoNDevice, TwoNSpec
from tests.device_link.conftest import RawServer

FACTORY = Login("admin", "admin", factory=True)
OWN = Login("installer", "own-secret")


def scanner(**more: Any) -> Scanner:
    return Scanner(SystemClock(), pacing=fast_pacing, **more)


async def scan(targets: Sequence[str], logins: Sequence[Login] = (FACTORY,), **more: Any) -> list[Sighted]:
    return [one async for one in scanner(**more).scan(targets, logins)]


def targets_of(lan: SimLan) -> list[str]:
    return [urlsplit(one["url"]).netloc for one in lan.describe()]


async def test_every_access_state() -> None:
    specs = [
        SimSpec(profile="P1", auth="none"),
        SimSpec(profile="P2", auth="digest"),
        SimSpec(profile="P3", auth="basic"),
        SimSpec(profile="R29", auth="digest", password="own-secret", user="installer"),
        SimSpec(profile="P2", auth="digest", password="unknown"),
        SimSpec(profile="P2", faults=("allowlist",)),
        SimSpec(profile="P4", faults=("api-off",)),
        SimSpec(profile="P1", faults=("offline",)),
    ]
    async with await SimLan.start(specs) as lan:
        found = {one.url: one for one in await scan(targets_of(lan), [OWN, FACTORY])}
        seen = [found.get(device["url"]) for device in lan.describe()]
        assert [one and one.access for one in seen] == [
            *(AccessState.OPEN, AccessState.SIGNED_IN, AccessState.SIGNED_IN, AccessState.SIGNED_IN),
            *(AccessState.NEEDS_LOGIN, AccessState.BLOCKED, AccessState.BLOCKED, None),
        ]
        for one, device in zip(seen[:4], lan.devices, strict=False):
            assert one is not None
            assert (one.mac, one.model, one.firmware) == (device.mac, device.profile.model, device.firmware)
            assert one.methods == ("sweep",)
            assert one.reason == ""
        logins = [one.login if one else None for one in seen]
        assert logins == [None, FACTORY, FACTORY, OWN, None, None, None, None]
        locked, blocked = seen[4], seen[5]
        assert locked is not None
        assert blocked is not None
        assert locked.model == blocked.model == "X912", "an X912 tells its model to everybody"
        assert locked.mac == blocked.mac == ""
        assert "user and a password" in locked.reason
        assert "127.0.0.1" in blocked.reason
        assert "Security > HTTP API" in blocked.reason


async def test_a_private_password_is_never_sent_in_clear_to_an_unknown_device() -> None:
    fitting = SimSpec(profile="P1", auth="basic", user="installer", password="own-secret")
    async with await SimLan.start([fitting]) as lan:
        [one] = await scan(targets_of(lan), [OWN])
        assert one.access is AccessState.NEEDS_LOGIN
        assert one.login is None


async def test_https_only_devices(device_tls: ssl.SSLContext) -> None:
    specs = [SimSpec(profile="P2", faults=("https-redirect",))]
    async with await SimLan.start(specs, tls=device_tls) as lan:
        [one] = await scan(targets_of(lan))
        assert one.access is AccessState.SIGNED_IN
        assert one.url == lan.describe()[0]["https_url"]
        [other] = await scan([urlsplit(one.url).netloc])
        assert other.url == one.url, "a bare port that speaks TLS is found out"
    async with await SimLan.start(specs) as lan:
        [one] = await scan(targets_of(lan))
        assert one.access is AccessState.HTTPS


async def test_neighbours_give_the_mac_before_any_sign_in(tmp_path: Path) -> None:
    specs = [
        SimSpec(profile="P1", auth="digest", password="unknown"),
        SimSpec(profile="P4", faults=("allowlist",)),
    ]
    async with await SimLan.start(specs) as lan:
        table = {urlsplit(one["url"]).netloc: one["mac"] for one in lan.describe()}
        path = tmp_path / "neighbours.json"
        path.write_text(json.dumps(table))
        found = await scan(targets_of(lan), neighbours=FileNeighbours(path))
        assert {one.mac for one in found} == {device.mac for device in lan.devices}
        assert {one.methods for one in found} == {("neighbour", "sweep")}
        assert {one.access for one in found} == {AccessState.NEEDS_LOGIN, AccessState.BLOCKED}
        path.write_text("nonsense")
        with pytest.raises(DataError):
            await scan(targets_of(lan), neighbours=FileNeighbours(path))


async def test_strangers(raw_server: RawServer, tmp_path: Path) -> None:
    answers = {
        "printer": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html><title>Printer</title></html>",
        "router": b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="router"\r\nContent-Length: 0\r\n\r\n',
        "nginx": b"HTTP/1.1 403 No\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n",
        "missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n",
        "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
        "silent": b"",
        "flood": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20),
        "2n": b'HTTP/1.1 200 OK\r\nServer: HIP2.1\r\n\r\n{"success": true, "result": {"variant": "2N IP Verso\\u0007", '
        b'"macAddr": "7C-1E-B3-00-00-01", "swVersion": "2.46.0"}}',
    }
    urls = {name: await raw_server(answer) for name, answer in answers.items()}
    targets = [urlsplit(url).netloc for url in urls.values()]
    found = {one.url: one for one in await scan(targets)}
    states = {name: found[url].access for name, url in urls.items()}
    assert states == dict.fromkeys(answers, AccessState.OTHER) | {"2n": AccessState.OPEN}
    two_n = found[urls["2n"]]
    assert (two_n.mac, two_n.model, two_n.firmware) == ("7C1EB3000001", "2N IP Verso", "2.46.0")
    assert all(one.reason or one is two_n for one in found.values())
    assert all(one.login is None for one in found.values())
    # The same answers from a card of the maker are trouble with a device, not strangers.
    path = tmp_path / "neighbours.json"
    path.write_text(json.dumps({target: f"0C11050000{n:02X}" for n, target in enumerate(targets)}))
    found = {one.url: one for one in await scan(targets, neighbours=FileNeighbours(path))}
    assert found[urls["missing"]].access is AccessState.ERROR
    assert found[urls["printer"]].access is AccessState.ERROR
    assert found[urls["silent"]].access is AccessState.ERROR
    assert found[urls["nginx"]].access is AccessState.BLOCKED


@pytest.mark.parametrize(
    ("spec", "access"),
    [
        (TwoNSpec(auth="none"), AccessState.OPEN),
        (TwoNSpec(auth="digest"), AccessState.SIGNED_IN),
        (TwoNSpec(auth="basic"), AccessState.SIGNED_IN),
        (TwoNSpec(auth="digest", password="changed"), AccessState.NEEDS_LOGIN),
        (TwoNSpec(off=("System",)), AccessState.BLOCKED),
    ],
)
async def test_units_of_2n_in_every_access_state(spec: TwoNSpec, access: AccessState) -> None:
    async with TwoNDevice(spec) as unit:
        [one] = await scan([urlsplit(unit.url).netloc], [FACTORY, Login("admin", "2n", factory=True)])
        assert one.access is access
        assert one.model.startswith("2N")
        known = access in {AccessState.OPEN, AccessState.SIGNED_IN}
        assert (one.mac == spec.mac) is known
        assert bool(one.reason) is not known
        assert (one.login is not None) is (access is AccessState.SIGNED_IN)


async def test_a_private_password_is_not_sent_in_clear_to_an_unknown_2n_unit() -> None:
    async with TwoNDevice(TwoNSpec(auth="basic", user="installer", password="own-secret")) as unit:
        [one] = await scan([urlsplit(unit.url).netloc], [OWN])
        assert one.access is AccessState.NEEDS_LOGIN


async def test_two_macs_at_one_address_are_named(tmp_path: Path) -> None:
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        path = tmp_path / "neighbours.json"
        path.write_text(json.dumps({urlsplit(lan.devices[0].url).netloc: "0C1105FFFFFF"}))
        [one] = await scan(targets_of(lan), neighbours=FileNeighbours(path))
        assert (one.mac, one.also) == (lan.devices[0].mac, ("0C1105FFFFFF",))
        assert "Two devices have this address" in one.reason


async def test_an_api_in_developer_mode_is_blocked() -> None:
    async with await SimLan.start([SimSpec(profile="P2", auth="none")]) as lan:
        lan.devices[0].unit.config.put({"Config.DoorSetting.HTTPAPI.AuthMode": "1"})
        [one] = await scan(targets_of(lan))
        assert one.access is AccessState.BLOCKED
        assert one.model == "X912"


async def test_one_device_under_two_names_is_told_once() -> None:
    async with await SimLan.start([SimSpec(profile="P1", auth="none")]) as lan:
        port = urlsplit(lan.devices[0].url).port
        found = await scan([f"127.0.0.1:{port}", f"http://127.0.0.1:{port}", f"127.0.0.1-1:{port}"])
        assert [one.mac for one in found] == [lan.devices[0].mac]


async def test_a_wrong_target_is_said_before_anything_is_sent() -> None:
    with pytest.raises(UserError):
        scanner().scan(["nonsense/99"], [])


async def test_stopping_early_leaves_nothing_behind() -> None:
    async with (
        await SimLan.start(6, "P1,P2", faults="*:slow:100") as lan,
        aclosing(scanner().scan(targets_of(lan), [FACTORY])) as sightings,
    ):
        async for one in sightings:
            assert one.mac
            break


async def test_a_large_simulated_lan_in_little_time() -> None:
    async with await SimLan.start(40, "P1,P2,P3,R29", per_device_ip=True) as lan:
        port = urlsplit(lan.devices[0].url).port
        started = SystemClock().monotonic()
        found = await scan([f"127.0.1.0/26:{port}"])
        assert {one.mac for one in found} == {device.mac for device in lan.devices}
        assert {one.access for one in found} == {AccessState.SIGNED_IN}
        assert SystemClock().monotonic() - started < 15


# ------------------------------------------------------------------------------------------------------- mDNS


async def test_announced_devices_are_found_without_a_sweep() -> None:
    async with await SimLan.start(3, "P1", mdns=True) as lan:
        listener = MdnsListener(SystemClock(), listen_s=2.0, interfaces=["127.0.0.1"])
        nobody = [f"127.0.0.1:{_free_port()}"]
        found = {one.mac: one for one in await scan(nobody, mdns=listener)}
        for device in lan.devices:
            assert found[device.mac].methods == ("mdns",)
            assert found[device.mac].access is AccessState.SIGNED_IN


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_both_ways_at_once_tell_a_device_once() -> None:
    async with await SimLan.start(2, "P2", mdns=True) as lan:
        listener = MdnsListener(SystemClock(), listen_s=0.5, interfaces=["127.0.0.1"])
        found = await scan(targets_of(lan), mdns=listener)
        ours = [one for one in found if one.mac in {device.mac for device in lan.devices}]
        assert len(ours) == 2


def test_announcements_are_cleaned_and_cut() -> None:
    one = announced(
        "10.0.0.5",
        80,
        {
            b"MAC": b"0c:11:05:00:00:01",
            b"model": b"X916S\x1b[31m\xff" + b"y" * 500,
            b"fw": None,
            b"\xff\xfe": b"x",
        },
    )
    assert one.mac == "0C1105000001"
    assert one.model.startswith("X916S[31m")
    assert len(one.model) <= 64
    assert one.model.isprintable()
    assert one.firmware == ""
    assert announced("h", 1, {b"mac": b"ff:ff:ff:ff:ff:ff"}).mac == ""


def test_an_announcement_cannot_send_us_to_ourselves_or_to_the_internet() -> None:
    everywhere = MdnsListener(SystemClock())
    assert everywhere._may_be_asked("10.0.0.5")
    for address in ("127.0.0.1", "8.8.8.8", "x", "0.0.0.0", "::1"):  # noqa: S104  refused here, never bound
        assert not everywhere._may_be_asked(address)
