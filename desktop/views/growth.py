"""Adding to a site: a building by its name, many apartments by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.entities.place import DEPARTMENT
from core.entities.site import Building, SiteKind
from core.usecases import generic
from core.usecases.places import add_apartment, add_building
from core.usecases.sites import add_public_area
from desktop.models.desk import Desk
from desktop.models.sites import parse_numbers
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.menus import Entry, popup
from desktop.views.page import Page


class Growth(QObject):
    """The acts of the page Sites that make places; `beside()` is where the menu of buildings opens."""

    def __init__(
        self,
        desk: Desk,
        page: Page,
        buildings: Callable[[], Sequence[Building]],
        beside: Callable[[], QWidget | None],
    ) -> None:
        super().__init__(page)
        self._desk, self._page, self._buildings, self._beside = desk, page, buildings, beside

    def add_building(self) -> None:
        """Ask for the name of a building and add it."""
        run(self._page, self._ask_building(), failed=self._page.fail(self.tr("The building was not added")))

    async def _ask_building(self) -> None:
        site = self._desk.sites.site
        if site is None:
            return
        text = self.tr("Its name, as residents know it. It gets a default access group by itself.")
        title = self.tr("Add a building to {0}").format(site.name)
        name = await dialogs.ask_text(self._page.window(), title, text)
        if name and name.strip():
            await add_building(self._desk.ctx, site_id=site.id, name=name.strip())

    def add_area(self) -> None:
        """Ask for a department (of an office) or a public area, and where it is."""
        beside = self._page.button("area") or self._beside()
        site = self._desk.sites.site
        if beside is None or site is None:
            return
        entries: list[Entry | None] = []
        if site.kind is SiteKind.OFFICE:
            entries += [Entry(self.tr("Department…"), self._ask_area_of("", department=True), "users"), None]
        entries.append(Entry(self.tr("Public area of the site…"), self._ask_area_of(""), "building-2"))
        entries += [
            Entry(self.tr("Public area of {0}…").format(b.name), self._ask_area_of(b.id), "building")
            for b in self._buildings()
        ]
        popup(beside, entries)

    def _ask_area_of(self, building_id: str, *, department: bool = False) -> Callable[[], object]:
        failed = self._page.fail(self.tr("It was not added"))
        return lambda: run(self._page, self._ask_area(building_id, department=department), failed=failed)

    async def _ask_area(self, building_id: str, *, department: bool) -> None:
        site = self._desk.sites.site
        title = self.tr("Add a department") if department else self.tr("Add a public area")
        name = await dialogs.ask_text(self._page.window(), title, self.tr("Its name, as people know it."))
        if site is None or not name or not name.strip():
            return
        if department:
            texts = {"site_id": site.id, "name": name.strip()}
            await generic.put_row(self._desk.ctx, DEPARTMENT, texts)
        else:
            ctx, where = self._desk.ctx, building_id or None
            await add_public_area(ctx, site_id=site.id, name=name.strip(), building_id=where)

    def add_flats(self) -> None:
        """Ask for the numbers of apartments, of the building that is chosen first when there are many."""
        buildings, beside = self._buildings(), self._beside()
        if len(buildings) == 1:
            self._flats_of(buildings[0].id, buildings[0].name)
        elif beside is not None:
            popup(
                beside, [Entry(b.name, partial(self._flats_of, b.id, b.name), "building") for b in buildings]
            )

    def _flats_of(self, building_id: str, name: str) -> None:
        failed = self._page.fail(self.tr("Not all apartments were added"))
        run(self._page, self._ask_flats(building_id, name), failed=failed)

    async def _ask_flats(self, building_id: str, name: str) -> None:
        text = self.tr("Numbers with blanks between; ranges as 101-110. Leading zeros stay.")
        title = self.tr("Add apartments to {0}").format(name)
        numbers = await dialogs.ask_text(self._page.window(), title, text)
        for number in parse_numbers(numbers or ""):
            await add_apartment(self._desk.ctx, building_id=building_id, number=number)
