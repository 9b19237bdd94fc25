"""Acts on one device: open a relay, restart, reset, ask what it is, read its log, take a picture."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path

import msgspec

from core.base.errors import RefusedError, UserError
from core.rules.compile import shown_mac
from core.rules.door_event import CALL
from core.usecases import actions, calls, moves
from core.usecases.devices import find_device
from desktop.app.workstation import Workstation
from desktop.cli.account_commands import door_of
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
        ("inputs", _inputs, "the inputs, and what the device is doing"),
        ("calls", _calls, "newest lines of the call log"),
        ("capture", _capture, "the packets on the device's own network card, as a pcap file"),
    ):
        parser = commands.add(name, run, words)
        parser.add_argument("--device", required=True)
        if name == "relay":
            parser.add_argument("--number", type=int, default=1)
        if name in {"logs", "calls"}:
            parser.add_argument("--newest", type=int, default=20)
        if name == "capture":
            parser.add_argument("--seconds", type=int, default=30)
        if name in {"snapshot", "capture"}:
            parser.add_argument("--out", type=Path, required=True)
        if name == "reset":
            parser.add_argument("--yes", action="store_true", help="yes, its settings and people shall go")

    move = commands.add("move", _move, "take a device to another site; what is tied to the old one ends")
    move.add_argument("--device", help="the device to move")
    move.add_argument("--site", help="the site that it goes to")
    move.add_argument("--building", default=None, help="the building there; else it is the site's")
    move.add_argument("--check", action="store_true", help="only say what would become of what")
    move.add_argument("--back", default="", metavar="MOVE", help="take a move back instead")


async def _act(out: Output, result: actions.ActionResult) -> int:
    out.document({"device": result.device.id, "verdict": result.verdict.value, "said": result.said})
    out.line(f"{result.device.name}: {result.verdict.value}. {result.said}")
    return 0


async def _move(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    ctx, door = station.ctx, door_of(station)
    if args.back:
        moved = await moves.take_back(ctx, door, args.back)
    elif not args.device or not args.site:
        raise UserError("move.what", "A move needs --device and --site, or --back and the move's id.")
    else:
        device = await find_device(ctx, args.device)
        moved = await moves.move_device(
            ctx,
            door,
            device_id=device.id,
            site_id=args.site,
            building_id=args.building,
            check=args.check,
        )
    out.document(msgspec.to_builtins(moved))
    verb = "would go" if moved.check else "went"
    out.line(f"{moved.name} {verb} from {moved.from_name} to {moved.to_name}.")
    for line in moved.lines:
        out.line(f"  {line.count} {line.what.lower()}: {line.fate}")
    if moved.move:
        out.line(f"To take it back: gatewright move --back {moved.move}")
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
    stream = await actions.stream_address(station.ctx, device)
    document = {"mac": shown_mac(identity.mac), "model": identity.model, "firmware": identity.firmware}
    out.document({**document, "hardware": identity.hardware, "stream": stream})
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
    await asyncio.to_thread(args.out.write_bytes, picture)
    out.document({"file": str(args.out), "bytes": len(picture)})
    out.line(f"{args.out}: {len(picture)} bytes")
    return 0


async def _inputs(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    states = await actions.inputs(station.ctx, device)
    doing = ""
    with contextlib.suppress(RefusedError):  # Models without calls have no such state either.
        doing = await actions.doing(station.ctx, device)
    out.document({"device": device.id, "inputs": {str(n): on for n, on in states.items()}, "doing": doing})
    words = ", ".join(f"input {n} {'active' if on else 'idle'}" for n, on in states.items()) or "no inputs"
    out.line(f"{device.name}: {words}. {doing}".rstrip())
    return 0


async def _calls(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    pulled = await calls.pull_calls(station.ctx, device)
    rows = [
        {
            "time": e.device_time,
            "kind": e.event.removeprefix(CALL),
            "name": e.name,
            "number": e.method,
        }
        for e in await calls.newest_calls(station.ctx, device, limit=args.newest)
    ]
    out.document({"device": device.id, "new": len(pulled), "calls": rows})
    if rows:
        out.table(rows, ["time", "kind", "name", "number"])
    else:
        out.line("The call log is empty.")
    return 0


async def _capture(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    content = await actions.capture(station.ctx, device, seconds=args.seconds)
    await asyncio.to_thread(args.out.write_bytes, content)
    out.document({"file": str(args.out), "bytes": len(content)})
    out.line(f"{args.out}: {len(content)} bytes")
    return 0
