"""today, matrix, visitor, audit, due: the front desk without a window."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.ports.device import Part
from core.rules.explain import name_of
from core.usecases import access, audit, due, matrix, people_bulk, today, visitor_pass, visitors
from core.usecases.desired import device_target
from core.usecases.keys import remove_keys
from core.usecases.provision import submit
from core.usecases.turnover import receipt_document
from desktop.app.workstation import Workstation
from desktop.cli.access_commands import tell_bulk
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.place_commands import doors_of
from desktop.cli.registry import Commands

PARTS = ("moves_in", "moves_out", "visitors", "offline", "receipts", "expiring", "lock_codes")


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    board = commands.add("today", _today, "the desk's day: moves, visitors, doors, receipts, codes that end")
    board.add_argument("--site", required=True)
    people = commands.add("matrix", _matrix, "people by doors, each with its last proof, time and method")
    people.add_argument("--site", required=True)
    people.add_argument("--search", default="", help="part of a name")
    people.add_argument(
        "--open", action="store_true", dest="only_open", help="only people with anything unproved"
    )
    _visitors(commands.group("visitor", "passes and temporary keys"))
    log = commands.add("audit", _audit, "who did what, from what to what; --check goes through the chain")
    log.add_argument("--check", action="store_true", help="is any entry gone or changed? ends with 1 when so")
    log.add_argument("--search", default="")
    log.add_argument("--row", default="", help="the history of one row, by id")
    log.add_argument("--who", default="")
    log.add_argument("--limit", type=int, default=50)
    clock = commands.add("due", _due, "do what is due by the clock: move-outs, families of ended leases")
    clock.add_argument("--check", action="store_true", help="only say what would be done")


def _visitors(group: Commands) -> None:
    one = group.add("pass", _pass, "a key for some hours with its QR code, in one call")
    one.add_argument("--site", required=True)
    one.add_argument("--name", required=True)
    one.add_argument("--hours", type=int, default=24)
    one.add_argument("--apartment", help="id of the apartment that is visited")
    one.add_argument("--building", default="", help="id; needed when the site has several")
    one.add_argument("--door", action="append", default=[], help="relay id, name, or device/relay; repeat it")
    one.add_argument("--uses", type=int, help="how often it opens each door")
    one.add_argument("--qr", type=Path, metavar="FILE.svg", help="write the QR code there")
    one.add_argument("--push", action="store_true", help="send it to its doors now")
    listing = group.add("list", _list, "temporary keys, masked")
    listing.add_argument("--site", required=True)
    listing.add_argument("--search", default="", help="part of the visitor's or the maker's name")
    longer = group.add("extend", _extend, "move the end of a key that has not expired")
    longer.add_argument("visitor")
    longer.add_argument("--to", required=True, help="last day, such as 2026-03-09")
    gone = group.add("remove", _remove, "delete visitors with their keys")
    gone.add_argument("visitor", nargs="+")
    gone.add_argument("--check", action="store_true")
    clear = group.add("clear", _clear, "delete all visitors whose keys are over")
    clear.add_argument("--site", required=True)
    clear.add_argument("--check", action="store_true")


async def _today(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    board = await today.today(station.ctx, site.id)
    document: dict[str, Any] = {"day": board.day, "sentence": board.sentence}
    for part in PARTS:
        entries = [asdict(e) | {"at": e.at.isoformat() if e.at else ""} for e in getattr(board, part)]
        document[part] = entries
    out.document(document)
    out.line(f"{site.name}, {board.day}: {board.sentence}")
    for part in PARTS:
        for entry in document[part]:
            out.line(f"  {part.replace('_', ' '):10} {entry['at'][11:16]:5} {entry['title']} {entry['said']}")
    return 0


async def _matrix(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    found = await matrix.matrix(station.ctx, site.id, search=args.search, only_open=args.only_open)
    names = {door.relay.id: door.name for door in found.doors}
    people = []
    for line in found.lines:
        cells = [_cell(relay, names[relay], cell) for relay, cell in line.cells.items()]
        head = {"id": line.person.id, "name": name_of(line.person), "verdict": line.verdict.value}
        people.append({**head, "doors": cells})
        out.line(f"{head['name']}: {head['verdict']}")
        for cell in cells:
            out.line(f"  {cell['door']}: {cell['verdict']} {', '.join(cell['methods'])} {cell['at'][:16]}")
    out.document({"doors": names, "count": len(people), "people": people})
    return 0


def _cell(relay_id: str, door: str, cell: matrix.Cell) -> dict[str, Any]:
    at = cell.at.isoformat() if cell.at else ""
    shown = {"verdict": cell.verdict.value, "methods": list(cell.methods)}
    return {"relay": relay_id, "door": door, **shown, "at": at, "by": cell.by, "said": cell.said}


async def _pass(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    relays = await doors_of(station, args.door)
    new = visitor_pass.NewPass(
        *(site.id, args.name, args.hours, args.apartment, args.building, relays, args.uses)
    )
    made = await visitor_pass.visitor_pass(station.ctx, new)
    if args.qr is not None:
        await asyncio.to_thread(args.qr.write_text, made.svg, "utf-8")
    verdicts = await _push(station, made.device_ids) if args.push else {}
    shown = {"visitor": made.key.visitor.id, "code": made.code, "until": made.until.isoformat()}
    out.document({**shown, "doors": list(made.doors), "pushed": verdicts, "sentence": made.sentence})
    out.line(f"{made.sentence} Key: {made.code}")
    for name, verdict in verdicts.items():
        out.line(f"  {name}: {verdict}")
    return 0 if set(verdicts.values()) <= {"proved"} else 1


async def _push(station: Workstation, device_ids: tuple[str, ...]) -> dict[str, str]:
    """Send people to the doors of a pass; the verdict by device name."""
    devices = [(await device_target(station.ctx, one)).device for one in device_ids]
    jobs = await submit(station.ctx, devices, parts=frozenset({Part.PEOPLE}))
    found = {}
    for device, job in zip(devices, jobs, strict=True):
        record = await station.ctx.jobs.wait(job)
        found[device.name] = str(record.result.get("verdict", "ambiguous"))
    return found


async def _list(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    keys = await visitors.list_keys(station.ctx, site.id, search=args.search)
    rows = [_key(key) for key in keys]
    out.document({"count": len(rows), "keys": rows})
    if rows:
        out.table(rows, ["name", "key", "uses", "repeat", "maker", "start", "end"])
    else:
        out.line("No temporary key matches.")
    return 0


def _key(key: visitors.TemporaryKey) -> dict[str, Any]:
    group, code = key.group, key.credential
    ends = {"start": str(group.from_day or ""), "end": str(group.to_day or "")}
    shown = {"id": key.visitor.id, "name": name_of(key.visitor), "key": "••••", "uses": code.uses}
    return {**shown, "repeat": group.repeat.value, "maker": code.made_by, **ends, "doors": len(key.relay_ids)}


async def _extend(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    try:
        day = date.fromisoformat(args.to)
    except ValueError as fault:
        raise UserError(
            "usage.day", f"'{args.to[:20]}' is no day.", remedy="Write it as 2026-03-09."
        ) from fault
    person = await station.mirror.read(lambda r: access.find_person(r, args.visitor))
    key = await visitors.extend_key(station.ctx, visitor_id=person.id, to_day=day)
    out.document(_key(key))
    out.line(f"{name_of(person)}: until {key.group.to_day} {key.group.to_time:%H:%M}.")
    return 0


async def _remove(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    found = await station.mirror.read(lambda r: [access.find_person(r, v).id for v in args.visitor])
    return tell_bulk(out, await remove_keys(station.ctx, found, check=args.check))


async def _clear(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    return tell_bulk(out, await people_bulk.clear_visitors(station.ctx, site_id=site.id, check=args.check))


async def _audit(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    if args.check:
        found = await audit.check_audit(station.ctx)
        out.document({"entries": found.entries, "holds": not found.broken, "broken": found.broken})
        out.line(found.broken or f"{found.entries} entries; none was removed or changed.")
        return 1 if found.broken else 0
    wanted = audit.AuditFilter(args.search, args.row, args.who, args.limit)
    rows = [
        {"at": e.at.isoformat(), "who": e.who, "act": e.act, "op": e.op, "what": e.title, "row": e.entity_id}
        | {"changes": e.changes}
        for e in await audit.audit_entries(station.ctx, wanted)
    ]
    out.document({"count": len(rows), "entries": rows})
    out.table(rows, ["at", "who", "act", "op", "what"])
    return 0


async def _due(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    done = await due.run_due(station.ctx, check=args.check)
    receipts = [*done.moved_out, *done.leases]
    out.document({"checked": args.check, "receipts": [receipt_document((one, [])) for one in receipts]})
    for one in receipts:
        out.line(f"{one.title}: {'would leave' if args.check else 'left'} ({one.due_at:%Y-%m-%d %H:%M UTC}).")
    if not receipts:
        out.line("Nothing is due.")
    return 0
