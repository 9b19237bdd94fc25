"""The page Visitors: temporary keys with their times and doors; made in a few keys, extended, shown again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from core.entities.access import Repeat
from core.usecases.bulk import BulkReport
from core.usecases.keys import extend_keys, remove_keys
from desktop.models.desk import Desk
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.visitors import (
    TOUCHES,
    KeyState,
    VisitorLine,
    load_visitors,
    visitor_columns,
    visitor_filters,
    visitor_row_look,
)
from desktop.models.words import counted, number_word
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.pass_sheet import PassSheet
from desktop.views.table_page import TablePage
from desktop.views.visitor_panel import VisitorPanel
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState


class VisitorsPage(TablePage):
    """The keys of the site, and one of them beside the list."""

    key: ClassVar[str] = "visitors"
    icon: ClassVar[str] = "ticket"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        plan = RowsPlan(
            load=lambda: load_visitors(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.key_id,
            row_look=visitor_row_look,
            words=lambda x: f"{x.host} {x.visitor.email} {x.visitor.number}",
        )
        self.rows = RowsTable(
            visitor_columns(), plan, desk.tasks, desk.feed, filters=visitor_filters(self._all)
        )
        self.build(self.rows, self.tr("Visitors"))
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Visitors")

    def _all(self) -> Sequence[VisitorLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        new = PageAct("new", self.tr("Visitor pass"), self.new_pass, "ticket", "N", "primary", self._no_site)
        extend = PageAct(
            "extend",
            self.tr("Extend…"),
            self._open_extend,
            "calendar",
            "E",
            reason=self._cannot_extend,
            button=False,
        )
        remove = PageAct(
            "remove", self.tr("Delete…"), self._remove, "trash-2", "Del", reason=self._none, button=False
        )
        for act in (new, extend, remove):
            self.add_act(act)
        self.head.add_act(self.act_button(new))
        empty = EmptyState(
            self.tr("No visitor has a key"),
            self.tr("A pass opens chosen doors in its time, by eight digits or by its QR code."),
            [Act("new", self.tr("Visitor pass"), "primary", "ticket")],
            icon="ticket",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    # -- why not

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _none(self) -> str:
        return "" if self.pane.chosen() else self.tr("Tick keys first, or put the cursor on one.")

    def _cannot_extend(self) -> str:
        rows: list[VisitorLine] = self.pane.chosen()
        if not rows:
            return self._none()
        if all(x.group.repeat is not Repeat.NEVER for x in rows):
            return self.tr("A key that repeats has no end to extend.")
        if all(x.state is KeyState.OVER for x in rows):
            return self.tr("It has expired already. Make a new pass.")
        return ""

    # -- acts

    def new_pass(self) -> None:
        """Open the pass over the page."""
        PassSheet(self.desk, self.window()).open()

    def _open_extend(self) -> None:
        beside = self.pane.batch_bar if self.pane.table.tick_count() else self.pane.bar
        popup(beside, self.extend_entries(self.pane.chosen()))

    def extend_entries(self, rows: Sequence[VisitorLine]) -> list[Entry]:
        """By how much keys can be extended."""
        spans = ((1, self.tr("By a day")), (7, self.tr("By a week")), (30, self.tr("By 30 days")))
        return [Entry(words, partial(self.extend, rows, days), icon="calendar") for days, words in spans]

    def extend(self, rows: Sequence[VisitorLine], days: int) -> None:
        """Extend keys after a dry run."""
        ids = [x.key_id for x in rows]

        async def verb(*, check: bool) -> BulkReport:
            return await extend_keys(self.desk.ctx, ids, by=timedelta(days=days), check=check)

        title = self.tr("Extend {0} by {1} days") if days > 1 else self.tr("Extend {0} by a day")
        name = rows[0].name if len(rows) == 1 else counted(len(rows), "{0} key", "{0} keys")
        act = BulkAct(title.format(name, days), self.tr("Extend {0}"), verb)
        run(self, do_bulk(self, self.desk, act), failed=self.fail(self.tr("Not extended")))

    def _remove(self) -> None:
        rows: list[VisitorLine] = self.pane.chosen()
        ids = [x.key_id for x in rows]

        async def verb(*, check: bool) -> BulkReport:
            return await remove_keys(self.desk.ctx, ids, check=check)

        name = rows[0].name if len(rows) == 1 else counted(len(rows), "{0} key", "{0} keys")
        note = self.tr("The doors hold a key until the next push.")
        act = BulkAct(self.tr("Delete {0}").format(name), self.tr("Delete {0}"), verb, note, danger=True)
        run(self, do_bulk(self, self.desk, act), failed=self.fail(self.tr("Not deleted")))

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        now = sum(1 for x in rows if x.state is KeyState.NOW)
        acts = [
            Act("extend", self.tr("Extend…"), icon="calendar", reason=self._cannot_extend()),
            Act("remove", self.tr("Delete…"), "danger", "trash-2"),
        ]
        return acts, self.tr("{0} valid now").format(number_word(now))

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- the panel

    def fill_panel(self, row: VisitorLine) -> None:
        VisitorPanel(self.panel, self.desk, row).acted.connect(self._panel_act)

    def _panel_act(self, key: str, beside: Any) -> None:
        row = self.shown_row
        if row is None:
            return
        if key == "extend":
            popup(beside, self.extend_entries([row]))
        elif key == "remove":
            self.pane.show_key(row.key_id)
            self._remove()

    def same_row(self, row: VisitorLine) -> VisitorLine | None:
        return next((x for x in self.rows.all_rows() if x.key_id == row.key_id), None)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if target == "new":
            self.new_pass()
        elif isinstance(target, str) and self.pane.show_key(target):
            self.open_panel(self.pane.current())

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        now = sum(1 for x in self.rows.all_rows() if x.state is KeyState.NOW)
        total = len(self.rows.all_rows())
        self.head.set_note(self.tr("{0} valid now").format(number_word(now)) if total else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("N", self.tr("pass")),
            ("E", self.tr("extend")),
            ("Enter", self.tr("open")),
            ("F", self.tr("filter")),
        ]
