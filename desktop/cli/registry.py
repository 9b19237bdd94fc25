"""How commands are added to the parser: a name, a coroutine, a sentence of help."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

from desktop.app.workstation import Workstation
from desktop.cli.output import Output

Command = Callable[[Workstation, argparse.Namespace, Output], Awaitable[int]]
BareCommand = Callable[[argparse.Namespace, Output], Awaitable[int]]


class Commands:
    """A level of sub-commands. `add` is for commands on an open, signed-in workstation, `add_bare` for the others."""

    def __init__(self, parsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        self._parsers = parsers

    def add(self, name: str, run: Command, words: str) -> argparse.ArgumentParser:
        """A command that needs the profile's mirror."""
        parser = self._parsers.add_parser(name, help=words, description=words)
        parser.set_defaults(run=run, bare=None)
        return parser

    def add_bare(self, name: str, run: BareCommand, words: str) -> argparse.ArgumentParser:
        """A command that needs no mirror."""
        parser = self._parsers.add_parser(name, help=words, description=words)
        parser.set_defaults(run=None, bare=run)
        return parser

    def group(self, name: str, words: str, **options: Any) -> Commands:
        """A command with sub-commands of its own."""
        parser = self._parsers.add_parser(name, help=words, description=words)
        return Commands(
            parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND", **options)
        )
