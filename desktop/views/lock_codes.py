"""The page Lock codes: what to enter and take away at the programs of third-party locks, and what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from core.base.verdict import Verdict
from core.rules.lock_codes import OPEN, Todo
from core.usecases.bulk import BulkReport
from core.usecases.lock_codes import note_lock_items, show_lock_code, write_lock_sheet
from desktop.models.desk import Desk
from desktop.models.lock_codes import (
    BRANDS,
    TOUCHES,
    LockLine,
    LockWork,
    group_of,
    heading,
    load_lock_work,
    lock_columns,
    lock_filters,
    lock_row_look,
    task_words,
    todo_word,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import choice_word, counted, number_word, time_word, verdict_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.boxes import Act, EdgeBox, Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.paragraph import Paragraph


class LockCodesPage(TablePage):
    """The codes of the site's third-party locks, what is to be done first."""

    key: ClassVar[str] = "lock_codes"
    icon: ClassVar[str] = "lock"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.work = LockWork()
        self._has_locks: bool | None = None
        """What the empty state was made for."""
        self._next = ""
        """The line to go on with, once what was said is in the list."""
        self._seen: tuple[str, str] = ("", "")
        """The key of a line, and its code as long as it is shown."""
        plan = RowsPlan(
            load=self._load,
            touches=TOUCHES,
            key=lambda x: x.key,
            group=group_of,
            heading=heading,
            row_look=lock_row_look,
        )
        columns = lock_columns(desk.ctx.clock.now, lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=lock_filters(self._all))
        self.build(self.rows, self.title)
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Lock codes")

    async def _load(self) -> Sequence[LockLine]:
        self.work = await load_lock_work(self.desk.ctx, self.desk.sites.site_id)
        return self.work.lines

    def _all(self) -> Sequence[LockLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        done = PageAct("done", self.tr("Done"), self._done, "check", "D", "primary", self._not_done)
        refused = PageAct("refused", self.tr("Refused…"), self._refused, "x", "R", reason=self._not_refused)
        show = PageAct(
            "show", self.tr("Show the code"), self._show, "eye", "S", reason=self._not_shown, button=False
        )
        sheet = PageAct(
            "sheet",
            self.tr("List for the program…"),
            self._sheet,
            "file-spreadsheet",
            "L",
            reason=self._no_sheet,
        )
        for act in (sheet, refused, done, show):
            self.add_act(act)
        for act in (sheet, refused, done):
            self.head.add_act(self.act_button(act))
        self._show_empty()

    def _show_empty(self) -> None:
        if (has_locks := self.work.locks > 0) is self._has_locks:
            return
        self._has_locks = has_locks
        if has_locks:
            title = self.tr("No code belongs in a lock")
            words = self.tr(
                "Codes come here as soon as an access group with people opens one of the site's locks."
            )
            acts = [Act("groups", self.tr("Open access groups"), "primary", "key-round")]
        else:
            title = self.tr("No lock of another maker")
            words = self.tr(
                "Dormakaba, Salto and iTec locks take their codes from their makers' programs. The installer adds them."
            )
            acts = []
        empty = EmptyState(title, words, acts, icon=self.icon)
        empty.act.connect(self.desk.go)
        self.pane.set_empty(empty)

    # -- what is possible

    def _not_done(self) -> str:
        rows = self.pane.chosen()
        if not rows:
            return self.tr("Tick codes first, or put the cursor on one.")
        return "" if any(x.item.todo in OPEN for x in rows) else self.tr("Nothing is to be done with it.")

    def _not_refused(self) -> str:
        rows = self.pane.chosen()
        if not rows:
            return self.tr("Tick codes first, or put the cursor on one.")
        judged = any(x.item.todo is not Todo.CANNOT for x in rows)
        return "" if judged else self.tr("The lock cannot have it: nobody enters it.")

    def _not_shown(self) -> str:
        row = self.shown_row or self.pane.current()
        if row is None:
            return self.tr("Put the cursor on a code first.")
        return "" if row.item.code is not None else self.tr("Nothing here holds this code any more.")

    def _no_sheet(self) -> str:
        return "" if self.work.open else self.tr("Nothing is to be entered or taken away.")

    # -- acts

    def _done(self) -> None:
        rows = [x for x in self.pane.chosen() if x.item.todo in OPEN]
        run(self, self._note(rows, self.tr("Said to be done")), failed=self.fail(self.tr("Not noted")))

    def _refused(self) -> None:
        run(self, self._ask_refused(), failed=self.fail(self.tr("Not noted")))

    async def _ask_refused(self) -> None:
        rows = [x for x in self.pane.chosen() if x.item.todo is not Todo.CANNOT]
        text = self.tr("What the program answered, or why the lock does not have it. It stays to be done.")
        said = await dialogs.ask_text(self.window(), self.tr("Refused"), text)
        if said and said.strip():
            await self._note(rows, self.tr("Said to be refused"), said.strip())

    async def _note(self, rows: Sequence[LockLine], title: str, failed: str = "") -> None:
        """One code at once, since somebody goes through a list of them; many after a dry run."""
        keys = [x.item.key for x in rows]
        following = self._following(set(keys))
        site = self.desk.sites.site_id

        async def verb(*, check: bool) -> BulkReport:
            return await note_lock_items(self.desk.ctx, site_id=site, keys=keys, failed=failed, check=check)

        if len(rows) > 1:
            locks = counted(len({x.item.lock.id for x in rows}), "{0} lock", "{0} locks")
            note = self.tr("At {0}, as you did in the program. Nobody reads a lock from here.").format(locks)
            if await do_bulk(self, self.desk, BulkAct(title, self.tr("Note {0}"), verb, note)) is not None:
                self.pane.table.clear_ticks()
        else:
            await verb(check=False)
            words = (
                f"{todo_word(rows[0].item.todo)}: {rows[0].item.name}, {choice_word(rows[0].item.kind.value)}"
            )
            self.desk.notice("accepted", title, f"{words}. {self.tr('Ctrl Z takes it back.')}")
        self._next = following
        self.pane.table.setFocus()

    def _following(self, keys: set[str]) -> str:
        """The line that is next to be done below the cursor, or else the first one; empty when none is left."""
        shown = [self.rows.object_at(row) for row in range(self.rows.rowCount())]
        at = self.pane.table.current_row()
        ahead = [x for x in (*shown[at + 1 :], *shown[: at + 1]) if x is not None]
        return next((x.key for x in ahead if x.item.todo in OPEN and x.item.key not in keys), "")

    def _settled(self) -> None:
        super()._settled()
        if self._next and self.pane.show_key(self._next):
            self._next = ""

    def _show(self) -> None:
        row: LockLine = self.shown_row or self.pane.current()
        self.open_panel(row)
        work = show_lock_code(self.desk.ctx, site_id=self.desk.sites.site_id, key=row.item.key)
        run(self, work, done=lambda code: self._shown_code(row, code), failed=self.fail(self.tr("Not shown")))

    def _shown_code(self, row: LockLine, code: str) -> None:
        self._seen = (row.key, code)
        if self.shown_row is not None and self.shown_row.key == row.key:
            self.fill_panel(self.shown_row)

    def _sheet(self) -> None:
        run(self, self._ask_sheet(), failed=self.fail(self.tr("Not written")))

    async def _ask_sheet(self) -> None:
        title = self.tr("List for the maker's program")
        kinds = [self.tr("Excel files (*.xlsx)"), self.tr("CSV files (*.csv)")]
        path = await dialogs.choose_new_file(self.window(), title, "lock-codes.xlsx", kinds)
        if path is not None:
            await self.write_sheet(path if path.suffix else path.with_suffix(".xlsx"))

    async def write_sheet(self, path: Path) -> None:
        """Write what is to be done, codes in the clear; of one lock where the list is narrowed to it."""
        narrowed = {n.key: str(n.value) for n in self.rows.narrowings()}
        site, lock = self.desk.sites.site_id, narrowed.get("lock", "")
        count = await write_lock_sheet(self.desk.ctx, site_id=site, path=path, lock_id=lock)
        words = self.tr("It holds codes in the clear: delete it when they are entered. The audit notes it.")
        self.desk.notice("accepted", f"{path.name}: {counted(count, '{0} row', '{0} rows')}", words)

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        done = Act("done", self.tr("Done"), "primary", "check", self._not_done())
        refused = Act("refused", self.tr("Refused…"), icon="x", reason=self._not_refused())
        locks = len({x.item.lock.id for x in rows})
        return [refused, done], counted(locks, "{0} lock", "{0} locks")

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- one code

    def fill_panel(self, row: LockLine) -> None:
        panel, item = self.panel, row.item
        if self._seen[0] != row.key:
            self._seen = ("", "")
        panel.clear_body()
        panel.set_title(item.name or "—")
        panel.set_picture(Avatar(item.name or "?", size=40, square=True))
        panel.set_lines((row.unit, "help", "t2"))
        refused = item.verdict is Verdict.REFUSED
        box = EdgeBox("refused" if refused else "waiting" if item.todo in OPEN else "accepted")
        box.body.addWidget(Paragraph(task_words(row), "help", "t1"))
        panel.body.addWidget(box)
        panel.body.addWidget(KeyValues(self._pairs(row), label_width=84))
        panel.body.addWidget(Section(self.tr("What was said")))
        panel.body.addWidget(KeyValues(self._said(row), label_width=84))
        self._add_foot(row)

    def _pairs(self, row: LockLine) -> list[Pair]:
        lock = row.item.lock
        code = self._seen[1] or ("••••" if row.item.code is not None else self.tr("not kept here"))
        return [
            Pair(choice_word(row.item.kind.value), code, mono=bool(self._seen[1])),
            Pair(self.tr("Lock"), lock.name),
            Pair(self.tr("Maker"), BRANDS[lock.brand]),
            Pair(self.tr("Serial number"), lock.serial or "—", mono=bool(lock.serial)),
            Pair(self.tr("Gateway"), lock.gateway or "—"),
        ]

    def _said(self, row: LockLine) -> list[Pair]:
        known, now = row.item.known, self.desk.ctx.clock.now()
        return [
            Pair(self.tr("State"), verdict_word(row.item.verdict)),
            Pair(self.tr("Why"), spoken(row.item.why) or "—"),
            Pair(self.tr("Said by"), known.by if known is not None and known.by else "—"),
            Pair(self.tr("Since"), time_word(row.since, now, self.desk.sites.zone) or "—"),
        ]

    def _add_foot(self, row: LockLine) -> None:
        foot = self.panel.foot
        foot.clear_acts()
        if row.page:
            person = Button(self.tr("Open the person"))
            person.clicked.connect(lambda: self.desk.go(row.page, row.item.person))
            foot.add_act(person)
        if row.item.code is not None:
            show = Button(self.tr("Show the code"), icon="eye")
            show.clicked.connect(lambda: self.do("show"))
            foot.add_act(show)
        if row.item.todo in OPEN:
            done = Button(self.tr("Done"), "primary", icon="check")
            done.clicked.connect(lambda: self.do("done"))
            foot.add_act(done)
        self.panel.show_foot()

    def same_row(self, row: LockLine) -> LockLine | None:
        return next((x for x in self._all() if x.key == row.key), None)

    def close_panel(self) -> None:
        self._seen = ("", "")
        super().close_panel()

    def leave(self) -> None:
        super().leave()
        if self._seen[1]:
            self.close_panel()

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        self._show_empty()
        still = self.work.open
        self.head.set_note(self.tr("{0} to do").format(number_word(still)) if self.work.lines else "")
        self.desk.badges.tell(self.key, number_word(still) if still else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("D", self.tr("done")),
            ("R", self.tr("refused")),
            ("S", self.tr("show the code")),
            ("L", self.tr("list")),
            ("Enter", self.tr("open")),
        ]
