"""Acts on one device: open a relay, restart, reset, ask what it is, read its log, take a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.base.errors import UserError
from core.rules.compile import shown_mac
from core.usecases import actions
from core.usecases.devices import find_device
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    for name, run, words in (
        ("relay", _relay, "open a relay"),
        ("reboot", _reboot, "restart a device and wait for it"),
        ("reset", _reset, "factory reset"),
        ("identify", _identify, "ask a device what it is"),
        ("logs", _logs, "newest lines of the door log"),
        ("snapshot", _snapshot, "a picture of what the device sees"),
    ):
        parser = commands.add(name, run, words)
        parser.add_argument("--device", required=True)
        if name == "relay":
            parser.add_argument("--number", type=int, default=1)
        if name == "logs":
            parser.add_argument("--newest", type=int, default=20)
        if name == "snapshot":
            parser.add_argument("--out", type=Path, required=True)
        if name == "reset":
            parser.add_argument("--yes", action="store_true", help="yes, its settings and people shall go")


async def _act(out: Output, result: actions.ActionResult) -> int:
    out.document({"device": result.device.id, "verdict": result.verdict.value, "said": result.said})
    out.line(f"{result.device.name}: {result.verdict.value}. {result.said}")
    return 0


async def _relay(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    return await _act(out, await actions.open_relay(station.ctx, device, args.number))


async def _reboot(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _act(out, await actions.reboot(station.ctx, await find_device(station.ctx, args.device)))


async def _reset(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    if not args.yes:
        words = f"A factory reset of '{device.name}' removes its settings and people."
        raise UserError("reset.confirm", words, remedy="Say --yes to do it.")
    return await _act(out, await actions.reset(station.ctx, device))


async def _identify(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    identity = await actions.identify(station.ctx, device)
    document = {"mac": shown_mac(identity.mac), "model": identity.model, "firmware": identity.firmware}
    out.document({**document, "hardware": identity.hardware})
    out.line(f"{device.name}: {identity.model} {identity.firmware}, MAC {shown_mac(identity.mac)}")
    return 0


async def _logs(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    events = await actions.door_log(station.ctx, device, newest=args.newest)
    rows = [
        {
            "time": e.local_time.isoformat(sep=" ") if e.local_time else "",
            "name": e.name,
            "method": e.method,
            "relay": e.relay,
            "worked": e.success,
        }
        for e in events
    ]
    out.document({"device": device.id, "events": rows})
    if rows:
        out.table(rows, ["time", "name", "method", "relay", "worked"])
    else:
        out.line("The door log is empty.")
    return 0


async def _snapshot(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    picture = await actions.snapshot(station.ctx, device)
    args.out.write_bytes(picture)
    out.document({"file": str(args.out), "bytes": len(picture)})
    out.line(f"{args.out}: {len(picture)} bytes")
    return 0
