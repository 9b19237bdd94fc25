"""The command line: one parser, one exit code. 0 done, 1 refused or failed, 2 usage, 3 unreachable (DESIGN.md)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from core.base.errors import GatewrightError
from core.base.paths import Profile
from desktop.app.workstation import open_workstation
from desktop.cli import (
    access_commands,
    account_commands,
    agent_commands,
    autop_commands,
    callback_commands,
    demo_commands,
    desk_commands,
    device_commands,
    entity_commands,
    firmware_commands,
    fleet_commands,
    lan_commands,
    machine_commands,
    pack_commands,
    place_commands,
    provision_commands,
    report_commands,
    server_commands,
    session_commands,
    sheet_commands,
    time_commands,
    tray_commands,
)
from desktop.cli.output import Output
from desktop.cli.registry import Commands, options

VERSION = "0.1.0"


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="gatewright",
        description="The workstation for IP intercoms in buildings.",
        parents=[options(late=False)],
    )
    top.add_argument("--version", action="version", version=f"gatewright {VERSION}")
    commands = Commands(top.add_subparsers(dest="command", metavar="COMMAND"))
    for module in (
        demo_commands,
        server_commands,
        session_commands,
        account_commands,
        tray_commands,
        lan_commands,
        device_commands,
        fleet_commands,
        firmware_commands,
        autop_commands,
        provision_commands,
        time_commands,
        callback_commands,
        agent_commands,
        entity_commands,
        access_commands,
        desk_commands,
        place_commands,
        sheet_commands,
        pack_commands,
        report_commands,
        machine_commands,
    ):
        module.register(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (or, without one, the window) and return its exit code."""
    args = parser().parse_args(argv)
    out = Output(as_json=args.json)
    args.profile_given = args.profile is not None
    args.profile = Profile(args.profile.absolute()) if args.profile else Profile.default()
    try:
        if args.command is None:
            return _window(args)
        if getattr(args, "plain", None) is not None:
            done: int = args.plain(args, out)
            return done
        return asyncio.run(_run(args, out))
    except GatewrightError as fault:
        return out.error(fault)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output went away; there is nobody to tell.
        sys.stderr.close()
        return 1


async def _run(args: argparse.Namespace, out: Output) -> int:
    if args.bare is not None:
        code: int = await args.bare(args, out)
        return code
    station = await open_workstation(args.profile)
    try:
        code = await args.run(station, args, out)
    finally:
        await station.close()
    return code


def _window(args: argparse.Namespace) -> int:
    # Late: Qt costs a tenth of a second and system libraries that no other command needs.
    from desktop.app.window import run_window  # noqa: PLC0415

    return run_window(args.profile)
