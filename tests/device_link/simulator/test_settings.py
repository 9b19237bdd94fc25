from __future__ import annotations

import httpx
import pytest

from device_link.simulator import SimDevice, SimLan, SimSpec
from device_link.simulator.config_map import SECRET_ENDINGS
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import FAST, HandClock, ask, must, person

TITLE = "Config.Settings.GENERAL.WebTitle"
RELAY = "Config.DoorSetting.RELAY"


async def test_settings_are_read_whole_or_by_name(client: httpx.AsyncClient) -> None:
    everything = (await client.get("/api/config/get")).json()["data"]
    assert len(everything) > 700
    assert everything[TITLE] == "Intercom"
    some = await must(client, "config/get", {"item": [TITLE, "Config.No.Such.Key", 7]})
    assert some == {TITLE: "Intercom"}
    secrets = {key for key in everything if key.endswith(SECRET_ENDINGS)}
    assert len(secrets) > 50
    assert {everything[key] for key in secrets} == {""}


async def test_settings_are_written_and_a_number_becomes_a_text(client: httpx.AsyncClient) -> None:
    await must(client, "config/set", {TITLE: "Haus Süd", f"{RELAY}.HoldDelayA": 7})
    assert await must(client, "config/get", {"item": [TITLE, f"{RELAY}.HoldDelayA"]}) == {
        TITLE: "Haus Süd",
        f"{RELAY}.HoldDelayA": "7",
    }


@pytest.mark.parametrize(
    "policy, message, stored",
    [("ignore", "OK", False), ("store", "OK", True), ("refuse", "error param", False)],
)
async def test_an_unknown_key(
    p1: SimDevice, client: httpx.AsyncClient, policy: str, message: str, stored: bool
) -> None:
    await p1.fault(f"unknown-key:{policy}")
    assert (await ask(client, "config/set", {"Config.New.Key": "1", TITLE: "T"}))["message"] == message
    shown = await must(client, "config/get", {"item": ["Config.New.Key", TITLE]})
    assert ("Config.New.Key" in shown) is stored
    assert (shown[TITLE] == "T") is (message == "OK")


async def test_a_key_that_does_not_stick_and_one_that_waits_for_the_restart(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    await p1.fault(f"config-ignore:{TITLE}")
    await p1.fault("config-reboot:Config.Settings.GENERAL.Mute")
    both = [TITLE, "Config.Settings.GENERAL.Mute"]
    await must(client, "config/set", dict.fromkeys(both, "1"))
    assert await must(client, "config/get", {"item": both}) == {both[0]: "Intercom", both[1]: "0"}
    p1.press_reboot()
    await p1.settled()
    assert await must(client, "config/get", {"item": both}) == {both[0]: "Intercom", both[1]: "1"}


async def test_devices_of_one_profile_share_the_factory_map_and_nothing_else() -> None:
    async with await SimLan.start([SimSpec(), SimSpec()], timing=FAST) as lan:
        first, second = lan.devices
        first.unit.config.put({TITLE: "Mine"})
        assert second.unit.config.get(TITLE) == "Intercom"
        assert first.unit.config._factory is second.unit.config._factory
        first.unit.config.put({TITLE: "Intercom"})
        assert TITLE not in first.unit.state.config


@pytest.mark.parametrize(
    "key, name, absent",
    [("P1", "HoldDelayA", "RelayADelay"), ("E12W", "RelayADelay", "HoldDelayA")],
)
async def test_each_dialect_of_relay_keys(
    simulate: Simulate, connect: Connect, key: str, name: str, absent: str
) -> None:
    client = await connect(await simulate(key))
    keys = await must(client, "relay/get")
    assert f"{RELAY}.{name}" in keys
    assert f"{RELAY}.{absent}" not in keys
    await must(client, "relay/set", {f"{RELAY}.{name}": "9"})
    assert (await must(client, "relay/get"))[f"{RELAY}.{name}"] == "9"
    assert (await ask(client, "relay/set", {TITLE: "x"}))["message"] == "error param"


async def test_relays_open_by_themselves_and_close_again(simulate: Simulate, connect: Connect) -> None:
    clock = HandClock()
    client = await connect(await simulate("P1", clock=clock))
    await must(client, "relay/trig", {"num": 2, "mode": 0, "level": 0, "delay": 5})
    assert await must(client, "relay/status") == {"RelayA": 0, "RelayB": 1, "RelayC": 0, "RelayD": 0}
    clock.move(5.0)
    assert (await must(client, "relay/status"))["RelayB"] == 0
    await must(client, "relay/trig", {"num": "1"})
    clock.move(2.9)
    assert (await must(client, "relay/status"))["RelayA"] == 1
    clock.move(0.2)
    assert (await must(client, "relay/status"))["RelayA"] == 0
    await must(client, "relay/trig", {"num": 1, "mode": 1})
    clock.move(90_000.0)
    assert (await must(client, "relay/status"))["RelayA"] == 1
    await must(client, "relay/trig", {"num": 1, "mode": 1})
    assert (await must(client, "relay/status"))["RelayA"] == 0
    await must(client, "relay/trig", {"num": 11})
    for bad in ({"num": 5}, {"num": 13}, {"num": 1, "mode": 2}, {"num": 1, "delay": 65536}, {"num": "A"}, {}):
        assert (await ask(client, "relay/trig", bad))["message"] == "error param"


@pytest.mark.parametrize("key, letters", [("P1", "ABCD"), ("P2", "ABC"), ("P4", "AB"), ("E12W", "AB")])
async def test_inputs(simulate: Simulate, connect: Connect, key: str, letters: str) -> None:
    device = await simulate(key)
    client = await connect(device)
    assert await must(client, "input/status") == {f"Input{letter}": 0 for letter in letters}
    await device.set_input("B", 1)
    assert (await must(client, "input/status"))["InputB"] == 1
    keys = await must(client, "input/get")
    name = next(one for one in keys if one.endswith(("Enable", "EnableA")))
    await must(client, "input/set", {name: "1"})
    assert (await must(client, "input/get"))[name] == "1"


async def test_the_public_pin(p1: SimDevice, client: httpx.AsyncClient) -> None:
    prefix = "Config.DoorSetting.PASSWORD"
    await must(client, "publiccode/set", {f"{prefix}.PublicKeyEnable": "1", f"{prefix}.PublicKey1": "3388"})
    assert (await must(client, "publiccode/get"))[f"{prefix}.PublicKey1"] == "3388"
    assert (await p1.enter_pin("3388")).reason == "public PIN"
    assert (await must(client, "doorlog/get"))["item"][0]["Type"] == "Public"


@pytest.mark.parametrize(
    "key, call, people",
    [("P1", "reset_factory", 0), ("S532", "reset_factory", 0), ("S532", "reset_factory_except_data", 1)],
)
async def test_a_reset_restarts_into_the_factory_s_access_mode(
    simulate: Simulate, connect: Connect, key: str, call: str, people: int
) -> None:
    device = await simulate(key)
    client = await connect(device)
    await must(client, "user/add", {"item": [person(1)]})
    await must(client, "config/set", {TITLE: "Mine"})
    assert (await ask(client, f"config/{call}"))["retcode"] == 0
    await device.settled()
    assert (device.restarts, len(device.users)) == (1, people)
    assert device.unit.config.get(TITLE) == "Intercom"
    assert (await client.get("/api/system/info")).status_code == 403, "an empty allow-list denies everybody"
