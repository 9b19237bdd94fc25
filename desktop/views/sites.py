"""The page Sites: the list, the buildings and apartments of the one under the cursor, and the form beside them."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from core.base.ids import new_id
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.usecases import generic
from desktop.models.desk import Desk
from desktop.models.record_draft import RecordDraft, draft_of
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.sites import (
    TOUCHES,
    PlaceRow,
    SiteRow,
    building_heading,
    load_place_rows,
    load_sites,
    place_columns,
    site_columns,
    site_filters,
)
from desktop.models.words import number_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.growth import Growth
from desktop.views.list_pane import ListPane
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Panel, column
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.status_bar import StatusItem

SITE_NAMES = ("name", "kind", "time_zone", "street", "post_code", "city", "country", "plan", "pin_mode")
SITE_LINES = ("name", ("kind", "plan"), "time_zone", "street", ("post_code", "city"), "country", "pin_mode")
FLAT_NAMES = ("number", "name", "floor")
ZONES = ("Europe/Madrid", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Shanghai", "UTC")


class SitesPage(TablePage):
    """All sites. The chosen site of the header and the cursor here go together."""

    key: ClassVar[str] = "sites"
    icon: ClassVar[str] = "building-2"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        plan = RowsPlan(load=lambda: load_sites(desk.ctx), touches=TOUCHES, key=lambda x: x.site.id)
        self.rows = RowsTable(site_columns(), plan, desk.tasks, desk.feed, filters=site_filters())
        places = RowsPlan(
            load=lambda: load_place_rows(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.key,
            group=lambda x: x.building.id,
            heading=building_heading,
            words=lambda x: x.building.name,
        )
        self.places = RowsTable(place_columns(), places, desk.tasks, desk.feed)
        self.build(self.rows, self.tr("Sites"), ticks=False)
        self._form: RecordForm | None = None
        self._bar: SaveBar | None = None
        self._draft_key = ""
        self._growth = Growth(desk, self, self._buildings, lambda: self.button("flats"))
        self._add_places()
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)
        self.rows.settled.connect(self._follow_choice)

    @property
    def title(self) -> str:
        return self.tr("Sites")

    # -- building it

    def _add_places(self) -> None:
        """The lower half: buildings as headings, apartments as rows."""
        self.places_head = PageHead(self.tr("Buildings and apartments"), "")
        self.places_pane = ListPane(self.places, name=self.tr("Buildings and apartments"), ticks=False)
        empty = EmptyState(
            self.tr("No building yet"),
            self.tr(
                "A house with one flat needs none; a community has buildings, and each gets its default access group."
            ),
            [Act("building", self.tr("Add a building"), "primary", "plus")],
            icon="building",
        )
        empty.act.connect(self.do)
        self.places_pane.set_empty(empty)
        lower = Panel("sheet")
        inner = column(gap=0)
        inner.addWidget(self.places_head)
        inner.addWidget(self.places_pane, 1)
        lower.setLayout(inner)
        left = self.splitter.widget(0)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setHandleWidth(1)
        halves.setChildrenCollapsible(False)
        self.splitter.insertWidget(0, halves)
        if left is not None:
            halves.addWidget(left)
        halves.addWidget(lower)
        halves.setSizes([300, 460])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.places_pane.opened.connect(self._open_apartment)
        self.places_pane.counted.connect(self._places_counted)

    def _add_acts(self) -> None:
        new = self.add_act(PageAct("new", self.tr("New site"), self.new_site, "plus", "N", "primary"))
        self.head.add_act(self.act_button(new))
        no_site = self._no_site
        building = self.add_act(
            PageAct(
                "building", self.tr("Add a building"), self._growth.add_building, "plus", "B", reason=no_site
            )
        )
        flats = self.add_act(
            PageAct(
                "flats",
                self.tr("Add apartments"),
                self._growth.add_flats,
                "plus",
                "P",
                reason=self._no_building,
            )
        )
        self.add_act(PageAct("save", self.tr("Save"), self._save, "save", "Ctrl+S", button=False))
        self.add_act(PageAct("remove", self.tr("Remove…"), self._remove, "trash-2", "Del", button=False))
        for act in (building, flats):
            self.places_head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No site yet"),
            self.tr(
                "A site is a house, a community with buildings, or an office. Its devices and people belong to it."
            ),
            [Act("new", self.tr("New site"), "primary", "plus")],
            icon="building-2",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Make a site first.")

    def _buildings(self) -> list[Building]:
        return list({r.building.id: r.building for r in self.places.all_rows()}.values())

    def _no_building(self) -> str:
        return "" if self.places.all_rows() else self.tr("Add a building first.")

    # -- places

    def _places_counted(self) -> None:
        rows = self.places.all_rows()
        site = self.desk.sites.site
        flats = sum(1 for r in rows if r.apartment)
        name = site.name if site else ""
        words = self.tr("{0} · {1} apartments").format(name, number_word(flats)) if rows else name
        self.places_head.set_note(words)
        self.refresh_acts()

    def _open_apartment(self, row: PlaceRow) -> None:
        if row.apartment is not None:
            self._shown = None
            self._show_form(f"apartment:{row.apartment.id}", self._flat_draft(row.apartment), row.apartment)

    def _flat_draft(self, apartment: Apartment) -> RecordDraft:
        return draft_of(APARTMENT, apartment, FLAT_NAMES)

    # -- the form

    def new_site(self) -> None:
        """The form of a new site."""
        self._shown = None
        identity = new_id()
        blank = Site(id=identity, scope_id=identity, org_id=self.desk.ctx.me.org_id, name="")
        self._show_form("site:new", draft_of(SITE, blank, SITE_NAMES, new=True), None)

    def fill_panel(self, row: SiteRow) -> None:
        key = f"site:{row.site.id}"
        if self._form is not None and self._draft_key == key:
            self._form.draft.rebase({n: getattr(row.site, n) for n in SITE_NAMES})
            return
        self._show_form(key, draft_of(SITE, row.site, SITE_NAMES), row.site)

    def _show_form(self, key: str, fresh: RecordDraft, row: Site | Apartment | None) -> None:
        draft = self.desk.draft(key, fresh)
        self._draft_key = key
        panel = self.panel
        panel.clear_body()
        flat = isinstance(row, Apartment)
        title = (
            self.tr("New site") if row is None else (row.number if isinstance(row, Apartment) else row.name)
        )
        panel.set_title(self.tr("Apartment {0}").format(title) if flat else title)
        panel.set_lines(
            (self.tr("Facts of the apartment") if flat else self.tr("Facts of the site"), "help", "t2")
        )
        self._form = RecordForm(draft, FLAT_NAMES if flat else SITE_LINES)
        panel.body.addWidget(self._form)
        self._bar = SaveBar(
            panel.foot,
            self._form,
            lambda: self._write(draft, row),
            done=lambda saved: self._saved(key, saved),
            verb=self.tr("Save") if row is not None else self.tr("Add site"),
            revert=lambda: self._reverted(key, new=row is None),
        )
        panel.show_foot()
        if not panel.isVisibleTo(self):
            panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()
        if row is None:
            self._form.focus_first()

    async def _write(self, draft: RecordDraft, row: Site | Apartment | None) -> Any:
        spec = APARTMENT if isinstance(row, Apartment) else SITE
        return await generic.put_row(self.desk.ctx, spec, draft.changes(), row_id=row.id if row else "")

    def _saved(self, key: str, saved: Any) -> None:
        self.desk.drafts.pop(key, None)
        self.desk.notice(
            "waiting", self.tr("Saved on this laptop"), self.tr("It is sent when there is a network.")
        )
        self._form = self._bar = None
        self._draft_key = ""
        if isinstance(saved, Site):
            self.desk.sites.choose(saved.id)
        self.close_panel()

    def _reverted(self, key: str, *, new: bool) -> None:
        self.desk.drafts.pop(key, None)
        if new:
            self.close_panel()

    def close_panel(self) -> None:
        self._form = self._bar = None
        self._draft_key = ""
        super().close_panel()

    def _save(self) -> None:
        if self._bar is not None:
            self._bar.save_now()

    # -- removing

    def _remove(self) -> None:
        row = self.places_pane.current() if self.places_pane.table.hasFocus() else None
        if row is not None and row.apartment is not None:
            run(self, self._ask_remove(APARTMENT, row.apartment.id, row.apartment.number), failed=self._kept)
        elif row is not None:
            run(self, self._ask_remove(BUILDING, row.building.id, row.building.name), failed=self._kept)
        elif (site := self.pane.current()) is not None:
            run(self, self._ask_remove(SITE, site.site.id, site.site.name), failed=self._kept)

    @property
    def _kept(self) -> Any:
        return self.fail(self.tr("Not removed"))

    async def _ask_remove(self, spec: Any, row_id: str, name: str) -> None:
        title = self.tr("Remove {0}").format(name)
        text = self.tr("It goes only while nothing belongs to it.")
        if await dialogs.confirm(self.window(), title, text, title, danger=True):
            await generic.remove_row(self.desk.ctx, spec, row_id)

    # -- the chosen site

    def _cursor(self, row: SiteRow | None) -> None:
        if row is not None and row.site.id != self.desk.sites.site_id:
            self.desk.sites.choose(row.site.id)
        super()._cursor(row)

    def _site_changed(self) -> None:
        self.places.reload()
        self._follow_choice()

    def _follow_choice(self) -> None:
        """The cursor stands on the chosen site."""
        current = self.pane.current()
        if self.desk.sites.site_id and (current is None or current.site.id != self.desk.sites.site_id):
            self.pane.show_key(self.desk.sites.site_id)

    def same_row(self, row: SiteRow) -> SiteRow | None:
        return next((x for x in self.rows.all_rows() if x.site.id == row.site.id), None)

    def _refresh_panel(self) -> None:
        if self._draft_key.startswith("site:") and self._draft_key != "site:new":
            super()._refresh_panel()

    # -- life

    def enter(self, target: object = None) -> None:
        super().enter(target)
        self.places.set_live(live=True)
        if isinstance(target, str) and target:
            row = next((r for r in self.places.all_rows() if r.key == target), None)
            if row is not None:
                self.places_pane.show_key(target)
                self._open_apartment(row)

    def leave(self) -> None:
        super().leave()
        self.places.set_live(live=False)

    def shut(self) -> None:
        super().shut()
        self.places.close()

    @property
    def is_settled(self) -> bool:
        return super().is_settled and self.places.fetched and not self.places.busy

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
