"""The page Apartments: who lives where, the settings of one or of many, move in, move out, reset (SITE-12 to 16)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from core.entities.organisation import Role
from core.entities.person import RESIDENT, AccountType
from core.entities.site import APARTMENT, APARTMENT_SWITCHES
from core.usecases import generic
from core.usecases.apartments import edit_apartments, renew_qr_codes, reset_apartments
from core.usecases.bulk import BulkReport
from core.usecases.calling import Whom
from desktop.models.apartments import (
    TOUCHES,
    HomeLine,
    home_columns,
    home_filters,
    home_row_look,
    load_apartments,
)
from desktop.models.desk import Desk
from desktop.models.record_draft import draft_of
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, label_word, number_word
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, Verb, do_bulk
from desktop.views.call_sheet import call_somebody
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.people_acts import MoveIn, move_people_out
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule, row
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph

OURS = ("number", "floor")
"""The installer's fields; the others are also a manager's (SITE-16)."""
NAMES = (
    *("number", "floor", "name", "contact", "call_type", "call_mode", "valid_from", "valid_until"),
    *("delete_members", "member_limit", *APARTMENT_SWITCHES),
)
LINES = (
    ("number", "floor"),
    "name",
    "contact",
    "call_type",
    ("call_mode", "member_limit"),
    ("valid_from", "valid_until"),
    "delete_members",
    *APARTMENT_SWITCHES,
)


class ApartmentsPage(TablePage):
    """The apartments of the site and the settings of one."""

    key: ClassVar[str] = "apartments"
    icon: ClassVar[str] = "building"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        plan = RowsPlan(
            load=lambda: load_apartments(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.home.id,
            row_look=home_row_look,
            words=lambda x: " ".join(RESIDENT.name_of(p) for p in x.people),
        )
        columns = home_columns(lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=home_filters(self._all))
        self.build(self.rows, self.title)
        self._form: RecordForm | None = None
        self._bar: SaveBar | None = None
        self._home: HomeLine | None = None
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Apartments")

    def _all(self) -> Sequence[HomeLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        none = self._none
        acts = (
            PageAct(
                "move_out", self.tr("Move out…"), self._move_out, "log-out", "M", reason=self._not_one_lived
            ),
            PageAct("move_in", self.tr("Move in…"), self._move_in, "plus", "N", "primary", self._not_one),
            PageAct(
                "switches",
                self.tr("Switches…"),
                self._switches,
                "sliders-horizontal",
                "S",
                reason=none,
                button=False,
            ),
            PageAct("call", self.tr("Call…"), self._call, "phone", "C", reason=self._not_one, button=False),
            PageAct("qr", self.tr("Renew QR codes…"), self._renew, "qr-code", reason=none, button=False),
            PageAct("reset", self.tr("Reset…"), self._reset, "rotate-ccw", reason=none, button=False),
            PageAct("save", self.tr("Save"), self._save, "save", "Ctrl+S", button=False),
        )
        for act in acts:
            self.add_act(act)
        for act in acts[:2]:
            self.head.add_act(self.act_button(act))
        self.pane.set_empty(
            EmptyState(
                self.tr("No apartment yet"),
                self.tr("The installer makes buildings and apartments on the page Sites, or imports them."),
                icon="building",
            )
        )

    # -- why not

    def _none(self) -> str:
        return "" if self.pane.chosen() else self.tr("Tick apartments first, or put the cursor on one.")

    def _not_one(self) -> str:
        return "" if len(self.pane.chosen()) == 1 else self.tr("Put the cursor on one apartment first.")

    def _not_one_lived(self) -> str:
        rows: list[HomeLine] = self.pane.chosen()
        if len(rows) != 1:
            return self._not_one()
        return "" if rows[0].people else self.tr("Nobody lives in {0}.").format(rows[0].name)

    # -- acts

    def _move_in(self) -> None:
        self.desk.go("residents", MoveIn(self.pane.chosen()[0].home.id))

    def _move_out(self) -> None:
        home = self.pane.chosen()[0].home
        work = move_people_out(self, self.desk, (), apartment_id=home.id)
        run(self, work, failed=self.fail(self.tr("Not moved out")))

    def _call(self) -> None:
        line: HomeLine = self.pane.chosen()[0]
        title = self.tr("Call {0}").format(line.name)
        work = call_somebody(self.desk, self, title, Whom(apartment_id=line.home.id))
        run(self, work, failed=self.fail(self.tr("Not called")))

    def _switches(self) -> None:
        beside = self.pane.batch_bar if self.pane.table.tick_count() else self.pane.bar
        entries = []
        for name in APARTMENT_SWITCHES:
            label = label_word(APARTMENT.by_name[name].label)
            inner = (
                Entry(self.tr("on"), partial(self.switch, name, on=True)),
                Entry(self.tr("off"), partial(self.switch, name, on=False)),
            )
            entries.append(Entry(label, inner=inner))
        popup(beside, entries)

    def switch(self, name: str, *, on: bool) -> None:
        """Turn a permission of the chosen apartments on or off, after a dry run (SITE-13)."""
        ids, site = self._ids(), self.desk.sites.site_id

        async def verb(*, check: bool) -> BulkReport:
            return await edit_apartments(
                self.desk.ctx, site_id=site, changes={name: on}, ids=ids, check=check
            )

        words = self.tr("on") if on else self.tr("off")
        self._bulk(f"{label_word(APARTMENT.by_name[name].label)}: {words}", self.tr("Change {0}"), verb)

    def _renew(self) -> None:
        ids, site = self._ids(), self.desk.sites.site_id

        async def verb(*, check: bool) -> BulkReport:
            return await renew_qr_codes(self.desk.ctx, site_id=site, ids=ids, check=check)

        note = self.tr("The registration codes of before are void at once.")
        self._bulk(self.tr("Renew registration QR codes"), self.tr("Renew {0}"), verb, note)

    def _reset(self) -> None:
        ids, site = self._ids(), self.desk.sites.site_id

        async def verb(*, check: bool) -> BulkReport:
            return await reset_apartments(self.desk.ctx, site_id=site, ids=ids, check=check)

        note = self.tr(
            "Members, codes, e-mails, numbers and private hours go. Masters stay with their state and settings."
        )
        self._bulk(self.tr("Reset apartments"), self.tr("Reset {0}"), verb, note, danger=True)

    def _ids(self) -> list[str]:
        return [x.home.id for x in self.pane.chosen()]

    def _bulk(self, title: str, primary: str, verb: Verb, note: str = "", *, danger: bool = False) -> None:
        act = BulkAct(title, primary, verb, note, danger)
        run(self, do_bulk(self, self.desk, act), failed=self.fail(self.tr("Not done")))

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        acts = [
            Act("switches", self.tr("Switches…"), icon="sliders-horizontal"),
            Act("qr", self.tr("Renew QR codes…"), icon="qr-code"),
            Act("reset", self.tr("Reset…"), "danger", "rotate-ccw"),
        ]
        return acts, counted(sum(len(x.people) for x in rows), "{0} person", "{0} people")

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- one apartment

    def fill_panel(self, row: HomeLine) -> None:
        if self._form is not None and self._home is not None and self._home.home.id == row.home.id:
            self._form.draft.rebase({n: getattr(row.home, n) for n in NAMES})
            self._home = row
            return
        self._home = row
        panel = self.panel
        panel.clear_body()
        panel.set_title(row.name)
        panel.set_lines((row.master or self.tr("nobody lives here"), "help", "t2"))
        self._add_people(row)
        panel.body.addWidget(Rule())
        key = f"apartment:{row.home.id}"
        draft = self.desk.draft(key, draft_of(APARTMENT, row.home, NAMES))
        actor = self.desk.ctx.actor
        if actor is not None and actor.role is Role.MANAGER:
            draft.lock(OURS)
        self._form = RecordForm(draft, LINES, zone=self.desk.sites.zone)
        panel.body.addWidget(self._form)
        self._bar = SaveBar(
            panel.foot,
            self._form,
            lambda: generic.put_row(self.desk.ctx, APARTMENT, draft.changes(), row_id=row.home.id),
            done=lambda _saved: self._saved(key),
            verb=self.tr("Save"),
            revert=lambda: self.desk.drafts.pop(key, None),
        )
        panel.show_foot()

    def _add_people(self, line: HomeLine) -> None:
        self.panel.body.addWidget(Section(self.tr("People"), end=number_word(len(line.people))))
        for person in line.people:
            one = row(gap=8)
            link = LinkButton(RESIDENT.name_of(person))
            link.clicked.connect(partial(self.desk.go, "residents", person.id))
            one.addWidget(link)
            one.addStretch(1)
            master = person.account_type is AccountType.MASTER
            one.addWidget(Label(self.tr("master") if master else self.tr("member"), "help", "t3"))
            self.panel.body.addLayout(one)
        call = LinkButton(self.tr("Call…"))
        call.clicked.connect(lambda: self.do("call"))
        self.panel.body.addWidget(call)
        if not line.people:
            self.panel.body.addWidget(Paragraph(self.tr("'Move in' adds the first one."), "help", "t3"))

    def _save(self) -> None:
        if self._bar is not None:
            self._bar.save_now()

    def _saved(self, key: str) -> None:
        self.desk.drafts.pop(key, None)
        self.desk.notice(
            "waiting", self.tr("Saved on this laptop"), self.tr("It is sent with the next sync.")
        )
        self._form = None
        self.rows.reload()

    def close_panel(self) -> None:
        self._form = self._bar = self._home = None
        super().close_panel()

    def same_row(self, row: HomeLine) -> HomeLine | None:
        return next((x for x in self._all() if x.home.id == row.home.id), None)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if isinstance(target, str) and self.pane.show_key(target):
            self.open_panel(self.pane.current())

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        lines = self._all()
        empty = sum(1 for x in lines if not x.people)
        words = self.tr("{0}, {1} empty").format(number_word(len(lines)), number_word(empty))
        self.head.set_note(words if lines else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("N", self.tr("move in")),
            ("M", self.tr("move out")),
            ("C", self.tr("call")),
            ("S", self.tr("switches")),
            ("Enter", self.tr("edit")),
        ]
