"""why-silent: why a device's events do not arrive, link by link (W12)."""

from __future__ import annotations

import argparse
import asyncio

from core.entities.device import Device
from core.rules.callback_chain import Break
from core.rules.door_event import ActionCall
from core.usecases.callback_doctor import Diagnosis, why_silent
from core.usecases.devices import find_device
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.provision_commands import bind_address
from desktop.cli.registry import Commands
from device_link.events import EventListener
from device_link.http import connects

PROBE_S = 3.0


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    silent = commands.add("why-silent", _why_silent, "why do a device's events not arrive?")
    silent.add_argument("--device", required=True)
    silent.add_argument("--bind", required=True, metavar="HOST:PORT", help="where this workstation listens")
    silent.add_argument(
        "--wait", type=int, default=0, metavar="SECONDS", help="for a call, while somebody tries"
    )


class Waiting:
    """A listener of this command, and the calls of one device."""

    def __init__(self, device: Device, seconds: int, out: Output) -> None:
        self._device, self._seconds, self._out = device, seconds, out
        self._came: asyncio.Queue[None] = asyncio.Queue()
        self.listener = EventListener(self._take)

    async def _take(self, call: ActionCall) -> None:
        if call.mac == self._device.mac:
            self._came.put_nowait(None)

    async def heard(self) -> bool:
        """Wait for a call; whether one came in time."""
        self._out.line(
            f"Hold any card to '{self._device.name}' now; its call is waited for {self._seconds} s."
        )
        try:
            async with asyncio.timeout(self._seconds):
                await self._came.get()
        except TimeoutError:
            return False
        return True


async def _probe(host: str, port: int) -> bool:
    return await connects(host, port, PROBE_S)


async def _why_silent(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    host, port = bind_address(args.bind)
    waiting = Waiting(device, args.wait, out)
    # Somebody who listens there already is the one that is asked about.
    own = args.wait > 0 and not await _probe(host, port)
    try:
        base = await waiting.listener.open(host, port) if own else f"http://{host}:{port}"
        heard = waiting.heard if own else None
        found = await why_silent(station.ctx, device, base, listens=_probe, heard=heard)
    finally:
        await waiting.listener.close()
    _tell(found, out)
    return 0 if found.broken is Break.NONE else 1


def _tell(found: Diagnosis, out: Output) -> None:
    rows = [
        {"link": k.what.value, "words": k.words, "holds": k.holds, "remedy": k.remedy} for k in found.links
    ]
    out.document({"device": found.device.id, "broken": found.broken.value, "links": rows})
    for link in found.links:
        mark = {True: "yes", False: "NO", None: "?"}[link.holds]
        out.line(f"{mark:4} {link.words}" + (f" {link.remedy}" if link.holds is False else ""))
