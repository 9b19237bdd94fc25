"""The form of a site, an apartment, a department or a public area in the side panel of the page Sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject

from core.entities.place import DEPARTMENT, PUBLIC_AREA, Department, PublicArea
from core.entities.site import APARTMENT, SITE, Apartment, Site, SiteKind
from core.schema.field import Text
from core.usecases import generic
from core.usecases.sites import add_house
from desktop.models.desk import Desk
from desktop.models.record_draft import DraftField, RecordDraft, draft_of
from desktop.models.site_form import blank_site, form_groups, names_of, site_choices, site_draft
from desktop.views.record_form import Beside, Heading, RecordForm, Row, SaveBar
from desktop.views.widgets.side_panel import SidePanel

FLAT_NAMES = ("number", "name", "floor", "contact", "call_type", "call_mode")
FLAT_LINES: tuple[Row, ...] = (("number", "floor"), "name", "contact", "call_type", "call_mode")
HALF_LETTERS = 24
"""Letters of a label and its hint that fit into half the width of a panel."""
OWNER = ("owner_first", "owner_last")


class SiteForm(QObject):
    """Fills the panel and saves. `saved(row)` is called after a save, `left()` when something new was not wanted."""

    def __init__(
        self, desk: Desk, panel: SidePanel, saved: Callable[[Any], object], left: Callable[[], object]
    ) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel
        self._saved, self._left = saved, left
        self.form: RecordForm | None = None
        self.bar: SaveBar | None = None
        self.key = ""

    @property
    def open(self) -> bool:
        """Whether a form is shown."""
        return self.form is not None

    def forget(self) -> None:
        """The panel shows something else, or nothing."""
        self.form = self.bar = None
        self.key = ""

    def save(self) -> None:
        """Save, or show what is missing."""
        if self.bar is not None:
            self.bar.save_now()

    # -- sites

    def show_site(self, site: Site) -> None:
        """The settings of a site."""
        key = f"site:{site.id}"
        if self.form is not None and self.key == key:
            self.form.draft.rebase({n: getattr(site, n) for n in self.form.draft.fields})
            return
        actor = self._desk.ctx.actor
        draft = site_draft(site, actor.role if actor else None)
        self._show(
            key,
            draft,
            self._site_lines(site.kind),
            head=(site.name, self.tr("Settings of the site")),
            row=site,
        )

    def new_site(self, kind: SiteKind) -> None:
        """The form of a new site."""
        me = self._desk.ctx.me
        site = blank_site(kind, me.org_id, self._desk.sites.zone)
        draft = site_draft(site, me.role, new=True)
        lines = self._site_lines(kind)
        if kind is SiteKind.HOUSE:
            for name, label in zip(OWNER, (self.tr("Owner's first name"), self.tr("Last name")), strict=True):
                draft.add_field(DraftField(name, Text(max_len=64), label, required=True), "")
            lines.insert(2, OWNER)
        titles = {
            SiteKind.HOUSE: self.tr("New house"),
            SiteKind.COMMUNITY: self.tr("New community"),
            SiteKind.OFFICE: self.tr("New office"),
        }
        head = (titles[kind], self.tr("Only the name is needed"))
        self._show(f"site:new:{kind.value}", draft, lines, head=head, row=None)

    def _site_lines(self, kind: SiteKind) -> list[Row]:
        lines: list[Row] = []
        for title, members in form_groups(kind):
            lines += [Heading(title), *members]
        return lines

    # -- places in it

    def show_apartment(self, apartment: Apartment) -> None:
        """The facts of an apartment; the rest of its settings is on the page Apartments."""
        draft = draft_of(APARTMENT, apartment, FLAT_NAMES)
        title = self.tr("Apartment {0}").format(apartment.number)
        head = (title, self.tr("Facts and calls"))
        self._show(f"apartment:{apartment.id}", draft, FLAT_LINES, head=head, row=apartment)

    def show_area(self, area: PublicArea | Department) -> None:
        """A department or a public area."""
        if isinstance(area, Department):
            hints = {"floors": self.tr("up to ten; separate with ;")}
            draft = draft_of(DEPARTMENT, area, ("name", "floors"), hints=hints)
            self._show(f"department:{area.id}", draft, (), head=(area.name, self.tr("Department")), row=area)
        else:
            draft = draft_of(PUBLIC_AREA, area, ("name", "building_id"))
            self._show(f"area:{area.id}", draft, (), head=(area.name, self.tr("Public area")), row=area)

    # -- showing and saving

    def _show(
        self, key: str, fresh: RecordDraft, lines: Sequence[Row], *, head: tuple[str, str], row: Any
    ) -> None:
        draft = self._desk.draft(key, fresh)
        panel, self.key = self._panel, key
        panel.clear_body()
        panel.set_title(head[0])
        panel.set_lines((head[1], "help", "t2"))
        choices: dict[str, Any] = site_choices() if key.startswith("site:") else {}
        choices["building_id"] = self._buildings
        self.form = RecordForm(
            draft,
            [piece for line in lines for piece in _fitting(draft, line)],
            choices=choices,
            zone=self._desk.sites.zone,
        )
        panel.body.addWidget(self.form)
        self.bar = SaveBar(
            panel.foot,
            self.form,
            lambda: self._write(draft, row, key),
            done=lambda saved: self._on_saved(key, saved),
            verb=self.tr("Save") if row is not None else self.tr("Add site"),
            revert=lambda: self._reverted(key, new=row is None),
        )
        panel.show_foot()
        if row is None:
            self.form.focus_first()

    _buildings: Sequence[tuple[object, str]] = ()

    def set_buildings(self, buildings: Sequence[tuple[object, str]]) -> None:
        """The buildings of the chosen site, for public areas."""
        self._buildings = buildings

    async def _write(self, draft: RecordDraft, row: Any, key: str) -> Any:
        ctx = self._desk.ctx
        if row is None and key.endswith(SiteKind.HOUSE.value):
            return await self._add_house(draft)
        texts = draft.changes()
        if row is None:
            texts["kind"] = key.rpartition(":")[2]
            return await generic.put_row(ctx, SITE, texts)
        return await generic.put_row(ctx, _spec_of(row), texts, row_id=row.id)

    async def _add_house(self, draft: RecordDraft) -> Site:
        values = draft.values()
        owner = (str(values["owner_first"]), str(values["owner_last"]))
        names = set(names_of(SiteKind.HOUSE)) - {"name", "time_zone", "kind"}
        settings = {n: v for n, v in values.items() if n in names and v is not None}
        name, zone = str(values["name"]), str(values["time_zone"])
        return await add_house(self._desk.ctx, name=name, owner=owner, time_zone=zone, **settings)

    def _on_saved(self, key: str, saved: Any) -> None:
        self._desk.drafts.pop(key, None)
        words = self.tr("It is sent when there is a network.")
        self._desk.notice("waiting", self.tr("Saved on this laptop"), words)
        self.forget()
        self._saved(saved)

    def _reverted(self, key: str, *, new: bool) -> None:
        self._desk.drafts.pop(key, None)
        if new:
            self.forget()
            self._left()


def _fitting(draft: RecordDraft, line: Row) -> list[Row]:
    """Fields side by side only where their labels have room in half a panel."""
    if isinstance(line, (str, Heading, Beside)):
        return [line]
    fields = [draft.fields[name] for name in line]
    wide = any(len(f.label) + len(f.hint) > HALF_LETTERS for f in fields)
    return list(line) if wide else [line]


def _spec_of(row: Any) -> Any:
    specs = {Site: SITE, Apartment: APARTMENT, Department: DEPARTMENT, PublicArea: PUBLIC_AREA}
    return specs[type(row)]
