"""Remote maintenance, AutoP, check list, sensors and screen savers on real sockets (DEV-06 to 08, 14, 20)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.attachment import SCREEN_SAVER
from core.entities.device import DEVICE, DEVICE_SETTING, MAC_ENTRY, RELAY, DoorSensor
from core.entities.organisation import Role
from core.entities.record import AUDIT_ENTRY, JOB
from core.rules.maintenance import SIP_NUMBER_KEY, TRANSPORT_KEY, ButtonModule, button_key, button_settings
from core.store.tx import Tx
from core.usecases import autop, screen_savers
from core.usecases.context import Actor
from core.usecases.device_list import read_device, read_sensors
from tests.factories import plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import NEW, OLD, World, specs

JPEG = b"\xff\xd8\xff\xe0" + b"picture " * 100


async def device_row(made: World, number: int = 0) -> Any:
    return await made.read(lambda r: r.require(DEVICE, made.devices[number].id))


async def test_dev_06_a_device_is_read_for_its_sip_number_and_its_door(make_world: MakeWorld) -> None:
    """DEV-06: SIP number, model, firmware, last connection and the door sensor come from the device itself."""
    made = await make_world(specs(1))
    device, unit = made.devices[0], made.lan.devices[0].unit
    unit.config.put({SIP_NUMBER_KEY: "6100"})
    read = await read_device(made.ctx, device)
    assert (read.sip_number, read.model, read.firmware, read.door_sensor) == (
        *("6100", "R29"),
        *(OLD, DoorSensor.NONE),
    )
    assert read.seen_at is not None
    relay = await made.read(lambda r: r.first(RELAY, device_id=device.id))
    await made.write(lambda tx: tx.patch(RELAY, relay, sensor_input=2))
    [closed] = await read_sensors(made.ctx, made.site.id)
    assert closed.door_sensor is DoorSensor.CLOSED
    await made.lan.devices[0].set_input("B", 1)
    code, told = await command(made, "devices", "read", "--device", device.mac)
    assert (code, told["door_sensor"], told["sip_number"], told["status"]) == (0, "open", "6100", "online")
    _, listed = await command(made, "devices", "list", "--status", "online", "--mac", device.mac[-4:])
    assert [row["door_sensor"] for row in listed["devices"]] == ["open"]


@pytest.mark.parametrize(("word", "value"), [("udp", "0"), ("tcp", "1"), ("tls", "2")])
async def test_dev_07_the_connection_type_is_sent_kept_and_read_back(
    make_world: MakeWorld, word: str, value: str
) -> None:
    made = await make_world(specs(1))
    unit = made.lan.devices[0].unit
    unit.config.put({TRANSPORT_KEY: "3"})
    code, told = await command(made, "devices", "connection", "--device", made.devices[0].mac, word)
    assert (code, told["verdict"]) == (0, "proved")
    assert unit.config.get(TRANSPORT_KEY) == value
    [row] = await made.read(lambda r: r.find(DEVICE_SETTING))
    assert (row.key, row.value) == (TRANSPORT_KEY, value)


async def test_dev_07_restart_reset_and_the_devices_own_page(make_world: MakeWorld) -> None:
    """DEV-07, DEV-21: reboot, reset and remote control, for a property manager too; each is audited."""
    made = await make_world(specs(1))
    device = made.devices[0]
    made.ctx.actor = Actor("c" * 32, made.ctx.me.org_id, Role.MANAGER, "Pia Manager")
    code, told = await command(made, "devices", "page", "--device", device.mac)
    assert (code, told["url"]) == (0, f"{made.lan.devices[0].url}/")
    code, told = await command(made, "reboot", "--device", device.mac)
    assert (code, told["verdict"]) == (0, "proved")
    with pytest.raises(UserError, match="removes its settings"):
        await command(made, "reset", "--device", device.mac)
    code, told = await command(made, "reset", "--device", device.mac, "--yes")
    assert (code, told["verdict"]) == (0, "accepted")
    acts = {entry.act for entry in await made.read(lambda r: r.find(AUDIT_ENTRY))}
    assert {"Remote control", "Reboot", "Factory reset"} <= acts


async def test_dev_07_a_one_time_command_is_sent_once_without_its_duplicates(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """DEV-07: duplicates are dropped, the later line counts; nothing of it stays wanted."""
    made = await make_world(specs(1))
    key = "Config.DoorSetting.DEVICENODE.Location"
    unit = made.lan.devices[0].unit
    text = tmp_path / "once.txt"
    text.write_text(f"{key} = 7\n# a comment\n{key} = 9\n{key} = 9\n")
    sets = len([e for e in made.recorder.recent() if e.path.startswith("/api/config/set")])
    words = ("autop", str(text), "--device", made.devices[0].mac, "--once")
    code, told = await command(made, *words)
    assert code == 0, told
    assert len(told["dropped"]) == 2
    assert unit.config.get(key) == "9"
    sent = [e for e in made.recorder.recent() if e.path.startswith("/api/config/set")][sets:]
    assert len(sent) == 1
    assert await made.read(lambda r: r.find(DEVICE_SETTING)) == []


def test_dev_07_push_buttons_are_for_an_r20k_or_r20b_with_a_module() -> None:
    """DEV-07: only R20K or R20B with MD06 (six buttons) or MD12 (twelve)."""
    call = {1: ["101", "102"], 6: ["6100@pbx.example"]}
    settings = button_settings("Gate", "R20K", ButtonModule.MD06, call)
    assert settings == {button_key(1): "101;102", button_key(6): "6100@pbx.example"}
    assert button_key(1) == "Config.Programable.SOFTKEY01.LocalParam1"
    assert button_settings("Gate", "R20BX3", ButtonModule.MD12, {12: ["1"]}) == {button_key(12): "1"}
    for model, module, numbers, words in (
        ("R29", ButtonModule.MD06, {1: ["1"]}, "only an R20K or R20B"),
        ("R20A", ButtonModule.MD12, {1: ["1"]}, "only an R20K or R20B"),
        ("R20K", ButtonModule.MD06, {7: ["1"]}, "has 6 buttons"),
        ("R20K", ButtonModule.MD06, {1: ["1"] * 9}, "at most 8"),
        ("R20K", ButtonModule.MD06, {1: ["1;2"]}, "no number"),
    ):
        with pytest.raises(UserError, match=words):
            button_settings("Gate", model, module, numbers)


async def test_dev_07_push_buttons_are_sent_and_read_back(make_world: MakeWorld) -> None:
    made = await make_world(specs(1, profile="R20K", firmware=None))
    unit = made.lan.devices[0].unit
    unit.config.put({button_key(1): "", button_key(2): ""})
    words = ("devices", "buttons", "--device", made.devices[0].mac, "--module", "MD06")
    code, told = await command(made, *words, "1=101,102", "2=103")
    assert (code, told["verdict"]) == (0, "proved"), told
    assert (unit.config.get(button_key(1)), unit.config.get(button_key(2))) == ("101;102", "103")


async def test_dev_08_a_regular_batch_stays_wanted_and_a_one_time_one_is_gone_after_a_reset(
    make_world: MakeWorld,
) -> None:
    """DEV-08: regular stays valid over a factory reset since it is wanted on; one-time is gone with it."""
    made = await make_world(specs(2))
    key = "Config.DoorSetting.DEVICENODE.Location"
    regular, once = made.devices
    text = f"{key} = Lobby\n"
    for job in await autop.apply_regular(made.ctx, text + text, [regular.id, regular.id]):
        await made.ctx.jobs.wait(job)
    for job in await autop.apply_once(made.ctx, text, [once.id]):
        await made.ctx.jobs.wait(job)
    held = [unit.unit.config.get(key) for unit in made.lan.devices]
    assert held == ["Lobby", "Lobby"]
    rows = await made.read(lambda r: r.find(DEVICE_SETTING))
    assert [(row.device_id, row.value) for row in rows] == [(regular.id, "Lobby")]


async def test_dev_08_more_than_500_devices_are_refused_before_anything_is_sent(
    make_world: MakeWorld,
) -> None:
    made = await make_world(specs(1))
    ids = [f"{n:032x}" for n in range(501)]
    text = "Config.DoorSetting.RTSP.Enable = 1\n"
    for apply in (autop.apply_regular, autop.apply_once):
        with pytest.raises(UserError, match="501 devices are more than 500"):
            await apply(made.ctx, text, ids)
    assert await made.read(lambda r: r.find(JOB)) == []
    assert await made.read(lambda r: r.find(DEVICE_SETTING)) == []


# ------------------------------------------------------------------------------------------------------- DEV-14


def pictures(folder: Path, count: int = 2, content: bytes = JPEG) -> list[Path]:
    made = [folder / f"{n}.jpg" for n in range(count)]
    for n, path in enumerate(made):
        path.write_bytes(content + bytes([n]))
    return made


async def test_dev_14_pictures_go_to_each_chosen_door_phone(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(2, "", "offline", firmware=NEW))
    files = [str(path) for path in pictures(tmp_path)]
    named = [word for device in made.devices for word in ("--device", device.mac)]
    code, told = await command(made, "devices", "screen-saver", *named, *files)
    assert code == 1, "one of them is away"
    assert [(row["name"], row["verdict"]) for row in told["devices"]] == [
        ("Door 0", "accepted"),
        ("Door 1", "unreachable"),
    ]
    assert "two minutes" in told["devices"][0]["said"]
    assert sorted(made.lan.devices[0].unit.state.files.values()) == [len(JPEG) + 1] * 2
    assert len(await made.read(lambda r: r.find(SCREEN_SAVER))) == 2


async def test_dev_14_what_is_no_picture_or_too_large_is_not_taken(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(1, firmware=NEW))
    ids = [made.devices[0].id]
    large = pictures(tmp_path, 2, JPEG + bytes(2_000_000))
    with pytest.raises(UserError, match="larger than 2 MB"):
        await screen_savers.set_screen_saver(made.ctx, ids, files=large)
    with pytest.raises(UserError, match="neither a JPEG nor a PNG"):
        await screen_savers.set_screen_saver(made.ctx, ids, files=pictures(tmp_path, 2, b"text"))
    with pytest.raises(UserError, match="2 to 5"):
        await screen_savers.set_screen_saver(made.ctx, ids, files=pictures(tmp_path, 1))
    assert await made.read(lambda r: r.find(SCREEN_SAVER)) == []


async def test_dev_14_no_picture_and_black_are_kept_and_told_to_be_set_at_the_device(
    make_world: MakeWorld,
) -> None:
    """DEV-14: modes none and black; their key is not published, so nothing is sent and nothing is called done."""
    made = await make_world(specs(1, firmware=NEW))
    code, told = await command(
        made, "devices", "screen-saver", "--device", made.devices[0].mac, "--mode", "black"
    )
    assert (code, told["devices"][0]["verdict"]) == (1, Verdict.REFUSED.value)
    assert "own web page" in told["devices"][0]["said"]
    [row] = await made.read(lambda r: r.find(SCREEN_SAVER))
    assert row.mode.value == "black"


# ------------------------------------------------------------------------------------------------------- DEV-20


async def test_dev_20_the_check_list_of_a_device_is_answered_by_the_device(make_world: MakeWorld) -> None:
    """DEV-20: registered, cloud firmware, powered, internet, network, data; each with what to do about it."""
    made = await make_world(specs(1))
    device = made.devices[0]

    async def answers() -> dict[str, str]:
        _, told = await command(made, "devices", "checks", "--device", device.mac)
        return {row["what"]: row["answer"] for row in told["checks"]}

    before = await answers()
    assert before["The distributor has registered its MAC."] == "wrong"
    assert before["It is powered and answers."] == "right"

    def register(tx: Tx) -> None:
        plant(tx, MAC_ENTRY, mac=device.mac, scope_id=made.ctx.me.org_id)

    await made.write(register)
    assert (await answers())["The distributor has registered its MAC."] == "right"
    assert len(before) == 6
