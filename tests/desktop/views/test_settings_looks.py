"""The tabs of Settings, the foot of a list and the page Parking: nothing cut off, nameless or beside the Tab key."""

from __future__ import annotations

from typing import Any

import pytest

from core.entities.organisation import Role
from core.usecases.library import add_lot, note_vehicle
from desktop.qt import language
from desktop.qt.focus import FocusRing
from tests.desktop.fixtures_window import Drive, Opened, play, until
from tests.desktop.furnish_window import Furnished
from tests.desktop.looking import faint
from tests.desktop.owning import OwningDoor
from tests.desktop.tabbing import focus_faults
from tests.desktop.views.test_every_page import application, become, faults

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("english_afterwards")]
EVERY_RUN = {(Role.INSTALLER, "de"), (Role.MANAGER, "he")}
CASES = [
    pytest.param(
        role,
        one.code,
        id=f"{role}-{one.code}",
        marks=[] if (role, one.code) in EVERY_RUN else pytest.mark.soak,
    )
    for role in (Role.INSTALLER, Role.MANAGER)
    for one in language.LANGUAGES
]


async def _tabs(page: Any) -> list[str]:
    found: list[str] = []
    for key in page.parts:
        page.show_tab(key)
        await until(lambda: page.is_settled)
        found += [f"{key}: {one}" for one in await faults(page)]
    return found


async def _parking(opened: Opened) -> list[str]:
    page = await opened.page("parking")
    ctx, site = opened.desk.ctx, opened.made.site.id
    doors = [str(key) for key, _ in page.parking.doors]
    lot = await add_lot(ctx, site_id=site, name="Courtyard", relay_ids=doors[:3])
    await note_vehicle(ctx, lot_id=lot.id, plate="B 4471 KT")
    await until(lambda: page.rows.shown == 1 and page.is_settled)
    page.pane.show_first()
    page.open_panel(page.pane.current())
    await opened.settle()
    return [f"parking: {one}" for one in await faults(page)]


@pytest.mark.parametrize(("role", "code"), CASES)
def test_nothing_is_cut_off_on_any_tab_of_settings(
    theme: Any, drive: Drive[Any], furnished: Furnished, role: Role, code: str
) -> None:
    async def scene(opened: Opened) -> None:
        opened.station.door = OwningDoor(opened.made.site.id, role.value)
        found = await _tabs(await opened.page("settings", "account"))
        if role is Role.MANAGER:
            found += await _parking(opened)
        assert not found, "\n".join(found)

    language.install(code)
    become(furnished, role)
    drive(play(furnished, scene))


def test_forms_of_settings_are_read_with_tab_and_are_not_faint(
    theme: Any, drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene(opened: Opened) -> None:
        opened.station.door = OwningDoor(opened.made.site.id)
        page = await opened.page("settings", "firm")
        await until(lambda: page.own.fresh and page.is_settled)
        opened.window.activateWindow()
        await until(opened.window.isActiveWindow)
        await faults(page)
        ring = FocusRing(application())
        try:
            found = [*faint(page), *focus_faults(page, ring)]
        finally:
            ring.end()
        assert not found, "\n".join(found)

    drive(play(furnished, scene))
