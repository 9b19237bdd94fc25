"""`gatewright scan --why MAC` and what `scan` says of conflicts, with the use cases and a scripted scanner below."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.ports.lan import AccessState, HeardClaim
from core.usecases.context import Context
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import register
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.device_link.lan.test_sightings import MAC, OTHER, ScriptedScanner, ctx, scanner, sighted

__all__ = ["ctx", "scanner"]


async def command(ctx: Context, words: Sequence[str], *, as_json: bool = True) -> tuple[int, Any]:
    """Run a command line as the program does; its exit code and document (or its lines)."""
    parser = argparse.ArgumentParser()
    register(Commands(parser.add_subparsers()))
    args = parser.parse_args(list(words))
    out = io.StringIO()
    station = cast("Workstation", SimpleNamespace(ctx=ctx, mirror=ctx.mirror))
    code = await args.run(station, args, Output(as_json=as_json, out=out, err=io.StringIO()))
    return code, json.loads(out.getvalue()) if as_json else out.getvalue()


async def test_why_names_the_cause_the_steps_and_what_was_tried(
    ctx: Context, scanner: ScriptedScanner
) -> None:
    scanner.found = [
        sighted(
            url="http://192.168.1.100", access=AccessState.OTHER_NETWORK, methods=("pnp",), reason="Use DHCP."
        )
    ]
    scanner.heard = (HeardClaim("pnp", "192.168.1.100", MAC, "X912"),)
    code, told = await command(ctx, ["scan", "--why", "0c:11:05:00:00:01", "10.0.0.0/24"])
    assert code == 1
    assert (told["cause"], told["steps"]) == ("other_network", ["Use DHCP."])
    assert told["heard"] == [{"way": "pnp", "host": "192.168.1.100", "model": "X912"}]
    assert told["tried"][0] == {"way": "sweep", "at": ["10.0.0.0/24"], "asked": 2, "heard": 1, "trouble": ""}
    assert told["started"]
    scanner.found, scanner.heard = [sighted()], ()
    code, text = await command(ctx, ["scan", "--why", MAC], as_json=False)
    assert code == 0
    assert "answers at http://10.0.0.5" in text
    assert "tried sweep" in text


@pytest.mark.parametrize("as_json", [True, False])
async def test_scan_says_who_shares_an_address(
    ctx: Context, scanner: ScriptedScanner, *, as_json: bool
) -> None:
    scanner.found = [sighted(also=(OTHER,))]
    code, told = await command(ctx, ["scan"], as_json=as_json)
    assert code == 0
    if as_json:
        assert told["sightings"][0]["also"] == ["0C:11:05:00:00:02"]
        assert {one["state"] for one in told["standings"]} == {"new"}
    text = told["standings"][0]["conflict"] if as_json else told
    assert "Two devices have the address 10.0.0.5" in text
