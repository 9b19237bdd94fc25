"""list, show, put, remove: any entity, through the same use cases as the window."""

from __future__ import annotations

import argparse
from typing import Any

from core.base.errors import UserError
from core.schema.entity import EntitySpec
from core.usecases import generic
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    listing = commands.add("list", _list, "rows of an entity: devices, residents, sites, ...")
    listing.add_argument("entity")
    listing.add_argument("filters", nargs="*", metavar="field=text")
    listing.add_argument("--search", default="", help="words that must all occur")
    listing.add_argument("--sort", default="", help="field, or -field for descending")
    listing.add_argument("--limit", type=int)
    show = commands.add("show", _show, "one row, by id or short name")
    show.add_argument("entity")
    show.add_argument("id")
    show.add_argument("--reveal", action="store_true", help="show PINs, cards and passwords; this is audited")
    put = commands.add("put", _put, "add a row, or change fields of one with --id")
    put.add_argument("entity")
    put.add_argument("fields", nargs="+", metavar="field=text")
    put.add_argument("--id", default="")
    remove = commands.add("remove", _remove, "remove one row")
    remove.add_argument("entity")
    remove.add_argument("id")


def pairs(texts: list[str]) -> dict[str, str]:
    """`field=text` arguments as a mapping; UserError for one without an equals sign."""
    for text in texts:
        if "=" not in text:
            raise UserError("usage.pair", f"'{text[:40]}' is not field=text.")
    return dict(text.split("=", 1) for text in texts)


async def _list(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    spec = generic.entity(args.entity)
    wanted = generic.Filter(pairs(args.filters), args.search, args.sort, args.limit)
    rows = [generic.plain(spec, row) for row in await generic.list_rows(station.ctx, spec, wanted)]
    out.document({"entity": spec.name, "count": len(rows), "rows": rows})
    if rows:
        out.table(rows, ["id", *_shown(spec)])
    else:
        out.line(f"No {spec.label.lower()} matches.")
    return 0


def _shown(spec: EntitySpec[Any]) -> list[str]:
    return [c.name for c in spec.columns if not c.name.endswith("_id")][:6]


async def _show(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    spec = generic.entity(args.entity)
    row = await generic.show_row(station.ctx, spec, args.id)
    if args.reveal:
        await generic.audit_secret_view(station.ctx, spec, row)
    document = generic.plain(spec, row, secrets=args.reveal)
    out.document(document)
    if not out.as_json:
        for name, value in document.items():
            out.line(f"{name:16} {value}")
    return 0


async def _put(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    spec = generic.entity(args.entity)
    row = await generic.put_row(station.ctx, spec, pairs(args.fields), row_id=args.id)
    out.document(generic.plain(spec, row))
    out.line(f"{spec.label} {spec.name_of(row)}: {'changed' if args.id else 'added'} ({row.id}).")
    return 0


async def _remove(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    spec = generic.entity(args.entity)
    row = await generic.show_row(station.ctx, spec, args.id)
    await generic.remove_row(station.ctx, spec, row.id)
    out.document({"removed": row.id})
    out.line(f"{spec.label} {spec.name_of(row)}: removed.")
    return 0
