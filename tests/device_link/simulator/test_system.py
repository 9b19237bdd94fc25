from __future__ import annotations

import httpx
import pytest

from device_link.simulator import SimDevice
from device_link.simulator.profiles import PROFILES
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import HandClock, ask, must


@pytest.mark.parametrize("key", [one.key for one in PROFILES])
async def test_every_profile_tells_who_it_is(simulate: Simulate, connect: Connect, key: str) -> None:
    device = await simulate(key)
    client = await connect(device)
    answer = await client.get("/api/system/info")
    assert answer.headers["server"] == device.profile.server
    data = answer.json()["data"]
    status = data["Status"]
    mac = ":".join(device.mac[at : at + 2] for at in range(0, 12, 2))
    assert (status["Model"], status["MAC"]) == (device.profile.model, mac)
    assert (
        status["FirmwareVersion"]
        == device.profile.firmware
        == (await must(client, "firmware/status"))["FirmwareVersion"]
    )
    assert all(isinstance(value, str) for part in data.values() for value in part.values())
    assert ("Account1" in data) is not device.profile.short_info
    settings = await must(client, "config/get")
    assert len(settings) > 400
    assert all(isinstance(value, str) for value in settings.values())
    assert (f"Config.DoorSetting.{device.profile.api_keys}.AuthMode") in settings


async def test_uptime_and_clock(simulate: Simulate, connect: Connect) -> None:
    clock = HandClock()
    device = await simulate("P1", clock=clock)
    words = await simulate("S532", clock=clock)
    client, other = await connect(device), await connect(words)
    clock.move(8815.0)
    assert await must(client, "system/status") == {"SystemTime": 1_800_008_815, "UpTime": 8815}
    assert (await client.get("/api/system/info")).json()["data"]["Status"]["Uptime"] == "02:26:55"
    assert (await other.get("/api/system/info")).json()["data"]["Status"][
        "Uptime"
    ] == "0 weeks, 0 days, 2 hours, 26 minutes"
    await device.fault("clock-off:-3600")
    assert (await must(client, "system/status"))["SystemTime"] == 1_800_005_215


async def test_local_time_follows_the_zone_with_daylight_saving(simulate: Simulate, connect: Connect) -> None:
    clock = HandClock(1_782_864_000.0)  # 2026-07-01 00:00 UTC
    device = await simulate("P1", clock=clock)
    client = await connect(device)
    prefix = "Config.Settings.SNTP"
    await must(client, "config/set", {f"{prefix}.TimeZone": "GMT+1:00", f"{prefix}.Name": "Paris"})
    told = await must(client, "time/get")
    assert (told["local_time"], told["timezone_id"]) == ("20260701 02:00:00", 9)
    assert "GMT+1:00\tParis&" in told["timezone_display_list"]
    await must(client, "config/set", {f"{prefix}.TimeZone": "GMT-9:30", f"{prefix}.Name": "Nowhere"})
    assert (await must(client, "time/get"))["local_time"] == "20260630 14:30:00"
    short = await connect(await simulate("P4"))
    assert "timezone_display_list" not in await must(short, "time/get")


async def test_the_clock_can_be_set(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "clock-off:86400", clock=HandClock())
    client = await connect(device)
    parts = {"Year": "2027", "Month": "2", "Day": "28", "Hour": "13", "Min": "5", "Sec": "9"}
    await must(client, "config/set", {f"Config.DATETIME.{name}": value for name, value in parts.items()})
    assert (await must(client, "time/get"))["local_time"] == "20270228 13:05:09"
    bad = await ask(client, "config/set", {f"Config.DATETIME.{name}": "31" for name in parts})
    assert bad["message"] == "error param"


async def test_the_maker_s_enumerations_show_in_sip_and_calls(
    client: httpx.AsyncClient, p1: SimDevice
) -> None:
    assert (await must(client, "sip/status"))["Account1"]["Status"] == "0"
    account = "Config.Account1"
    await must(
        client,
        "sip/set",
        {
            f"{account}.GENERAL.Enable": "1",
            f"{account}.GENERAL.UserName": "101",
            f"{account}.SIP.Server": "10.0.0.1",
        },
    )
    assert (await must(client, "sip/status"))["Account1"] == {
        "UserName": "101",
        "SipServer": "10.0.0.1",
        "Status": "2",
    }
    assert (await must(client, "sip/get"))[f"{account}.GENERAL.UserName"] == "101"
    assert (await ask(client, "sip/set", {"Config.Settings.GENERAL.WebTitle": "x"}))[
        "message"
    ] == "error param"
    assert (await must(client, "call/status"))["Status"] == "Ready"
    await must(client, "call/dial", {"Phone": "192.168.1.98", "DisplayName": "Test"})
    assert (await must(client, "call/status"))["Status"] == "Talking"
    assert (await client.get("/api/call/hangup")).json()["retcode"] == 0
    assert (await must(client, "call/status"))["Status"] == "Ready"
    record = (await must(client, "calllog/get"))["item"][0]
    assert (record["Type"], record["Name"], record["Num"]) == ("Dialed", "Test", "192.168.1.98")
    assert record["LocalIdentity"] == "101@10.0.0.1"
    assert (await ask(client, "call/dial", {}))["message"] == "error param"


async def test_log_level_export_and_capture(client: httpx.AsyncClient, p1: SimDevice) -> None:
    await must(client, "log/set", {"Config.Settings.LOGLEVEL.Level": 7})
    assert (await must(client, "log/get"))["Config.Settings.LOGLEVEL.Level"] == "7"
    assert (await ask(client, "log/set", {"Level": "8"}))["message"] == "error param"
    await p1.swipe_card("0A1B2C3D")
    exported = await client.get("/api/log/export", params={"type": "log"})
    assert "OPENDOOR_LOG:Type:Card KeyCode:0A1B2C3D Relay: Status:Failed" in exported.text
    await must(client, "log/clear")
    assert (await client.get("/api/log/export")).text == ""
    assert (await ask(client, "pcap/export"))["retcode"] == -1
    assert (await ask(client, "pcap/start", {"type": "manual", "time": 500}))["message"] == "error param"
    await must(client, "pcap/start", {"type": "manual", "time": 30})
    assert (await must(client, "pcap/status"))["Status"] == "1"
    await must(client, "pcap/stop")
    assert (await must(client, "pcap/status"))["Status"] == "0"
    assert (await client.get("/api/pcap/export")).content[:4] == bytes.fromhex("d4c3b2a1")


async def test_the_mac_may_be_written_in_other_ways(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1")
    client = await connect(device)
    ways = {}
    for style in ("lower", "plain", "dash"):
        await device.fault(f"mac-format:{style}")
        ways[style] = (await client.get("/api/system/info")).json()["data"]["Status"]["MAC"]
    assert ways["plain"] == device.mac
    assert ways["dash"] == "-".join(device.mac[at : at + 2] for at in range(0, 12, 2))
    assert ways["lower"].replace(":", "").upper() == device.mac
