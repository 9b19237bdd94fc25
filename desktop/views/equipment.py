"""The page Equipment: what hangs beside the intercoms of a site, one kind at a time (DEV-04, DEV-09 to DEV-14)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from core.entities.attachment import RELAY_CONTROLLER, SCREEN_SAVER, SaverMode
from core.entities.equipment import CAMERA, PANEL
from core.entities.organisation import Role
from core.rules.rights import may_write
from core.usecases.equipment import remove_equipment, save_equipment
from core.usecases.screen_savers import Shown, set_screen_saver, show_screen_savers
from desktop.models.desk import Desk
from desktop.models.equipment import (
    KINDS,
    LINES,
    TOUCHES,
    EquipmentLine,
    Stock,
    equipment_columns,
    equipment_filters,
    form_of,
    load_stock,
)
from desktop.models.record_draft import RecordDraft
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, label_word, number_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.paragraph import Paragraph


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
        self._pictures: tuple[Path, ...] = ()
        plan = RowsPlan(load=self._load, touches=TOUCHES, key=lambda x: x.row.id, words=_words)
        columns = equipment_columns(desk.ctx.clock.now, lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=equipment_filters(self._all))
        self.build(self.rows, self.title)
        self.kinds = ChoiceBox([(k, self._plural(k)) for k in KINDS], current=self.kind)
        self.kinds.setAccessibleName(self.tr("Kind of equipment"))
        self.kinds.setMinimumContentsLength(18)
        self.kinds.chosen.connect(lambda key: self.show_kind(str(key)))
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Equipment")

    def _plural(self, kind: str) -> str:
        words = {
            "cameras": self.tr("Cameras"),
            "recorders": self.tr("Recorders"),
            "smart_locks": self.tr("Smart locks"),
            "panels": self.tr("Smart-home panels"),
            "relay_controllers": self.tr("Relay controllers"),
            "screen_savers": self.tr("Screen savers"),
        }
        return words[kind]

    async def _load(self) -> Sequence[EquipmentLine]:
        self.stock = await load_stock(self.desk.ctx, self.kind, self.desk.sites.site_id)
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
        hints = {
            "cameras": self.tr(
                "A camera needs a name, its RTSP address, a user and a password, and the premium plan."
            ),
            "recorders": self.tr("Residents may watch a recorder that hangs in a public area."),
            "smart_locks": self.tr("The maker's own locks SL20, SL21 and SL50, by apartment."),
            "panels": self.tr("A panel shows the Zigbee devices behind it."),
            "relay_controllers": self.tr(
                "An indoor monitor drives one: MK485, HF-8000 or RSAC, by RS485 or Ethernet."
            ),
            "screen_savers": self.tr("A door phone shows two to five pictures while nobody uses it."),
        }
        empty = EmptyState(
            self.tr("{0}: none yet").format(self._plural(self.kind)),
            hints[self.kind],
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
            self.rows.reload()

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if isinstance(target, str):
            self.show_kind(target)

    # -- one row, or a new one

    def new_one(self) -> None:
        """The form of a new one of the kind that is shown."""
        self._shown = None
        self._fill(None)
        if not self.panel.isVisibleTo(self):
            self.panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()
        if self.form is not None:
            self.form.focus_first()

    def fill_panel(self, row: EquipmentLine) -> None:
        self._fill(row)

    def _fill(self, line: EquipmentLine | None) -> None:
        row = line.row if line else None
        fresh = form_of(self.kind, self._role, self.stock, row=row, site_id=self.desk.sites.site_id)
        if self.form is not None and line is not None and self._row_id == line.row.id:
            self.form.draft.rebase_on(fresh)
            return
        self._row_id, self._pictures = (line.row.id if line else ""), ()
        key = f"equipment:{self.kind}:{self._row_id or 'new'}"
        draft = self.desk.draft(key, fresh)
        panel = self.panel
        panel.clear_body()
        panel.set_title(line.name if line else self.tr("New: {0}").format(label_word(KINDS[self.kind].label)))
        panel.set_lines(((line.place if line else self._plural(self.kind)), "help", "t2"))
        choices = self.stock.choices(self.kind)
        self.form = RecordForm(draft, LINES[self.kind], choices=choices, zone=self.desk.sites.zone)
        panel.body.addWidget(self.form)
        self._fill_more(line)
        self._bar = SaveBar(
            panel.foot,
            self.form,
            lambda: self._store(draft),
            done=lambda _saved: self._stored(key),
            verb=self.tr("Save") if line else self.tr("Add"),
            revert=partial(self._reverted, key, new=line is None),
        )
        panel.show_foot()

    def _fill_more(self, line: EquipmentLine | None) -> None:
        body = self.panel.body
        if self.kind == SCREEN_SAVER.name:
            self._note = Paragraph("", "help", "t2")
            self._tell_pictures(line)
            body.addWidget(Section(self.tr("Pictures")))
            body.addWidget(self._note)
            add = Button(self.tr("Add a picture…"), icon="plus")
            add.clicked.connect(
                lambda: run(self, self._add_picture(line), failed=self.fail(self.tr("Not added")))
            )
            body.addWidget(add)
            if line is not None:
                send = Button(self.tr("Show it on the door phone"), icon="send")
                send.clicked.connect(lambda: self._send(line.row.device_id, send))
                body.addWidget(send)
        elif line is not None and self.kind in {PANEL.name, RELAY_CONTROLLER.name}:
            title = self.tr("Behind it") if self.kind == PANEL.name else self.tr("Relays")
            body.addWidget(Section(title, end=number_word(len(line.parts))))
            if line.parts:
                body.addWidget(KeyValues([Pair(name, words or "—") for name, words in line.parts]))

    def _tell_pictures(self, line: EquipmentLine | None) -> None:
        count = len(line.row.pictures) if line else 0
        words = counted(count, "{0} picture", "{0} pictures")
        if self._pictures:
            names = ", ".join(path.name for path in self._pictures)
            words = self.tr("New, in this order: {0}").format(names)
        limit = self.tr("Two to five, JPEG or PNG of at most 2 MB; 800 x 1280 looks best.")
        self._note.set_text(f"{words}. {limit}")

    async def _add_picture(self, line: EquipmentLine | None) -> None:
        title = self.tr("Choose a picture")
        path = await dialogs.choose_file(self.window(), title, (self.tr("Pictures (*.jpg *.jpeg *.png)"),))
        if path is not None:
            self.take_picture(path, line)

    def take_picture(self, path: Path, line: EquipmentLine | None = None) -> None:
        """One more picture for the form that is open; all of them replace those of before when it is saved."""
        self._pictures = (*self._pictures, path)
        self._tell_pictures(line)
        if self._bar is not None:
            self._bar.save.set_reason("")

    def _send(self, device_id: str, button: Button) -> None:
        work = show_screen_savers(self.desk.ctx, [device_id])
        run(self, work, trigger=button, done=self._sent, failed=self.fail(self.tr("Not sent")))

    def _sent(self, shown: list[Shown]) -> None:
        for one in shown:
            self.desk.notice(one.verdict.value, one.device.name, spoken(one.said))

    async def _store(self, draft: RecordDraft) -> None:
        ctx, site, texts = self.desk.ctx, self.desk.sites.site_id, draft.changes()
        if self.kind == SCREEN_SAVER.name and (self._pictures or draft.new):
            mode = SaverMode(draft.text("mode"))
            await set_screen_saver(ctx, [draft.text("device_id")], mode=mode, files=self._pictures)
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
        run(self, self._ask_remove(self.pane.chosen()), failed=self.fail(self.tr("Not removed")))

    async def _ask_remove(self, rows: list[EquipmentLine]) -> None:
        kind = self.kind
        names = ", ".join(x.name for x in rows[:5]) + (" …" if len(rows) > 5 else "")
        title = self.tr("Remove {0}?").format(names)
        text = self.tr("What is behind it goes with it. Ctrl Z brings it back.")
        if await dialogs.confirm(self.window(), title, text, self.tr("Remove"), danger=True):
            await remove_equipment(self.desk.ctx, kind, *(line.row.id for line in rows))
            self.desk.notice("accepted", self.tr("Removed"), names)

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        return [Act("remove", self.tr("Remove…"), "danger", "trash-2")], ""

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

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
    return " ".join(name for name, _ in line.parts)
