"""apartments, site, group, people: acts on many rows, each with --check and an undo entry."""

from __future__ import annotations

import argparse
from typing import Any

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP, AccessGroup
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT
from core.schema.entity import EntitySpec, parse_fields
from core.store.reader import Reader
from core.usecases import access, apartments, doors, groups, leaving, locks, people_bulk, site_ways, sites
from core.usecases.bulk import BulkReport
from desktop.app.workstation import Workstation
from desktop.cli.access_commands import bulk_document, tell_bulk
from desktop.cli.entity_commands import pairs
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    _apartments(commands.group("apartments", "many apartments at once"))
    _groups(commands.group("group", "doors, locks and people of access groups"))
    site = commands.group("site", "a whole site")
    for name, run, words in (
        ("ways", _ways, "where the site's row leads to"),
        ("locks", _locks, "third-party locks: who opens them, and codes that do not fit"),
        ("reset", _reset_house, "reset a house's account: says what goes and what stays"),
        ("delete", _delete_site, "delete a site with everything in it"),
    ):
        one = site.add(name, run, words)
        one.add_argument("--site", required=True)
        one.add_argument("--check", action="store_true", help="only say what would be done")
    people = commands.group("people", "many people at once")
    edit = people.add("edit", _edit_people, "set the same fields of many people")
    edit.add_argument("--site", required=True)
    edit.add_argument("--person", action="append", required=True, help="id, UID or full name; repeat it")
    edit.add_argument("fields", nargs="+", metavar="field=text")
    edit.add_argument("--check", action="store_true")
    gone = people.add("delete", _delete_people, "delete people with all that hangs on them")
    gone.add_argument("person", nargs="+", help="id, UID or full name")
    gone.add_argument("--check", action="store_true")


def _apartments(group: Commands) -> None:
    shown = group.add("list", _list, "apartments with residents, devices and enabled access methods")
    shown.add_argument("--site", required=True)
    shown.add_argument("--building", default="")
    shown.add_argument("--search", default="")
    for name, run, words in (
        ("edit", _edit, "set the same fields of chosen or all apartments"),
        ("reset", _reset, "reset chosen or all apartments"),
        ("renew-qr", _renew, "void the registration QR codes of chosen or all apartments"),
    ):
        one = group.add(name, run, words)
        one.add_argument("--site", required=True)
        one.add_argument("--apartment", action="append", help="number or id; repeat it; without it, all")
        one.add_argument("--check", action="store_true", help="only say what would be done")
        if name == "edit":
            one.add_argument("fields", nargs="+", metavar="field=text")


def _groups(group: Commands) -> None:
    inside = group.add("set-doors", _set_doors, "the group opens exactly these doors and locks")
    inside.add_argument("group", help="id, number or name")
    inside.add_argument("--door", action="append", help="relay id, name, or device/relay; repeat it")
    inside.add_argument("--lock", action="append", help="id of a third-party lock; repeat it")
    members = group.add("members", _members, "put people in or take them out")
    members.add_argument("group", help="id, number or name")
    members.add_argument("--add", action="append", default=[], help="id, UID or full name; repeat it")
    members.add_argument("--take-out", action="append", default=[], help="id, UID or full name; repeat it")
    gone = group.add("delete", _delete_group, "delete a group with its doors and memberships")
    gone.add_argument("group", help="id, number or name")
    hold = group.add("hold-open", _hold, "a door is held open in the times of exactly these groups")
    hold.add_argument("--door", required=True)
    hold.add_argument("group", nargs="*", help="id, number or name; none: no longer held open")
    emergency = group.add("emergency", _emergency, "which doors an emergency opens; without --door all")
    emergency.add_argument("--site", required=True)
    emergency.add_argument("--door", action="append")
    for one in (inside, members, gone, hold, emergency):
        one.add_argument("--check", action="store_true", help="only say what would be done")


# -------------------------------------------------------------------------------------------------------- look-ups


async def _group_of(station: Workstation, text: str) -> AccessGroup:
    def work(reader: Reader) -> AccessGroup:
        found = [
            g
            for g in reader.find(ACCESS_GROUP)
            if text in {g.id, str(g.code)} or g.name.lower() == text.lower()
        ]
        if len(found) != 1:
            word = "No access group" if not found else f"{len(found)} access groups"
            raise UserError("access_groups.unknown", f"{word} called '{text[:60]}'.", remedy="Give its id.")
        return found[0]

    return await station.mirror.read(work)


async def _people_of(station: Workstation, texts: list[str]) -> list[str]:
    return await station.mirror.read(lambda r: [access.find_person(r, text).id for text in texts])


async def doors_of(station: Workstation, texts: list[str]) -> list[str]:
    """Relay ids of doors as people name them."""
    return await station.mirror.read(lambda r: [access.find_door(r, text)[0].id for text in texts])


