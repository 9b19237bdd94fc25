"""The import studio's page: faults found, mended in place with the keys of the sheet, applied, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from core.entities.person import RESIDENT, PersonKind
from core.sheets.residents import LAYOUT
from core.sheets.write import write_table
from desktop.models.import_sheet import Spot
from desktop.qt.roles import Role
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]
FIRST = ("Edda", "Ilsa", "Juno", "Rosa", "Hamid", "Lena")


def _sheet(folder: Path) -> Path:
    rows = []
    for number, first in enumerate(FIRST):
        cells = {
            "building": "Building A",
            "apartment": "0101",
            "account_type": "0",
            "first_name": first,
            "last_name": "Norum",
            "pin": f"{41000 + number}",
        }
        cells |= {2: {"pin": "9120"}, 4: {"apartment": "0905"}}.get(number, {})
        rows.append([cells.get(c.field, "") for c in LAYOUT.columns])
    path = folder / "tamarind.xlsx"
    write_table(path, LAYOUT.heads, rows)
    return path


async def _open(opened: Opened, path: Path) -> Any:
    page = await opened.page("import")
    assert page.stack.currentIndex() == 0, "without a file the kinds are offered"
    page.open_file(path, "residents")
    await until(lambda: page.flow.plan is not None and not page.work.busy)
    await opened.settle()
    return page


def _names(opened: Opened) -> Callable[[Any], Sequence[str]]:
    return lambda r: [
        p.first_name
        for p in r.find(RESIDENT, scope_id=opened.made.site.id, kind=PersonKind.RESIDENT)
        if p.last_name == "Norum"
    ]


def test_faults_are_mended_in_the_sheet_and_good_rows_applied_and_undone(
    stage: Stage, tmp_path: Path
) -> None:
    path = _sheet(tmp_path)

    async def scene(opened: Opened) -> None:
        page = await _open(opened, path)
        plan = page.flow.plan
        assert [(f.row, f.field) for f in plan.faults] == [(4, "pin"), (6, "apartment")]
        here = page.view.currentIndex()
        assert page.sheet.spot_at(here) == Spot(4, "pin"), "it begins at the first fault"
        assert here.data(Role.LOOK).cell == "fault"
        assert "start with 9" in str(here.data(Role.REASON))
        QTest.keyClick(page.view, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
        await until(lambda: len(page.flow.plan.faults) == 1)
        await opened.settle()
        assert page.sheet.spot_at(page.view.currentIndex()) == Spot(6, "apartment"), "on to the next one"
        page.sheet.setData(page.view.currentIndex(), "0102")
        await until(lambda: not page.flow.plan.faults)
        await opened.settle()
        assert page.flow.fixed_count == 2
        page.do("back")
        assert len(page.flow.plan.faults) == 1
        page.sheet.edited.emit(6, "apartment", "0102")
        await until(lambda: page.flow.plan.applicable == len(FIRST))
        await opened.settle()
        page.do("apply")
        await until(lambda: page.flow.receipt is not None and not page.work.busy)
        assert sorted(await opened.made.mirror.read(_names(opened))) == sorted(FIRST)
        assert page.flow.reason() == "It is applied already."
        await opened.settle()
        await until(lambda: not opened.desk.undoing.why_not_back())
        await opened.desk.undoing.take_back()
        assert await opened.made.mirror.read(_names(opened)) == []

    stage(scene)


def test_rows_left_out_go_back_as_a_file_with_their_reasons(stage: Stage, tmp_path: Path) -> None:
    path = _sheet(tmp_path)

    async def scene(opened: Opened) -> None:
        page = await _open(opened, path)
        page.do("skip")
        await until(lambda: page.flow.can_go_back)
        await opened.settle()
        assert page.flow.plan.faulty == 2
        page.tools.which.set_current("faults")
        assert page.sheet.rowCount() < len(FIRST)
        assert page.flow.plan.applicable == len(FIRST) - 2
        out = tmp_path / "left-out.xlsx"
        assert await page.flow.write_rejects(out) == 2
        assert out.stat().st_size > 0
        page.do("close")
        assert page.stack.currentIndex() == 0

    stage(scene)


def test_a_file_that_cannot_be_read_says_why_and_leaves_the_page_as_it_was(
    stage: Stage, tmp_path: Path
) -> None:
    bad = tmp_path / "broken.xlsx"
    bad.write_bytes(b"no sheet at all")

    async def scene(opened: Opened) -> None:
        page = await opened.page("import")
        page.open_file(bad, "residents")
        await until(lambda: bool(opened.desk.notices.notices()))
        notice = opened.desk.notices.notices()[0]
        assert notice.verdict == "refused"
        assert "broken.xlsx" in notice.title
        assert page.flow.plan is None

    stage(scene)


def test_tpl_08_a_text_whose_bytes_do_not_tell_its_code_page_is_asked_about(
    stage: Stage, tmp_path: Path
) -> None:
    """Nothing can be applied before; a press on one of the pages reads the file anew."""
    path = tmp_path / "people.csv"
    heads = "Building;Apt;Account Type;First Name;Last Name"
    path.write_bytes(f"{heads}\nBuilding A;0101;0;François;Lefèvre".encode("cp1252"))

    async def scene(opened: Opened) -> None:
        page = await _open(opened, path)
        assert page.flow.reason() == "Say first in which code page the file is written."
        names = {b.text(): b for b in page.panel.findChildren(QAbstractButton) if "Windows-" in b.text()}
        assert len(names) == len(page.flow.plan.table.pages) > 1
        names["Read as Windows-1252 (Western)"].click()
        await until(lambda: page.flow.plan.table.pages == () and not page.work.busy)
        assert page.flow.reason() == ""
        await opened.settle()
        assert not [b for b in page.panel.findChildren(QAbstractButton) if "Windows-" in b.text()]

    stage(scene)
