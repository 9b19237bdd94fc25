"""Twins: a site's job played through beforehand, a recording played again, and a LAN of several makers (W21, W25)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from core.base.clock import SystemClock
from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY
from core.entities.proof import PROOF
from core.ports.device import Link
from core.store.tx import Tx
from core.usecases.provision import submit
from core.usecases.recordings import RecordingSink, export_recording
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.gateways import MakerGateway
from device_link.replay import read_recording, twin_of
from device_link.simulator import SimulateOptions, SimulatorError, serve
from device_link.simulator.twins import profile_for
from tests.codes import stands_in
from tests.factories import plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import World, put_people, specs

RTSP = "Config.DoorSetting.RTSP.Enable"


async def troubled(make_world: MakeWorld, *faults: str) -> World:
    """A site of two doors: one person has six cards, a setting does not exist."""
    made: World = await make_world(specs(2, *faults))

    def work(tx: Tx) -> None:
        people = put_people(tx, made.site, made.building, 3)
        for number in range(6):
            code = f"A1B2C3D{number}"
            plant(tx, CREDENTIAL, person_id=people[0].id, kind=CredentialKind.CARD, code=code)
        plant(tx, DEVICE_SETTING, device_id=made.devices[0].id, key="Config.No.Such.Key", value="1")

    await made.write(work)
    return made


async def test_the_rehearsal_tells_what_the_day_will_bring_and_touches_nothing(make_world: MakeWorld) -> None:
    made = await troubled(make_world)
    spoken = len(made.recorder.recent())
    code, told = await command(made, "lan", "rehearse", "--site", made.site.name)
    assert code == 1
    assert len(made.recorder.recent()) == spoken, "no real device is spoken to"
    assert await made.read(lambda r: r.find(PROOF)) == []
    first, second = told["devices"]
    assert first["twin"] == "R29 29.30.10.400"
    assert {(i["kind"], i["verdict"]) for i in first["items"]} == {
        ("person", "refused"), ("setting", "refused"),
    }  # fmt: skip
    assert "at most 5 cards" in " ".join(i["said"] for i in first["items"])
    for job in await submit(made.ctx, made.devices):
        await made.ctx.jobs.wait(job)
    proofs = await made.read(lambda r: r.find(PROOF))
    for device, rehearsed in zip(made.devices, (first, second), strict=True):
        real = [p.verdict.value for p in proofs if p.device_id == device.id]
        assert {v: real.count(v) for v in set(real)} == rehearsed["counts"]


async def test_another_maker_and_a_model_without_a_twin(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))

    def work(tx: Tx) -> None:
        put_people(tx, made.site, made.building, 2)
        device = plant(tx, DEVICE, site_id=made.site.id, mac="7C1EB3000042", name="Gate", model="2N IP Verso")
        plant(tx, RELAY, device_id=device.id, number=1, name="Gate")
        plant(tx, DEVICE, site_id=made.site.id, mac="0C1105999999", name="Strange", model="Z999")

    await made.write(work)
    code, told = await command(made, "lan", "rehearse", "--site", made.site.name, "--faults", "")
    by_name = {one["name"]: one for one in told["devices"]}
    assert code == 1
    assert by_name["Strange"]["twin"] == ""
    assert "knows no Z999" in by_name["Strange"]["said"]
    assert by_name["Gate"]["twin"].startswith("2N IP Verso")
    assert by_name["Door 0"]["counts"]["proved"] > 5
    assert [one["again"] for one in told["devices"]] == [0, 0, 0]
    with pytest.raises(UserError, match="no fault named 'nonsense'"):
        await command(made, "lan", "rehearse", "--site", made.site.name, "--faults", "nonsense")


@pytest.mark.parametrize(("model", "firmware", "key"), [
    ("X916S", "", "P1"), ("X915S", "", "P3"), ("R29C", "29.30.10.1", "R29"), ("R20BX3", "", "R20BX3"),
    ("S539", "532.1.1.1", "S532"), ("A08", "", "P4"), ("Z999", "", None), ("", "", None),
])  # fmt: skip
def test_the_twin_of_a_model(model: str, firmware: str, key: str | None) -> None:
    found = profile_for(model, firmware)
    assert (found.key if found else None) == key


async def recorded(made: World) -> str:
    """The recording of a push, as exported."""
    for job in await submit(made.ctx, made.devices):
        await made.ctx.jobs.wait(job)
    sink = RecordingSink(made.mirror)
    for exchange in made.recorder.recent():
        sink(exchange)
    await sink.flush()
    return await export_recording(made.ctx)


async def test_a_recording_of_a_failed_push_fails_alike_on_a_twin_and_differs_on_a_sound_one(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await troubled(make_world, "max-users:1", "max-users:1")
    path = tmp_path / "push.jsonl"
    path.write_text(await recorded(made), "utf-8")
    proofs = await made.read(lambda r: r.find(PROOF))
    assert Verdict.REFUSED in {p.verdict for p in proofs}
    code, told = await command(made, "replay", str(path), "--faults", "max-users:1")
    assert [one["different"] for one in told["devices"]] == [[], []]
    assert code == 0
    assert all(one["played"] > 8 and one["firmware"] == "29.30.10.400" for one in told["devices"])
    code, told = await command(made, "replay", str(path))
    assert code == 1
    for one in told["devices"]:
        assert {d["path"] for d in one["different"]} == {"/api/user/add"}
        assert {(d["then"], d["now"]) for d in one["different"]} == {
            ("refused: maximum reached", "taken")
        } or one["different"]
    code, lines = await command(made, "replay", str(path), as_json=False)
    assert "POST /api/user/add: refused: maximum reached then, taken now" in lines


async def test_changes_of_people_are_played_by_the_twins_own_ids(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made: World = await make_world(specs(1))
    people = await made.write(lambda tx: put_people(tx, made.site, made.building, 30))
    path = tmp_path / "push.jsonl"
    for job in await submit(made.ctx, made.devices):
        await made.ctx.jobs.wait(job)
    code = await made.read(lambda r: r.first(CREDENTIAL, person_id=people[0].id))
    await made.write(lambda tx: tx.patch(CREDENTIAL, code, code="77777"))
    path.write_text(await recorded(made), "utf-8")
    assert not stands_in("20001", path.read_text("utf-8").replace("0.20001", ""))
    code_, told = await command(made, "replay", str(path))
    assert told["devices"][0]["different"] == []
    assert code_ == 0


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"path": 7}', '{"path": "/x"}\n{', '"x"'])
def test_a_file_that_is_no_recording(text: str) -> None:
    with pytest.raises(UserError):
        read_recording(text)


def test_what_a_recording_claims_is_cleaned() -> None:
    line = {
        "path": "/api/system/info",
        "status": "200",
        "url": 7,
        "method": ["x"],
        "reply": '{"data": {"Status": 5}}',
    }
    [one] = read_recording(json.dumps(line))
    assert (one.url, one.method, one.status) == ("", "", 200)
    assert twin_of([one]).model == ""


async def test_a_lan_of_three_makers_is_identified_by_our_drivers() -> None:
    ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    options = SimulateOptions(count=4, profile_name="R29,2N,camera", faults="0:slow:1,1:no-hold")
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve(options, ready.set_result))
        described = (await asyncio.wait_for(ready, 30))["devices"]
        gateway = MakerGateway(SystemClock(), pacing=fast_pacing)
        found = []
        for one in described:
            identity = await gateway.identify(Link(one["url"], one["mac"], one["user"], one["password"]))
            found.append((identity.mac, identity.model))
        serving.cancel()
    assert [mac for mac, _ in found] == [one["mac"] for one in described]
    assert [model for _, model in found] == ["R29", "2N IP Verso", "Northwind Dome 7", "R29"]


@pytest.mark.parametrize("faults", ["1:nonsense", "2:slow", "7:slow", "slow"])
async def test_faults_of_other_makers_are_checked(faults: str) -> None:
    options = SimulateOptions(count=3, profile_name="R29,2N,camera", faults=faults)
    with pytest.raises(SimulatorError):
        await serve(options, lambda _document: None)
