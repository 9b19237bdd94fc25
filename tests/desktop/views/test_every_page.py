"""Every page of every role: nothing cut off, faint, nameless or beside the way of the Tab key, in any language."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from core.base.ids import new_id
from core.entities.organisation import Role
from core.usecases.context import Actor
from desktop.qt import language
from desktop.qt.focus import FocusRing
from desktop.qt.theme import Theme
from desktop.views.device_tab_list import TAB_KEYS
from desktop.views.devices import DevicesPage
from desktop.views.shots import choose_first
from tests.desktop.fixtures_window import Drive, Opened, play, until
from tests.desktop.furnish_desk import furnish_desk
from tests.desktop.furnish_window import Furnished
from tests.desktop.looking import cut_off, faint, nameless, overlapping, sideways
from tests.desktop.tabbing import focus_faults

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("english_afterwards")]
"""Windows full of pages, painted by machines that do other things too."""
ROLES = (Role.INSTALLER, Role.MANAGER, Role.DISTRIBUTOR)
EVERY_RUN = {(Role.INSTALLER, "en"), (Role.MANAGER, "de"), (Role.DISTRIBUTOR, "he")}
"""A language for each role; all the others are looked at in long runs."""
LOOKS = (cut_off, overlapping, sideways, nameless)
TURNS = 50
"""Looks at a page before its faults are believed."""
CASES = [
    pytest.param(
        role,
        one.code,
        id=f"{role}-{one.code}",
        marks=[] if (role, one.code) in EVERY_RUN else pytest.mark.soak,
    )
    for role in ROLES
    for one in language.LANGUAGES
]


CLOSELY = [
    pytest.param(Role.INSTALLER, ("lan", "groups"), id="installer"),
    pytest.param(Role.MANAGER, ("today", "residents"), id="manager"),
    *(pytest.param(role, (), id=f"{role}-all", marks=pytest.mark.soak) for role in ROLES),
]
"""Forms, tables, boards and panels in every run; every page in long ones."""


async def look_at_all(opened: Opened) -> list[str]:
    """What is wrong on any page, with the page's name."""
    found: list[str] = []
    for key in opened.frame.page_keys():
        page = await opened.page(key)
        choose_first(page)
        await opened.settle()
        found += [f"{key}: {one}" for one in await faults(page)]
    if hidden := opened.frame.nav.list.verticalScrollBar().maximum():
        found.append(f"navigation: {hidden} pixels do not fit")
    return found


async def look_closely(opened: Opened, keys: Iterable[str]) -> list[str]:
    """What is faint on these pages, and where the Tab key goes wrong."""
    found: list[str] = []
    ring = FocusRing(application())
    try:
        for key in keys:
            page = await opened.page(key)
            choose_first(page)
            await opened.settle()
            opened.window.activateWindow()
            await until(opened.window.isActiveWindow)
            await faults(page)  # until it has stopped moving
            found += [f"{key}: {one}" for one in (*faint(page), *focus_faults(page, ring))]
    finally:
        ring.end()
    return found


async def look_at_tabs(opened: Opened) -> list[str]:
    """What is wrong on any tab of a device."""
    page = await opened.page("devices")
    assert isinstance(page, DevicesPage)
    page.open(opened.made.devices[1].id)
    await opened.settle()
    found = []
    for key in TAB_KEYS:
        assert page.view is not None
        page.view.show_tab(key)
        await opened.settle()
        found += [f"{key}: {one}" for one in await faults(page.view)]
    return found


def application() -> QApplication:
    """The application of the tests."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


async def faults(page: QWidget) -> list[str]:
    """What is wrong on a page when it has stopped moving: panels slide in, paragraphs wrap anew."""
    found: list[str] = []
    for _ in range(TURNS):
        found = [f"{look.__name__}: {one}" for look in LOOKS for one in look(page)]
        if not found:
            break
        await asyncio.sleep(0.02)
    return found


def become(made: Furnished, role: Role) -> None:
    """The same mirror as another role sees it."""
    before = made.ctx.actor
    assert before is not None
    made.ctx.actor = Actor(new_id(), before.org_id, role, before.name)


@pytest.mark.parametrize(("role", "code"), CASES)
def test_nothing_is_cut_off_on_any_page(
    theme: Any, drive: Drive[Any], furnished: Furnished, role: Role, code: str
) -> None:
    async def scene(opened: Opened) -> None:
        assert len(opened.frame.page_keys()) > 3
        found = await look_at_all(opened)
        assert not found, "\n".join(found)

    language.install(code)
    drive(furnish_desk(furnished))
    become(furnished, role)
    drive(play(furnished, scene))


@pytest.mark.parametrize(("role", "keys"), CLOSELY)
def test_every_word_is_readable_and_tab_goes_in_reading_order(
    theme: Any, drive: Drive[Any], furnished: Furnished, role: Role, keys: tuple[str, ...]
) -> None:
    async def scene(opened: Opened) -> None:
        found = await look_closely(opened, keys or opened.frame.page_keys())
        assert not found, "\n".join(found)

    drive(furnish_desk(furnished))
    become(furnished, role)
    drive(play(furnished, scene))


def test_nothing_is_cut_off_on_any_tab_of_a_device(
    theme: Any, drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene(opened: Opened) -> None:
        found = await look_at_tabs(opened)
        assert not found, "\n".join(found)

    drive(play(furnished, scene))


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_cut_off_at_200_percent(
    theme: Theme, drive: Drive[Any], furnished: Furnished, role: Role
) -> None:
    """1280x800 of a screen at 200 %: every size is doubled, and what is rounded or fixed in pixels shows."""

    async def scene(opened: Opened) -> None:
        found = await look_at_all(opened)
        assert not found, "\n".join(found)

    theme.set_scale(2.0)
    drive(furnish_desk(furnished))
    become(furnished, role)
    drive(play(furnished, scene, size=(2560, 1600)))
