"""The page MAC library: every address, free or bound; adding one, pasting many, a file (picture 09)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QPlainTextEdit

from core.entities.device import MacEntry
from core.rules.compile import shown_mac
from core.usecases.bulk import BulkReport
from core.usecases.maclib import remove_macs
from desktop.models.desk import Desk
from desktop.models.mac_library import Intake, MacTable, is_mac, read_mac_file, split_macs, take_in
from desktop.models.picked import Picked
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import Act, RefusalBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair, Stat, StatRow
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.work_bar import WorkBar

_BOUND = "EXISTS (SELECT 1 FROM devices d WHERE d.mac = mac_entries.mac)"


class MacLibraryPage(TablePage):
    """The library as a table of any length."""

    key: ClassVar[str] = "macs"
    icon: ClassVar[str] = "barcode"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.macs = self.make_table(desk)
        self.build(self.macs, self.tr("MAC library"))
        self._stats = StatRow(self._stat_values(), card=False)
        self.work = WorkBar(desk)
        self.notice_place.addWidget(self.work)
        holder = row(gap=0, margins=(4, 0, 4, 0))
        holder.addWidget(self._stats)
        self.notice_place.addLayout(holder)
        self._adding = False
        self._text = QPlainTextEdit(self)
        self._text.hide()
        self._add_acts()
        self.macs.sort_by("mac")
        self.pane.table.set_sort(0)

    @property
    def title(self) -> str:
        return self.tr("MAC library")

    def make_table(self, desk: Desk) -> MacTable:
        """The library of the signed-in installer."""
        return MacTable(desk.ctx, desk.tasks, desk.feed)

    def _add_acts(self) -> None:
        file = self.add_act(PageAct("file", self.tr("Import file"), self._import, "upload", "Ctrl+I"))
        add = self.add_act(PageAct("add", self.tr("Add addresses"), self.open_intake, "plus", "N", "primary"))
        remove = PageAct(
            "remove", self.tr("Take out…"), self._remove, "trash-2", reason=self._none, button=False
        )
        self.add_act(remove)
        self.add_act(
            PageAct(
                "take",
                self.tr("Add what is in the field"),
                self._take_pasted,
                "plus",
                "Ctrl+Return",
                reason=self._not_adding,
                button=False,
            )
        )
        for act in (file, add):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("The library is empty"),
            self.tr(
                "A device can be adopted once its MAC is here. Your distributor hands them over, or you add them."
            ),
            [Act("file", self.tr("Import file")), Act("add", self.tr("Add addresses"), "primary", "plus")],
            devices=("door", "screen", "monitor"),
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _none(self) -> str:
        return "" if self.pane.is_chosen() else self.tr("Tick addresses first, or put the cursor on one.")

    def _stat_values(self) -> list[Stat]:
        total, bound = self.macs.total, self.macs.bound_here
        free = max(0, total - bound)

        def share(count: int) -> float:
            return count / total if total else 0.0

        def percent(count: int) -> str:
            return f"{share(count):.1%}" if total else ""

        return [
            Stat(self.tr("Free"), number_word(free), end=percent(free), bar=("acc", share(free))),
            Stat(
                self.tr("Bound to a place"),
                number_word(bound),
                end=percent(bound),
                bar=("proved", share(bound)),
            ),
            Stat(self.tr("In all"), number_word(total), bar=("t3", 1.0 if total else 0.0)),
        ]

    def _counted(self) -> None:
        if self.macs.counting:
            super()._counted()
            return
        self._stats.set_stats(self._stat_values())
        self._stats.setVisible(bool(self.macs.total))
        self.head.set_note(counted(self.macs.total, "{0} address", "{0} addresses"))
        super()._counted()

    # -- adding

    def open_intake(self) -> None:
        """The panel that takes addresses as they are scanned, typed or pasted."""
        self._shown = None
        self._adding = True
        panel = self.panel
        panel.clear_body()
        panel.set_title(self.tr("Add addresses"))
        panel.set_lines((self.tr("Any notation: colons, hyphens, dots or nothing."), "help", "t2"))
        self._text = QPlainTextEdit()
        self._text.setFont(theme().font("mono"))
        self._text.setPlaceholderText("0C:11:05:2A:7F:31\n0c11.052a.7f32\n0C-11-05-2A-7F-33")
        self._text.setMinimumHeight(theme().px(180))
        self._text.setTabChangesFocus(True)
        self._model = LineEdit(placeholder="R29")
        self._counts = row(gap=10)
        self._result = column(gap=6)
        panel.body.addWidget(
            FormField(
                self.tr("Addresses"), self._text, hint=self.tr("one per line; paste or scan"), required=True
            )
        )
        panel.body.addLayout(self._counts)
        panel.body.addWidget(FormField(self.tr("Model"), self._model, hint=self.tr("may stay empty")))
        panel.body.addLayout(self._result)
        self._text.textChanged.connect(self._count)
        panel.foot.clear_acts()
        self._take = Button(self.tr("Add"), "primary", keys="Ctrl Enter")
        self._take.clicked.connect(self._take_pasted)
        panel.foot.add_act(self._take)
        panel.show_foot()
        if not panel.isVisibleTo(self):
            panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()
        self._text.setFocus()
        self._count()

    def _not_adding(self) -> str:
        return "" if self._adding else self.tr("Open 'Add addresses' first.")

    def _take_pasted(self) -> None:
        texts = split_macs(self._text.toPlainText())
        if texts:
            self._take_texts(texts)

    def _count(self) -> None:
        """How many of the lines are addresses, as they come in."""
        lines = split_macs(self._text.toPlainText())
        good = sum(1 for line in lines if is_mac(line))
        clear(self._counts)
        for icon, tone, words in (
            ("check", "proved.solid", self.tr("{0} good").format(number_word(good))),
            (
                "x",
                "refused.solid",
                self.tr("{0} bad").format(number_word(len(lines) - good)) if good < len(lines) else "",
            ),
        ):
            if words:
                self._counts.addWidget(Picture("icon", icon, tone=tone, size=14))
                self._counts.addWidget(Label(words, "help", "t2"))
        self._counts.addStretch(1)
        self._take.setText(self.tr("Add {0}").format(number_word(good)) if good else self.tr("Add"))
        self._take.set_reason("" if lines else self.tr("Type, scan or paste an address first."))

    def _take_texts(self, texts: Sequence[str]) -> None:
        work = take_in(self.desk.ctx, texts, model=self._model.text().strip(), told=self.work.tell)
        failed = self.fail(self.tr("Not added"))
        self.work.work(self.tr("Adding addresses"), work, done=self._taken, trigger=self._take, failed=failed)

    def _taken(self, intake: Intake) -> None:
        self.desk.notice("waiting", self.tr("MAC library"), intake.words())
        if not self._adding:
            return
        bad = [x for x in intake.lines if x.outcome == "refused"]
        self._text.setPlainText("\n".join(x.text for x in bad))
        clear(self._result)
        self._result.addWidget(Paragraph(intake.words(), "help", "t1"))
        for line in bad[:6]:
            self._result.addWidget(RefusalBox(line.text, line.reason, lead=self.tr("Not an address:")))

    def _import(self) -> None:
        run(self, self._import_file(), failed=self.fail(self.tr("Nothing was imported")))

    async def _import_file(self) -> None:
        kinds = [self.tr("Lists (*.txt *.csv *.xlsx *.xls *.ods)"), self.tr("All files (*)")]
        path = await dialogs.choose_file(self.window(), self.tr("Import addresses"), kinds)
        if path is not None:
            failed = self.fail(self.tr("Nothing was imported"))
            self.work.work(self.tr("Importing {0}").format(path.name), self.import_path(path), failed=failed)

    async def import_path(self, path: Path) -> Intake:
        """Take in the addresses of a file."""
        intake = await take_in(self.desk.ctx, await read_mac_file(path), told=self.work.tell)
        self._taken(intake)
        return intake

    # -- one row

    def fill_panel(self, row: MacEntry) -> None:
        self._adding = False
        bound = self.macs.bound.get(row.mac)
        panel = self.panel
        panel.clear_body()
        panel.set_title(shown_mac(row.mac))
        panel.set_lines((self.tr("bound") if bound else self.tr("free"), "help", "proved" if bound else "t2"))
        pairs = [
            Pair(self.tr("Model"), row.model or "—"),
            Pair(self.tr("Place"), bound.words if bound else "—"),
            Pair(self.tr("Note"), row.note or "—"),
            Pair(self.tr("Version"), str(row.ver) if row.ver else self.tr("not confirmed by the cloud yet")),
        ]
        panel.body.addWidget(KeyValues(pairs, label_width=70))
        panel.foot.clear_acts()
        if bound:
            button = Button(self.tr("Open the device"), "primary")
            button.clicked.connect(lambda: self.desk.go("devices", bound.device_id))
        else:
            button = Button(self.tr("Take out…"), "danger")
            button.clicked.connect(lambda: self._remove_these([row.id], shown_mac(row.mac)))
        panel.foot.add_act(button)
        panel.show_foot()

    def close_panel(self) -> None:
        self._adding = False
        super().close_panel()

    # -- taking out

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        bound = [x for x in rows if x.mac in self.macs.bound]
        reason = (
            self.tr("{0} of them are bound to a place. Remove those devices first.").format(len(bound))
            if bound
            else ""
        )
        common = self.tr("{0} free").format(number_word(len(rows) - len(bound)))
        return [Act("remove", self.tr("Take out…"), "danger", "trash-2", reason=reason)], common

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    def _picked(self) -> Picked:
        return self.macs.pick(self.pane.ranges())

    def _remove(self) -> None:
        run(self, self._ask_remove(self._picked()), failed=self.fail(self.tr("Not taken out")))

    async def _ask_remove(self, picked: Picked) -> None:
        ids, first = await picked.ids(), await picked.lines(1)
        self._remove_these(ids, shown_mac(first[0].mac) if len(ids) == 1 else number_word(len(ids)))

    def _remove_these(self, ids: Sequence[str], name: str) -> None:
        async def verb(*, check: bool) -> BulkReport:
            return await remove_macs(self.desk.ctx, ids, check=check)

        title = self.tr("Take {0} out of the library").format(name)
        note = self.tr("They can be added again; a device with one of them cannot be adopted meanwhile.")
        act = BulkAct(title, self.tr("Take out {0}"), verb, note, danger=True)
        run(self, do_bulk(self, self.desk, act), failed=self.fail(self.tr("Not taken out")))

    async def batch_common(self) -> str:
        picked = self._picked()
        bound = dict(await picked.tally(_BOUND)).get(1, 0)
        return self.tr("{0} free").format(number_word(len(picked) - bound))

    def status(self) -> list[StatusItem]:
        items = super().status()
        at = self.pane.table.current_row()
        if at >= 0:
            items.insert(0, StatusItem(self.tr("Row {0}").format(number_word(at + 1))))
        return items

    def hints(self) -> list[Hint]:
        return [
            ("N", self.tr("add")),
            ("Ctrl I", self.tr("import")),
            ("F", self.tr("filter")),
            ("PgDn", self.tr("next screen")),
        ]
