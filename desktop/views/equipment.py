"""The page Equipment: what hangs beside the intercoms of a site, one kind at a time (DEV-04, DEV-09 to DEV-14)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER, SaverMode
from core.entities.equipment import CAMERA, RECORDER, SmartLockModel
from core.entities.organisation import Role
from core.rules.rights import may_write
from core.usecases.equipment import remove_equipment, save_equipment, set_equipment
from core.usecases.screen_savers import set_screen_saver
from desktop.models.desk import Desk
from desktop.models.equipment import INNER, KINDS, TOUCHES, WHOLES, EquipmentLine, Stock, form_of, load_stock
from desktop.models.equipment_list import (
    equipment_columns,
    equipment_filters,
    hint_words,
    part_words,
    plural_word,
)
from desktop.models.record_draft import RecordDraft
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import label_word, number_word
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.equipment_panel import BehindBox, HoldBox, PicturesBox, holds_open, why_no_code
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import clear, column
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.figures import EmptyState

FLAGS = {CAMERA.name: "may_monitor", RECORDER.name: "may_watch", CONTROLLER_RELAY.name: "enabled"}
"""By kind: what is switched for several rows at once."""


class EquipmentPage(TablePage):
    """What hangs beside the intercoms of a site, one kind at a time."""

    key: ClassVar[str] = "equipment"
    icon: ClassVar[str] = "plug"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.kind = CAMERA.name
        self.stock = Stock()
        self.form: RecordForm | None = None
        self._bar: SaveBar | None = None
        self._row_id: str | None = None
        self._loaded_kind = self._next = ""
        self.pictures: PicturesBox | None = None
        plan = RowsPlan(load=self._load, touches=TOUCHES, key=lambda x: x.row.id, words=_words)
        columns = equipment_columns(desk.ctx.clock.now, lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=equipment_filters(self._all))
        self.build(self.rows, self.title)
        self.kinds = ChoiceBox([(k, plural_word(k)) for k in KINDS], current=self.kind)
        self.kinds.setAccessibleName(self.tr("Kind of equipment"))
        self.kinds.setMinimumContentsLength(22)
        self.kinds.chosen.connect(lambda key: self.show_kind(str(key)))
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Equipment")

    async def _load(self) -> Sequence[EquipmentLine]:
        kind = self.kind
        self.stock = await load_stock(self.desk.ctx, kind, self.desk.sites.site_id)
        self._loaded_kind = kind
        return self.stock.lines

    def _all(self) -> Sequence[EquipmentLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        new = PageAct("new", self.tr("Add…"), self.new_one, "plus", "N", "primary", self._not_new)
        acts = (
            new,
            PageAct(
                "remove",
                self.tr("Remove…"),
                self._remove,
                "trash-2",
                "Del",
                "",
                self._not_remove,
                button=False,
            ),
            PageAct("save", self.tr("Save"), self._save, "save", "Ctrl+S", button=False),
        )
        for act in acts:
            self.add_act(act)
        self.head.add_act(self.kinds)
        self.head.add_act(self.act_button(new))
        self._show_empty()

    def _show_empty(self) -> None:
        empty = EmptyState(
            self.tr("{0}: none yet").format(plural_word(self.kind)),
            hint_words(self.kind),
            [Act("new", self.tr("Add…"), "primary", "plus")],
            icon=self.icon,
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    # -- who may what

    @property
    def _role(self) -> Role:
        actor = self.desk.ctx.actor
        return actor.role if actor is not None else Role.MANAGER

    def _not_new(self) -> str:
        if not self.desk.sites.site_id:
            return self.tr("Choose a site first.")
        if not may_write(self._role, self.kind, "create", ()):
            return self.tr("The installer adds and removes these.")
        if self.kind in WHOLES and not self.stock.wholes:
            return self.tr("Add one of these first: {0}.").format(plural_word(WHOLES[self.kind][1]))
        fits = self.stock.choices(self.kind)["device_id"]
        if self.kind == RELAY_CONTROLLER.name and not fits:
            return self.tr("This site has no indoor monitor.")
        if self.kind == SCREEN_SAVER.name and not fits:
            return self.tr("No door phone of this site shows pictures, by its model and firmware.")
        return ""

    def _not_remove(self) -> str:
        if not may_write(self._role, self.kind, "delete", ()):
            return self.tr("The installer adds and removes these.")
        return "" if self.pane.chosen() else self.tr("Tick rows first, or put the cursor on one.")

    # -- kinds

    def show_kind(self, kind: str) -> None:
        """Show the list of another kind."""
        if kind in KINDS and kind != self.kind:
            self.kind = kind
            self.kinds.set_current(kind)
            self.close_panel()
            self._show_empty()
            self.rows.clear_narrowing()
            self.rows.reload()

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if isinstance(target, str):
            self.show_kind(target)

    # -- one row, or a new one

    def new_one(self, whole_id: str = "") -> None:
        """The form of a new one of the kind that is shown, on the panel or controller of that id."""
        self._shown = None
        self._fill(None, whole_id)
        self._show_panel()
        if self.form is not None:
            self.form.focus_first()

    def fill_panel(self, row: EquipmentLine) -> None:
        self._fill(row)

    def _fill(self, line: EquipmentLine | None, whole_id: str = "") -> None:
        row = line.row if line else None
        site_id = self.desk.sites.site_id
        fresh = form_of(self.kind, self._role, self.stock, row=row, site_id=site_id, whole_id=whole_id)
        if self.form is not None and self._row_id == (line.row.id if line else None):
            self.form.draft.rebase_on(fresh)
            self._fill_more(line)
            return
        self._row_id = line.row.id if line else ""
        key = f"equipment:{self.kind}:{self._row_id or f'new:{whole_id}'}"
        draft = self.desk.draft(key, fresh)
        panel = self.panel
        panel.clear_body()
        panel.set_title(line.name if line else self.tr("New: {0}").format(label_word(KINDS[self.kind].label)))
        panel.set_lines(((line.place if line else plural_word(self.kind)), "help", "t2"))
        choices = self.stock.choices(self.kind)
        self.form = RecordForm(
            draft, self.stock.fields(self.kind), choices=choices, zone=self.desk.sites.zone
        )
        panel.body.addWidget(self.form)
        self._more = column(gap=12)
        panel.body.addLayout(self._more)
        self.pictures = None
        self._bar = SaveBar(
            panel.foot,
            self.form,
            lambda: self._store(draft),
            done=lambda _saved: self._stored(key),
            verb=self.tr("Save") if line else self.tr("Add"),
            revert=partial(self._reverted, key, new=line is None),
        )
        self._fill_more(line)
        panel.show_foot()

    def _fill_more(self, line: EquipmentLine | None) -> None:
        """What stands under the form; made again when something under it changed."""
        if self.pictures is not None and self.pictures.chosen and self.kind == SCREEN_SAVER.name:
            return  # what was chosen and not saved yet outlives a sync
        clear(self._more)
        self.pictures = None
        if self.kind == SCREEN_SAVER.name:
            self.pictures = PicturesBox(self.desk, line, self.fail)
            self.pictures.taken.connect(self._picture_taken)
            self._more.addWidget(self.pictures)
        elif line is not None and self.kind in INNER:
            behind = BehindBox(self.desk, line, self.kind, self.fail)
            behind.shown.connect(partial(self._show_behind, line))
            behind.added.connect(partial(self._add_behind, line.row.id))
            self._more.addWidget(behind)
        elif line is not None and holds_open(line):
            self._more.addWidget(HoldBox(self.desk, line, self.stock, self.fail))
        elif line is not None and getattr(line.row, "model", None) is SmartLockModel.SL21:
            self._more.addWidget(why_no_code())

    def _picture_taken(self) -> None:
        if self._bar is not None:
            self._bar.save.set_reason("")

    def _show_behind(self, line: EquipmentLine, kind: str) -> None:
        """The list of what is behind a row, and of nothing else."""
        self.show_kind(kind)
        self.rows.set_filter("linked", line.title)

    def _add_behind(self, whole_id: str, kind: str) -> None:
        """The form of one more behind a row, once its list is there."""
        self.show_kind(kind)
        self._next = whole_id

    def _settled(self) -> None:
        super()._settled()
        if self._next and self._loaded_kind == self.kind:
            whole_id, self._next = self._next, ""
            self.new_one(whole_id)

    async def _store(self, draft: RecordDraft) -> None:
        ctx, site, texts = self.desk.ctx, self.desk.sites.site_id, draft.changes()
        files = self.pictures.chosen if self.pictures is not None else ()
        if self.kind == SCREEN_SAVER.name and (files or draft.new):
            mode = SaverMode(draft.text("mode"))
            await set_screen_saver(ctx, [draft.text("device_id")], mode=mode, files=files)
        else:
            await save_equipment(ctx, self.kind, texts, site_id=site, row_id=self._row_id or "")

    def _stored(self, key: str) -> None:
        self.desk.drafts.pop(key, None)
        words = self.tr("It is sent with the next sync.")
        self.desk.notice("waiting", self.tr("Saved on this laptop"), words)
        self.close_panel()
        self.rows.reload()

    def _reverted(self, key: str, *, new: bool) -> None:
        self.desk.drafts.pop(key, None)
        if new:
            self.close_panel()

    def _save(self) -> None:
        if self._bar is not None:
            self._bar.save_now()

    # -- away

    def _remove(self) -> None:
        rows = self.pane.chosen()
        names = ", ".join(x.name for x in rows[:5]) + (" …" if len(rows) > 5 else "")
        note = self.tr("What is behind it goes with it. Ctrl Z brings it back.")
        verb = partial(remove_equipment, self.desk.ctx, self.kind, *(line.row.id for line in rows))
        title = self.tr("Remove {0}?").format(names)
        self._bulk(BulkAct(title, self.tr("Remove {0}"), verb, note, danger=True), self.tr("Not removed"))

    def _bulk(self, act: BulkAct, failed: str) -> None:
        run(self, do_bulk(self, self.desk, act), failed=self.fail(failed))

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        acts = [Act("remove", self.tr("Remove…"), "danger", "trash-2", reason=self._not_remove())]
        if self.kind in FLAGS:
            relays = self.kind == CONTROLLER_RELAY.name
            yes = self.tr("Switch on…") if relays else self.tr("Show to residents…")
            no = self.tr("Switch off…") if relays else self.tr("Hide from residents…")
            acts = [Act("yes", yes, icon="check"), Act("no", no, icon="x"), *acts]
        return acts, ""

    def do_batch(self, key: str, rows: list[Any]) -> None:
        if key == "remove":
            self.do(key)
            return
        changes, ids = {FLAGS[self.kind]: key == "yes"}, [line.row.id for line in rows]
        verb = partial(set_equipment, self.desk.ctx, self.kind, ids, changes=changes)
        title = next(act.text for act in self.batch_acts(rows)[0] if act.key == key).rstrip("…")
        self._bulk(BulkAct(title, self.tr("Change {0}"), verb), self.tr("Not changed"))

    # -- keeping up

    def close_panel(self) -> None:
        self.form = self._bar = self._row_id = None
        super().close_panel()

    def same_row(self, row: EquipmentLine) -> EquipmentLine | None:
        return next((x for x in self._all() if x.row.id == row.row.id), None)

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        self.head.set_note(number_word(len(self._all())) if self._all() else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("N", self.tr("add")),
            ("Enter", self.tr("edit")),
            ("Del", self.tr("remove")),
            ("F", self.tr("filter")),
        ]


def _words(line: EquipmentLine) -> str:
    return " ".join(part_words(part)[0] for part in line.parts)
