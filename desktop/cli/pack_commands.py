"""pack, unpack, exchange: a site in a sealed file, and unsent edits from laptop to laptop."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from core.usecases import exchange, pack
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.cli.server_commands import read_password

PASSPHRASE = "GATEWRIGHT_PACK_PASSPHRASE"  # noqa: S105  the name of a variable


def register(commands: Commands) -> None:
    """Add the commands to the parser. The passphrase comes from the environment, standard input or a prompt."""
    packing = commands.add("pack", _pack, "write a site into a sealed file before the trip")
    packing.add_argument("--site", required=True)
    packing.add_argument("--out", required=True, type=Path, metavar="FILE")
    unpacking = commands.add("unpack", _unpack, "open a job pack on this workstation")
    unpacking.add_argument("file", type=Path)
    group = commands.group("exchange", "unsent edits from laptop to laptop, by a sealed file")
    out = group.add("export", _export, "write the unsent edits of a site")
    out.add_argument("--site", required=True)
    out.add_argument("--out", required=True, type=Path, metavar="FILE")
    taking = group.add("import", _import, "take in another laptop's unsent edits")
    taking.add_argument("file", type=Path)


def _passphrase() -> str:
    return os.environ.get(PASSPHRASE) or read_password("Passphrase of the file: ")


async def _pack(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await pack.pack(station.ctx, args.site, args.out, _passphrase())
    out.document({**report.document(), "file": str(args.out)})
    out.line(f"{report.site}: {report.rows} rows, {report.files} files, {report.tickets} free MAC addresses.")
    if report.left_here:
        out.line(f"{report.left_here} unsent edits are not in it: sync first, or use `exchange export`.")
    return 0


async def _unpack(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await pack.unpack(station.ctx, args.file, _passphrase())
    out.document(report.document())
    out.line(f"{report.site}: {report.rows} rows and {report.files} new files are here.")
    return 0


async def _export(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await exchange.export(station.ctx, args.site, args.out, _passphrase())
    out.document({**report.document(), "file": str(args.out)})
    out.line(f"{report.site}: {report.edits} unsent edits and {report.files} files.")
    return 0


async def _import(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await exchange.take_in(station.ctx, args.file, _passphrase())
    out.document(report.document())
    out.line(f"{report.site}: {report.new} of {report.edits} edits of {report.made_by} are new here.")
    return 0
