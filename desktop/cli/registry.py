"""How commands are added to the parser: a name, a coroutine, a sentence of help."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.cli.output import Output

if TYPE_CHECKING:
    # Only for the types: it imports the whole core, and the window's start decides when that is done.
    from desktop.app.workstation import Workstation

Command = Callable[["Workstation", argparse.Namespace, Output], Awaitable[int]]
PlainCommand = Callable[[argparse.Namespace, Output], int]
BareCommand = Callable[[argparse.Namespace, Output], Awaitable[int]]


def options(*, late: bool) -> argparse.ArgumentParser:
    """`--profile` and `--json`, which may stand before the command or (`late`) behind it."""
    parser = argparse.ArgumentParser(add_help=False)
    absent: Any = argparse.SUPPRESS if late else None
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", default=absent, help="the folder of this workstation"
    )
    as_json: Any = argparse.SUPPRESS if late else False
    parser.add_argument(
        "--json", action="store_true", default=as_json, help="print exactly one JSON document"
    )
    return parser


class Commands:
    """A level of sub-commands. `add` is for commands on an open, signed-in workstation, `add_bare` for the others."""

    def __init__(self, parsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        self._parsers = parsers

    def add(self, name: str, run: Command, words: str) -> argparse.ArgumentParser:
        """A command that needs the profile's mirror."""
        parser = self._parsers.add_parser(name, help=words, description=words, parents=[options(late=True)])
        parser.set_defaults(run=run, bare=None)
        return parser

    def add_bare(self, name: str, run: BareCommand, words: str) -> argparse.ArgumentParser:
        """A command that needs no mirror."""
        parser = self._parsers.add_parser(name, help=words, description=words, parents=[options(late=True)])
        parser.set_defaults(run=None, bare=run)
        return parser

    def add_plain(self, name: str, run: PlainCommand, words: str) -> argparse.ArgumentParser:
        """A command that brings an event loop of its own: what opens or draws a window, or does nothing but serve."""
        parser = self._parsers.add_parser(name, help=words, description=words, parents=[options(late=True)])
        parser.set_defaults(run=None, bare=None, plain=run)
        return parser

    def group(self, name: str, words: str, **options: Any) -> Commands:
        """A command with sub-commands of its own."""
        parser = self._parsers.add_parser(name, help=words, description=words)
        return Commands(
            parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND", **options)
        )
