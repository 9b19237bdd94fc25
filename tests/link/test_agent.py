"""The agent's own work: it reads devices back again and again, tells a change once, and puts it back when told to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from core.base.ids import new_id
from core.base.verdict import Verdict
from core.entities.device import SIGHTING, Sighting
from core.entities.event import DOOR_EVENT
from core.entities.proof import PROOF
from core.entities.task import TaskKind
from core.ports.device import Part
from core.usecases import agent, firmware, upkeep
from core.usecases.provision import submit
from tests.fixtures_core import HandClock
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import NEW, OLD, World, put_people, specs

HOLD = "Config.DoorSetting.RELAY.RelayADelay"


async def pushed(made: World) -> None:
    for job in await submit(made.ctx, made.devices, parts=frozenset(Part)):
        await made.ctx.jobs.wait(job)


async def test_what_was_changed_at_a_device_is_told_once_and_put_back_when_wanted(
    make_world: MakeWorld,
) -> None:
    made: World = await make_world(specs(2))
    await made.write(lambda tx: put_people(tx, made.site, made.building, 2))
    rounds = upkeep.Upkeep(made.ctx, made.site.id, verify_every=timedelta(0), logs_every=timedelta(0))
    assert await rounds.round() == [], "nothing was pushed yet, so nothing can have been changed"
    await pushed(made)
    unit = made.lan.devices[0]
    await unit.enter_pin("20000")
    assert await rounds.round() == []
    assert len(await made.read(lambda r: r.find(DOOR_EVENT))) == 1
    wanted = unit.unit.config.get(HOLD)
    unit.unit.config.put({HOLD: "42"})
    [line] = await rounds.round()
    assert line.startswith("Door 0: differs. Relay A hold time in seconds.")
    assert "42" in line
    assert await rounds.round() == [], "told once"
    proofs = await made.read(lambda r: r.find(PROOF, device_id=made.devices[0].id))
    assert {p.subject for p in proofs if p.verdict is Verdict.DIFFERS} == {"relay_a_hold"}
    rounds.put_back = True
    assert await rounds.round() == ["Door 0: put back."]
    assert unit.unit.config.get(HOLD) == wanted
    assert await rounds.round() == []


async def test_looks_are_as_far_apart_as_told_and_tasks_are_done_at_once(make_world: MakeWorld) -> None:
    clock = HandClock()
    made: World = await make_world(specs(1), clock=clock)
    await pushed(made)
    rounds = upkeep.Upkeep(made.ctx, made.site.id, verify_every=timedelta(hours=6))
    assert await rounds.round() == []
    await made.lan.devices[0].set_offline()
    clock.advance(5 * 3600)
    assert await rounds.round() == [], "not yet"
    clock.advance(3600)
    [away] = await rounds.round()
    assert away.startswith("Door 0: unreachable. ")
    proofs = await made.read(lambda r: r.find(PROOF))
    assert {p.verdict for p in proofs} == {Verdict.PROVED}, "what was proved stays proved as of then"
    await made.lan.devices[0].set_online()
    await agent.ask(made.ctx, made.site.id, TaskKind.VERIFY, device_id=made.devices[0].id)
    [line] = await rounds.round()
    assert line.startswith("verify, asked by Tor Ostby: proved.")


async def test_the_command_looks_once(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    await pushed(made)
    code, told = await command(made, "agent", "--site", made.site.name, "--once", "--verify")
    assert (code, told["done"], [k["verdict"] for k in told["looks"]]) == (0, [], ["proved"] * 2)
    made.lan.devices[1].unit.config.put({HOLD: "42"})
    code, text = await command(made, "agent", "--site", made.site.name, "--once", "--verify", as_json=False)
    assert code == 1
    assert "Door 1: differs." in text


async def test_the_lan_list_shows_the_firmware_after_an_upgrade(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made: World = await make_world(specs(1))
    device, unit = made.devices[0], made.lan.devices[0]
    row = Sighting(id=new_id(), url=unit.url, mac=unit.mac, model="R29", firmware=OLD)
    await made.write(lambda tx: tx.put(SIGHTING, row))
    release = await made.release(tmp_path)
    rollout = await firmware.start_rollout(made.ctx, site_id=made.site.id, release_id=release.id)
    [target] = await firmware.run_rollout(made.ctx, rollout.id)
    assert target.verdict is Verdict.PROVED
    assert (await made.read(lambda r: r.require(SIGHTING, row.id))).firmware == NEW
    await made.write(lambda tx: tx.patch(SIGHTING, tx.require(SIGHTING, row.id), hardware="old"))
    for job in await submit(made.ctx, [device]):
        await made.ctx.jobs.wait(job)
    assert (await made.read(lambda r: r.require(SIGHTING, row.id))).hardware == unit.profile.hardware
