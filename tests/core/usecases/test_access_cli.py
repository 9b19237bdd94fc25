"""The front desk without a window: `gatewright access ...` over the same use cases."""

from __future__ import annotations

import argparse
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.base.errors import UserError
from core.entities.person import RESIDENT
from desktop.cli import access_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.core.usecases.conftest import Desk


async def run(desk: Desk, *words: str) -> tuple[int, Any]:
    """Run one command as the command line does; its exit code and its JSON document."""
    top = argparse.ArgumentParser()
    access_commands.register(Commands(top.add_subparsers(dest="command")))
    args = top.parse_args(["access", *words])
    text = io.StringIO()
    out = Output(as_json=True, out=text, err=io.StringIO())
    station = SimpleNamespace(ctx=desk.ctx, mirror=desk.ctx.mirror)
    code = await args.run(station, args, out)
    return code, json.loads(text.getvalue())


async def test_explain_and_who_on_the_command_line(desk: Desk) -> None:
    code, answer = await run(
        desk, "explain", "--person", "Ada Byron", "--door", "Main entrance/1", "--at", "2026-03-02T08:00"
    )
    assert (code, answer["opens"]) == (0, True)
    assert "Mon 2026-03-02 at 08:00 (Europe/Madrid)" in answer["sentence"]
    assert [link["step"] for link in answer["chain"]][-1] == "proof"
    _, who = await run(desk, "who", "--door", "Street", "--at", "2026-03-02T08:00+01:00")
    assert [p["name"] for p in who["people"]] == ["Ada Byron"]
    assert "4711" not in json.dumps([answer, who])
    with pytest.raises(UserError, match="is no moment"):
        await run(desk, "who", "--door", "Street", "--at", "soon")


async def test_move_out_with_its_receipt_and_undo_on_the_command_line(desk: Desk) -> None:
    _, dry = await run(desk, "move-out", "--person", desk.ada.id, "--check")
    assert dry["checked"]
    _, done = await run(desk, "move-out", "--person", desk.ada.id)
    assert await desk.read(RESIDENT) == []
    _, receipts = await run(desk, "receipts", "--site", "Tamarind Court", "--open")
    assert [r["id"] for r in receipts["receipts"]] == [done["receipt"]["id"]]
    code, back = await run(desk, "undo", done["undo"])
    assert (code, back["cannot"]) == (0, [])
    assert await desk.read(RESIDENT) == [desk.ada]
    _, ghosts = await run(desk, "ghosts", "--site", "Tamarind Court")
    assert ghosts["count"] == 0
