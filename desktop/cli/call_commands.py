"""call: a device calls somebody, tells how it goes, hangs up (device API 3.7)."""

from __future__ import annotations

import argparse

from core.base.errors import UserError
from core.entities.site import APARTMENT
from core.rules.calling import Callee
from core.usecases import access, calling, generic
from core.usecases.calling import Whom
from core.usecases.devices import find_device
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    group = commands.group("call", "calls that a device makes when it is asked to")
    phones = group.add("from", _callers, "the devices that may call for the front desk, guard phones first")
    phones.add_argument("--site", required=True)
    dial = group.add("dial", _dial, "have a device call a number, a device, an apartment or a person")
    who = dial.add_mutually_exclusive_group(required=True)
    for name in ("number", "to", "apartment", "person"):
        who.add_argument(f"--{name}", default="")
    hang_up = group.add("hang-up", _hang_up, "end the call of a device")
    status = group.add("status", _status, "what a device is doing")
    for parser in (dial, hang_up, status):
        parser.add_argument("--device", required=True, help="the device that calls")


async def _callers(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    found = await calling.callers(station.ctx, (await site_of(station, args.site)).id)
    rows = [{"id": one.id, "name": one.name, "model": one.model, "kind": one.kind.value} for one in found]
    out.document({"count": len(rows), "devices": rows})
    for one in found:
        out.line(f"{one.name}: {one.model or one.kind.value}")
    return 0


async def _dial(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    caller = await find_device(station.ctx, args.device)
    to = Callee(args.number, args.number) if args.number else await _callee(station, args)
    result = await calling.dial(station.ctx, caller, to)
    document = {
        "device": caller.id,
        "number": to.number,
        "verdict": result.verdict.value,
        "said": result.said,
    }
    out.document(document)
    out.line(f"{result.verdict.value}. {result.said}")
    return 0


async def _callee(station: Workstation, args: argparse.Namespace) -> Callee:
    ctx = station.ctx
    if args.to:
        whom = Whom(device_id=(await find_device(ctx, args.to)).id)
    elif args.apartment:
        whom = Whom(apartment_id=(await generic.show_row(ctx, APARTMENT, args.apartment)).id)
    else:
        whom = Whom(person_id=(await station.mirror.read(lambda r: access.find_person(r, args.person))).id)
    found = await calling.numbers(ctx, whom)
    if not found:
        words = f"No number is known under which '{args.to or args.apartment or args.person}' is reached."
        raise UserError("call.number", words, remedy="Read the devices of the home, or enter a phone number.")
    return found[0]


async def _hang_up(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    result = await calling.hang_up(station.ctx, await find_device(station.ctx, args.device))
    out.document({"device": result.device.id, "verdict": result.verdict.value, "said": result.said})
    out.line(f"{result.verdict.value}. {result.said}")
    return 0


async def _status(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    phase = await calling.phase(station.ctx, device)
    out.document({"device": device.id, "phase": phase.value})
    out.line(f"{device.name}: {phase.value}")
    return 0
