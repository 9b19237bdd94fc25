"""import, export, template: files as users have them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.sheets.kinds import KINDS
from core.sheets.rows import RowPlan, SheetPlan
from core.usecases import files
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands

SHOWN = 40
"""How many refused rows are told one by one; all of them stand in the rejects file."""


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    taking = commands.add("import", _import, "take a file in: checked whole, then the good rows applied")
    taking.add_argument("kind", choices=sorted(KINDS))
    taking.add_argument("file", type=Path)
    taking.add_argument("--site", default="")
    taking.add_argument("--check", action="store_true", help="only say what would happen")
    taking.add_argument(
        "--rejects", type=Path, metavar="FILE", help="where refused rows go, with their reasons"
    )
    giving = commands.add("export", _export, "write all rows of a kind to xlsx or csv")
    giving.add_argument("kind", choices=sorted(KINDS))
    giving.add_argument("file", type=Path)
    giving.add_argument("--site", default="")
    giving.add_argument("--reveal", action="store_true", help="PINs and cards in the clear")
    template = commands.add("template", _template, "an empty file with the right columns")
    template.add_argument("kind", choices=sorted(KINDS))
    template.add_argument("file", type=Path)


async def _site_id(station: Workstation, text: str) -> str:
    return (await site_of(station, text)).id if text else ""


async def _import(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site_id = await _site_id(station, args.site)
    plan = await files.plan_import(station.ctx, args.kind, args.file, site_id=site_id)
    document: dict[str, Any] = {"checked": plan.document()}
    _tell(plan, out)
    result = None
    if not args.check:
        result = await files.run_import(
            station.ctx, plan, progress=lambda done, total: out.line(f"{done} of {total} rows")
        )
        document["applied"] = result.document()
        out.line(f"{result.new} new, {result.changed} changed, {result.refused} refused.")
    if args.rejects:
        count = await files.save_rejects(station.ctx, args.rejects, plan, result)
        document["rejects"] = {"file": str(args.rejects), "rows": count}
        out.line(f"{args.rejects}: {count} refused rows with their reasons.")
    out.document(document)
    refused = result.refused if result else sum(1 for _ in plan.refused)
    return 1 if refused else 0


def _tell(plan: SheetPlan, out: Output) -> None:
    counts = ", ".join(f"{count} {verdict.value}" for verdict, count in plan.counts.items() if count)
    out.line(f"{plan.file}: {counts or 'no rows'}.")
    refused: list[RowPlan] = list(plan.refused)
    for row in refused[:SHOWN]:
        for fault in row.faults:
            out.line(f"  row {row.number}, {fault.cell or fault.column}: {fault.reason}")
    if len(refused) > SHOWN:
        out.line(f"  and {len(refused) - SHOWN} more refused rows")
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
    await files.save_template(station.ctx, args.kind, args.file)
    out.document({"file": str(args.file)})
    out.line(f"{args.file}: the columns of '{args.kind}'.")
    return 0
