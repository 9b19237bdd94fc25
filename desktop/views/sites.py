"""The page Sites: the list, the buildings and apartments of the one under the cursor, and the form beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.site import APARTMENT, BUILDING, Site, SiteKind
from core.usecases import generic
from core.usecases.sites import counts_of, remove_site
from desktop.models.areas import AreaLine
from desktop.models.desk import Desk
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.sites import (
    TOUCHES,
    PlaceRow,
    SiteRow,
    firm_is_here,
    load_sites,
    site_columns,
    site_filters,
)
from desktop.models.words import label_word, number_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.growth import Growth
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.site_form import SiteForm
from desktop.views.site_places import SitePlaces
from desktop.views.site_report import ask_report
from desktop.views.table_page import TablePage
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.status_bar import StatusItem

KINDS = {SiteKind.HOUSE: "house", SiteKind.COMMUNITY: "building-2", SiteKind.OFFICE: "building"}


class SitesPage(TablePage):
    """All sites. The chosen site of the header and the cursor here go together."""

    key: ClassVar[str] = "sites"
    icon: ClassVar[str] = "building-2"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.firm_here = False
        plan = RowsPlan(load=self._load_rows, touches=TOUCHES | {"organisations"}, key=lambda x: x.site.id)
        self.rows = RowsTable(site_columns(), plan, desk.tasks, desk.feed, filters=site_filters())
        self.build(self.rows, self.tr("Sites"), ticks=False)
        self.forms = SiteForm(desk, self.panel, self._saved, self.close_panel)
        self._add_places()
        self._growth = Growth(desk, self, self.half.buildings, lambda: self.button("flats"))
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)
        self.rows.settled.connect(self._follow_choice)
        self.rows.settled.connect(self.refresh_acts)

    @property
    def title(self) -> str:
        return self.tr("Sites")

    # -- building it

    def _add_places(self) -> None:
        """The lower half: buildings as headings, apartments as rows; departments and public areas."""
        self.half = SitePlaces(self.desk)
        self.places, self.places_pane = self.half.places, self.half.places_pane
        self.areas, self.areas_pane = self.half.areas, self.half.areas_pane
        left = self.splitter.widget(0)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setHandleWidth(1)
        halves.setChildrenCollapsible(False)
        self.splitter.insertWidget(0, halves)
        if left is not None:
            halves.addWidget(left)
        halves.addWidget(self.half)
        halves.setSizes([300, 460])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.half.asked.connect(self.do)
        self.half.counted.connect(self.refresh_acts)
        self.places_pane.opened.connect(self._open_apartment)
        self.areas_pane.opened.connect(self._open_area)

    def _add_acts(self) -> None:
        wait = self._no_firm
        report = self.tr("Hand-over report…")
        paper = PageAct("report", report, self._report, "file-check", "R", reason=self._no_site)
        new = PageAct("new", self.tr("New site"), self.new_site, "plus", "N", "primary", wait)
        for made in (paper, new):
            self.head.add_act(self.act_button(self.add_act(made)))
        for kind, words in (
            (SiteKind.HOUSE, self.tr("New house")),
            (SiteKind.COMMUNITY, self.tr("New community")),
            (SiteKind.OFFICE, self.tr("New office")),
        ):
            make = partial(self._new, kind)
            self.add_act(PageAct(f"new_{kind.value}", words, make, KINDS[kind], reason=wait, button=False))
        grow, no_site, no_building = self._growth, self._no_site, self._no_building
        for key, words, act, keys, reason in (
            ("area", self.tr("Add an area"), grow.add_area, "A", no_site),
            ("building", self.tr("Add a building"), grow.add_building, "B", no_site),
            ("flats", self.tr("Add apartments"), grow.add_flats, "P", no_building),
        ):
            made = self.add_act(PageAct(key, words, act, "plus", keys, reason=reason))
            self.half.head.add_act(self.act_button(made))
        self.add_act(PageAct("save", self.tr("Save"), self.forms.save, "save", "Ctrl+S", button=False))
        self.add_act(PageAct("remove", self.tr("Remove…"), self._remove, "trash-2", "Del", button=False))
        words = self.tr(
            "A site is a house, a community with buildings, or an office. Its devices and people belong to it."
        )
        first = Act("new", self.tr("New site"), "primary", "plus")
        empty = EmptyState(self.tr("No site yet"), words, [first], icon="building-2")
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Make a site first.")

    def _no_firm(self) -> str:
        return (
            ""
            if self.firm_here
            else self.tr("Your firm's data are on their way: the first sync brings them.")
        )

    async def _load_rows(self) -> Sequence[SiteRow]:
        """The sites, and whether one can be made: before the first sync the firm is not on this workstation yet."""
        self.firm_here = await firm_is_here(self.desk.ctx)
        return await load_sites(self.desk.ctx)

    def _report(self) -> None:
        run(self, ask_report(self.desk, self), failed=self.fail(self.tr("Not written")))

    def _no_building(self) -> str:
        return "" if self.places.all_rows() else self.tr("Add a building first.")

    # -- places

    def _open_apartment(self, row: PlaceRow) -> None:
        if row.apartment is not None:
            self._shown = None
            self.forms.show_apartment(row.apartment)
            self._show_panel()

    def _open_area(self, line: AreaLine) -> None:
        self._shown = None
        self.forms.set_buildings([(b.id, b.name) for b in self.half.buildings()])
        self.forms.show_area(line.row)
        self._show_panel()

    # -- the form

    def new_site(self) -> None:
        """Ask for the kind, then show the form of a new site."""
        beside = self.button("new")
        if beside is not None:
            entries = [
                Entry(self.tr("House"), partial(self._new, SiteKind.HOUSE), KINDS[SiteKind.HOUSE]),
                Entry(
                    self.tr("Community"), partial(self._new, SiteKind.COMMUNITY), KINDS[SiteKind.COMMUNITY]
                ),
                Entry(self.tr("Office"), partial(self._new, SiteKind.OFFICE), KINDS[SiteKind.OFFICE]),
            ]
            popup(beside, entries)

    def _new(self, kind: SiteKind) -> None:
        self._shown = None
        self.forms.new_site(kind)
        self._show_panel()

    def fill_panel(self, row: SiteRow) -> None:
        self.forms.show_site(row.site)

    def _saved(self, saved: Any) -> None:
        if isinstance(saved, Site):
            self.desk.sites.choose(saved.id)
        self.close_panel()

    def close_panel(self) -> None:
        self.forms.forget()
        super().close_panel()

    # -- removing

    def _remove(self) -> None:
        failed = self.fail(self.tr("Not removed"))
        run(self, self._ask_about(), failed=failed)

    async def _ask_about(self) -> None:
        """What has the focus decides: an area, an apartment, a building, or the site."""
        area = self.areas_pane.current() if self.areas_pane.table.hasFocus() else None
        place = self.places_pane.current() if self.places_pane.table.hasFocus() else None
        if area is not None:
            await self._ask_remove(DEPARTMENT if area.department else PUBLIC_AREA, area.row.id, area.row.name)
        elif place is not None and place.apartment is not None:
            await self._ask_remove(APARTMENT, place.apartment.id, place.apartment.number)
        elif place is not None:
            await self._ask_remove(BUILDING, place.building.id, place.building.name)
        elif (site := self.pane.current()) is not None:
            await self._ask_site(site.site)

    async def _ask_remove(self, spec: Any, row_id: str, name: str) -> None:
        title = self.tr("Remove {0}").format(name)
        text = self.tr("It goes only while nothing belongs to it.")
        if await dialogs.confirm(self.window(), title, text, title, danger=True):
            await generic.remove_row(self.desk.ctx, spec, row_id)

    async def _ask_site(self, site: Site) -> None:
        """A site goes with everything in it, so everything is counted first (SITE-08, SITE-25)."""
        counts = counts_of(await remove_site(self.desk.ctx, site.id, check=True))
        title = self.tr("Delete {0} with everything in it").format(site.name)
        words = "\n".join(f"{label_word(kind)}: {number_word(count)}" for kind, count in counts.items())
        text = self.tr("People, groups and receipts of the site go too; it can be taken back with Undo.")
        answers = [dialogs.Answer("no", self.tr("Cancel")), dialogs.Answer("yes", title, "danger")]
        if await dialogs.ask(self.window(), title, text, answers, details=words) == "yes":
            await remove_site(self.desk.ctx, site.id)

    # -- the chosen site

    def _cursor(self, row: SiteRow | None) -> None:
        if row is not None and row.site.id != self.desk.sites.site_id:
            self.desk.sites.choose(row.site.id)
        super()._cursor(row)

    def _site_changed(self) -> None:
        self.half.reload()
        self._follow_choice()

    def _follow_choice(self) -> None:
        """The cursor stands on the chosen site."""
        current = self.pane.current()
        if self.desk.sites.site_id and (current is None or current.site.id != self.desk.sites.site_id):
            self.pane.show_key(self.desk.sites.site_id)

    def same_row(self, row: SiteRow) -> SiteRow | None:
        return next((x for x in self.rows.all_rows() if x.site.id == row.site.id), None)

    def _refresh_panel(self) -> None:
        if self.forms.key.startswith("site:") and not self.forms.key.startswith("site:new"):
            super()._refresh_panel()

    # -- life

    def enter(self, target: object = None) -> None:
        super().enter(target)
        self.half.set_live(live=True)
        if isinstance(target, str) and target:
            row = next((r for r in self.places.all_rows() if r.key == target), None)
            if row is not None:
                self.places_pane.show_key(target)
                self._open_apartment(row)

    def leave(self) -> None:
        super().leave()
        self.half.set_live(live=False)

    def shut(self) -> None:
        super().shut()
        self.half.close_lists()

    @property
    def is_settled(self) -> bool:
        return super().is_settled and self.half.is_settled

    def status(self) -> list[StatusItem]:
        rows = self.rows.all_rows()
        words = self.tr("{0} sites, {1} devices, {2} residents")
        counts = (len(rows), sum(r.devices for r in rows), sum(r.residents for r in rows))
        return [StatusItem(words.format(*(number_word(n) for n in counts)))]

    def hints(self) -> list[Hint]:
        return [
            ("Enter", self.tr("edit")),
            ("N", self.tr("new site")),
            ("B", self.tr("building")),
            ("P", self.tr("apartments")),
        ]
