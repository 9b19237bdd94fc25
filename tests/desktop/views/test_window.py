from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from core.usecases.places import add_building
from desktop.qt.run import tasks
from desktop.qt.theme import theme as current_theme
from desktop.views.sites import SitesPage
from desktop.views.table_page import TablePage
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


def test_every_page_opens_shows_its_rows_and_says_what_can_be_done(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        for key in opened.frame.page_keys():
            page = await opened.page(key)
            assert page.isVisible(), key
            assert page.title, key
            assert opened.frame.nav.here == key
            keys = [act.key for act in page.acts()]
            assert len(keys) == len(set(keys)), key

    stage(scene)


def test_nothing_listens_after_the_window_is_closed(stage: Stage) -> None:
    feeds = []

    async def scene(opened: Opened) -> None:
        for key in opened.frame.page_keys():
            await opened.page(key)
        feeds.append(opened.made.mirror.feed)
        assert opened.made.mirror.feed.listeners > 0

    stage(scene)
    assert feeds[0].listeners == 0
    assert len(tasks()) == 0


def test_the_navigation_is_a_rail_below_1360_and_follows_the_person(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        assert opened.frame.nav.rail
        opened.window.resize(1440, 900)
        await until(lambda: not opened.frame.nav.rail)
        opened.frame.nav.set_rail(rail=True)
        assert opened.desk.preferences.get("rail") is True
        opened.window.resize(1600, 900)
        assert opened.frame.nav.rail

    stage(scene)


def test_the_header_names_the_site_its_zone_and_what_waits_for_the_cloud(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        header = opened.frame.header
        await until(lambda: any("on this laptop" in w for w in header.sync.words()))
        assert header.site.accessibleName() == "Site: Tamarind Court"
        assert header.clock.words()[1].startswith("Europe/Madrid")
        await until(lambda: header.lan.words() == ["LAN 11"])

    stage(scene)


def test_choosing_another_site_changes_every_page(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        devices = await opened.page("devices")
        assert devices.list.rows.shown == 10
        other = next(x for x in opened.desk.sites.lines if x.site.name == "Larch Offices")
        opened.desk.sites.choose(other.site.id)
        await until(lambda: devices.list.rows.fetched and devices.list.rows.shown == 0)
        assert opened.frame.header.site.accessibleName() == "Site: Larch Offices"
        assert opened.desk.preferences.get("site") == other.site.id

    stage(scene)


def test_the_site_in_view_stays_when_one_with_more_buildings_comes(stage: Stage) -> None:
    """Nobody has chosen one, as in a first sync."""

    async def scene(opened: Opened) -> None:
        before = opened.desk.sites.site_id
        other = next(x for x in opened.desk.sites.lines if x.site.name == "Larch Offices")
        for number in range(9):
            await add_building(opened.desk.ctx, site_id=other.site.id, name=f"Wing {number}")
        await opened.desk.sites.load()
        lines = {line.site.id: line.buildings for line in opened.desk.sites.lines}
        assert lines[other.site.id] > lines[before]
        assert opened.desk.sites.site_id == before

    stage(scene)


def test_keys_step_through_the_pages_and_the_palette_opens_and_closes(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("lan")
        glue = opened.window.palette_glue
        assert glue is not None
        QTest.keyClick(opened.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert glue.palette.isVisible()
        QTest.keyClicks(glue.palette.box.field, "castan")
        await until(lambda: any(k.startswith("found:") for k in glue.palette.box.shown()))
        QTest.keyClick(glue.palette.box.field, Qt.Key.Key_Escape)
        assert not glue.palette.isVisible()

    stage(scene)


def test_the_palette_does_an_act_of_the_page_and_says_why_another_is_not_possible(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        glue = opened.window.palette_glue
        assert glue is not None
        glue.open("new res")
        assert glue.palette.box.current() == "act:new"
        QTest.keyClick(glue.palette.box.field, Qt.Key.Key_Return)
        await opened.settle()
        assert page.panel.isVisible()
        page.close_panel()
        page.pane.table.set_cursor(-1)
        page.do("remove")
        assert "Tick residents first" in opened.window.toasts.toasts()[-1].accessibleName()

    stage(scene)


def test_a_found_person_is_shown_with_the_form_open(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("lan")
        glue = opened.window.palette_glue
        assert glue is not None
        glue.open("mirela castan")
        await until(lambda: any(k.startswith("found:") for k in glue.palette.box.shown()))
        QTest.keyClick(glue.palette.box.field, Qt.Key.Key_Return)
        page: Any = opened.frame.page_of("residents")
        await until(lambda: page.panel.isVisible() and page.panel.accessibleName() == "Mirela Castan")

    stage(scene)


def test_theme_density_and_size_of_text_act_at_once(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("settings")
        page.computer.controls["theme"].set_current("dark")
        assert current_theme().tokens.name == "dark"
        page.computer.controls["density"].set_current("comfortable")
        assert current_theme().row_height == 36
        page.computer.controls["text_percent"].set_current("130")
        assert current_theme().scale == pytest.approx(1.3)
        opened.desk.preferences.set("theme", "light")
        assert page.computer.controls["theme"].current() == "light"

    stage(scene)


def test_signing_out_takes_everything_from_the_screen_and_signing_in_brings_it_back(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("residents")
        await opened.station.sign_out()
        await opened.desk.sites.load()
        opened.desk.signed.emit()
        assert opened.window.frame is None
        assert opened.window.sign_in.isVisible()
        sign_in = opened.window.sign_in
        sign_in.user.setText("tor")
        sign_in.password.setText("secret")
        sign_in.sign_in()
        await until(lambda: opened.window.frame is not None)
        assert opened.station.asked[-1] == ("sign_in", "https://core.northmost.example", "tor")
        assert (await opened.page("sites")).rows.shown == 2

    stage(scene)


def test_no_field_of_any_page_is_wider_than_its_panel(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        for key in ("residents", "groups", "sites", "macs", "lan"):
            page = await opened.page(key)
            if page.pane.current() is None:
                page.pane.show_first()
            page.open_panel(page.pane.current())
            await opened.settle()
            area = page.panel.area
            assert area.widget().minimumSizeHint().width() <= area.viewport().width(), key
            edges = [e.mapTo(page.panel, e.rect().topRight()).x() for e in page.panel.findChildren(QLineEdit)]
            assert all(x <= page.panel.width() for x in edges), key

    stage(scene)


def test_the_sites_page_and_the_header_go_together(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page: SitesPage = await opened.page("sites")
        assert page.pane.current().site.name == "Tamarind Court"
        page.pane.show_key(next(x.site.id for x in opened.desk.sites.lines if x.site.name == "Larch Offices"))
        assert opened.desk.sites.site is not None
        assert opened.desk.sites.site.name == "Larch Offices"
        await until(lambda: page.places.fetched and page.places.rowCount() == 0)

    stage(scene)


class _Shown(QObject):
    """Notes the windows that appear."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt calls it so
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.names.append(type(watched).__name__)
        return False


def test_no_widget_appears_as_a_window_of_its_own_before_it_has_a_parent(
    stage: Stage, qapp: QApplication
) -> None:
    shown = _Shown()
    qapp.installEventFilter(shown)

    async def scene(opened: Opened) -> None:
        for key in opened.frame.page_keys():
            page = await opened.page(key)
            if isinstance(page, TablePage):
                page.open_panel(page.pane.current() or page.listing.object_at(0))
                await opened.settle()
        await opened.page("devices", opened.made.devices[2].id)

    try:
        stage(scene)
    finally:
        # Left behind after a failure, it would be asked about every event of the tests that follow.
        qapp.removeEventFilter(shown)
    assert shown.names == ["MainWindow"]


def test_the_pill_says_how_far_a_first_fill_is(stage: Callable[[Scene], None]) -> None:
    async def scene(opened: Opened) -> None:
        pill = opened.frame.header.sync
        opened.desk.sync.tell(offline_since=None, busy=True, fill=(380, 1000))
        assert "Fetching 38 %" in pill.words()
        opened.desk.sync.tell(offline_since=None, busy=True, fill=(1200, 1000))
        assert "Fetching 100 %" in pill.words()
        opened.desk.sync.tell(offline_since=None)
        assert not any("Fetching" in word for word in pill.words())

    stage(scene)
