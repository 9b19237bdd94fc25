"""Devices that pull: offered by plug and play, or pointed at the workstation; what they took is read back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from core.base.clock import SystemClock
from core.base.verdict import Verdict
from core.entities.device import DEVICE_SETTING
from core.entities.proof import PROOF, ItemKind
from core.store.tx import Tx
from device_link.discovery.pnp import PnpListener
from device_link.simulator.autop import pull
from device_link.simulator.multicast import PNP_GROUP, PnpClient, asking_socket
from tests.factories import plant
from tests.link.commands import command, served
from tests.link.conftest import MakeWorld
from tests.link.world import World, specs

KEY = "Config.DoorSetting.RTSP.Enable"
VARIANTS = ["autop-case:upper", "autop-case:lower", "autop-skip"]


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def wanted_otherwise(made: World) -> str:
    """Want another value than the devices have; returns it."""
    value = "0" if made.lan.devices[0].unit.config.get(KEY) == "1" else "1"

    def want(tx: Tx) -> None:
        for device in made.devices:
            plant(tx, DEVICE_SETTING, device_id=device.id, key=KEY, value=value)

    await made.write(want)
    return value


async def verdicts(made: World) -> list[Verdict]:
    proofs = await made.read(lambda r: r.find(PROOF, kind=ItemKind.SETTING, subject=KEY))
    return [p.verdict for p in proofs]


@contextlib.asynccontextmanager
async def asking(mac: str, port: int) -> AsyncIterator[PnpClient]:
    """A device that asks by plug and play."""
    client = PnpClient(mac, "R29", "29.30.10.400", "127.0.0.1", (PNP_GROUP[0], port))
    await client.open(asking_socket("127.0.0.1"))
    try:
        yield client
    finally:
        client.stop()


async def answered(client: PnpClient, *, limit_s: float = 30.0) -> bool:
    """Ask again and again, as devices do; whether an address came before the request was answered three times."""
    async with asyncio.timeout(limit_s):
        while not client.told.is_set() and len(client.accepted) < 3:
            client.subscribe()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.told.wait(), 0.2)
    return client.told.is_set()


@pytest.mark.parametrize("variant", VARIANTS)
async def test_a_device_is_offered_the_address_pulls_and_is_read_back(
    make_world: MakeWorld, variant: str
) -> None:
    made: World = await make_world(specs(1, variant))
    value, port, unit = await wanted_otherwise(made), free_udp_port(), made.lan.devices[0]
    async with served(made, "provision", "--site", made.site.id, "--pnp", "--pnp-port", str(port)) as service:
        assert service.ready["devices"] == 1
        async with asking(unit.mac, port) as client:
            assert await answered(client)
            assert client.url == service.ready["url"]
        async with asking("0C1105FFFFFF", port) as stranger:
            assert not await answered(stranger), "another server of the LAN may be meant for it"
        given = await pull(unit.unit, client.url)
        assert [name.lower() for name in given] == [f"{unit.mac.lower()}.cfg"]
        assert unit.unit.config.get(KEY) == value
        await service.until("Door 0: ")
        assert await verdicts(made) == [Verdict.PROVED]
        if variant == "autop-skip":
            unit.unit.config.put({KEY: "x"})
            await pull(unit.unit, client.url)
            assert unit.unit.config.get(KEY) == "x", "it skips a file that it has had"
            await service.until("Door 0: ")
            assert await verdicts(made) == [Verdict.DIFFERS], "fetched is not taken"


async def test_devices_are_pointed_here_and_fetch_at_their_start(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2, "", "reboot-ignored"))
    value = await wanted_otherwise(made)
    async with served(made, "provision", "--site", made.site.id, "--point") as service:
        await service.until("Door 0: ")
        await made.lan.devices[0].settled()
    assert made.lan.devices[0].unit.config.get(KEY) == value
    assert made.lan.devices[1].unit.config.get(KEY) != value, "it did not restart, so it fetched nothing"
    assert await verdicts(made) == [Verdict.PROVED]


async def test_a_taken_address_is_said(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    with pytest.raises(Exception, match=r"is not HOST:PORT"):
        await command(made, "provision", "--site", made.site.id, "--bind", "nowhere")
    busy = made.lan.devices[0].url.removeprefix("http://")
    with pytest.raises(Exception, match=r"cannot be used"):
        await command(made, "provision", "--site", made.site.id, "--bind", busy)


def test_the_listener_may_be_given_an_offer_without_a_card() -> None:
    listener = PnpListener(SystemClock(), addresses=[], offer=lambda _request, _host: "")
    asyncio.run(listener.run(lambda _heard: None))
    assert "no network card" in listener.trouble
