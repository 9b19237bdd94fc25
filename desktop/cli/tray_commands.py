"""tray: refused and conflicting edits, and what a person decides about them."""

from __future__ import annotations

import argparse

from core.usecases import settle
from desktop.app.workstation import Workstation
from desktop.cli.entity_commands import pairs
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    tray = commands.group("tray", "settle refused and conflicting edits")
    tray.add("show", _show, "what waits for a person, with both values")
    for act in settle.ACTS:
        parser = tray.add(act, _act, f"{act.replace('-', ' ')}: settle one entry")
        parser.set_defaults(act=act)
        parser.add_argument("entry", type=int)
    edit = tray.add("edit", _edit, "correct an entry and send it again")
    edit.add_argument("entry", type=int)
    edit.add_argument("fields", nargs="+", metavar="field=text")


async def _show(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    entries = [settle.plain(e) for e in await settle.open_entries(station.ctx)]
    out.document({"entries": entries})
    for entry in entries:
        out.line(f"{entry['id']}  {entry['kind']}: {entry['what']}. {entry['message']}")
        out.line(f"    mine {entry['mine']}  theirs {entry['theirs']}  {entry['by']}".rstrip())
    if not entries:
        out.line("Nothing waits for you.")
    return 0


async def _act(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    await settle.settle(station.ctx, args.entry, args.act)
    out.document({"entry": args.entry, "act": args.act})
    out.line(f"Entry {args.entry}: {args.act.replace('-', ' ')}.")
    return 0


async def _edit(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    await settle.correct(station.ctx, args.entry, pairs(args.fields))
    out.document({"entry": args.entry, "act": "edit"})
    out.line(f"Entry {args.entry}: corrected, it goes with the next sync.")
    return 0
