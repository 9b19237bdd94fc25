"""The commands of upkeep: AutoP, drift, baselines, door events, tasks from afar, recordings; documents and lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.base.errors import GatewrightError, UserError
from core.base.ids import new_id
from core.entities.device import DEVICE_SETTING, SIGHTING, Sighting
from core.ports.device import Part
from core.usecases.provision import submit
from core.usecases.recordings import RecordingSink
from tests.link.commands import command, served
from tests.link.conftest import MakeWorld
from tests.link.world import World, put_people, specs

RTSP = "Config.DoorSetting.RTSP.Enable"
HOLD = "Config.DoorSetting.RELAY.RelayADelay"


async def pushed(made: World, *parts: Part) -> None:
    for job in await submit(made.ctx, made.devices, parts=frozenset(parts or Part)):
        await made.ctx.jobs.wait(job)


def written(folder: Path, text: str) -> str:
    path = folder / "x.cfg"
    path.write_text(text, "utf-8")
    return str(path)


async def test_autop_is_previewed_sent_and_judged_by_device(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(2, "", f"config-ignore:{RTSP}"))
    value = "0" if made.lan.devices[0].unit.config.get(RTSP) == "1" else "1"
    text = f"{RTSP} = x\n{RTSP} = {value}\nConfig.Account1.GENERAL.Pwd = hush\n"
    file, site = written(tmp_path, text), made.site.name
    code, told = await command(made, "autop", file, "--site", site, "--check")
    assert code == 0
    assert told["dropped"] == [f"{RTSP}: line 1 is overruled by line 2."]
    assert [set(d["changes"]) for d in told["devices"]] == [{RTSP, "Config.Account1.GENERAL.Pwd"}] * 2
    assert "hush" not in json.dumps(told)
    assert "••••" in told["devices"][0]["text"]
    file = written(tmp_path, f"{RTSP} = {value}")
    code, told = await command(made, "autop", file, "--site", site, "--once")
    assert (code, [d["verdict"] for d in told["devices"]]) == (1, ["proved", "differs"])
    assert await made.read(lambda r: r.find(DEVICE_SETTING)) == []
    code, text = await command(made, "autop", file, "--device", made.devices[0].id, as_json=False)
    assert code == 0
    assert "Door 0: proved." in text
    assert len(await made.read(lambda r: r.find(DEVICE_SETTING))) == 1


@pytest.mark.parametrize(("text", "words"), [
    ("nothing", "no Config line"), ("Config.x", "Line 1"), ("Config.Firmware.Url = x", "only works in a file"),
])  # fmt: skip
async def test_autop_that_makes_no_sense_is_refused(
    make_world: MakeWorld, tmp_path: Path, text: str, words: str
) -> None:
    made: World = await make_world(specs(1))
    with pytest.raises(UserError, match=words):
        await command(made, "autop", written(tmp_path, text), "--site", made.site.name)
    with pytest.raises(UserError, match="cannot be read"):
        await command(made, "autop", str(tmp_path / "none"), "--site", made.site.name)
    assert made.recorder.recent() == []


async def test_drift_is_shown_accepted_and_put_back(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    await pushed(made, Part.SETTINGS)
    unit, site = made.lan.devices[0].unit, made.site.name
    assert await command(made, "drift", "--site", site) == (0, {"drift": [], "faults": []})
    before = unit.config.get(HOLD)
    unit.config.put({HOLD: "42"})
    code, told = await command(made, "drift", "--site", site)
    assert (code, [(d["has"], d["wanted"], d["acceptable"]) for d in told["drift"]]) == (
        1,
        [("42", before, True)],
    )
    code, text = await command(made, "drift", "--site", site, "--put-back", as_json=False)
    assert (code, unit.config.get(HOLD)) == (0, before)
    assert "Relay A hold time in seconds: 42 where" in text
    unit.config.put({HOLD: "42"})
    assert (await command(made, "drift", "--device", made.devices[0].id, "--accept"))[0] == 0
    await pushed(made, Part.SETTINGS)
    assert unit.config.get(HOLD) == "42"
    await made.lan.devices[1].set_offline()
    code, told = await command(made, "drift", "--site", site)
    assert (code, [f["device"] for f in told["faults"]]) == (1, [made.devices[1].id])


async def test_a_baseline_is_exported_compared_and_taken_over(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(2))
    await pushed(made, Part.SETTINGS)
    first, second = (d.id for d in made.devices)
    gold = tmp_path / "gold.json"
    file = str(gold)
    made.lan.devices[0].unit.config.put({RTSP: "9"})
    code, told = await command(made, "baseline", "export", "--device", first, file)
    assert (code, told["settings"] > 500) == (0, True)
    assert 'assword":' not in gold.read_text("utf-8")
    code, told = await command(made, "baseline", "compare", "--device", second, file)
    assert code == 1
    assert {"key": RTSP, "has": made.lan.devices[1].unit.config.get(RTSP), "file": "9"} in told["differences"]
    code, told = await command(made, "baseline", "import", "--device", second, file)
    assert (code, told["settings"]) == (
        0,
        len((await command(made, "baseline", "compare", "--device", second, file))[1]["differences"]),
    )
    await pushed(made, Part.SETTINGS)
    assert await command(made, "baseline", "compare", "--device", second, file) == (0, {"differences": []})


async def test_door_events_are_pulled_listed_and_heard_live(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    await made.write(lambda tx: put_people(tx, made.site, made.building, 1))
    await pushed(made)
    site = made.site.name
    _, text = await command(made, "events", "--site", site, as_json=False)
    assert "Nothing has happened" in text
    await made.lan.devices[0].enter_pin("20000")
    code, told = await command(made, "events", "--site", site, "--pull")
    assert (code, [(e["event"], e["worked"]) for e in told["events"]]) == (0, [("opened", True)])
    async with served(made, "events", "--site", site, "--bind", "127.0.0.1:0") as live:
        assert live.ready["devices"] == 2
        await made.lan.devices[1].enter_pin("99999")
        assert "invalid_code" in await live.until("")
        await made.lan.devices[1].settled()
    with pytest.raises(UserError, match="is not HOST:PORT"):
        await command(made, "events", "--site", site, "--bind", "x")


async def test_tasks_are_asked_for_done_and_listed(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    site, device = made.site.name, made.devices[0].id
    code, told = await command(made, "ask", "verify", "--site", site, "--device", device)
    assert (code, told["kind"], told["verdict"]) == (0, "verify", "waiting")
    with pytest.raises(UserError, match="needs a device"):
        await command(made, "ask", "relay", "--site", site)
    code, told = await command(made, "agent", "--site", site, "--once")
    assert (code, [d["kind"] for d in told["done"]]) == (1, ["verify"])
    code, told = await command(made, "tasks", "--site", site)
    assert [(t["verdict"], t["done_by"]) for t in told["tasks"]] == [("differs", "test station")]
    _, text = await command(made, "tasks", "--site", site, as_json=False)
    assert "differs" in text


async def test_the_agent_serves_until_it_is_stopped(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    await command(made, "ask", "push", "--site", made.site.name)
    async with served(made, "agent", "--site", made.site.name) as agent:
        assert agent.ready["site"] == made.site.id
        assert "push, asked by Tor Ostby: proved." in await agent.until("push")


async def test_recordings_are_shown_and_written_without_codes(make_world: MakeWorld, tmp_path: Path) -> None:
    made: World = await make_world(specs(1))
    unit = made.lan.devices[0]
    await made.write(lambda tx: tx.put(SIGHTING, Sighting(id=new_id(), url=unit.url, mac=unit.mac)))
    await pushed(made, Part.SETTINGS)
    sink = RecordingSink(made.mirror)
    for exchange in made.recorder.recent():
        sink(exchange)
    await sink.flush()
    code, told = await command(made, "recording", "--device", made.devices[0].id, "--newest", "3")
    assert (code, len(told["exchanges"])) == (0, 3)
    _, text = await command(made, "recording", as_json=False)
    assert "/api/config/set" in text
    out = tmp_path / "said.jsonl"
    code, told = await command(made, "recording", "--out", str(out))
    assert told["exchanges"] == len(out.read_text("utf-8").splitlines()) > 3
    with pytest.raises(GatewrightError):
        await command(made, "recording", "--device", "nobody")
