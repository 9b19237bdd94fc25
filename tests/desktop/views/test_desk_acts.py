"""The desk opens a door and writes a note about a resident without leaving the day (front desk, W17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from core.entities.person import RESIDENT
from desktop.models.doors import doors_to_open
from desktop.qt.dialogs import QuestionDialog
from desktop.views.desk_acts import door_entries
from tests.desktop.fixtures_desk import confirm, dialog
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


async def person_of(opened: Opened) -> Any:
    """The panel with a resident whom doors know."""
    page = await opened.page("today")
    await until(lambda: any(n.doors for n in page.today.neighbours))
    one = next(n for n in page.today.neighbours if n.doors)
    page.person.show_neighbour(one, page.today)
    return page.person


def test_a_door_is_opened_from_the_day_the_residents_own_first(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        panel = await person_of(opened)
        own = [d.device_id for d in panel._neighbour.doors]
        doors = await doors_to_open(opened.made.ctx, opened.made.site.id, own)
        assert doors[0].device.id in own
        assert all(door.device.apartment_id is None and door.relay.enabled for door in doors)
        entries = [one for one in await door_entries(opened.desk, panel, own) if one is not None]
        assert entries[-1].text == "All doors…"
        assert doors[0].device.name in entries[0].text
        before = len(opened.desk.notices.notices())
        entries[0].run()
        await until(lambda: len(opened.desk.notices.notices()) > before)
        newest = opened.desk.notices.notices()[0]
        assert (newest.title, newest.page) == (doors[0].name, "doors")
        assert newest.verdict == "proved"

    desk_stage(scene)


def test_a_note_about_a_resident_is_kept_and_shown_beside_the_name(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        panel = await person_of(opened)
        person = panel._neighbour.person
        QTest.keyClick(panel, Qt.Key.Key_5)
        asked = await dialog(opened, QuestionDialog)
        asked.findChild(QLineEdit).setText("Parcels to the desk")
        await confirm(opened, QuestionDialog)
        await until(
            lambda: panel._neighbour is not None and panel._neighbour.person.remark == "Parcels to the desk"
        )
        kept = await opened.made.mirror.read(lambda r: r.require(RESIDENT, person.id))
        assert kept.remark == "Parcels to the desk"

    desk_stage(scene)
