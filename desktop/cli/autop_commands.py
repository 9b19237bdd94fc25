"""autop, drift, baseline: texts of settings, differences, and settings as a file."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from core.base.errors import GatewrightError, UserError
from core.base.verdict import Verdict, worst
from core.entities.device import Device
from core.rules.autop import parse_autop
from core.rules.compile import shown_mac
from core.usecases import autop, drift
from core.usecases.devices import find_device
from core.usecases.provision import devices_of
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    text = commands.add("autop", _autop, "send a text of Config lines to devices and read it back")
    text.add_argument("file", type=Path)
    _where(text)
    text.add_argument("--once", action="store_true", help="send it now and want it no further")
    text.add_argument("--check", action="store_true", help="only show what each device would get")
    differing = commands.add("drift", _drift, "what devices hold otherwise than wanted")
    _where(differing)
    differing.add_argument("--accept", action="store_true", help="want what the devices hold")
    differing.add_argument("--put-back", action="store_true", help="send what is wanted again")
    baseline = commands.group("baseline", "a device's settings as a file")
    for name, run_baseline in (("export", _export), ("compare", _compare), ("import", _import)):
        parser = baseline.add(name, run_baseline, f"{name} the settings of a device")
        parser.add_argument("--device", required=True)
        parser.add_argument("file", type=Path)


def _where(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--site")
    where.add_argument("--device")


async def _devices(station: Workstation, args: argparse.Namespace) -> list[Device]:
    if args.device:
        return [await find_device(station.ctx, args.device)]
    return await devices_of(station.ctx, (await site_of(station, args.site)).id)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as fault:
        raise UserError("file.unreadable", f"The file {path} cannot be read: {fault.strerror}.") from fault


async def _autop(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    text, devices = await asyncio.to_thread(_text, args.file), await _devices(station, args)
    understood = parse_autop(text)
    for fault in (*understood.dropped, *understood.warnings):
        out.line(fault.words)
    ids = [d.id for d in devices]
    noted = {
        "dropped": [f.words for f in understood.dropped],
        "warnings": [f.words for f in understood.warnings],
    }
    if args.check:
        shown = await autop.preview(station.ctx, text, ids)
        out.document(
            {
                **noted,
                "devices": [
                    {"device": p.device.id, "text": p.text, "changes": list(p.changes)} for p in shown
                ],
            }
        )
        for one in shown:
            out.line(one.text)
        return 0
    jobs = await (autop.apply_once if args.once else autop.apply_regular)(station.ctx, text, ids)
    rows, verdicts = [], []
    for device, job_id in zip(devices, jobs, strict=True):
        record = await station.ctx.jobs.wait(job_id)
        verdict = Verdict(record.result.get("verdict", Verdict.AMBIGUOUS.value))
        verdicts.append(verdict)
        rows.append(
            {"device": device.id, "mac": shown_mac(device.mac), "verdict": verdict, "said": record.said}
        )
        out.line(f"{device.name}: {verdict.value}. {record.said}")
    out.document({**noted, "devices": rows})
    return 0 if worst(verdicts) is Verdict.PROVED else 1


async def _drift(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    found: list[drift.Drift] = []
    faults: list[dict[str, Any]] = []
    for device in await _devices(station, args):
        try:
            here = await drift.compare(station.ctx, device.id)
        except GatewrightError as fault:
            faults.append({"device": device.id, "error": fault.document()})
            out.line(f"{device.name}: {fault}")
            continue
        found += here
        for one in here:
            out.line(f"{device.name}: {one.title}: {one.has or '-'} where {one.wanted or '-'} is wanted")
    if args.accept:
        await drift.accept(station.ctx, [d for d in found if d.acceptable])
    if args.put_back:
        for job in await drift.put_back(station.ctx, [d.device_id for d in found]):
            out.line((await station.ctx.jobs.wait(job)).said)
    rows = [
        {name: getattr(d, name) for name in ("device_id", "subject", "has", "wanted", "acceptable")}
        for d in found
    ]
    out.document({"drift": rows, "faults": faults})
    return 1 if faults or (found and not (args.accept or args.put_back)) else 0


async def _export(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    baseline = await drift.export_baseline(station.ctx, device)
    await asyncio.to_thread(args.file.write_text, baseline.document(), "utf-8")
    out.document({"file": str(args.file), "settings": len(baseline.settings)})
    out.line(f"{args.file}: {len(baseline.settings)} settings of a {baseline.model}, without passwords.")
    return 0


async def _compare(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    baseline = drift.read_baseline(await asyncio.to_thread(_text, args.file))
    found = await drift.against_baseline(station.ctx, device, baseline)
    for one in found:
        out.line(f"{one.subject}: {one.has or '-'} where the file has {one.wanted or '-'}")
    out.document({"differences": [{"key": d.subject, "has": d.has, "file": d.wanted} for d in found]})
    return 1 if found else 0


async def _import(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    baseline = drift.read_baseline(await asyncio.to_thread(_text, args.file))
    count = await drift.import_baseline(station.ctx, device, baseline)
    out.document({"settings": count})
    out.line(f"{count} settings are wanted of '{device.name}' now; 'gatewright apply' sends them.")
    return 0
