"""scan, commission, plan, apply, verify."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from core.base.errors import GatewrightError, NotFoundError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, Device
from core.entities.proof import ItemKind
from core.entities.site import APARTMENT, BUILDING, SITE, Site
from core.ports.device import Part
from core.ports.lan import Sighted
from core.rules.compile import shown_mac
from core.rules.plan import Act, Plan
from core.rules.sightings import Absence, Standing
from core.rules.status import DeviceStatus
from core.usecases import generic
from core.usecases.desired import device_status
from core.usecases.devices import NewDevice, add_device, find_device, parse_mac
from core.usecases.lan import explain_absence, lan_standings, scan
from core.usecases.provision import KINDS, devices_of, plan_device, submit
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    scanning = commands.add("scan", _scan, "find devices on the LAN")
    scanning.add_argument("targets", nargs="*", metavar="TARGET", help="CIDR, a-b range, host, host:port")
    scanning.add_argument("--why", default="", metavar="MAC", help="why is this device not found?")
    commission = commands.add(
        "commission", _commission, "bind a device to its place, set it up and read it back"
    )
    commission.add_argument("--site", required=True)
    commission.add_argument("--device", required=True, metavar="MAC")
    commission.add_argument("--building", default="")
    commission.add_argument("--apartment", default="")
    commission.add_argument("--name", default="")
    commission.add_argument(
        "--relay", action="append", default=[], metavar="NAME", help="relay A's name; repeat"
    )
    commission.add_argument("--template", default="", help="not available yet")
    for name, run, words in (
        ("plan", _plan, "what an apply would change, read from the devices"),
        ("apply", _apply, "send what differs, then read back"),
        ("verify", _verify, "read back and give a verdict per item"),
    ):
        parser = commands.add(name, run, words)
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--site")
        where.add_argument("--device")
        parser.add_argument("--part", action="append", choices=[p.value for p in Part], help="only this part")


def sighted_document(sighted: Sighted) -> dict[str, Any]:
    """A sighting as a JSON document."""
    return {
        "url": sighted.url,
        "mac": shown_mac(sighted.mac),
        "model": sighted.model,
        "firmware": sighted.firmware,
        "access": sighted.access.value,
        "reason": sighted.reason,
        "methods": list(sighted.methods),
        "also": [shown_mac(mac) for mac in sighted.also],
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """What a sighting means, as a JSON document."""
    return {
        "mac": shown_mac(standing.mac),
        "url": standing.url,
        "state": standing.state.value,
        "also": [state.value for state in standing.also],
        "device": standing.device.id if standing.device else "",
        "in_library": standing.in_library,
        "conflict": standing.conflict,
        "addresses": [{"url": url, "seen": at.isoformat() if at else ""} for url, at in standing.addresses],
    }


async def why_absent(station: Workstation, text: str, targets: Sequence[str], out: Output) -> int:
    """`scan --why MAC`: look for one device in every way and say what was tried; exit 0 only when it can be reached."""
    told = await explain_absence(station.ctx, parse_mac(text), targets)
    ways = told.report.ways if told.report else ()
    out.document(
        {
            "mac": shown_mac(told.mac),
            "name": told.name,
            "cause": told.cause.value,
            "words": told.words,
            "steps": list(told.steps),
            "history": [{"url": url, "seen": at.isoformat() if at else ""} for url, at in told.history],
            "heard": [{"way": h.way, "host": h.host, "model": h.model} for h in told.heard],
            "sighting": sighted_document(told.found) if told.found else None,
            "started": told.report.started_at.isoformat() if told.report else "",
            "tried": [
                {"way": w.way, "at": list(w.places), "asked": w.asked, "heard": w.heard, "trouble": w.trouble}
                for w in ways
            ],
        }
    )
    out.line(told.words)
    for step in told.steps:
        out.line(f"  - {step}")
    for way in ways:
        places = ", ".join(way.places[:5]) or "-"
        trouble = f"; {way.trouble}" if way.trouble else ""
        out.line(f"  tried {way.way:9} at {places}: {way.asked} asked, {way.heard} heard{trouble}")
    for url, at in told.history:
        out.line(f"  seen at {url} {at.isoformat(sep=' ', timespec='seconds') if at else ''}".rstrip())
    return 0 if told.cause in {Absence.HERE, Absence.OTHER_ADDRESS} else 1


async def _scan(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    if args.why:
        return await why_absent(station, args.why, args.targets, out)

    def told(sighted: Sighted) -> None:
        name = sighted.model or sighted.access.value
        cells = (
            f"{sighted.url:28}",
            f"{shown_mac(sighted.mac) or '-':17}",
            f"{name:10}",
            f"{sighted.firmware:16}",
        )
        out.line(" ".join((*cells, sighted.reason)).rstrip())

    found = await scan(station.ctx, args.targets, told)
    rows = [standing_document(one) for one in await lan_standings(station.ctx)]
    out.document({"sightings": [sighted_document(s) for s in found], "standings": rows})
    for row in rows:
        if row["conflict"]:
            out.line(f"{row['url']}: {row['conflict']}")
    if not found:
        out.line("Nothing answered. Check the cable, name a range, or run 'gatewright doctor'.")
    return 0


async def site_of(station: Workstation, text: str) -> Site:
    """The site of an id or name."""
    row: Site = await generic.show_row(station.ctx, SITE, text)
    return row


async def _commission(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    if args.template:
        raise UserError(
            "template.none", "Templates are not available in this version.", remedy="Leave --template away."
        )
    site = await site_of(station, args.site)
    device = await _bind(station, site, args)
    job_ids = await submit(station.ctx, [device], parts=frozenset({Part.SETTINGS}), commission=True)
    await station.ctx.jobs.wait(job_ids[0])
    return await _report(station, [device], out, frozenset({ItemKind.SETTING}))


async def _bind(station: Workstation, site: Site, args: argparse.Namespace) -> Device:
    """The device's row: the planned one of this site, or a new one from the MAC library."""
    mac = parse_mac(args.device)
    present: Device | None = await station.mirror.read(lambda r: r.first(DEVICE, mac=mac))
    if present is not None and present.site_id == site.id:
        return present
    places = await _places(station, site, args)
    new = NewDevice(site.id, mac, args.name or shown_mac(mac), relay_names=args.relay, **places)
    return await add_device(station.ctx, new)


