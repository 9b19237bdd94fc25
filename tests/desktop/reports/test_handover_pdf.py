"""The hand-over report as a PDF: its pages, its words, the command, and that no code stands on it."""

from __future__ import annotations

import argparse
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from core.base.errors import GatewrightError, UserError
from core.base.paths import Profile
from core.entities.credential import CREDENTIAL
from core.usecases.handover import Handover, handover
from desktop.app.workstation import Workstation
from desktop.cli import report_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.reports.handover import blocks, write_handover
from desktop.reports.sheet import ROOM, Ink, Line, Paper, Piece, font_of, height_of
from tests.desktop.fixtures_window import Drive
from tests.desktop.furnish_window import Furnished


def pages_in(path: Path) -> int:
    """How many page objects the file has."""
    return len(re.findall(rb"/Type /Page\b(?!s)", path.read_bytes()))


def words_of(facts: Handover) -> str:
    """Everything that is drawn."""
    return "\n".join(piece.text for lines in blocks(facts) for line in lines for piece in line.pieces)


async def run(made: Furnished, folder: Path, *words: str, as_json: bool = True) -> tuple[int, str]:
    """The command in this process; its exit code and what it says."""
    top = argparse.ArgumentParser()
    report_commands.register(Commands(top.add_subparsers()))
    args = top.parse_args(["report", "site", *words])
    args.profile = Profile(folder / "profile")
    station = cast("Workstation", SimpleNamespace(ctx=made.ctx, mirror=made.mirror, clock=made.ctx.clock))
    said = io.StringIO()
    code = await args.run(station, args, Output(as_json=as_json, out=said, err=io.StringIO()))
    return code, said.getvalue()


def test_the_command_writes_the_paper_and_says_what_it_holds(
    qapp: QApplication, drive: Drive[Any], furnished: Furnished, tmp_path: Path
) -> None:
    assert qapp is not None
    path = tmp_path / "tamarind.pdf"
    code, text = drive(run(furnished, tmp_path, "--site", "Tamarind Court", "--out", str(path)))
    told = json.loads(text)
    facts = drive(handover(furnished.ctx, furnished.site.id))
    assert (code, told["path"], told["devices"]) == (0, str(path), 10)
    assert (told["proved"], told["open"]) == (facts.proved, facts.open)
    assert told["pages"] == pages_in(path) > 1
    assert path.read_bytes().startswith(b"%PDF-")
    assert [p.name for p in tmp_path.glob("*.pdf*")] == ["tamarind.pdf"]


def test_an_unknown_site_and_a_path_that_cannot_be_written_are_one_sentence(
    qapp: QApplication, drive: Drive[Any], furnished: Furnished, tmp_path: Path
) -> None:
    assert qapp is not None
    with pytest.raises(GatewrightError) as unknown:
        drive(run(furnished, tmp_path, "--site", "Nowhere", "--out", str(tmp_path / "x.pdf")))
    assert unknown.value.exit_code == 1
    for bad in (tmp_path / "none" / "x.pdf", tmp_path):
        with pytest.raises(UserError, match="cannot be written") as refused:
            drive(run(furnished, tmp_path, "--site", furnished.site.id, "--out", str(bad)))
        assert refused.value.exit_code == 1
    assert not list(tmp_path.parent.glob("*.part"))


def test_what_is_open_comes_first_and_no_code_is_drawn(
    qapp: QApplication, drive: Drive[Any], furnished: Furnished, tmp_path: Path
) -> None:
    assert qapp is not None
    facts = drive(handover(furnished.ctx, furnished.site.id))
    text = words_of(facts)
    assert text.index("Open at hand-over") < text.index("Devices") < text.index("People by building")
    for one in facts.devices:
        assert one.device.name in text
    assert "Ostby Doorworks" in text
    codes = drive(furnished.mirror.read(lambda r: r.find(CREDENTIAL)))
    assert codes
    on_paper = set(re.findall(r"\w+", text))
    assert not on_paper & {code.code for code in codes}
    assert write_handover(tmp_path / "x.pdf", facts) == pages_in(tmp_path / "x.pdf")


def test_lines_flow_over_pages_and_groups_stay_together(qapp: QApplication, tmp_path: Path) -> None:
    assert qapp is not None
    line = Line((Piece("One line", ink=Ink(12.0)),))
    most = int(ROOM / height_of(line))
    paper = Paper("Paper", foot="Foot")
    paper.keep([line] * (most - 1))
    paper.keep([line] * 3)
    assert paper.pages == 2
    paper.keep([line] * (2 * most + 1))
    assert paper.pages == 4
    assert paper.write(tmp_path / "x.pdf") == pages_in(tmp_path / "x.pdf") == 4


def test_a_word_wider_than_its_column_is_broken_in_it(qapp: QApplication) -> None:
    assert qapp is not None
    narrow = height_of(Line((Piece("w" * 60, width=30),)))
    assert narrow > 2 * height_of(Line((Piece("w", width=30),)))


def test_figures_keep_their_own_characters_so_that_a_reader_can_copy_them(qapp: QApplication) -> None:
    assert qapp is not None
    for ink in (Ink(), Ink(mono=True)):
        assert font_of(ink).featureValue(QFont.Tag("tnum")) == 0
