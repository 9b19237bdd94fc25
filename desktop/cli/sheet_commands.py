"""import, export, template, undo: files as users have them, checked whole, applied and taken back (TPL-08)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.entities.person import Identity
from core.entities.record import UndoEntry
from core.usecases import files, imports, undo
from core.usecases.imports import Decision, ImportOptions, ImportPlan, Notation
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands

SHOWN = 40
"""How many faults are told one by one; all of them stand in the rejects file."""

PAGES = {name.partition(" (")[0].lower(): page for page, name in imports.CODE_PAGES.items()}
NOTATIONS = {n.name.lower().replace("_", "-"): n for n in Notation}


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    names = sorted(kind.name for kind in imports.kinds())
    _importing(commands, names)
    giving = commands.add("export", _export, "write all rows of a kind to xlsx or csv")
    giving.add_argument("kind", choices=names)
    giving.add_argument("file", type=Path)
    giving.add_argument("--site", default="")
    giving.add_argument("--reveal", action="store_true", help="PINs and cards in the clear")
    template = commands.add("template", _template, "an empty file with the right columns")
    template.add_argument("kind", choices=sorted(files.templates()))
    template.add_argument("file", type=Path, nargs="?")
    template.add_argument("--out", type=Path, metavar="FILE", help="the same as FILE")
    template.add_argument("--site", default="", help="offer its buildings and groups in lists")
    back = commands.add("undo", _undo, "take back a bulk act or an import; --list shows what there is")
    back.add_argument("id", nargs="?", default="")
    back.add_argument("--list", action="store_true", dest="listed")


def _importing(commands: Commands, names: list[str]) -> None:
    taking = commands.add("import", _import, "take a file in: checked whole, then the good rows applied")
    taking.add_argument("kind", choices=names)
    taking.add_argument("file", type=Path)
    taking.add_argument("--site", default="")
    taking.add_argument("--check", action="store_true", help="only say what would happen")
    taking.add_argument(
        "--rejects", type=Path, metavar="FILE", help="where refused rows go, with their reasons"
    )
    taking.add_argument("--cards", choices=sorted(NOTATIONS), help="how all cards of the file are written")
    taking.add_argument(
        "--staff-is", choices=("basic", "advanced"), default="basic", help="what 'staff' means"
    )
    taking.add_argument(
        "--code-page",
        choices=sorted(PAGES),
        default="",
        help="the code page of a csv, where its bytes do not tell",
    )
    taking.add_argument("--fee", action="store_true", help="members beyond the free ones may cost their fee")
    for word, said in (("one", Decision.ONE), ("two", Decision.TWO), ("skip", Decision.SKIP)):
        taking.add_argument(f"--{word}", default="", metavar="ROWS", help=f"of these rows: {said.value}")
    taking.add_argument(
        "--fix", action="append", default=[], metavar="ROW:COLUMN=TEXT", help="another text for one cell"
    )


def _options(args: argparse.Namespace) -> ImportOptions:
    decisions = {
        row: said
        for text, said in ((args.one, Decision.ONE), (args.two, Decision.TWO), (args.skip, Decision.SKIP))
        for row in _numbers(text)
    }
    return ImportOptions(
        cards=NOTATIONS[args.cards] if args.cards else None,
        staff_is=Identity(args.staff_is),
        fee_accepted=args.fee,
        decisions=decisions,
        page=PAGES.get(args.code_page, ""),
    )


def _numbers(text: str) -> Iterator[int]:
    for part in filter(None, (one.strip() for one in text.split(","))):
        if not part.isdigit():
            raise UserError("usage.rows", f"'{part[:20]}' is no row number.", remedy="Write them as 5,12.")
        yield int(part)


def _fixes(texts: list[str]) -> Iterator[tuple[int, str, str]]:
    for text in texts:
        where, equals, now = text.partition("=")
        row, colon, column = where.partition(":")
        if not (equals and colon and row.isdigit()):
            raise UserError("usage.fix", "A fix is written ROW:COLUMN=TEXT, such as 5:pin=3120.")
        yield int(row), column, now


async def _site_id(station: Workstation, text: str) -> str:
    return (await site_of(station, text)).id if text else ""


async def _import(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    ctx, site_id = station.ctx, await _site_id(station, args.site)
    plan = await imports.plan(ctx, path=args.file, kind=args.kind, site_id=site_id, options=_options(args))
    if args.fix:
        plan = await imports.fix_many(ctx, plan, _fixes(args.fix))
    document: dict[str, Any] = {"checked": plan.document()}
    _tell(plan, out)
    receipt = None
    if not args.check:
        receipt = await imports.apply(
            ctx, plan, progress=lambda done, total: out.line(f"{done} of {total} rows")
        )
        document["applied"] = {**receipt.result.document(), "undo": receipt.undo_id}
        out.line(receipt.sentence)
        if receipt.undo_id:
            out.line(f"Take it back with: gatewright undo {receipt.undo_id}")
    if args.rejects:
        count = await imports.rejects(ctx, plan, args.rejects, receipt)
        document["rejects"] = {"file": str(args.rejects), "rows": count}
        out.line(f"{args.rejects}: {count} refused rows with their reasons.")
    out.document(document)
    refused = receipt.result.refused if receipt else plan.faulty
    return 1 if refused else 0


def _tell(plan: ImportPlan, out: Output) -> None:
    counts = ", ".join(f"{count} {verdict.value}" for verdict, count in plan.sheet.counts.items() if count)
    out.line(f"{plan.file}: {counts or 'no rows'}.")
    for fault in plan.faults[:SHOWN]:
        out.line(f"  row {fault.row}, {fault.cell or fault.label}: {fault.reason}")
    if len(plan.faults) > SHOWN:
        out.line(f"  and {len(plan.faults) - SHOWN} more faults")
    for note in plan.notes:
        out.line(f"  {note}")


async def _export(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site_id = await _site_id(station, args.site)
    count = await files.export_file(
        station.ctx, args.kind, args.file, site_id=site_id, show_secrets=args.reveal
    )
    out.document({"file": str(args.file), "rows": count})
    out.line(f"{args.file}: {count} rows.")
    return 0


async def _template(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    file = args.out or args.file
    if file is None:
        raise UserError("usage.out", "Where to? Name the file with --out.", field="out")
    await files.save_template(station.ctx, args.kind, file, site_id=await _site_id(station, args.site))
    out.document({"file": str(file)})
    out.line(f"{file}: the columns of '{args.kind}'.")
    return 0


async def _undo(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    if args.listed or not args.id:
        rows = [_entry(e) for e in await undo.undo_entries(station.ctx)]
        out.document({"count": len(rows), "entries": rows})
        if rows:
            out.table(rows, ["id", "at", "who", "act", "rows", "undone_at"])
        else:
            out.line("There is nothing to take back.")
        return 0
    report = await undo.undo(station.ctx, args.id)
    cannot = [{"id": one.row_id, "title": one.title, "why": one.why} for one in report.cannot]
    out.document({"changed": len(report.changed), "cannot": cannot, "undo": report.undo_id})
    out.line(report.sentence)
    for line in report.cannot[:SHOWN]:
        out.line(f"  {line.title}: {line.why}")
    return 1 if report.cannot else 0


def _entry(entry: UndoEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat(timespec="seconds"),
        "who": entry.who,
        "act": entry.act,
        "rows": entry.rows,
        "undone_at": entry.undone_at.isoformat(timespec="seconds") if entry.undone_at else "",
        "said": entry.said,
    }
