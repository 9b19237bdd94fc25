"""provision: AutoP files and firmware served to devices that pull, offered by plug and play or pointed at (DEV-07)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.errors import GatewrightError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE_SETTING, Device
from core.entities.firmware import FIRMWARE_RELEASE
from core.ports.device import Part
from core.rules.autop import render
from core.store.reader import Reader
from core.usecases import actions, autop
from core.usecases.provision import devices_of, submit
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.cli.server_commands import until_told
from device_link.discovery.pnp import GROUP, PnpListener
from device_link.discovery.sip import Subscribe
from device_link.provisioning import Fetched, Offer, ProvisioningServer

_FOR_EVER_S = 10 * 365 * 86_400.0


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    files = commands.add("provision", _provision, "serve AutoP files and firmware to devices that pull")
    files.add_argument("--site", required=True)
    files.add_argument("--bind", default="127.0.0.1:0", metavar="HOST:PORT")
    files.add_argument(
        "--pnp", action="store_true", help="offer it to this site's devices that ask by plug and play"
    )
    files.add_argument("--pnp-port", type=int, default=GROUP.port, help=argparse.SUPPRESS)
    files.add_argument(
        "--point", action="store_true", help="tell the devices to fetch from here, and restart them"
    )
    files.add_argument("--until-eof", action="store_true", help="stop when the input ends")


def bind_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; UserError for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UserError("bind.shape", f"'{text[:60]}' is not HOST:PORT.")
    return host, int(port)


async def for_ever() -> None:
    """Work of a command that only serves until it is told to stop."""
    await asyncio.Event().wait()


def offer_of(
    reader: Reader, devices: list[Device], has: Callable[[str], bool], path: Callable[[str], Path]
) -> Offer:
    """What there is for a site's devices: the wanted settings of each, and every firmware file that is here."""
    own = {
        d.mac: render({s.key: s.value for s in reader.find(DEVICE_SETTING, device_id=d.id)}, title=d.name)
        for d in devices
    }
    releases = [r for r in reader.find(FIRMWARE_RELEASE) if r.file_name and has(r.sha256)]
    return Offer(own=own, files={r.file_name: path(r.sha256) for r in releases})


class Service:
    """The server of one site with what goes with it; tells what is fetched and what is read back afterwards."""

    def __init__(self, station: Workstation, devices: list[Device], out: Output) -> None:
        self._station, self.devices, self._out = station, devices, out
        self._by_mac = {d.mac: d for d in devices}
        self.fetched: asyncio.Queue[str] = asyncio.Queue()
        self.url = ""

    async def server(self) -> ProvisioningServer:
        """The server, not opened yet."""
        blobs = self._station.ctx.blobs
        offer = await self._station.mirror.read(
            lambda reader: offer_of(reader, self.devices, blobs.has, blobs.path)
        )
        return ProvisioningServer(offer, self._told)

    def _told(self, one: Fetched) -> None:
        self._out.line(f"{one.peer} {one.name} {one.status}")
        if one.status == 200 and one.mac in self._by_mac:
            self.fetched.put_nowait(one.mac)

    def answer(self, request: Subscribe, host: str) -> str:
        """What a device that asks by plug and play is told: only this site's, since another server may be meant."""
        known = request.mac in self._by_mac
        self._out.line(
            f"{host} asks by plug and play: {request.mac} {'is told' if known else 'is none of ours'}"
        )
        return self.url if known else ""

    async def read_back(self) -> None:
        """What a device fetched is only known to hold once it was read back."""
        while True:
            device = self._by_mac[await self.fetched.get()]
            [job] = await submit(self._station.ctx, [device], parts=frozenset({Part.SETTINGS}), send=False)
            record = await self._station.ctx.jobs.wait(job)
            self._out.line(f"{device.name}: {record.said}")

    async def point(self) -> int:
        """Tell every device to fetch from here at its start, and restart it; how many took both (device API 4)."""
        text = f"Config.Autoprovision.GENERAL.Url = {self.url}\nConfig.Autoprovision.MODE.Mode = 1\n"
        jobs = await autop.apply_once(self._station.ctx, text, [d.id for d in self.devices])
        pointed = 0
        for device, job in zip(self.devices, jobs, strict=True):
            record = await self._station.ctx.jobs.wait(job)
            if record.result.get("verdict") != Verdict.PROVED.value:
                self._out.line(f"{device.name}: {record.said}")
                continue
            with contextlib.suppress(GatewrightError):
                await actions.reboot(self._station.ctx, device)
                pointed += 1
        return pointed


async def _provision(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    host, port = bind_address(args.bind)
    service = Service(station, await devices_of(station.ctx, site.id), out)
    server = await service.server()
    try:
        service.url = await server.open(host, port)
    except OSError as fault:
        raise UserError("provision.bind", f"{args.bind} cannot be used: {fault.strerror}.") from fault
    try:
        return await until_told(_serve(station, service, args, out, host), until_eof=args.until_eof)
    finally:
        await server.close()


async def _serve(
    station: Workstation, service: Service, args: argparse.Namespace, out: Output, host: str
) -> None:
    ready: dict[str, Any] = {"url": service.url, "devices": len(service.devices)}
    async with asyncio.TaskGroup() as group:
        group.create_task(service.read_back())
        if args.pnp:
            listener = PnpListener(
                station.clock,
                listen_s=_FOR_EVER_S,
                addresses=[host],
                offer=service.answer,
                port=args.pnp_port,
            )
            group.create_task(listener.run(lambda _heard: None))
        if args.point:
            ready["pointed"] = await service.point()
        out.announce(ready)
