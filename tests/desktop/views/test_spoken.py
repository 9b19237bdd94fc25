"""What comes from below the window is said in the person's language on the pages themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.sheets.residents import LAYOUT
from core.sheets.write import write_table
from desktop.qt import language
from desktop.qt.roles import Role
from desktop.qt.sentences import FIRST_STRONG, POP
from desktop.views.shots import choose_first
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.looking import unspoken

Stage = Callable[[Scene], None]
MAC = "0C:11:05:2A:7F:31"


pytestmark = pytest.mark.usefixtures("english_afterwards")


@pytest.mark.parametrize(
    ("code", "finding", "title"), [("de", "Zeitschlüsseln", "nicht"), ("he", "מבקרים", "אינו")]
)
def test_a_finding_of_an_import_and_a_refusal_are_said(
    stage: Stage, tmp_path: Path, code: str, finding: str, title: str
) -> None:
    cells = {"building": "Building A", "apartment": "0101", "account_type": "0", "first_name": "Edda"}
    cells |= {"last_name": "Norum", "pin": "9120"}
    path = tmp_path / "people.xlsx"
    write_table(path, LAYOUT.heads, [[cells.get(c.field, "") for c in LAYOUT.columns]])

    async def scene(opened: Opened) -> None:
        page = await opened.page("import")
        page.open_file(path, "residents")
        await until(lambda: page.flow.plan is not None and not page.work.busy)
        await opened.settle()
        assert finding in str(page.view.currentIndex().data(Role.REASON))
        fault = UserError("macs.unknown", f"MAC {MAC} is not in your library.")
        page.desk.notice("refused", "Lobby", str(fault))
        [notice] = page.desk.notices.notices()[:1]
        assert title in notice.text
        assert (f"{FIRST_STRONG}{MAC}{POP}" if code == "he" else MAC) in notice.text

    language.install(code)
    stage(scene)


@pytest.mark.soak
def test_no_page_shows_a_sentence_as_it_arrived(stage: Stage) -> None:
    """All pages of an installer in German. Names of groups and headings of files are data and stay as they are."""
    data = ("Resident-Building", "Building, ", "Name, ", "Staff Name, ")

    async def scene(opened: Opened) -> None:
        found = []
        for key in opened.frame.page_keys():
            page = await opened.page(key)
            choose_first(page)
            await opened.settle()
            found += [
                f"{key}: {one}"
                for one in unspoken(page)
                if not one.removeprefix("English '").startswith(data)
            ]
        assert found == []

    language.install("de")
    stage(scene)
