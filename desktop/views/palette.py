"""What the command palette offers: the acts of the page that is shown, every page, sites, and found things."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from desktop.models.desk import Desk
from desktop.models.finder import Found, Search
from desktop.models.latest import Latest
from desktop.qt.language import spoken
from desktop.views.frame import Frame
from desktop.views.menu_map import places_of
from desktop.views.page import Page, caps
from desktop.views.widgets.nav import NavItem
from desktop.views.widgets.palette import Command, CommandPalette
from desktop.views.window_acts import WindowActs

LEAST = 2
"""Letters from which on things are looked for."""
PAGES_WITH_KEYS = 9


def page_keys(number: int) -> str:
    """The key that leads to the page of a number, counted from 1 in the navigation."""
    return f"Alt+{number}" if 1 <= number <= PAGES_WITH_KEYS else ""


class PaletteGlue:
    """Ties a palette to the frame and to the search for people, units, devices and sites."""

    def __init__(self, window: QWidget, frame: Frame, desk: Desk, acts: WindowActs) -> None:
        self._frame, self._desk, self._acts = frame, desk, acts
        self.palette = CommandPalette(window)
        self.palette.chosen.connect(self._do)
        self.palette.box.queried.connect(self._queried)
        self._found: list[Found] = []
        self._places = list(places_of(desk.ctx.actor.role)) if desk.ctx.actor is not None else []
        self._text = ""
        self._search = Search(desk.ctx)
        self._latest = Latest(desk.tasks, self._find, failed=self._failed)

    def open(self, text: str) -> None:
        """Show the palette, perhaps with what was typed in the search field."""
        self._found, self._text = [], text
        self._frame.header.search.clear()
        self._offer()
        self.palette.open(text)
        self._queried(text)

    def drop(self) -> None:
        """The frame goes: end the search and the palette."""
        self._latest.close()
        self._search.stop()
        self.palette.hide()
        self.palette.deleteLater()

    # -- what is offered

    def _offer(self) -> None:
        page = self._frame.page
        tr = self.palette.tr
        commands = self._page_commands(page) if page else []
        commands += [
            Command(
                f"page:{item.key}",
                item.text,
                icon=item.icon,
                group=tr("Go to"),
                kind="page",
                shortcut=(caps(page_keys(number)),) if page_keys(number) else (),
            )
            for number, item in enumerate(self._nav_items(), 1)
        ]
        commands += self._place_commands()
        commands += [
            Command(
                f"site:{line.site.id}",
                line.site.name,
                line.kind_words,
                "building-2",
                group=tr("Work at"),
                kind="page",
            )
            for line in self._desk.sites.lines
        ]
        commands += [
            Command(f"found:{n}", f.words, f.note, f.icon, group=tr("Found"), kind=f.kind, always=True)
            for n, f in enumerate(self._found)
        ]
        commands += self._window_commands()
        self.palette.box.set_commands(commands)
        self.palette.box.set_object(page.subject() if page else "")

    def _page_commands(self, page: Page) -> list[Command]:
        return [
            Command(
                f"act:{act.key}",
                act.text,
                act.note,
                act.icon or "arrow-right",
                (caps(act.keys),) if act.keys else (),
                page.title,
                act.reason(),
            )
            for act in page.acts()
        ]

    def _window_commands(self) -> list[Command]:
        group = self.palette.tr("Everywhere")
        return [
            Command(
                f"window:{act.key}",
                act.text,
                icon=act.icon,
                shortcut=(caps(act.keys),) if act.keys else (),
                group=group,
                reason=act.reason(),
            )
            for act in self._acts.acts()
            if act.key not in {"palette", "search"}
        ]

    def _place_commands(self) -> list[Command]:
        """Places inside pages, and pages by the name that they have in other portals."""
        group = self.palette.tr("Go to")
        return [
            Command(f"place:{n}", name, self._title(stop.page), "arrow-right", group=group, kind="page")
            for n, (name, stop) in enumerate(self._places)
        ]

    def _title(self, key: str) -> str:
        return next((item.text for item in self._nav_items() if item.key == key), "")

    def _nav_items(self) -> list[NavItem]:
        model = self._frame.nav.list.entries
        items = [model.item(model.index(row)) for row in range(model.rowCount())]
        return [item for item in items if item.key]

    # -- finding

    def _queried(self, text: str) -> None:
        self._text = text.lstrip(">#@ ")
        self._search.stop()
        if len(self._text.strip()) >= LEAST:
            self._latest.ask()
        elif self._found:
            self._found = []
            self._offer()

    async def _find(self) -> None:
        text = self._text
        found = await self._search.find(text, self._desk.sites.site_id)
        if text == self._text:
            self._found = found
            self._offer()

    def _failed(self, fault: GatewrightError) -> None:
        self._desk.notice("refused", self.palette.tr("Nothing could be looked for"), spoken(fault))

    # -- doing

    def _do(self, key: str) -> None:
        what, _, rest = key.partition(":")
        if what == "page":
            self._frame.show_page(rest)
        elif what == "place":
            _, stop = self._places[int(rest)]
            self._frame.show_page(stop.page, stop.target)
        elif what == "site":
            self._desk.sites.choose(rest)
        elif what == "act" and self._frame.page is not None:
            self._frame.page.do(rest)
        elif what == "window":
            self._acts.do(rest)
        elif what == "found":
            self._go_to(self._found[int(rest)])

    def _go_to(self, found: Found) -> None:
        if found.site_id:
            self._desk.sites.choose(found.site_id)
        self._frame.show_page(found.page, found.target)
