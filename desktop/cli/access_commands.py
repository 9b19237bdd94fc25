"""access: may this person open this door then, and who may; people who leave, and codes that nobody owns."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.base.errors import UserError
from core.entities.site import SITE
from core.rules.cards import Notation
from core.rules.explain import Answer, Opener, name_of, word_of
from core.usecases import access, card_numbers, ghosts, turnover, undo
from core.usecases.bulk import BulkReport
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands

NOTATIONS = {n.name.lower().replace("_", "-"): n for n in Notation}
WHEN = "moment such as 2026-03-01T09:00 (the site's time) or with a zone; now without it"


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    group = commands.group("access", "who may open what, when and why")
    explain = group.add("explain", _explain, "may this person open this door then, and why")
    explain.add_argument("--person", required=True, help="id, UID or full name")
    explain.add_argument("--door", required=True, help="relay id, name, or device/relay")
    explain.add_argument("--at", default="", help=WHEN)
    who = group.add("who", _who, "everybody who may open this door then")
    who.add_argument("--door", required=True, help="relay id, name, or device/relay")
    who.add_argument("--at", default="", help=WHEN)
    found = group.add("ghosts", _ghosts, "codes on doors that belong to nobody current")
    found.add_argument("--site", required=True)
    out = group.add("move-out", _move_out, "take a person or an apartment off every door, with a receipt")
    who_leaves = out.add_mutually_exclusive_group(required=True)
    who_leaves.add_argument("--person", default="", help="id, UID or full name")
    who_leaves.add_argument("--apartment", default="", help="id")
    out.add_argument("--at", default="", help=WHEN)
    out.add_argument("--check", action="store_true", help="only say what would be done")
    receipts = group.add("receipts", _receipts, "receipts of move-ins and move-outs")
    receipts.add_argument("--site", required=True)
    receipts.add_argument(
        "--open", action="store_true", dest="only_open", help="only those that are not closed"
    )
    card = group.add("card", _card, "how a card number may be meant, or with --person give it to somebody")
    card.add_argument("text")
    card.add_argument("--site", required=True)
    card.add_argument("--as", dest="notation", choices=sorted(NOTATIONS), help="how it is written")
    card.add_argument("--person", default="", help="id, UID or full name of whoever gets it")
    back = group.add("undo", _undo, "take back a bulk act")
    back.add_argument("id")


async def moment_of(station: Workstation, door: str, text: str) -> datetime | None:
    """An aware moment; a text without a zone is meant in the time of the door's site."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        words = f"'{text[:40]}' is no moment."
        raise UserError("usage.moment", words, remedy="Write it as 2026-03-01T09:00.", field="at") from fault
    if moment.tzinfo is not None:
        return moment
    zone = await station.mirror.read(
        lambda r: r.require(SITE, access.find_door(r, door)[1].site_id).time_zone
    )
    return moment.replace(tzinfo=ZoneInfo(zone))


