"""The command line: one parser, one exit code. 0 done, 1 refused or failed, 2 usage, 3 unreachable (DESIGN.md)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from core.base.errors import GatewrightError
from core.base.paths import Profile
from desktop.app.start import start_window
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
    # Late: the commands together import most of the program, which the window does without for a while.
    from desktop.cli.commands import MODULES  # noqa: PLC0415

    for module in MODULES:
        module.register(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (or, without one, the window) and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    args, rest = options(late=False).parse_known_args(words)
    if rest:
        args = parser().parse_args(words)
    else:
        args.command = None
    out = Output(as_json=args.json)
    args.profile_given = args.profile is not None
    args.profile = Profile(args.profile.absolute()) if args.profile else Profile.default()
    try:
        if args.command is None:
            return start_window(args.profile)
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
    # Late: it imports the whole core, which help and usage errors do without.
    from desktop.app.workstation import open_workstation  # noqa: PLC0415

    station = await open_workstation(args.profile)
    try:
        code = await args.run(station, args, out)
    finally:
        await station.close()
    return code
