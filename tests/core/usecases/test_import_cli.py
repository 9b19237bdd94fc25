"""import, export, template and undo on the command line: TPL-08, TPL-09, TPL-12."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.base.errors import UserError
from core.entities.person import RESIDENT
from core.sheets.read import read_table
from desktop.cli import sheet_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_imports import line, sheet


async def run(desk: Desk, *words: str) -> tuple[int, Any]:
    """Run one command as the command line does; its exit code and its JSON document."""
    top = argparse.ArgumentParser()
    sheet_commands.register(Commands(top.add_subparsers(dest="command")))
    args = top.parse_args(words)
    text = io.StringIO()
    out = Output(as_json=True, out=text, err=io.StringIO())
    station = SimpleNamespace(ctx=desk.ctx, mirror=desk.ctx.mirror)
    code = await args.run(station, args, out)
    return code, json.loads(text.getvalue())


async def test_import_rejects_fix_and_undo(desk: Desk, tmp_path: Path) -> None:
    rows = [
        line(first_name="Bea", last_name="Byron", pin="5511"),
        line(first_name="Cy", last_name="Byron", pin="9511"),
    ]
    site, path, back = desk.site.name, str(sheet(tmp_path, rows)), str(tmp_path / "back.csv")
    code, checked = await run(desk, "import", "residents", path, "--site", site, "--check")
    assert (code, checked["checked"]["new"], checked["checked"]["refused"]) == (1, 1, 1)
    assert len(await desk.read(RESIDENT)) == 1, "a check writes nothing"

    code, done = await run(desk, "import", "residents", path, "--site", site, "--rejects", back)
    assert (code, done["applied"]["new"], done["rejects"]["rows"]) == (1, 1, 1)
    code, more = await run(desk, "import", "residents", back, "--site", site, "--fix", "2:pin=3511")
    assert (code, more["applied"]["new"]) == (0, 1)
    assert len(await desk.read(RESIDENT)) == 3

    code, listed = await run(desk, "undo", "--list")
    assert [e["act"] for e in listed["entries"]] == ["Import back.csv", "Import people.xlsx"]
    for entry in listed["entries"]:
        code, undone = await run(desk, "undo", entry["id"])
        assert (code, undone["cannot"]) == (0, [])
    assert len(await desk.read(RESIDENT)) == 1


async def test_template_and_export_write_to_the_named_file(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    await run(desk, "template", "staff_cards", "--out", str(file), "--site", desk.site.name)
    assert read_table(file).rows[0] == ["Staff Name", "RF Card", "Access Group ID"]
    with pytest.raises(UserError, match="Where to"):
        await run(desk, "template", "staff_cards")
    code, done = await run(desk, "export", "apartments", str(tmp_path / "a.csv"), "--site", desk.site.name)
    assert (code, done["rows"]) == (0, 1)


async def test_usage_faults_say_how_it_is_written(desk: Desk, tmp_path: Path) -> None:
    path = str(sheet(tmp_path, [line(first_name="Bea", last_name="Byron")]))
    with pytest.raises(UserError, match="no row number"):
        await run(desk, "import", "residents", path, "--site", desk.site.name, "--skip", "x")
    with pytest.raises(UserError, match="ROW:COLUMN=TEXT"):
        await run(desk, "import", "residents", path, "--site", desk.site.name, "--fix", "pin=1")
