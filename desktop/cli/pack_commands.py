"""pack, unpack, tickets, exchange: a site in a sealed file, what is reserved for it, unsent edits by file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import msgspec

from core.base.clock import from_ms
from core.usecases import exchange, pack
from core.usecases.devices import parse_mac
from desktop.app.workstation import Workstation
from desktop.cli.account_commands import door_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.cli.server_commands import read_password

PASSPHRASE = "GATEWRIGHT_PACK_PASSPHRASE"  # noqa: S105  the name of a variable


def register(commands: Commands) -> None:
    """Add the commands to the parser. The passphrase comes from the environment, standard input or a prompt."""
    packing = commands.add("pack", _pack, "write a site into a sealed file before the trip")
    packing.add_argument("--site", required=True)
    packing.add_argument("--out", required=True, type=Path, metavar="FILE")
    packing.add_argument(
        "--mac", action="append", default=[], help="a MAC address to reserve; else free ones of the library"
    )
    for name, default, words in (
        ("macs", 50, "how many free MAC addresses the cloud reserves for whoever opens the pack"),
        ("pins", 0, "how many PINs the cloud reserves for the site"),
        ("hours", 168, "how long they stay reserved"),
    ):
        packing.add_argument(f"--{name}", type=int, default=default, metavar="N", help=words)
    unpacking = commands.add("unpack", _unpack, "open a job pack on this workstation")
    unpacking.add_argument("file", type=Path)
    held = commands.group(
        "tickets", "what the cloud reserves for a trip: MAC addresses and PINs of a job pack"
    )
    held.add("here", _here, "the tickets on this workstation, also without a network")
    held.add("list", _firms, "the firm's tickets at the cloud")
    held.add("give-back", _give_back, "end a book of tickets; what is left of it is free").add_argument(
        "mark"
    )
    group = commands.group("exchange", "unsent edits from laptop to laptop, by a sealed file")
    out = group.add("export", _export, "write the unsent edits of a site")
    out.add_argument("--site", required=True)
    out.add_argument("--out", required=True, type=Path, metavar="FILE")
    taking = group.add("import", _import, "take in another laptop's unsent edits")
    taking.add_argument("file", type=Path)


def _passphrase() -> str:
    return os.environ.get(PASSPHRASE) or read_password("Passphrase of the file: ")


async def _pack(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    wanted = pack.Wanted(tuple(parse_mac(m) for m in args.mac), args.macs, args.pins, args.hours)
    report = await pack.pack(
        station.ctx, args.site, args.out, _passphrase(), door=station.transport, wanted=wanted
    )
    out.document({**report.document(), "file": str(args.out)})
    out.line(f"{report.site}: {report.rows} rows, {report.files} files, {report.tickets} free MAC addresses.")
    if report.book is not None:
        count, until = len(report.book.macs) + len(report.book.pins), from_ms(report.book.until)
        out.line(f"{count} of them and PINs are reserved until {until:%Y-%m-%d %H:%M} UTC.")
    if report.not_kept:
        out.line(report.not_kept)
    if report.left_here:
        out.line(f"{report.left_here} unsent edits are not in it: sync first, or use `exchange export`.")
    return 0


async def _unpack(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await pack.unpack(station.ctx, args.file, _passphrase())
    out.document(report.document())
    out.line(f"{report.site}: {report.rows} rows and {report.files} new files are here.")
    return 0


async def _here(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    found = await pack.tickets_here(station.ctx)
    rows: list[dict[str, object]] = [
        {
            "site": one.book.site_name,
            "until": from_ms(one.book.until).isoformat(),
            "by": one.book.by,
            "usable": one.book.usable,
            "over": one.over,
            "macs": list(one.free_macs),
            "pins": list(one.free_pins),
        }
        for one in found
    ]
    out.document({"books": rows})
    for one in found:
        out.line(
            f"{one.book.site_name}, until {from_ms(one.book.until):%Y-%m-%d %H:%M} UTC, by {one.book.by}:"
        )
        out.line(f"  MAC addresses {' '.join(one.free_macs) or 'none left'}")
        out.line(f"  PINs {' '.join(one.free_pins) or 'none left'}")
    return 0


async def _firms(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    books = (await pack.tickets_of_firm(door_of(station))).books
    out.document({"books": [msgspec.to_builtins(one) for one in books]})
    for one in books:
        out.line(f"{one.mark}  {one.site_name}: {one.left} until {from_ms(one.until):%Y-%m-%d %H:%M} UTC")
    return 0


async def _give_back(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    said = await pack.give_back(door_of(station), args.mark)
    out.document(msgspec.to_builtins(said))
    out.line(said.message)
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
