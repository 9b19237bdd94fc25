"""Every page of every role: nothing cut off, no form that scrolls sideways, nothing without a name, in any language."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QWidget

from core.base.ids import new_id
from core.entities.organisation import Role
from core.usecases.context import Actor
from desktop.qt import language
from desktop.qt.focus import FocusRing
from desktop.views.shots import choose_first
from tests.desktop.fixtures_window import Drive, Opened, play, until
from tests.desktop.furnish_desk import furnish_desk
from tests.desktop.furnish_window import Furnished
from tests.desktop.looking import cut_off, faint, nameless, sideways
from tests.desktop.tabbing import focus_faults

ROLES = (Role.INSTALLER, Role.MANAGER, Role.DISTRIBUTOR)
EVERY_RUN = {(Role.INSTALLER, "en"), (Role.MANAGER, "de"), (Role.DISTRIBUTOR, "he")}
"""A language for each role; all the others are looked at in long runs."""
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


@pytest.fixture(autouse=True)
def english_afterwards(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    yield
    language.install("en")
    QLocale.setDefault(before)


async def look_at_all(opened: Opened) -> list[str]:
    """What is wrong on any page, with the page's name."""
    found: list[str] = []
    ring = FocusRing(application())
    for key in opened.frame.page_keys():
        page = await opened.page(key)
        choose_first(page)
        await opened.settle()
        found += [f"{key}: {one}" for one in await faults(page)]
        found += [f"{key}: {one}" for one in faint(page)]
        opened.window.activateWindow()
        await until(opened.window.isActiveWindow)
        found += [f"{key}: {one}" for one in focus_faults(page, ring)]
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
        found = [f"{look.__name__}: {one}" for look in (cut_off, sideways, nameless) for one in look(page)]
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
