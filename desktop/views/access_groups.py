"""The page Access groups: who may open what, when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, AccessGroup, Repeat
from core.schema.field import Items
from core.usecases import generic
from core.usecases.doors import set_group_doors
from core.usecases.groups import NewGroup, add_group, remove_group
from desktop.models.desk import Desk
from desktop.models.groups import (
    TOUCHES,
    DoorChoice,
    GroupLine,
    group_columns,
    group_filters,
    group_row_look,
    load_groups,
    times_words,
)
from desktop.models.record_draft import DraftField, RecordDraft, draft_of
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import number_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.group_preview import GroupPreview
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph

NAMES = ("name", "repeat", "days", "from_time", "to_time", "from_day", "to_day")
LINES = ("name", "repeat", "days", ("from_time", "to_time"), ("from_day", "to_day"), "doors")


class GroupsPage(TablePage):
    """The access groups of the site and the form of one."""

    key: ClassVar[str] = "groups"
    icon: ClassVar[str] = "key-round"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._choices: Sequence[DoorChoice] = ()
        plan = RowsPlan(
            load=self._load_rows,
            touches=TOUCHES,
            key=lambda x: x.group.id,
            row_look=group_row_look,
            words=lambda x: " ".join((*(p[1] for p in x.people), *(d[2] for d in x.doors))),
        )
        self.rows = RowsTable(group_columns(), plan, desk.tasks, desk.feed, filters=group_filters(lambda: ()))
        self.build(self.rows, self.tr("Access groups"))
        self._form: RecordForm | None = None
        self._bar: SaveBar | None = None
        self._line: GroupLine | None = None
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Access groups")

    async def _load_rows(self) -> Sequence[GroupLine]:
        data = await load_groups(self.desk.ctx, self.desk.sites.site_id)
        self._choices = data.doors
        return data.lines

    def _add_acts(self) -> None:
        no_site = self._no_site
        new = PageAct("new", self.tr("New group"), self.new_group, "plus", "N", "primary", no_site)
        self.add_act(new)
        self.add_act(PageAct("save", self.tr("Save"), self._save, "save", "Ctrl+S", button=False))
        self.add_act(
            PageAct("remove", self.tr("Remove…"), self._remove, "trash-2", reason=self._none, button=False)
        )
        self.head.add_act(self.act_button(new))
        empty = EmptyState(
            self.tr("No access group yet"),
            self.tr(
                "Each building brings its own default group. Further ones open chosen doors at chosen times."
            ),
            [Act("new", self.tr("New group"), "primary", "plus")],
            icon="key-round",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Make a site first.")

    def _none(self) -> str:
        return "" if self.pane.chosen() else self.tr("Tick groups first, or put the cursor on one.")

    # -- the form

    def new_group(self) -> None:
        """The form of a new group."""
        self._shown = None
        self._show_form(None)

    def fill_panel(self, row: GroupLine) -> None:
        if self._form is not None and self._line is not None and self._line.group.id == row.group.id:
            self._form.draft.rebase(_values(row))
            self._line = row
            return
        self._show_form(row)

    def _show_form(self, line: GroupLine | None) -> None:
        self._line = line
        key = f"group:{line.group.id if line else 'new:' + self.desk.sites.site_id}"
        draft = self.desk.draft(key, _draft(line, self.desk.sites.site_id))
        self._draft_key = key
        panel = self.panel
        panel.clear_body()
        panel.set_title(line.group.name if line else self.tr("New group"))
        words = times_words(line.group) if line else self.tr("Opens chosen doors at chosen times")
        panel.set_lines((words, "help", "t2"))
        doors = [(d.relay_id, d.words) for d in self._choices]
        self._form = form = RecordForm(draft, LINES, choices={"doors": doors})
        panel.body.addWidget(form)
        if line is not None:
            panel.body.addWidget(Rule())
            panel.body.addWidget(Label(self.tr("{0} people").format(len(line.people)), "section", "t2"))
            panel.body.addWidget(
                Paragraph(", ".join(p[1] for p in line.people[:40]) or self.tr("Nobody yet."), "help", "t2")
            )
            panel.body.addWidget(Rule())
            panel.body.addWidget(GroupPreview(self.desk, [(d[0], d[2]) for d in line.doors], line.people))
        self._bar = SaveBar(
            panel.foot,
            form,
            lambda: self._write(draft, line),
            done=self._saved,
            verb=self.tr("Save") if line else self.tr("Add group"),
            revert=self._reverted,
        )
        panel.show_foot()
        if not panel.isVisibleTo(self):
            panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()

    def _save(self) -> None:
        if self._bar is not None and self._form is not None:
            self._bar.save_now()

    async def _write(self, draft: RecordDraft, line: GroupLine | None) -> str:
        ctx = self.desk.ctx
        doors = tuple(draft.values().get("doors") or ())
        if line is None:
            values = draft.values()
            times = {n: values[n] for n in NAMES[1:] if n in draft.changes() and values.get(n) is not None}
            new = NewGroup(self.desk.sites.site_id, values["name"], doors, (), times)
            return (await add_group(ctx, new)).id
        texts = {n: t for n, t in draft.changes().items() if n in NAMES}
        if texts:
            await generic.put_row(ctx, ACCESS_GROUP, texts, row_id=line.group.id)
        if "doors" in draft.dirty():
            await set_group_doors(ctx, group_id=line.group.id, relay_ids=doors)
        return line.group.id

    def _saved(self, group_id: str) -> None:
        self.desk.drafts.pop(self._draft_key, None)
        self.desk.notice(
            "waiting", self.tr("Saved on this laptop"), self.tr("The doors get it with the next push.")
        )
        self._form = self._line = None
        self.panel.hide()
        self.rows.reload()
        self._wanted = group_id

    def _reverted(self) -> None:
        self.desk.drafts.pop(self._draft_key, None)
        if self._line is None:
            self.close_panel()

    def close_panel(self) -> None:
        self._form = self._bar = self._line = None
        super().close_panel()

    def same_row(self, row: GroupLine) -> GroupLine | None:
        return next((x for x in self.rows.all_rows() if x.group.id == row.group.id), None)

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    # -- removing

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        default = next((x for x in rows if x.default_of), None)
        words = (
            self.tr("{0} is the default group of its building and stays.").format(default.group.name)
            if default
            else ""
        )
        return [Act("remove", self.tr("Remove…"), "danger", "trash-2", reason=words)], ""

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    def _remove(self) -> None:
        run(self, self._ask_remove(self.pane.chosen()), failed=self.fail(self.tr("Not removed")))

    async def _ask_remove(self, lines: list[GroupLine]) -> None:
        name = lines[0].group.name if len(lines) == 1 else number_word(len(lines))
        title = self.tr("Remove {0}").format(name)
        text = self.tr("Its {0} people lose the doors that no other group of theirs opens.").format(
            sum(len(x.people) for x in lines)
        )
        if await dialogs.confirm(self.window(), title, text, title, danger=True):
            for line in lines:
                await remove_group(self.desk.ctx, line.group.id)

    def hints(self) -> list[Hint]:
        return [("Enter", self.tr("edit")), ("N", self.tr("new")), ("Ctrl S", self.tr("save"))]


def _values(line: GroupLine) -> dict[str, Any]:
    return {n: getattr(line.group, n) for n in NAMES} | {"doors": tuple(d[0] for d in line.doors)}


def _draft(line: GroupLine | None, site_id: str) -> RecordDraft:
    blank = AccessGroup(id=new_id(), scope_id=site_id, site_id=site_id, name="", code=1, repeat=Repeat.DAILY)
    group = line.group if line else blank
    draft = draft_of(ACCESS_GROUP, group, NAMES, new=line is None)
    doors = DraftField("doors", Items(max_items=512, max_len=32), "Doors")
    draft.add_field(doors, tuple(d[0] for d in line.doors) if line else ())
    return draft
