"""The account's menu and the operator's news, in a window over a cloud that tells or is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from desktop.models.joined import JoinedFirm
from desktop.qt.run import tasks
from desktop.views import account_menu, main_window
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.furnish_desk import as_manager
from tests.desktop.telling import OTHER, TellingDoor

Stage = Callable[[Scene], None]


def _texts(entries: Any) -> list[str]:
    return [e.text for e in entries if e is not None]


def test_the_menu_lists_the_sites_of_all_accounts_opens_them_and_leads_to_help(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ACC-07, ACC-13: without a cloud told before there is neither; a joined site opens without signing in."""

    async def scene(opened: Opened) -> None:
        as_manager(opened.made)
        desk, told, beside = opened.desk, opened.frame.told, opened.window

        def entries() -> Any:
            return account_menu.account_entries(desk, told, beside, lambda: None)

        assert _texts(entries())[:-1] == ["Settings", "Link site…", "User agreement"]
        opened.station.door = TellingDoor(opened.made.site.id)
        asked: list[Any] = []
        monkeypatch.setattr(main_window, "popup", lambda _beside, found: asked.extend(found))
        opened.frame.account_asked.emit(opened.frame.nav.account)
        assert len(_texts(asked)) == 4, "shown at once as last told, and asked for anew"
        await until(lambda: told.joined)
        texts = _texts(entries())
        assert (texts[0], texts[-2]) == ("Sites of all accounts", "Help and service")
        own, other = entries()[0].inner
        assert (own.text, own.ticked, other.text) == ("Tamarind Court", True, "Quay House · South")
        shown: list[tuple[str, str]] = []

        async def opens(firm: JoinedFirm, site: str) -> None:
            shown.append((firm.account, site))

        monkeypatch.setattr(opened.station, "open_joined", opens, raising=False)
        other.run()
        await until(lambda: not len(tasks()))
        assert shown == [(OTHER, "2" * 32)]
        assert opened.desk.notices.notices()[0].title == "Quay House opens in a window of its own"
        pages: list[str] = []
        monkeypatch.setattr(QDesktopServices, "openUrl", lambda u: pages.append(u.toString()))
        for entry in next(e for e in entries() if e and e.text == "Help and service").inner:
            entry.run()
        assert pages == ["https://help.example/manuals", "https://help.example/partners"]
        await opened.settle()

    stage(scene)


def test_the_operators_news_are_counted_at_the_bell_until_each_is_read(stage: Stage) -> None:
    """ACC-14: looking at the list does not read them; Enter or the tick does, and the cloud counts."""

    async def scene(opened: Opened) -> None:
        door = TellingDoor(opened.made.site.id)
        opened.station.door = door
        opened.frame.open_notices()
        centre = opened.frame.notices
        before = opened.desk.sync.figures.needs
        await until(lambda: opened.frame.told.unread == 1)
        centre.which.set_current("news")
        assert centre.list.model().rowCount() == 2
        assert centre.read.isVisible()
        centre.list.setCurrentIndex(centre.list.model().index(0, 0))
        QTest.keyClick(centre.list, Qt.Key.Key_Return)
        await until(lambda: opened.frame.told.unread == 0)
        assert not centre.read.isVisible()
        assert centre.isVisible(), "reading a piece of news leads nowhere else"
        assert opened.desk.sync.figures.needs == before
        assert ("POST", "/v1/service/read") in door.asked
        await opened.settle()

    stage(scene)
