"""The page Parking: lots, their doors, what stands in them since when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from desktop.qt import dialogs
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_desk import confirm
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.furnish_desk import as_manager
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]


async def _make(opened: Opened, page: Any) -> None:
    """A lot with two doors, by its form."""
    page.do("new")
    draft, (first, second, *_) = page.form.draft, page.parking.doors
    page.bar.save_now()
    assert draft.fault("name")
    draft.set_text("name", "Courtyard")
    draft.set_text("doors", f"{first[0]};{second[0]}")
    page.bar.save_now()
    await until(lambda: page.rows.shown == 1)
    await opened.settle()
    assert {relay for relay, _ in page.rows.all_rows()[0].doors} == {first[0], second[0]}


async def _change(opened: Opened, page: Any) -> None:
    """One door only; and the vehicle leaves."""
    page.open_panel(page.rows.all_rows()[0])
    page.form.draft.set_text("doors", page.parking.doors[0][0])
    page.bar.save_now()
    await until(lambda: len(page.rows.all_rows()[0].doors) == 1)
    await opened.settle()
    page.open_panel(page.rows.all_rows()[0])
    left = next(b for b in page.panel.findChildren(Button) if b.accessibleName() == "B 4471 KT left")
    left.click()
    await until(lambda: not page.rows.all_rows()[0].standing)


def test_park_02_a_lot_is_made_changed_filled_and_deleted(
    stage: Stage, furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PARK-02: name, doors, number of parked vehicles and how long each has stood; search, add, edit, delete."""
    as_manager(furnished)

    async def answer(*_args: object, **_more: object) -> str:
        return " b 4471 kt "

    async def scene(opened: Opened) -> None:
        page = await opened.page("parking")
        assert page.pane.stack.currentWidget() is page.pane.nothing
        assert page.button("came").reason
        await _make(opened, page)
        page.pane.show_first()
        page.do("came")
        await until(lambda: page.rows.all_rows()[0].standing)
        assert page.rows.all_rows()[0].standing[0].plate == "B 4471 KT"
        page.pane.search.setText("4471")
        page.pane._search_now()
        await until(lambda: page.rows.is_settled and page.rows.shown == 1)
        await _change(opened, page)
        page.pane.show_all()
        await until(lambda: page.rows.is_settled and page.rows.shown == 1)
        page.pane.show_first()
        page.do("remove")
        await confirm(opened, DryRunSheet)
        await until(lambda: not page.rows.all_rows())

    monkeypatch.setattr(dialogs, "ask_text", answer)
    stage(scene)
