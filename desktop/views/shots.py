"""Pictures of every page of an open window, with the first row chosen. Waits for what pages fetch, never for time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt

from core.base.errors import DataError
from desktop.models.desk import Desk, Station
from desktop.models.preferences import Preferences
from desktop.qt import shots
from desktop.qt.run import tasks
from desktop.qt.theme import Mode, theme
from desktop.views.device_tab_list import TAB_KEYS
from desktop.views.devices import DevicesPage
from desktop.views.firmware import FirmwarePage
from desktop.views.main_window import MainWindow
from desktop.views.page import Page
from desktop.views.sync import SyncPage
from desktop.views.table_page import TablePage

LIMIT_S = 30.0
TURN_S = 0.01
"""How long the loop is given between two looks at whether a page has settled."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: its name, the page, and what is done on it first."""

    name: str
    page: str
    prepare: Callable[[Page], object] = lambda _page: None


async def picture_station(
    station: Station,
    preferences: Preferences,
    folder: Path,
    *,
    size: tuple[int, int] = (1280, 800),
    scale: float = 1.0,
    themes: Sequence[str] = ("light", "dark"),
) -> list[Path]:
    """The pictures of an open workstation; nothing is fetched from a cloud or device for them."""
    desk = Desk(station, preferences)
    await desk.begin()
    window = MainWindow(desk)
    try:
        window.resize(*size)
        window.begin()
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=True)
        window.show()
        return await picture_pages(window, folder, themes, scale)
    finally:
        await window.end()


async def picture_pages(
    window: MainWindow,
    folder: Path,
    themes: Sequence[str] = ("light", "dark"),
    scale: float = 1.0,
    *,
    choose: Callable[[Scene], bool] = lambda _scene: True,
    more: Sequence[Scene] = (),
) -> list[Path]:
    """Grab every page of the window in every theme; gives the files in order. DataError when one cannot be written.

    `choose(scene)` leaves scenes out; `more` come last.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    before = theme().mode
    written: list[Path] = []
    for word in themes:
        theme().set_mode(Mode(word))
        written += [
            await _take(window, scene, folder / f"{scene.name}-{word}.png", scale)
            for scene in (*_scenes(window), *more)
            if choose(scene)
        ]
    theme().set_mode(before)
    return written


def _scenes(window: MainWindow) -> Iterator[Scene]:
    if window.frame is None:
        yield Scene("sign-in", "")
        return
    for key in window.frame.page_keys():
        yield Scene(key, key, choose_first)
        if key == "devices":
            for tab in TAB_KEYS:
                yield Scene(f"device-{tab}", key, _open_tab(tab))
        if key == "firmware":
            yield Scene("rollouts", key, _show_rollouts)
        if key == "residents":
            yield Scene("resident-new", key, lambda page: page.do("new"))
            yield Scene("resident-batch", key, _tick_some)
    first = window.frame.page_keys()[0]
    yield Scene("palette", first, lambda _page: _open_palette(window))


async def _take(window: MainWindow, scene: Scene, path: Path, scale: float) -> Path:
    page: Page | None = None
    if scene.page and window.frame is not None:
        window.frame.show_page(scene.page)
        page = window.frame.page_of(scene.page)
        await _settled(page)
        if isinstance(page, DevicesPage):
            page.close_device()
            await _settled(page)
        scene.prepare(page)
        await _settled(page)
    await shots.settled(window)
    image = shots.picture(window, scale)
    window.toasts.close_all()
    if not await asyncio.to_thread(image.save, str(path)):
        raise DataError("shots.failed", f"The picture {path} could not be written.")
    if window.palette_glue is not None:
        window.palette_glue.palette.close_palette()
    return path


async def _settled(page: Page) -> None:
    """Until the page has fetched what it shows and no task of a slot runs; DataError after a while."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LIMIT_S
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(TURN_S)
        quiet = quiet + 1 if page.is_settled and not len(tasks()) else 0
        if loop.time() > deadline:
            raise DataError("shots.unsettled", f"The page {page.title} did not settle within {LIMIT_S:g} s.")


def choose_first(page: Page) -> None:
    """Put the cursor on the first row of a page and open what stands beside it."""
    if isinstance(page, SyncPage):
        page.panes["needs"].show_first()
    elif isinstance(page, FirmwarePage):
        page.show_tab("library")
        page.library_pane.show_first()
    elif isinstance(page, DevicesPage):
        page.list.pane.show_first()
    elif isinstance(page, TablePage) and (page.pane.current() is not None or page.pane.show_first()):
        page.open_panel(page.pane.current())


def _open_tab(tab: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        if not isinstance(page, DevicesPage):
            return
        rows = page.list.rows
        # The worst device shows why nothing went; the next one shows a plan with something of everything.
        at = 0 if tab == "overview" or rows.rowCount() < 2 else 1
        line = rows.object_at(at)
        if line is not None:
            if page.view is None or page.view.device_id != line.device.id:
                page.open(line.device.id)
            if page.view is not None:
                page.view.show_tab(tab)
                if tab == "plan":
                    page.view.plan.pane.show_first()

    return prepare


def _show_rollouts(page: Page) -> None:
    if isinstance(page, FirmwarePage):
        page.show_tab("rollouts")
        page.rollouts.pane.show_first()


def _tick_some(page: Page) -> None:
    if isinstance(page, TablePage):
        page.close_panel()
        for row in range(2, min(7, page.listing.rowCount())):
            page.pane.table.set_ticked(row, ticked=True)


def _open_palette(window: MainWindow) -> None:
    if window.palette_glue is not None:
        window.palette_glue.open("re")
