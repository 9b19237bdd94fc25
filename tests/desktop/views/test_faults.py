"""Reads that fail: every page says what, why and what to do, keeps what it had, and tries again when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from core.entities.organisation import Role
from desktop.views.dashboard import DashboardPage
from desktop.views.entry import PageEntry
from desktop.views.page import Page
from desktop.views.registry import all_entries, entries_of
from desktop.views.widgets.faults import FaultBar, FaultState
from tests.desktop.broken import broken_reads, damaged, locked
from tests.desktop.fixtures_window import Drive, Opened, Scene, play
from tests.desktop.furnish_desk import furnish_desk
from tests.desktop.furnish_window import Furnished
from tests.desktop.looking import cut_off, nameless, sideways
from tests.desktop.views.test_every_page import become

READS_NOTHING = {"import", "settings"}
"""Pages that show nothing of the mirror before something is done on them."""


def told(page: QWidget) -> list[FaultState | FaultBar]:
    """What says on a page that something could not be read."""
    found: list[FaultState | FaultBar] = [*page.findChildren(FaultState), *page.findChildren(FaultBar)]
    return [one for one in found if one.isVisible()]


def press_again(page: QWidget) -> None:
    """Press every button that tries again."""
    for one in told(page):
        QTest.mouseClick(one.again, Qt.MouseButton.LeftButton)


async def anew(opened: Opened, entry: PageEntry) -> Page:
    """A page that has read nothing yet, shown in the frame."""
    page = entry.make(opened.desk)
    opened.frame.stack.addWidget(page)
    opened.frame.stack.setCurrentWidget(page)
    page.enter()
    await opened.settle()
    return page


@pytest.mark.parametrize("role", [Role.INSTALLER, Role.MANAGER, Role.DISTRIBUTOR])
def test_every_page_says_that_it_could_not_be_read_and_reads_again(
    theme: Any, drive: Drive[Any], furnished: Furnished, role: Role
) -> None:
    async def scene(opened: Opened) -> None:
        for entry in (entry for _, entries in entries_of(role) for entry in entries):
            key = entry.key
            if key in READS_NOTHING:
                continue
            with broken_reads(furnished.mirror):
                page = await anew(opened, entry)
                assert told(page), f"{key} hides that it could not be read"
                words = " ".join(one.accessibleName() for one in told(page))
                assert locked().message in words, key
                assert locked().remedy in words, key
                looks = (*cut_off(page), *sideways(page), *nameless(page))
                assert not looks, f"{key}: {looks}"
            press_again(page)
            await opened.settle()
            assert not told(page), f"{key} still tells a fault that is over"
            page.shut()

    drive(furnish_desk(furnished))
    become(furnished, role)
    drive(play(furnished, scene))


def test_what_was_read_before_stays_under_the_fault(stage: Callable[[Scene], None]) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices")
        rows = page.list.rows.rowCount()
        with broken_reads(opened.made.mirror, damaged):
            page.list.rows.refresh()
            await opened.settle()
            bars = told(page)
            assert [type(one) for one in bars] == [FaultBar]
            assert damaged().message in bars[0].accessibleName()
            assert page.list.rows.rowCount() == rows > 0
            assert page.list.pane.table.isVisible()
        press_again(page)
        await opened.settle()
        assert not told(page)

    stage(scene)


def test_a_dashboard_that_was_never_counted_shows_no_noughts(stage: Callable[[Scene], None]) -> None:
    async def scene(opened: Opened) -> None:
        with broken_reads(opened.made.mirror):
            entry = next(one for one in all_entries() if one.key == "dashboard")
            page = await anew(opened, entry)
            assert isinstance(page, DashboardPage)
            assert not page.stats.isVisible()
        press_again(page)
        await opened.settle()
        assert page.stats.isVisible()
        page.shut()

    stage(scene)


def test_the_panel_of_a_resident_says_why_it_is_empty(stage: Callable[[Scene], None]) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        page.pane.show_first()
        with broken_reads(opened.made.mirror):
            page.open_panel(page.pane.current())
            await opened.settle()
            assert page.panel.has_fault
            assert [type(one) for one in told(page)] == [FaultState]
        press_again(page)
        await opened.settle()
        assert page.person is not None
        assert not told(page)

    stage(scene)
