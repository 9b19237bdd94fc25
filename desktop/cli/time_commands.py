"""clock, time-server: how far devices are off, the nights of change, and time where there is no internet."""

from __future__ import annotations

import argparse
from typing import Any

from core.base.errors import GatewrightError, UserError
from core.base.verdict import Verdict
from core.entities.device import Device
from core.usecases import actions, autop, clock
from core.usecases.devices import find_device
from core.usecases.dst import site_dst_warnings
from core.usecases.provision import devices_of
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.provision_commands import bind_address, for_ever
from desktop.cli.registry import Commands
from desktop.cli.server_commands import until_told
from device_link.ntp import PORT, TimeServer


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    asking = commands.add("clock", _clock, "how far the clocks of devices are off")
    where = asking.add_mutually_exclusive_group(required=True)
    where.add_argument("--site")
    where.add_argument("--device")
    asking.add_argument("--set", action="store_true", help="set them from this machine's clock")
    serving = commands.add("time-server", _serve, "tell devices the time where there is no internet (SNTP)")
    serving.add_argument("--bind", required=True, metavar="HOST:PORT", help=f"devices ask port {PORT}")
    serving.add_argument(
        "--site", default="", help="tell this site's devices to ask here, and prove their clocks"
    )
    serving.add_argument("--until-eof", action="store_true", help="stop when the input ends")


async def _devices(station: Workstation, args: argparse.Namespace) -> list[Device]:
    if args.device:
        return [await find_device(station.ctx, args.device)]
    return await devices_of(station.ctx, (await site_of(station, args.site)).id)


async def _clock(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    rows: list[dict[str, Any]] = []
    right = True
    devices = await _devices(station, args)
    for device in devices:
        try:
            if args.set:
                reading = (await clock.set_clock(station.ctx, device)).after
            else:
                reading = await clock.measure_clock(station.ctx, device)
        except GatewrightError as fault:
            right = False
            rows.append({"device": device.id, "error": fault.document()})
            out.line(f"{device.name}: {fault}")
            continue
        right = right and reading.right_time and reading.right_zone
        seconds = round(reading.drift.total_seconds(), 1)
        rows.append({"device": device.id, "drift_s": seconds, "zone": reading.zone, "said": reading.said})
        out.line(f"{device.name}: {reading.said}")
    warnings = [
        w for site in sorted({d.site_id for d in devices}) for w in await site_dst_warnings(station.ctx, site)
    ]
    for warning in warnings:
        out.line(warning.words)
    nights = [{"group": w.group_id, "night": f"{w.night.start:%Y-%m-%d}", "words": w.words} for w in warnings]
    out.document({"clocks": rows, "nights": nights})
    return 0 if right else 1


async def _serve(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    host, port = bind_address(args.bind)
    site = await site_of(station, args.site) if args.site else None
    server = TimeServer(station.ctx.clock, lambda address: out.line(f"{address} asked for the time"))
    try:
        port = await server.open(host, port)
    except OSError as fault:
        remedy = f"Port {PORT} needs the rights of an administrator on most systems." if port == PORT else ""
        raise UserError(
            "time.bind", f"{args.bind} cannot be used: {fault.strerror}.", remedy=remedy
        ) from fault
    try:
        ready: dict[str, Any] = {"host": host, "port": port}
        if site is not None:
            devices = await devices_of(station.ctx, site.id)
            ready["proved"] = [
                d.id for d in devices if await _told_the_time(station, d, f"{host}:{port}", out)
            ]
        out.announce(ready)
        return await until_told(for_ever(), until_eof=args.until_eof)
    finally:
        server.close()


async def _told_the_time(station: Workstation, device: Device, server: str, out: Output) -> bool:
    """Point a device at this time server, restart it, and measure its clock; whether that is right now."""
    server = server.removesuffix(f":{PORT}")
    text = f"Config.Settings.SNTP.Enable = 1\nConfig.Settings.SNTP.NTPServer1 = {server}\n"
    try:
        [job] = await autop.apply_once(station.ctx, text, [device.id])
        record = await station.ctx.jobs.wait(job)
        if record.result.get("verdict") != Verdict.PROVED.value:
            out.line(f"{device.name}: {record.said}")
            return False
        await actions.reboot(station.ctx, device)
        reading = await clock.measure_clock(station.ctx, device)
    except GatewrightError as fault:
        out.line(f"{device.name}: {fault}")
        return False
    out.line(f"{device.name}: {reading.said}")
    return reading.right_time
