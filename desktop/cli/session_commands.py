"""sign-in, sign-out, sync, tray."""

from __future__ import annotations

import argparse
from typing import Any

from core.store import syncmeta
from core.usecases import session
from desktop.app.workstation import Workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.cli.server_commands import read_password


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    sign_in = commands.add(
        "sign-in", _sign_in, "sign this workstation in; the password comes on standard input"
    )
    sign_in.add_argument("--cloud", required=True, metavar="URL")
    sign_in.add_argument("--user", required=True)
    commands.add("sign-out", _sign_out, "sign out; the mirror stays, locked away")
    commands.add("status", _status, "who is signed in, and what waits for the cloud or for a person")
    sync = commands.add("sync", _sync, "send what was changed here, fetch what was changed elsewhere")
    sync.add_argument("--watch", action="store_true", help="go on until stopped")


async def _sign_in(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    password = read_password(f"Password of {args.user}: ")
    transport = await station.connect(args.cloud)
    actor = await session.sign_in(station.mirror, transport, user=args.user, password=password)
    await station.refresh()
    report = await station.require_engine().sync_once()  # what belongs to the account arrives at once
    document = {"account": actor.account_id, "organisation": actor.org_id, "role": actor.role.value}
    out.document({**document, "name": actor.name, "pulled": report.pulled})
    out.line(f"Signed in as {actor.name} ({actor.role.value.replace('_', '-')}).")
    return 0


async def _sign_out(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    await session.sign_out(station.mirror, station.transport)
    out.document({"signed_out": True})
    out.line("Signed out. What was not sent yet stays in the mirror until the same account signs in again.")
    return 0


async def _status(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    counts = await station.mirror.read(syncmeta.counts)
    actor = station.ctx.actor
    document = {
        "signed_in": actor.name if actor else None,
        "role": actor.role.value if actor else None,
        "cloud": await session.current_cloud(station.mirror) or None,
        "pending": counts.pending,
        "tray": counts.tray,
        "confirmed": counts.confirmed,
        "last_sync": counts.last_ok.isoformat() if counts.last_ok else None,
    }
    out.document(document)
    for name, value in document.items():
        out.line(f"{name:12} {'-' if value is None else value}")
    return 0


async def _sync(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    engine = station.require_engine()
    if args.watch:
        await engine.run()
        return 0
    report = await engine.sync_once()
    document: dict[str, Any] = report.document()
    out.document(document)
    out.line(", ".join(f"{value} {key}" for key, value in document.items()))
    return 0
