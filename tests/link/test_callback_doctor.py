"""Ten ways in which events do not arrive, each named right; and the chain that is whole (W12)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.rules.callback_chain import Break, ChainFacts, broken_at, chain_of, has_route, points_at
from core.rules.door_event import ActionCall
from core.usecases import events
from core.usecases.callback_doctor import Diagnosis, why_silent
from device_link.events import EventListener
from device_link.http import connects
from device_link.simulator import SimSpec
from tests.link.commands import Served, command, running
from tests.link.conftest import MakeWorld
from tests.link.world import World, specs

URL = "Config.Features.ACTIONURL"
LAN = "Config.Network.LAN"


class Ear:
    """Our listener, and whether the device called."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[str] = asyncio.Queue()
        self.listener = EventListener(self.take)
        self.base = ""

    async def take(self, call: ActionCall) -> None:
        self.came.put_nowait(call.event)


@asynccontextmanager
async def pointed(made: World) -> AsyncIterator[Ear]:
    """A device that was pointed at a listener that runs."""
    ear = Ear()
    ear.base = await ear.listener.open("127.0.0.1")
    try:
        await events.point_at(made.ctx, made.devices[0], ear.base)
        yield ear
    finally:
        await ear.listener.close()


async def diagnosis(made: World, ear: Ear, *, tried: bool = True, wait_s: float = 10.0) -> Diagnosis:
    """What is said, when somebody tries a wrong PIN meanwhile."""

    async def heard() -> bool:
        if tried:
            await made.lan.devices[0].enter_pin("99999")
        try:
            async with asyncio.timeout(wait_s):
                await ear.came.get()
        except TimeoutError:
            return False
        return True

    return await why_silent(
        made.ctx, made.devices[0], ear.base, listens=lambda host, port: connects(host, port, 5.0), heard=heard
    )


async def test_a_whole_chain(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    async with pointed(made) as ear:
        found = await diagnosis(made, ear)
        assert (found.broken, {link.holds for link in found.links} - {None}) == (Break.NONE, {True})
        await made.lan.devices[0].settled()


SETTINGS = [
    (Break.OFF, {f"{URL}.Enable": "0"}),
    (Break.UNSET, {f"{URL}.ValidCardEntered": ""}),
    (Break.ELSEWHERE, {f"{URL}.ValidCardEntered": "http://10.0.0.9:8099/ev?e=valid_card"}),
    (Break.NO_ROUTE, {f"{LAN}.SubnetMask": "255.255.255.255", f"{LAN}.DefaultGateway": "0.0.0.0"}),  # noqa: S104
]


@pytest.mark.parametrize(("broken", "settings"), SETTINGS, ids=[one[0].value for one in SETTINGS])
async def test_a_setting_that_breaks_it(
    make_world: MakeWorld, broken: Break, settings: dict[str, str]
) -> None:
    made: World = await make_world(specs(1))
    async with pointed(made) as ear:
        if broken is Break.NO_ROUTE:
            ear.base = ear.base.replace("127.0.0.1", "127.0.0.2")
            await events.point_at(made.ctx, made.devices[0], ear.base)
        made.lan.devices[0].unit.config.put(settings)
        found = await diagnosis(made, ear)
        assert found.broken is broken
        assert found.links[-1].remedy


async def test_offline_sign_in_nobody_listens_silence_and_a_firewall(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    unit = made.lan.devices[0]
    async with pointed(made) as ear:
        await unit.fault("url-lost")
        assert (await diagnosis(made, ear, wait_s=0.2)).broken is Break.BLOCKED
        await unit.clear_fault("url-lost")
        assert (await diagnosis(made, ear, tried=False, wait_s=0.2)).broken is Break.SILENT
        await unit.set_auth("digest", "admin", "changed by somebody")
        assert (await diagnosis(made, ear)).broken is Break.SIGN_IN
        await unit.set_auth("digest", "admin", "admin")
        await unit.set_offline()
        assert (await diagnosis(made, ear)).broken is Break.OFFLINE
        await unit.set_online()
        await unit.settled()
    assert (await diagnosis(made, ear)).broken is Break.NOBODY_LISTENS


async def test_a_model_that_calls_nobody(make_world: MakeWorld) -> None:
    facts = ChainFacts("http://127.0.0.1:1", answered=True, enabled=None)
    assert broken_at(chain_of(facts)) is Break.NO_URLS
    made: World = await make_world([SimSpec(profile="R29")])
    code, told = await command(made, "why-silent", "--device", made.devices[0].id, "--bind", "127.0.0.1:1")
    assert (code, told["broken"]) == (1, "off")
    code, text = await command(
        made, "why-silent", "--device", made.devices[0].id, "--bind", "127.0.0.1:1", as_json=False
    )
    assert "NO   Reporting is switched on. Point the device" in text


async def test_the_command_waits_for_a_call(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    async with pointed(made) as ear:
        base = ear.base.removeprefix("http://")
    words = ("why-silent", "--device", made.devices[0].id, "--bind", base, "--wait", "20")
    async with asyncio.TaskGroup() as group:
        said = Served()
        asking = group.create_task(running(made, said, *words))
        await said.until("Hold any card")
        await made.lan.devices[0].enter_pin("99999")
        assert await asking == 0
    await made.lan.devices[0].settled()


@pytest.mark.parametrize(("ip", "mask", "gateway", "route"), [
    ("10.0.0.5", "255.255.255.0", "", True), ("10.0.1.5", "255.255.255.0", "", False),
    ("10.0.1.5", "255.255.255.0", "10.0.1.1", True), ("door", "x", "", None), ("", "", "", None),
])  # fmt: skip
def test_routes(ip: str, mask: str, gateway: str, route: bool | None) -> None:
    facts = ChainFacts("http://10.0.0.1:80", answered=True, device_ip=ip, mask=mask, gateway=gateway)
    assert has_route(facts) is route
    assert points_at("http://10.0.0.1/ev", "http://10.0.0.1:80")
    assert not points_at("http://[::1", "http://10.0.0.1:80")
