"""The demo's other programs: the cloud and the LAN, each a process of its own that ends when this one does."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from core.base.errors import DataError, GatewrightError, UserError
from desktop.app.program import program

READY_LIMIT_S = 60.0


class Child:
    """A long-running `gatewright` command. It ends when its standard input closes, also when we are killed."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any], log: Path) -> None:
        self._process = process
        self.ready = ready
        self.log = log

    @classmethod
    async def start(cls, arguments: list[str], log: Path) -> Child:
        """Start and wait for the one line of JSON that says it is ready; UserError with its words when it is not."""
        with await asyncio.to_thread(_opened, log) as errors:
            process = await asyncio.create_subprocess_exec(
                *program(),
                *arguments,
                "--until-eof",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                limit=1 << 20,
            )
        assert process.stdout is not None  # noqa: S101  asked for above
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_LIMIT_S)
        except TimeoutError:
            line = b""
        if not line.startswith(b"{"):
            await _end(process)
            tail = await asyncio.to_thread(_last_line, log)
            words = f"'gatewright {' '.join(arguments[:2])}' did not start: {tail or 'it said nothing'}"
            raise UserError("demo.child", words)
        return cls(process, json.loads(line), log)

    async def stop(self) -> None:
        """Close its input and wait; a second call does nothing."""
        await _end(self._process)


def _last_line(log: Path) -> str:
    return " ".join(log.read_text("utf-8", "replace").strip().splitlines()[-1:])


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()


async def run_once(
    arguments: list[str], *, stdin: str = "", environment: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run one `gatewright --json` command to its end and return its document; its error as an error of ours."""
    process = await asyncio.create_subprocess_exec(
        *program(),
        "--json",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        out, err = await process.communicate(stdin.encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    try:
        document: dict[str, Any] = json.loads(out)
    except ValueError as fault:
        tail = err.decode("utf-8", "replace").strip().splitlines()[-1:]
        words = f"'gatewright {' '.join(arguments[:2])}' failed: {' '.join(tail)}"
        raise DataError("demo.command", words) from fault
    if "error" in document:
        error = document["error"]
        raise GatewrightError(
            error.get("code", "demo.command"), error.get("message", ""), remedy=error.get("remedy", "")
        )
    return document
