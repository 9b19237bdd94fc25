"""The devices of a virtual LAN in one process: `python -m tests.device_link.lan.devices PLAN.json`.

Prints `ready` when every device answers, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from device_link.simulator import SimDevice
from device_link.simulator.announce import Announcer
from device_link.simulator.clock import SimClock
from device_link.simulator.multicast import (
    SSDP_GROUP,
    WSD_GROUP,
    PnpClient,
    SsdpResponder,
    WsdResponder,
    asking_socket,
    listening_socket,
)
from device_link.simulator.onvif import CameraSpec, SimCamera
from device_link.simulator.profiles import profile
from device_link.simulator.state import DeviceState
from device_link.simulator.twon import TwoNDevice, TwoNSpec
from tests.device_link.lan.network import inside

PNP_EVERY_S = 0.4
_clock = SimClock()


@contextlib.asynccontextmanager
async def akuvox(plan: Mapping[str, Any]) -> AsyncIterator[dict[str, str]]:
    what = profile(plan["profile"])
    state = DeviceState(mac=plan["mac"], profile=what.key, firmware=what.firmware)
    device = SimDevice(what, state, clock=_clock)
    await device.set_auth("digest", "admin", plan.get("password", "admin"))
    with inside(plan["namespace"]):
        device.reserve(plan["address"], 80)
    await device.start([])
    try:
        yield device.describe()
    finally:
        await device.stop()


@contextlib.asynccontextmanager
async def two_n(plan: Mapping[str, Any]) -> AsyncIterator[dict[str, str]]:
    unit = TwoNDevice(TwoNSpec(mac=plan["mac"]), _clock)
    with inside(plan["namespace"]):
        unit._port.reserve(plan["address"], 80)
    await unit._port.open()
    try:
        yield {"url": unit.url, "mac": plan["mac"], "model": "2N IP Verso", "firmware": unit.state.firmware}
    finally:
        await unit.stop()


@contextlib.asynccontextmanager
async def camera(plan: Mapping[str, Any]) -> AsyncIterator[dict[str, str]]:
    made = SimCamera(CameraSpec(mac=plan["mac"], password="admin"), _clock)
    with inside(plan["namespace"]):
        made._port.reserve(plan["address"], 80)
        heard = listening_socket(WSD_GROUP, plan["address"])
    await made._port.open()
    responder = await WsdResponder(made.service, made.scopes, made.uuid).open(heard)
    responder.hello()
    try:
        yield {"url": made.url, "mac": plan["mac"], "model": made.spec.model, "firmware": made.spec.firmware}
    finally:
        responder.stop()
        await made.stop()


@contextlib.asynccontextmanager
async def voices(plan: Mapping[str, Any], facts: Mapping[str, str]) -> AsyncIterator[None]:
    """What a device says by itself: mDNS, SSDP, plug and play, as its plan has it."""
    async with contextlib.AsyncExitStack() as stack:
        address = plan["address"]
        if "mdns" in plan["says"]:
            with inside(plan["namespace"]):
                announcer = await Announcer.start(address, [dict(facts)])
            stack.push_async_callback(announcer.stop)
        if "ssdp" in plan["says"]:
            with inside(plan["namespace"]):
                heard = listening_socket(SSDP_GROUP, address)
            host = urlsplit(facts["url"]).netloc
            ssdp = await SsdpResponder(f"http://{host}", "IpCamera/4.2", f"0000-{plan['mac']}").open(heard)
            stack.callback(ssdp.stop)
        if "pnp" in plan["says"]:
            with inside(plan["namespace"]):
                made = asking_socket(address)
            client = await PnpClient(plan["mac"], facts["model"], facts["firmware"], address).open(made)
            stack.callback(client.stop)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            task = group.create_task(ask_again(client))
            stack.callback(task.cancel)
        yield


async def ask_again(client: PnpClient) -> None:
    while not client.told.is_set():
        client.subscribe()
        await _clock.sleep(PNP_EVERY_S)


KINDS = {"akuvox": akuvox, "two_n": two_n, "camera": camera}


async def main(plans: list[dict[str, Any]]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for plan in plans:
            facts = await stack.enter_async_context(KINDS[plan["kind"]](plan))
            await stack.enter_async_context(voices(plan, facts))
        print("ready", flush=True)  # noqa: T201  the word that the test waits for
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
