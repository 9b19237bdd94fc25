"""Fixtures of the front desk's tests: a manager's window with visitors, staff and events; a dry run answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.qt.theme import Theme
from tests.desktop.fixtures_window import Drive, Opened, Scene, play, until
from tests.desktop.furnish_desk import as_manager, furnish_desk
from tests.desktop.furnish_window import Furnished


@pytest.fixture
def desk_stage(theme: Theme, drive: Drive[Any], furnished: Furnished) -> Callable[[Scene], None]:
    """Plays a scene in a property manager's window over a site with a day at its desk: `desk_stage(scene)`."""
    assert theme is not None

    def run_scene(scene: Scene) -> None:
        async def whole() -> None:
            await furnish_desk(furnished)
            as_manager(furnished)
            await play(furnished, scene)

        drive(whole())

    return run_scene


async def dialog(opened: Opened, kind: type[Any]) -> Any:
    """The open dialog of a kind."""
    found: list[Any] = []

    def look() -> bool:
        found[:] = [d for d in opened.window.findChildren(kind) if d.isVisible()]
        return bool(found)

    await until(look, what=f"no {kind.__name__} opens")
    return found[0]


async def confirm(opened: Opened, kind: type[Any]) -> None:
    """Enter in the open dialog of a kind, and wait for what it does."""
    QTest.keyClick(await dialog(opened, kind), Qt.Key.Key_Return)
    await opened.settle()
