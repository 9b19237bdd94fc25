"""Fixtures of the front desk's tests: a manager's window with visitors, staff and events; a dry run answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.qt.theme import Theme
from tests.desktop.fixtures_window import Drive, Opened, Scene, Snapshot, play, until
from tests.desktop.furnish_desk import as_manager, furnish_desk


@pytest.fixture(scope="session")
def desk_snapshot(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A furnished workstation with a day at its desk; made once, since a dozen verbs take longer than a copy."""
    folder = tmp_path_factory.mktemp("desk")
    made = snapshot.copy(folder)

    async def work() -> None:
        await furnish_desk(made)
        await made.close()

    asyncio.run(work())
    return Snapshot(folder, made, snapshot.devices)


@pytest.fixture
def desk_stage(
    theme: Theme, drive: Drive[Any], desk_snapshot: Snapshot, tmp_path: Path
) -> Iterator[Callable[[Scene], None]]:
    """Plays a scene in a property manager's window over a site with a day at its desk: `desk_stage(scene)`."""
    assert theme is not None
    made = desk_snapshot.copy(tmp_path)
    as_manager(made)
    yield lambda scene: drive(play(made, scene))
    drive(made.close())


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