async def _homes_of(station: Workstation, site_id: str, texts: list[str] | None) -> list[str] | None:
    if texts is None:
        return None
    homes = await station.mirror.read(lambda r: r.find(APARTMENT, scope_id=site_id))
    known = {**{home.number: home.id for home in homes}, **{home.id: home.id for home in homes}}
    if unknown := [text for text in texts if text not in known]:
        raise UserError("apartments.unknown", f"There is no apartment '{unknown[0][:40]}' at this site.")
    return [known[text] for text in texts]


def _values(spec: EntitySpec[Any], texts: list[str]) -> dict[str, Any]:
    values, faults = parse_fields(spec, pairs(texts))
    if faults:
        raise UserError(faults[0].code, faults[0].message, field=faults[0].field)
    return values


# ------------------------------------------------------------------------------------------------------------ acts


async def _list(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    rows = await apartments.apartment_lines(station.ctx, site.id, building=args.building, search=args.search)
    out.document({"count": len(rows), "apartments": rows})
    if rows:
        out.table(rows, list(rows[0]))
    else:
        out.line("No apartment matches.")
    return 0


async def _edit(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    ids = await _homes_of(station, site.id, args.apartment)
    changes = _values(APARTMENT, args.fields)
    done = apartments.edit_apartments(
        station.ctx, site_id=site.id, changes=changes, ids=ids, check=args.check
    )
    return tell_bulk(out, await done)


async def _reset(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    ids = await _homes_of(station, site.id, args.apartment)
    return tell_bulk(
        out, await apartments.reset_apartments(station.ctx, site_id=site.id, ids=ids, check=args.check)
    )


async def _renew(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    ids = await _homes_of(station, site.id, args.apartment)
    return tell_bulk(
        out, await apartments.renew_qr_codes(station.ctx, site_id=site.id, ids=ids, check=args.check)
    )


async def _set_doors(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    group = await _group_of(station, args.group)
    relays = None if args.door is None else await doors_of(station, args.door)
    done = doors.set_group_doors(
        station.ctx, group_id=group.id, relay_ids=relays, lock_ids=args.lock, check=args.check
    )
    return tell_bulk(out, await done)


async def _members(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    group = await _group_of(station, args.group)
    if bool(args.add) == bool(args.take_out):
        raise UserError("usage.members", "Say either --add or --take-out.")
    verb = groups.add_members if args.add else groups.remove_members
    people = await _people_of(station, args.add or args.take_out)
    return tell_bulk(out, await verb(station.ctx, group_id=group.id, person_ids=people, check=args.check))


async def _delete_group(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    group = await _group_of(station, args.group)
    return tell_bulk(out, await groups.remove_group(station.ctx, group.id, check=args.check))


async def _hold(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    [relay] = await doors_of(station, [args.door])
    ids = [(await _group_of(station, text)).id for text in args.group]
    return tell_bulk(out, await doors.hold_open(station.ctx, relay_id=relay, group_ids=ids, check=args.check))


async def _emergency(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    relays = None if args.door is None else await doors_of(station, args.door)
    done = doors.set_emergency_doors(station.ctx, site_id=site.id, relay_ids=relays, check=args.check)
    return tell_bulk(out, await done)


async def _ways(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    ways = await site_ways.site_ways(station.ctx, site.id)
    rows = [{"to": w.to.value, "count": w.count, "parts": dict(w.parts)} for w in ways]
    out.document({"site": site.id, "ways": rows})
    for row in rows:
        out.line(f"{row['to']:18} {'' if row['count'] is None else row['count']}")
    return 0


async def _locks(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    lines = await locks.list_locks(station.ctx, site.id)
    rows = []
    for line in lines:
        lock = {"id": line.lock.id, "name": line.lock.name, "brand": line.lock.brand.value}
        opened = {"groups": list(line.groups), "follows": line.follows, "people": line.people}
        rows.append({**lock, **opened, "faults": list(line.faults)})
        count = len(line.faults)
        out.line(f"{lock['name']} ({lock['brand']}): {line.people} people, {count} codes do not fit")
        for fault in line.faults:
            out.line(f"  {fault}")
    out.document({"count": len(rows), "locks": rows})
    return 0


async def _reset_house(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    plan = await apartments.reset_house(station.ctx, site_id=site.id, check=args.check)
    lists = {"goes": list(plan.goes), "stays": list(plan.stays), "afterwards": list(plan.afterwards)}
    out.document({"checked": args.check, **lists, "counts": dict(plan.counts), "undo": plan.undo_id})
    for word, items in lists.items():
        out.line(f"{word}: {', '.join(items)}")
    return 0


async def _delete_site(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    report = await sites.remove_site(station.ctx, site.id, check=args.check)
    out.document({**bulk_document(report), "counts": sites.counts_of(report)})
    out.line(report.sentence)
    return 0


async def _edit_people(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    ids = await _people_of(station, args.person)
    changes = _values(RESIDENT, args.fields)
    done = people_bulk.edit_people(station.ctx, site_id=site.id, ids=ids, changes=changes, check=args.check)
    return tell_bulk(out, await done)


async def _delete_people(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    ids = await _people_of(station, args.person)
    report: BulkReport = await leaving.delete_people(station.ctx, ids, check=args.check)
    return tell_bulk(out, report)