async def _explain(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    at = await moment_of(station, args.door, args.at)
    answer = await access.explain_access(station.ctx, person=args.person, door=args.door, at=at)
    out.document(answer_document(answer))
    out.line(answer.sentence)
    for link in answer.chain:
        out.line(f"  {'yes' if link.holds else 'no ':3} {link.step.value:11} {link.said}")
    return 0


def answer_document(answer: Answer) -> dict[str, Any]:
    """An answer as a JSON document; never with codes."""
    chain = [{"step": link.step.value, "holds": link.holds, "said": link.said} for link in answer.chain]
    ways = [
        {"group": w.group.name, "credential": w.credential.kind.value, "method": w.method.value}
        for w in answer.ways
    ]
    return {"opens": answer.opens, "sentence": answer.sentence, "chain": chain, "ways": ways}


async def _who(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    at = await moment_of(station, args.door, args.at)
    asked, openers = await access.who_opens(station.ctx, door=args.door, at=at)
    rows = [_opener(opener) for opener in openers.people]
    document = {"device": asked.device.id, "relay": asked.relay.id, "at": asked.at.isoformat()}
    out.document({**document, "everybody": openers.everybody, "count": len(rows), "people": rows})
    if openers.everybody:
        out.line(openers.everybody)
    if rows:
        out.table(rows, ["name", "kind", "by", "through"])
    elif not openers.everybody:
        out.line(f"Nobody may open {asked.device.name} · {asked.relay.name} then.")
    return 0


def _opener(opener: Opener) -> dict[str, Any]:
    kinds = list(dict.fromkeys(word_of(w.credential.kind) for w in opener.ways))
    groups = list(dict.fromkeys(w.group.name for w in opener.ways))
    person = opener.person
    shown = {"by": ", ".join(kinds), "through": ", ".join(groups)}
    return {"id": person.id, "name": name_of(person), "kind": person.kind.value, **shown}


async def _ghosts(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    found = await ghosts.find_ghosts(station.ctx, site=args.site)
    rows = [ghosts.document(ghost) for ghost in found]
    out.document({"count": len(rows), "ghosts": rows})
    if rows:
        out.table(rows, ["device", "name", "why"])
    else:
        out.line("Every code that was read from a door belongs to somebody current.")
    return 0


async def _move_out(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    at = await _site_moment(args.at)
    who = {"person": args.person} if args.person else {"apartment_id": args.apartment}
    done = await turnover.move_out(station.ctx, at=at, check=args.check, **who)
    out.document(turnover.document(done))
    for line in turnover.sentences(done):
        out.line(line)
    return 0


async def _site_moment(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text) if text else None
    if moment is not None and moment.tzinfo is None:
        raise UserError("usage.moment", "A move-out needs a moment with a zone.", remedy="Add +00:00 or Z.")
    return moment


async def _receipts(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    found = await turnover.receipts(station.ctx, site=args.site, only_open=args.only_open)
    rows = [turnover.receipt_document(one) for one in found]
    out.document({"count": len(rows), "receipts": rows})
    for row in rows:
        out.line(
            f"{row['title']}: {row['kind']}, {row['state']}, {row['proved']} of {row['lines']} proved ({row['id']})"
        )
    return 0


async def _card(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    notation = NOTATIONS[args.notation] if args.notation else None
    if args.person:
        person = await station.mirror.read(lambda r: access.find_person(r, args.person))
        made = await card_numbers.add_card(
            station.ctx, person_id=person.id, text=args.text, notation=notation
        )
        out.document({"credential": made.id, "person": person.id})
        out.line(f"{name_of(person)} has one card more.")
        return 0
    found = await card_numbers.card_readings(station.ctx, site.id, args.text)
    out.document(
        {"readings": [{"notation": r.notation.value, "plain": r.plain, "holder": r.holder} for r in found]}
    )
    for one in found:
        out.line(f"{one.plain:20} {one.notation.value}{f', of {one.holder}' if one.holder else ''}")
    if not found:
        out.line("This is no card number.")
    return 0 if found else 1


async def _undo(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return tell_bulk(out, await undo.undo(station.ctx, args.id))


def tell_bulk(out: Output, report: BulkReport) -> int:
    """Say what a bulk verb did or would do; 1 when anything cannot be."""
    out.document(bulk_document(report))
    out.line(report.sentence)
    for line in report.cannot:
        out.line(f"  {line.title}: {line.why}")
    if report.undo_id:
        out.line(f"Take it back: gatewright undo {report.undo_id}")
    return 0 if not report.cannot else 1


def bulk_document(report: BulkReport) -> dict[str, Any]:
    """What a bulk verb did or would do."""
    cannot = [{"id": one.row_id, "title": one.title, "why": one.why} for one in report.cannot]
    counts = {"changed": len(report.changed), "already": len(report.already)}
    return {"checked": report.check, **counts, "cannot": cannot, "undo": report.undo_id}
