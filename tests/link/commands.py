"""Commands of the workstation run in this process against a world: the parser, the document and the exit code."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, TextIO, cast

from desktop.app.workstation import Workstation
from desktop.cli import (
    agent_commands,
    autop_commands,
    call_commands,
    callback_commands,
    device_commands,
    firmware_commands,
    fleet_commands,
    lan_commands,
    provision_commands,
    server_commands,
    time_commands,
)
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.link.world import World

MODULES = (
    agent_commands,
    autop_commands,
    call_commands,
    callback_commands,
    device_commands,
    firmware_commands,
    fleet_commands,
    lan_commands,
    provision_commands,
    server_commands,
    time_commands,
)


def parser() -> argparse.ArgumentParser:
    """Every command that speaks to devices."""
    made = argparse.ArgumentParser()
    commands = Commands(made.add_subparsers())
    for module in MODULES:
        module.register(commands)
    return made


def station_of(made: World) -> Workstation:
    """The world as commands know a workstation."""
    ctx = made.ctx
    return cast("Workstation", SimpleNamespace(ctx=ctx, mirror=ctx.mirror, clock=ctx.clock))


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


class Served:
    """A long-running command: its ready document, and the lines that it says."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self._ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    @property
    def ready(self) -> Any:
        """The document of its ready line."""
        return self._ready.result()

    def write(self, text: str) -> int:
        """Takes what the command prints."""
        for line in filter(None, text.split("\n")):
            if line.startswith("{") and not self._ready.done():
                self._ready.set_result(json.loads(line))
            else:
                self.lines.put_nowait(line)
        return len(text)

    def flush(self) -> None:
        """As a stream has it."""

    async def until(self, beginning: str, *, limit_s: float = 30.0) -> str:
        """The next line that begins so."""
        async with asyncio.timeout(limit_s):
            while not (line := await self.lines.get()).startswith(beginning):
                continue
        return line


async def running(made: World, said: Served, *words: str) -> int:
    """Run a command for a person whose screen is `said`; its exit code."""
    args = parser().parse_args(list(words))
    stream = cast("TextIO", said)
    code: int = await args.run(station_of(made), args, Output(as_json=False, out=stream, err=stream))
    return code


@asynccontextmanager
async def served(made: World, *words: str, limit_s: float = 30.0) -> AsyncIterator[Served]:
    """Run a command that serves until it is stopped; it must end with exit code 0 then."""
    said = Served()
    work = asyncio.get_running_loop().create_task(running(made, said, *words))
    try:
        await asyncio.wait({work, said._ready}, return_when=asyncio.FIRST_COMPLETED, timeout=limit_s)
        if work.done():
            await work
        assert said._ready.done(), "it did not say that it is ready"
        yield said
    finally:
        work.cancel()
        assert await work == 0
