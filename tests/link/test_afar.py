"""Asked for at one workstation, done by another on the site's LAN, and its verdict seen where it was asked for."""

from __future__ import annotations

from core.base.verdict import Verdict
from core.entities.device import DEVICE, RELAY
from core.entities.site import BUILDING
from core.entities.task import TASK, Task, TaskKind
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import agent
from device_link.simulator import SimLan
from tests.factories import plant
from tests.link.desks import Desk, Two
from tests.link.world import FLASH, R29, put_people, specs


async def task_of(desk: Desk) -> Task:
    [found] = await desk.ctx.mirror.read(lambda r: r.find(TASK))
    return found


async def test_a_push_from_home_is_done_at_the_site(two: Two) -> None:
    async with await SimLan.start(specs(1), timing=FLASH) as lan:
        unit = lan.devices[0]

        def plan(tx: Tx) -> str:
            building = plant(tx, BUILDING, site_id=two.site.id, name="Building A")
            place = {"site_id": two.site.id, "building_id": building.id}
            device = plant(tx, DEVICE, **place, mac=unit.mac, name="Door", model=R29, address=unit.url)
            plant(tx, RELAY, device_id=device.id, number=1, name="Street door")
            put_people(tx, two.site, building, 3)
            return device.id

        home, van = two.first, two.second
        device_id = await home.ctx.mirror.write(plan, origin=Origin.USER)
        await agent.ask(home.ctx, two.site.id, TaskKind.PUSH, device_id=device_id)
        assert await home.confirm()
        [done] = await agent.run_once(van.ctx, two.site.id)
        assert done.verdict is Verdict.PROVED, done.said
        assert len(unit.users) == 3
        assert await agent.run_once(van.ctx, two.site.id) == []
        assert await home.confirm()
        seen = await task_of(home)
        assert (seen.verdict, seen.done_by) == (Verdict.PROVED, "Van 2")
        assert await agent.run_once(home.ctx, two.site.id) == []
        assert [await home.tray(), await van.tray()] == [0, 0]


async def test_two_that_are_on_the_lan_do_not_both_open_the_door(two: Two) -> None:
    async with await SimLan.start(specs(1), timing=FLASH) as lan:
        unit = lan.devices[0]

        def plan(tx: Tx) -> str:
            building = plant(tx, BUILDING, site_id=two.site.id, name="Building A")
            place = {"site_id": two.site.id, "building_id": building.id}
            device = plant(tx, DEVICE, **place, mac=unit.mac, name="Door", model=R29, address=unit.url)
            plant(tx, RELAY, device_id=device.id, number=1, name="Street door")
            return device.id

        device_id = await two.first.ctx.mirror.write(plan, origin=Origin.USER)
        await agent.ask(two.first.ctx, two.site.id, TaskKind.RELAY, device_id=device_id, what="1")
        assert await two.first.confirm()
        assert await two.second.confirm()
        [done] = await agent.run_once(two.first.ctx, two.site.id)
        assert done.verdict is Verdict.PROVED, done.said
        assert await agent.run_once(two.second.ctx, two.site.id) == []
        assert len(unit.unit.state.door_log) == 1
