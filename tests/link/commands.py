"""Commands of the workstation run in this process against a world: the parser, the document and the exit code."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from desktop.app.workstation import Workstation
from desktop.cli import agent_commands, autop_commands, device_commands, firmware_commands, lan_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.link.world import World

MODULES = (agent_commands, autop_commands, device_commands, firmware_commands, lan_commands)


def parser() -> argparse.ArgumentParser:
    """Every command that speaks to devices."""
    made = argparse.ArgumentParser()
    commands = Commands(made.add_subparsers())
    for module in MODULES:
        module.register(commands)
    return made


async def command(made: World, *words: str, as_json: bool = True) -> tuple[int, Any]:
    """Run one; its exit code and document, or its lines."""
    args = parser().parse_args(list(words))
    said = io.StringIO()
    station = cast("Workstation", SimpleNamespace(ctx=made.ctx, mirror=made.ctx.mirror, clock=made.ctx.clock))
    code = await args.run(station, args, Output(as_json=as_json, out=said, err=io.StringIO()))
    text = said.getvalue()
    return code, json.loads(text) if as_json else text


def ids(rows: Sequence[Any]) -> list[str]:
    """Their ids."""
    return [row.id for row in rows]
