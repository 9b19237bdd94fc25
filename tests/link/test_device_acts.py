"""Acts beside pushing: doors of models without a call for relays, inputs, calls, captures, and their commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import RefusedError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, DEVICE_LOGIN
from core.entities.event import DOOR_EVENT
from core.usecases import actions, calls, events
from device_link.simulator import SimSpec
from device_link.simulator.picture import JPEG
from tests.factories import plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import World, specs

WEB = "Config.DoorSetting.RELAY.RelayOnWeb"


async def it83(make_world: MakeWorld, firmware: str = "83.30.10.4", password: str = "admin") -> World:
    made: World = await make_world([SimSpec(profile="P6", firmware=firmware)])
    unit = made.lan.devices[0].unit
    unit.config.put({WEB: "1", f"{WEB}User": "admin", f"{WEB}Pwd": password})
    unit.start()
    return made


@pytest.mark.parametrize("firmware", ["83.30.10.4", "83.30.4.9"], ids=["high security", "without"])
async def test_a_door_without_a_call_for_relays_is_opened_by_its_address(
    make_world: MakeWorld, firmware: str
) -> None:
    made = await it83(make_world, firmware)
    result = await actions.open_relay(made.ctx, made.devices[0], 1)
    assert result.verdict is Verdict.ACCEPTED, "it says yes and does not tell its relays"
    assert made.lan.devices[0].unit.relays.is_open(1)
    said = " ".join(one.path + one.request for one in made.recorder.recent())
    assert "OpenDoor" in said
    assert "=admin&Door" not in said, "the password in an address is masked"


async def test_another_password_for_the_address_is_said_and_nothing_opens(make_world: MakeWorld) -> None:
    made = await it83(make_world, password="other")
    with pytest.raises(RefusedError, match="another user and password for opening by address"):
        await actions.open_relay(made.ctx, made.devices[0], 1)
    assert not made.lan.devices[0].unit.relays.is_open(1)


async def test_an_address_that_is_switched_off_is_refused(make_world: MakeWorld) -> None:
    made = await it83(make_world)
    made.lan.devices[0].unit.config.put({WEB: "0"})
    with pytest.raises(RefusedError, match="does not open this door"):
        await actions.open_relay(made.ctx, made.devices[0], 1)


async def test_inputs_and_what_it_does_are_told(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    await made.lan.devices[0].set_input("B", 1)
    made.lan.devices[0].unit.talking = True
    code, told = await command(made, "inputs", "--device", made.devices[0].id)
    assert code == 0
    assert told["inputs"] == {"1": False, "2": True, "3": False}
    assert told["doing"] == "Talking"
    code, text = await command(made, "inputs", "--device", made.devices[0].id, as_json=False)
    assert "input 2 active" in text


async def test_the_call_log_is_pulled_once_and_beside_the_door_log(make_world: MakeWorld) -> None:
    made: World = await make_world([*specs(1), SimSpec(profile="P4")])
    unit, [device, terminal] = made.lan.devices[0].unit, made.devices
    for number in range(30):
        unit.log_call("Dialed" if number % 2 else "Missed", f"Flat {number}", f"10{number}")
    await made.lan.devices[0].enter_pin("99999")
    assert len(await calls.pull_calls(made.ctx, device)) == 30
    assert await calls.pull_calls(made.ctx, device) == []
    for number in range(70):
        unit.log_call("Received", f"Later {number}", "1000")
    fresh = await calls.pull_calls(made.ctx, device)
    assert (len(fresh), {e.event for e in fresh}) == (70, {"call_received"})
    assert len((await events.pull_log(made.ctx, device)).events) == 1
    with pytest.raises(RefusedError):
        await calls.pull_calls(made.ctx, terminal)
    count, verdict = await events.pull_site(made.ctx, made.site.id)
    assert (count, verdict) == (0, Verdict.PROVED), "a model without a call log is no fault"
    assert len(await made.read(lambda r: r.find(DOOR_EVENT))) == 101
    code, told = await command(made, "calls", "--device", device.id, "--newest", "3")
    assert (code, told["new"], [c["name"] for c in told["calls"]]) == (
        0,
        0,
        ["Later 69", "Later 68", "Later 67"],
    )
    _, text = await command(made, "calls", "--device", device.id, as_json=False)
    assert "received" in text


async def test_packets_are_captured_at_the_device(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(1))
    out = tmp_path / "door.pcap"
    code, told = await command(
        made, "capture", "--device", made.devices[0].id, "--seconds", "1", "--out", str(out)
    )
    assert (code, told["bytes"]) == (0, 24)
    assert out.read_bytes().startswith(b"\xd4\xc3\xb2\xa1")
    with pytest.raises(UserError, match="1 to 180 seconds"):
        await actions.capture(made.ctx, made.devices[0], seconds=181)


async def test_the_commands_of_one_device(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(1))
    device, unit = made.devices[0].id, made.lan.devices[0]
    code, told = await command(made, "identify", "--device", device)
    assert (code, told["model"], told["firmware"]) == (0, "R29", unit.firmware)
    assert told["stream"] == "rtsp://127.0.0.1:554/live/ch00_0"
    code, told = await command(made, "relay", "--device", device)
    assert (code, told["verdict"]) == (0, "proved")
    code, told = await command(made, "logs", "--device", device)
    assert [e["method"] for e in told["events"]] == ["HTTP API"]
    picture = tmp_path / "x.jpg"
    assert (await command(made, "snapshot", "--device", device, "--out", str(picture)))[0] == 0
    assert picture.read_bytes()[:3] == JPEG[:3]
    code, told = await command(made, "reboot", "--device", device)
    assert (code, told["verdict"], unit.restarts) == (0, "proved", 1)
    with pytest.raises(UserError, match="Say --yes"):
        await command(made, "reset", "--device", device)
    code, told = await command(made, "reset", "--device", device, "--yes")
    assert (code, told["verdict"]) == (0, "accepted")
    await unit.settled()


async def test_an_unknown_device_is_said(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    await made.write(lambda tx: plant(tx, DEVICE, site_id=made.site.id, mac="0C1105FFFFFF", name="Away"))
    await made.write(
        lambda tx: plant(tx, DEVICE_LOGIN, scope_id=made.ctx.me.org_id, user="x", password="y", mac="")
    )
    for words in (("inputs", "--device", "Away"), ("identify", "--device", "nobody")):
        with pytest.raises(Exception, match=r"has not been seen|nobody"):
            await command(made, *words)
