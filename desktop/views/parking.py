"""The page Parking: lots with their doors, what stands in them since when, and notes of who comes and leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from core.entities.parking import ParkedVehicle, ParkingLot
from core.usecases.bulk import BulkReport
from core.usecases.library import add_lot, note_vehicle, remove_lot, set_lot
from desktop.models.desk import Desk
from desktop.models.parking import (
    TOUCHES,
    LotRow,
    Parking,
    load_parking,
    lot_columns,
    lot_draft,
    plates_of,
)
from desktop.models.record_draft import RecordDraft
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import age_word, counted, number_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule, row
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph


class ParkingPage(TablePage):
    """The lots of the chosen site (PARK-02)."""

    key: ClassVar[str] = "parking"
    icon: ClassVar[str] = "car"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.parking = Parking()
        self.form: RecordForm | None = None
        self.bar: SaveBar | None = None
        plan = RowsPlan(load=self._load, touches=TOUCHES, key=lambda x: x.lot.id, words=plates_of)
        self.rows = RowsTable(lot_columns(desk.ctx.clock.now), plan, desk.tasks, desk.feed)
        self.build(self.rows, self.tr("Parking"), ticks=False)
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)
        self.rows.reload()

    @property
    def title(self) -> str:
        return self.tr("Parking")

    async def _load(self) -> Sequence[LotRow]:
        self.parking = await load_parking(self.desk.ctx, self.desk.sites.site_id)
        return self.parking.lots

    def _add_acts(self) -> None:
        new = PageAct("new", self.tr("New lot"), self.new_lot, "plus", "N", "primary", self._no_site)
        came = PageAct("came", self.tr("A vehicle came…"), self._came, "car", "V", reason=self._none)
        remove = PageAct(
            "remove",
            self.tr("Delete the lot…"),
            self._remove,
            "trash-2",
            "Del",
            reason=self._none,
            button=False,
        )
        for act in (came, new, remove):
            self.add_act(act)
            if act.button:
                self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No parking lot yet"),
            self.tr(
                "A lot has doors that vehicles come and leave by. Plates and UHF cards are their people's."
            ),
            [Act("new", self.tr("New lot"), "primary", "plus")],
            icon="car",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _none(self) -> str:
        return "" if self.pane.current() is not None else self.tr("Put the cursor on a lot first.")

    # -- one lot

    def fill_panel(self, row: LotRow) -> None:
        self._head(row.lot.name, counted(len(row.standing), "{0} vehicle", "{0} vehicles"))
        draft = self.desk.draft(f"lot:{row.lot.id}", lot_draft(row))
        self._show_form(draft, partial(self._change, row, draft), self.tr("Save"))
        self.panel.body.addWidget(Rule())
        self.panel.body.addWidget(Section(self.tr("Standing here"), end=number_word(len(row.standing))))
        for vehicle in row.standing:
            self.panel.body.addLayout(self._vehicle(row, vehicle))
        if not row.standing:
            self.panel.body.addWidget(Paragraph(self.tr("No vehicle was noted."), "help", "t3"))

    def new_lot(self) -> None:
        """The form of a new lot."""
        self._shown = None
        self._head(self.tr("New lot"), self.tr("a name and its doors"))
        draft = self.desk.draft("lot:new", lot_draft(None))
        self._show_form(draft, partial(self._make, draft), self.tr("Add lot"))
        self._show_panel()
        if self.form is not None:
            self.form.focus_first()

    def _head(self, title: str, words: str) -> None:
        self.panel.clear_body()
        self.panel.set_title(title)
        self.panel.set_picture(Picture("icon", "car", tone="t3", size=20))
        self.panel.set_lines((words, "help", "t2"))

    def _show_form(self, draft: RecordDraft, save: Any, verb: str) -> None:
        self.form = RecordForm(draft, choices={"doors": self.parking.doors})
        self.panel.body.addWidget(self.form)
        self.bar = SaveBar(
            self.panel.foot, self.form, save, done=self._saved, verb=verb, revert=self._reverted
        )
        self.panel.show_foot()

    def _vehicle(self, lot: LotRow, vehicle: ParkedVehicle) -> Any:
        line = row(gap=8)
        line.addWidget(Label(vehicle.plate, "mono-strong", elide=True), 1)
        line.addWidget(Label(age_word(vehicle.since, self.desk.ctx.clock.now()), "help", "t3"))
        left = Button(self.tr("Left"), size="small")
        left.setAccessibleName(self.tr("{0} left").format(vehicle.plate))
        left.clicked.connect(partial(self._note, lot.lot.id, vehicle.plate, True))
        line.addWidget(left)
        return line

    # -- saving

    async def _make(self, draft: RecordDraft) -> ParkingLot:
        values = draft.values()
        return await add_lot(
            self.desk.ctx,
            site_id=self.desk.sites.site_id,
            name=values["name"],
            relay_ids=values.get("doors") or (),
        )

    async def _change(self, row: LotRow, draft: RecordDraft) -> BulkReport:
        values = draft.values()
        return await set_lot(
            self.desk.ctx, lot_id=row.lot.id, name=values["name"], relay_ids=values.get("doors") or ()
        )

    def _saved(self, made: ParkingLot | BulkReport) -> None:
        self.desk.drafts.pop("lot:new", None)
        if self._shown is not None:
            self.desk.drafts.pop(f"lot:{self._shown.lot.id}", None)
        words = self.tr("It is sent when there is a network.")
        self.desk.notice("waiting", self.tr("Saved on this laptop"), words)
        self.close_panel()

    def _reverted(self) -> None:
        if self.form is not None and self.form.draft.new:
            self.desk.drafts.pop("lot:new", None)
            self.close_panel()

    def _came(self) -> None:
        lot: LotRow = self.pane.current()
        run(self, self._ask_plate(lot), failed=self.fail(self.tr("Not noted")))

    async def _ask_plate(self, lot: LotRow) -> None:
        words = self.tr("The plate as it reads. It counts as standing here from now on.")
        plate = await dialogs.ask_text(
            self.window(), self.tr("A vehicle came to {0}").format(lot.lot.name), words
        )
        if plate and plate.strip():
            await note_vehicle(self.desk.ctx, lot_id=lot.lot.id, plate=plate.strip().upper())

    def _note(self, lot_id: str, plate: str, leaves: bool, _on: bool = False) -> None:
        work = note_vehicle(self.desk.ctx, lot_id=lot_id, plate=plate, leaves=leaves)
        run(self, work, failed=self.fail(self.tr("Not noted")))

    def _remove(self) -> None:
        lot: LotRow = self.pane.current()
        act = BulkAct(
            self.tr("Delete {0}").format(lot.lot.name),
            self.tr("Delete {0}"),
            partial(remove_lot, self.desk.ctx, lot.lot.id),
            danger=True,
        )
        run(self, do_bulk(self, self.desk, act), failed=self.fail(act.title))

    # -- life

    def close_panel(self) -> None:
        self.form = self.bar = None
        super().close_panel()

    def same_row(self, row: LotRow) -> LotRow | None:
        return next((x for x in self.rows.all_rows() if x.lot.id == row.lot.id), None)

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        standing = sum(len(x.standing) for x in self.rows.all_rows())
        self.head.set_note(counted(standing, "{0} vehicle", "{0} vehicles") if self.rows.all_rows() else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [("N", self.tr("new")), ("V", self.tr("a vehicle came")), ("Enter", self.tr("open"))]
