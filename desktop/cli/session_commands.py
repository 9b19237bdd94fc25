"""sign-in, sign-out, sync, tray."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from core.base.errors import SignInError, UserError
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
    sign_in.add_argument("--code", default="", help="of the second factor, where the cloud asks for one")
    sign_in.add_argument(
        "--agree", action="append", default=[], metavar="KIND:VERSION", help="to a policy that was read"
    )
    commands.add("sign-out", _sign_out, "sign out; the mirror stays, locked away")
    commands.add("status", _status, "who is signed in, and what waits for the cloud or for a person")
    sync = commands.add("sync", _sync, "send what was changed here, fetch what was changed elsewhere")
    sync.add_argument("--watch", action="store_true", help="go on until stopped")
    sync.add_argument(
        "--check", action="store_true", help="compare with the cloud too, and fetch again what differs"
    )


async def _sign_in(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    password = read_password(f"Password of {args.user}: ")
    transport = await station.connect(args.cloud)
    given: dict[str, Any] = {"user": args.user, "password": password, "agreed": _agreed(args.agree)}
    try:
        actor = await session.sign_in(station.mirror, transport, code=args.code, **given)
    except SignInError as fault:
        if fault.code == "session.code_needed" and sys.stdin is not None and sys.stdin.isatty():
            out.line(str(fault))
            actor = await session.sign_in(station.mirror, transport, code=read_code(), **given)
        else:
            raise _with_remedy(fault, args.cloud) from fault
    await station.refresh()
    report = await station.require_engine().sync_once()  # what belongs to the account arrives at once
    document = {"account": actor.account_id, "organisation": actor.org_id, "role": actor.role.value}
    wanted = await session.wants(station.mirror)
    out.document({**document, "name": actor.name, "pulled": report.pulled, "wants": wanted})
    out.line(f"Signed in as {actor.name} ({actor.role.value.replace('_', '-')}).")
    for want in wanted:
        out.line(_WANTS.get(want, want))
    return 0


_WANTS = {
    "email": "The account has no e-mail address. Give one: gatewright account email ADDRESS",
    "password": "The password is a month old. Set a new one: gatewright account password",
}


def read_code() -> str:
    """The code of the second factor, from a person at a terminal."""
    return input("Code: ")


def _agreed(texts: list[str]) -> dict[str, int]:
    """`privacy:3` as a kind and a version. UserError for anything else."""
    found = {}
    for text in texts:
        kind, _, version = text.partition(":")
        if not kind or not version.isdigit():
            raise UserError("session.agree", f"'{text[:40]}' is not KIND:VERSION, such as privacy:3.")
        found[kind] = int(version)
    return found


def _with_remedy(fault: SignInError, cloud: str) -> SignInError:
    """What is to be typed next."""
    if fault.code == "session.code_needed":
        remedy = "Sign in again with --code CODE."
    elif fault.code == "session.policy":
        again = " ".join(f"--agree {mark}" for mark in fault.field.split(","))
        remedy = f"Read them with `gatewright account policies --cloud {cloud}`, then sign in with {again}."
    else:
        return fault
    return SignInError(fault.code, fault.message, remedy=remedy, field=fault.field, said=fault.said)


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
    if args.check:
        checked = await engine.check()
        document |= {"compared": checked.compared, "differed": len(checked.differs)}
        if checked.differs:
            document["pulled"] += (await engine.sync_once()).pulled
    out.document(document)
    out.line(", ".join(f"{value} {key}" for key, value in document.items()))
    return 0
