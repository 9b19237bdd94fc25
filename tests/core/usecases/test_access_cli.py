"""The front desk without a window: `gatewright access ...` over the same use cases."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete

from core.base.errors import UserError
from core.entities.credential import CREDENTIAL
from core.entities.person import RESIDENT
from core.entities.record import AUDIT_ENTRY
from core.store.changes import Origin
from core.store.tables import table_of
from desktop.cli import access_commands, desk_commands, place_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk


async def run(desk: Desk, *words: str) -> tuple[int, Any]:
    """Run one `access` command as the command line does; its exit code and its JSON document."""
    return await command(desk, "access", *words)


async def command(desk: Desk, *words: str) -> tuple[int, Any]:
    """Run any command of the front desk."""
    top = argparse.ArgumentParser()
    commands = Commands(top.add_subparsers(dest="command"))
    for module in (access_commands, desk_commands, place_commands):
        module.register(commands)
    args = top.parse_args(list(words))
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
    assert not stands_in("4711", json.dumps([answer, who]))
    with pytest.raises(UserError, match="is no moment"):
        await run(desk, "who", "--door", "Street", "--at", "soon")


async def test_cred_02_a_card_number_is_never_guessed_on_the_command_line(desk: Desk) -> None:
    site = ("--site", "Tamarind Court")
    _, found = await run(desk, "card", "169552957", *site)
    readings = {r["notation"]: (r["plain"], r["holder"]) for r in found["readings"]}
    assert readings["decimal"] == ("0A1B2C3D", "Ada Byron"), "so this is how the site writes its cards"
    assert readings["hexadecimal"] == ("169552957", "")
    kit = await desk.person("Kit")
    with pytest.raises(UserError, match="read in 4 ways"):
        await run(desk, "card", "12345678", *site, "--person", kit.id)
    assert (await run(desk, "card", "12345678", *site, "--person", kit.id, "--as", "decimal"))[0] == 0
    assert (await run(desk, "card", "3D-2C-1B-0B", *site, "--person", kit.id))[0] == 0
    held = await desk.read(CREDENTIAL, person_id=kit.id)
    assert sorted(c.code for c in held) == ["3D2C1B0B", "BC614E"]
    assert (await run(desk, "card", "no card", *site))[0] == 1


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


async def test_vis_01_a_pass_on_the_command_line_with_its_picture(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "lee.svg"
    code, made = await command(
        desk, "visitor", "pass", "--site", "Tamarind Court", "--name", "Lee Fixit", "--qr", str(picture),
        "--door", "Main entrance/Inner", "--hours", "2",
    )  # fmt: skip
    assert (code, made["doors"]) == (0, ["Main entrance · Inner"])
    assert picture.read_text("utf-8").startswith("<?xml")
    await asyncio.get_running_loop().shutdown_default_executor()
    _, listed = await command(desk, "visitor", "list", "--site", "Tamarind Court")
    assert listed["count"] == 1
    assert not stands_in(made["code"], json.dumps(listed))
    _, longer = await command(desk, "visitor", "extend", "Lee Fixit", "--to", "2026-03-09")
    assert longer["end"] == "2026-03-09"
    _, dry = await command(desk, "visitor", "remove", "Lee Fixit", "--check")
    assert (dry["checked"], dry["changed"]) == (True, 1)
    assert (await command(desk, "visitor", "clear", "--site", "Tamarind Court"))[1]["changed"] == 0
    with pytest.raises(UserError, match="is no day"):
        await command(desk, "visitor", "extend", "Lee Fixit", "--to", "soon")


async def test_the_day_the_matrix_and_what_is_due_on_the_command_line(desk: Desk) -> None:
    _, day = await command(desk, "today", "--site", "Tamarind Court")
    assert (day["day"], day["visitors"]) == ("2026-03-01", [])
    _, found = await command(desk, "matrix", "--site", "Tamarind Court")
    [person] = found["people"]
    assert [cell["door"] for cell in person["doors"]] == ["Main entrance · Street", "Main entrance · Inner"]
    assert {cell["verdict"] for cell in person["doors"]} == {"waiting"}
    assert (await command(desk, "due", "--check"))[1] == {"checked": True, "receipts": []}


async def test_log_06_audit_check_notices_a_row_that_was_removed(desk: Desk) -> None:
    code, sound = await command(desk, "audit", "--check")
    assert (code, sound["holds"], sound["entries"] > 5) == (0, True, True)
    _, told = await command(desk, "audit", "--row", desk.ada.id)
    assert [e["act"] for e in told["entries"]] == ["Add resident"]
    assert not stands_in("4711", json.dumps((await command(desk, "audit", "--limit", "500"))[1]))
    [*_, victim] = await desk.read(AUDIT_ENTRY, entity_id=desk.ada.id)
    table = table_of(AUDIT_ENTRY)
    await desk.ctx.mirror.write(
        lambda tx: tx.connection.execute(delete(table).where(table.c.id == victim.id)), origin=Origin.JOB
    )
    code, broken = await command(desk, "audit", "--check")
    assert (code, broken["holds"]) == (1, False)
    assert "does not hold together" in broken["broken"]


async def test_many_rows_on_the_command_line_have_check_and_undo(desk: Desk) -> None:
    """SITE-13, GRP-01, GRP-03, SITE-07: the verbs that a desk uses on many rows."""
    site = ("--site", "Tamarind Court")
    group = "Resident-Building Building A"
    for words in (
        ("apartments", "edit", *site, "--apartment", "101", "name=Attic"),
        ("apartments", "reset", *site),
        ("apartments", "renew-qr", *site),
        ("people", "edit", *site, "--person", "Ada Byron", "remark=x"),
        ("people", "delete", "Ada Byron"),
        ("group", "members", group, "--take-out", "Ada Byron"),
        ("group", "set-doors", group, "--door", "Main entrance/Street"),
        ("group", "hold-open", "--door", "Main entrance/Street", group),
        ("group", "emergency", *site, "--door", "Main entrance/Street"),
    ):
        code, dry = await command(desk, *words, "--check")
        assert (code, dry["checked"], dry["undo"]) == (0, True, ""), words
        assert dry["changed"] > 0, words
        code, done = await command(desk, *words)
        assert (code, done["changed"]) == (0, dry["changed"]), words
        code, back = await run(desk, "undo", done["undo"])
        assert (code, back["cannot"]) == (0, []), words
    assert (await desk.read(RESIDENT))[0].first_name == "Ada"
    _, ways = await command(desk, "site", "ways", *site)
    assert {"to": "intercoms", "count": 1, "parts": {}} in ways["ways"]
    assert (await command(desk, "site", "locks", *site))[1]["count"] == 0
    assert (await command(desk, "apartments", "list", *site))[1]["count"] == 1
    with pytest.raises(UserError, match="no apartment '999'"):
        await command(desk, "apartments", "reset", *site, "--apartment", "999")
    with pytest.raises(UserError, match="No access group"):
        await command(desk, "group", "delete", "No such group")
