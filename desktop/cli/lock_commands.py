"""lock: what is to be entered at the makers of third-party locks, and what was (SET-03, INT-02)."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.rules.explain import word_of
from core.usecases import lock_codes
from desktop.app.workstation import Workstation
from desktop.cli.access_commands import tell_bulk
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    group = commands.group("lock", "codes of third-party locks")
    codes = group.add("codes", _codes, "what to enter at the makers' programs and what to take away, masked")
    codes.add_argument("--site", required=True)
    codes.add_argument("--lock", default="", help="id of one lock")
    codes.add_argument(
        "--out", type=Path, metavar="FILE", help="as a list with the codes in the clear (audited)"
    )
    done = group.add("done", _done, "say that it was done there, or with --failed what the program answered")
    done.add_argument("lock", help="id of the lock")
    done.add_argument(
        "--person", action="append", default=None, metavar="ID", help="only this one; repeat it"
    )
    done.add_argument("--failed", default="", metavar="WORDS", help="it was refused, in these words")
    done.add_argument("--check", action="store_true")


async def _codes(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    if args.out:
        count = await lock_codes.write_lock_sheet(
            station.ctx, site_id=site.id, path=args.out, lock_id=args.lock
        )
        out.document({"file": str(args.out), "rows": count})
        out.line(f"{args.out}: {count} lines. It holds codes: delete it when they are entered.")
        return 0
    items = await lock_codes.lock_work(station.ctx, site_id=site.id, lock_id=args.lock)
    rows = [
        {
            "lock": {"id": one.lock.id, "name": one.lock.name, "brand": one.lock.brand.value},
            "person": {"id": one.person, "name": one.name},
            "kind": one.kind.value,
            "todo": one.todo.value,
            "verdict": one.verdict.value,
            "why": one.why,
        }
        for one in items
    ]
    out.document({"count": len(rows), "codes": rows})
    for one in items:
        why = f" ({one.why})" if one.why else ""
        out.line(
            f"{one.lock.name}: {one.todo.value}: {one.name}, {word_of(one.kind)}: {one.verdict.value}{why}"
        )
    return 0


async def _done(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await lock_codes.note_lock_work(
        station.ctx, lock_id=args.lock, person_ids=args.person, failed=args.failed, check=args.check
    )
    return tell_bulk(out, report)