async def _places(station: Workstation, site: Site, args: argparse.Namespace) -> dict[str, Any]:
    here = generic.Filter({"scope_id": site.id})
    buildings = await generic.list_rows(station.ctx, BUILDING, here)
    apartments = await generic.list_rows(station.ctx, APARTMENT, here)
    places: dict[str, Any] = {}
    if args.building:
        places["building_id"] = _one(buildings, args.building, "building", "name")
    if args.apartment:
        fitting = [a for a in apartments if places.get("building_id", a.building_id) == a.building_id]
        places["apartment_id"] = _one(fitting, args.apartment, "apartment", "number")
        places["building_id"] = next(a.building_id for a in apartments if a.id == places["apartment_id"])
    return places


def _one(rows: list[Any], text: str, word: str, field: str) -> str:
    found = [row.id for row in rows if text in {row.id, getattr(row, field)}]
    if len(found) != 1:
        count = "No" if not found else "More than one"
        raise NotFoundError(f"{word}.unknown", f"{count} {word} of this site is called '{text[:60]}'.")
    return str(found[0])


async def _devices(station: Workstation, args: argparse.Namespace) -> list[Device]:
    if args.device:
        return [await find_device(station.ctx, args.device)]
    site = await site_of(station, args.site)
    devices = await devices_of(station.ctx, site.id)
    if not devices:
        raise NotFoundError(
            "site.no_devices", f"'{site.name}' has no devices yet.", remedy="Commission one first."
        )
    return devices


def _parts(args: argparse.Namespace) -> frozenset[Part]:
    return frozenset(Part(p) for p in args.part) if args.part else frozenset(Part)


async def _plan(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    documents, code = [], 0
    for device in await _devices(station, args):
        out.line(f"{device.name} ({shown_mac(device.mac)})")
        try:
            plan = await plan_device(station.ctx, device.id, _parts(args))
        except GatewrightError as fault:
            code = 1
            documents.append({"device": device.id, "mac": shown_mac(device.mac), "error": fault.document()})
            out.line(f"  {fault}")
            continue
        documents.append({"device": device.id, "mac": shown_mac(device.mac), **plan_document(plan)})
        for item in plan.items:
            if item.act is not Act.KEEP:
                out.line(
                    f"  {item.act.value:8} {item.title:36} {item.has or '-'} -> {item.gets or '-'} {item.why}"
                )
        out.line(f"  {plan.equal} already equal")
    out.document({"plans": documents})
    return code


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as a JSON document; never with codes."""
    items = [
        {
            "kind": i.kind.value,
            "subject": i.subject,
            "title": i.title,
            "act": i.act.value,
            "has": i.has,
            "gets": i.gets,
        }
        for i in plan.items
        if i.act is not Act.KEEP
    ]
    return {"changes": len(plan.changes), "equal": plan.equal, "items": items}


async def _apply(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _push(station, args, out, send=True)


async def _verify(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _push(station, args, out, send=False)


async def _push(station: Workstation, args: argparse.Namespace, out: Output, *, send: bool) -> int:
    devices, parts = await _devices(station, args), _parts(args)
    for job_id in await submit(station.ctx, devices, parts=parts, send=send):
        job = await station.ctx.jobs.wait(job_id)
        out.line(f"{job.title}: {job.said}")
    return await _report(station, devices, out, frozenset(k for p in parts for k in KINDS[p]))


async def _report(
    station: Workstation, devices: list[Device], out: Output, kinds: frozenset[ItemKind]
) -> int:
    """Verdict per item; exit 0 only when everything wanted is proved."""
    documents, proved = [], True
    for device in devices:
        status = await device_status(station.ctx, device.id)
        proved = proved and status.verdict(*kinds) is Verdict.PROVED
        documents.append(
            {"device": device.id, "mac": shown_mac(device.mac), **status_document(status, kinds)}
        )
        for item in (*status.items, *status.foreign):
            if item.kind in kinds and item.verdict is not Verdict.PROVED:
                out.line(f"{device.name}: {item.title}: {item.verdict.value}. {item.said}")
    out.document({"devices": documents})
    return 0 if proved else 1


def status_document(status: DeviceStatus, kinds: frozenset[ItemKind]) -> dict[str, Any]:
    """A device's verdicts as a JSON document."""
    items = [
        {
            "kind": i.kind.value,
            "subject": i.subject,
            "title": i.title,
            "verdict": i.verdict.value,
            "said": i.said,
        }
        for i in (*status.items, *status.foreign)
        if i.kind in kinds
    ]
    return {"verdict": status.verdict(*kinds).value, "items": items}
