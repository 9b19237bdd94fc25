"""The page Import: the sheet as it is, red cells fixed in place, doubles decided, good rows applied (picture 07)."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget

from core.usecases.imports import Decision, ImportReceipt
from desktop.models.desk import Desk
from desktop.models.import_flow import ImportFlow
from desktop.models.import_sheet import ImportSheet, Spot
from desktop.models.words import counted, label_word, number_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.import_files import choose_import, write_rejects, write_template
from desktop.views.import_panel import ImportPanel
from desktop.views.import_start import ImportStart
from desktop.views.import_tools import ImportTools
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, Page, PageAct
from desktop.views.widgets.base import Panel, Rule, column, side_by_side
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.sheet import SheetView
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.work_bar import WorkBar

HEADED = ("open", "rejects", "apply")
"""Acts with a button in the head of the page."""


class ImportPage(Page):
    """One file at a time, from choosing its kind to the rejects."""

    key: ClassVar[str] = "import"
    icon: ClassVar[str] = "file-spreadsheet"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.flow = ImportFlow(desk.ctx)
        self.sheet = ImportSheet()
        self.view = SheetView(name=self.tr("The file"))
        self.view.setModel(self.sheet)
        self.head = PageHead(self.title)
        self.work = WorkBar(desk)
        self.start = ImportStart(self.flow.kinds())
        self.panel = ImportPanel(self.flow)
        self.tools = ImportTools()
        self._here: Spot | None = None
        self.setAcceptDrops(True)
        self._build()
        self._add_acts()
        self._connect()
        self._show()

    @property
    def title(self) -> str:
        return self.tr("Import")

    def _build(self) -> None:
        sheet = Panel("sheet")
        inner = column(gap=0)
        inner.addWidget(self.tools)
        inner.addWidget(self.view, 1)
        sheet.setLayout(inner)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start)
        self.stack.addWidget(sheet)
        left = Panel("sheet")
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addWidget(self.work)
        whole.addWidget(Rule())
        whole.addWidget(self.stack, 1)
        left.setLayout(whole)
        self.splitter = side_by_side(left, self.panel)
        outer = column(gap=0)
        outer.addWidget(self.splitter)
        self.setLayout(outer)

    def _add_acts(self) -> None:
        none, left = self._no_file, self._no_rejects
        back, flow = self._no_back, self.flow
        for key, text, work, icon, keys, why in (
            ("open", self.tr("Open a file…"), self._open_kinds, "folder-open", "Ctrl+O", lambda: ""),
            ("rejects", self.tr("Rows back as a file"), self._rejects, "download", "Ctrl+B", left),
            ("apply", self.tr("Apply"), self._apply, "check", "Ctrl+Return", flow.reason),
            ("back", self.tr("Take the last fix back"), flow.back, "undo-2", "Ctrl+U", back),
            ("all", self.tr("Take all suggestions"), self._take_all, "check", "Ctrl+G", none),
            ("skip", self.tr("Leave out all faulty rows"), self._skip_all, "minus", "", none),
            ("recheck", self.tr("Check again"), self._recheck, "refresh-cw", "F5", none),
            ("close", self.tr("Close the file"), flow.close_file, "x", "", none),
        ):
            kind = "primary" if key == "apply" else "plain"
            act = self.add_act(PageAct(key, text, work, icon, keys, kind, why, key in HEADED))
            if key in HEADED:
                self.head.add_act(self.act_button(act))

    def _connect(self) -> None:
        self.flow.changed.connect(self._show)
        self.sheet.edited.connect(self.fix)
        self.view.moved.connect(self._moved)
        self.view.acted.connect(self._sheet_act)
        self.tools.next.clicked.connect(lambda: self.go_to_fault(1))
        self.tools.which.changed.connect(lambda key: self._narrow(only=key == "faults"))
        self.start.chosen.connect(self._ask_file)
        self.start.template_asked.connect(self._save_template)
        self.panel.fixed.connect(self.fix)
        self.panel.decided.connect(self.decide)
        self.panel.wanted.connect(self.show_spot)
        self.panel.asked.connect(self.do)
        self.panel.read_as.connect(lambda page: self._change(self.flow.read_as(page)))

    # -- why not

    def _no_file(self) -> str:
        return "" if self.flow.plan is not None else self.tr("Open a file first.")

    def _no_back(self) -> str:
        return "" if self.flow.can_go_back else self.tr("Nothing was changed here.")

    def _no_rejects(self) -> str:
        plan = self.flow.plan
        if plan is None:
            return self._no_file()
        return "" if plan.faulty else self.tr("No row is left out.")

    # -- opening

    def _open_kinds(self) -> None:
        entries = [
            Entry(label_word(spoken(k.title)), partial(self._ask_file, k.name)) for k in self.flow.kinds()
        ]
        popup(self.button("open") or self.head, entries)

    def _ask_file(self, kind: str) -> None:
        def opened(path: Path | None) -> None:
            if path is not None:
                self.open_file(path, kind)

        run(self, choose_import(self, kind), done=opened)

    def open_file(self, path: Path, kind: str) -> None:
        """Read and check a file; the sheet shows it when that is done."""
        work = self.flow.open(path, kind, self.desk.sites.site_id)
        failed = self.fail(self.tr("{0} was not opened").format(path.name))
        self.work.work(
            self.tr("Checking {0}").format(path.name),
            work,
            done=lambda _none: self.go_to_fault(1),
            failed=failed,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if len(event.mimeData().urls()) == 1 and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = Path(event.mimeData().urls()[0].toLocalFile())
        entries = [
            Entry(label_word(spoken(k.title)), partial(self.open_file, path, k.name))
            for k in self.flow.kinds()
        ]
        popup(self.head, entries)

    def _save_template(self, kind: str) -> None:
        run(self, write_template(self, self.desk, kind), failed=self.fail(self.tr("No template")))

    # -- mending

    def _change(self, work: Coroutine[Any, Any, Any]) -> None:
        run(self, work, failed=self.fail(self.tr("Not changed")))

    def fix(self, number: int, field: str, text: str) -> None:
        """Put another text into a cell; the cursor goes on to the next fault when this one is gone."""
        self._change(self._fix_and_go(number, field, text))

    async def _fix_and_go(self, number: int, field: str, text: str) -> None:
        await self.flow.fix(number, field, text)
        if self.sheet.fault_at(Spot(number, field)) is None:
            self._here = Spot(number, field)
            self.go_to_fault(1)

    def decide(self, number: int, word: str) -> None:
        """Say of a row: one person, two people, or left out."""
        self._change(self.flow.decide(number, Decision(word) if word else None))

    def _take_all(self) -> None:
        self._change(self._take_suggestions())

    async def _take_suggestions(self) -> None:
        count = await self.flow.take_all_suggestions()
        words = counted(count, "{0} suggestion taken", "{0} suggestions taken")
        self.desk.notice(
            "accepted", words, self.tr("Each stands under 'Fixed here'; Ctrl U takes them back.")
        )

    def _skip_all(self) -> None:
        self._change(self.flow.skip_faulty())

    def _recheck(self) -> None:
        self._change(self.flow.recheck())

    def _sheet_act(self, key: str) -> None:
        fault = self.sheet.fault_at(self._here)
        if key in {"next", "before"}:
            self.go_to_fault(1 if key == "next" else -1)
        elif self._here is not None and key == "take" and fault is not None and fault.suggestion:
            self.fix(self._here.row, self._here.field, fault.suggestion)
        elif self._here is not None and key == "empty":
            self.fix(self._here.row, self._here.field, "")

    def go_to_fault(self, by: int) -> None:
        """Move to the next fault, or the one before."""
        fault = self.sheet.next_fault(self._here, by)
        if fault is not None:
            self.show_spot(fault.row, fault.field)

    def show_spot(self, number: int, field: str) -> None:
        """Put the cursor on a cell."""
        at, across = self.sheet.place_of(Spot(number, field))
        if at < 0 and self.sheet.only_faults:
            self.tools.which.set_current("all")
            at, across = self.sheet.place_of(Spot(number, field))
        if at >= 0:
            self.view.set_cursor(at, across)
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _moved(self, index: QModelIndex) -> None:
        self._here = self.sheet.spot_at(index)
        number = self._here.row if self._here else 0
        self.panel.show_cell(self.sheet.fault_at(self._here) or self.flow.fault_of(number), number)
        self.told.emit()

    def _narrow(self, *, only: bool) -> None:
        self.sheet.show_only_faults(only=only)
        if self._here is not None:
            at, across = self.sheet.place_of(self._here)
            self.view.set_cursor(max(0, at), across)

    # -- applying

    def _apply(self) -> None:
        plan = self.flow.plan
        if plan is None:
            return
        title = self.tr("Importing {0}").format(plan.file)
        failed = self.fail(self.tr("Not imported"))
        self.work.work(
            title,
            self.flow.apply(self.work.tell),
            done=self._applied,
            failed=failed,
            trigger=self.button("apply"),
        )

    def _applied(self, receipt: ImportReceipt) -> None:
        way = " " + self.tr("Ctrl Z takes it back.") if receipt.undo_id else ""
        self.desk.notice("waiting", self.tr("Imported on this laptop"), spoken(receipt.sentence) + way)

    def _rejects(self) -> None:
        work = write_rejects(self, self.desk, self.flow)
        run(self, work, failed=self.fail(self.tr("No file was written")))

    # -- showing

    def _show(self) -> None:
        plan = self.flow.plan
        spot = self._here
        self.sheet.show(plan)
        self.stack.setCurrentIndex(1 if plan is not None else 0)
        self.panel.setVisible(plan is not None)
        opens = self.button("open")
        if opens is not None:
            # Room for the name of the file: another one is opened by its key or from the palette.
            opens.setVisible(plan is None)
        if plan is None:
            self.head.set_title(self.title)
        else:
            rows = counted(len(plan.sheet.rows), "{0} row", "{0} rows")
            self.head.set_title(
                self.tr("Import: {0}").format(label_word(spoken(plan.title))), f"{plan.file} · {rows}"
            )
            self.view.resizeColumnsToContents()
        self.tools.show_flow(self.flow)
        apply = self.button("apply")
        if apply is not None:
            good = plan.applicable if plan is not None else 0
            apply.setText(
                self.tr("Apply {0} good rows").format(number_word(good)) if good else self.tr("Apply")
            )
        if spot is not None and plan is not None:
            at, across = self.sheet.place_of(spot)
            if at >= 0:
                self.view.set_cursor(at, across)
        self.panel.show_plan()
        self.refresh_acts()

    # -- life

    def enter(self, target: object = None) -> None:
        self.splitter.setSizes([max(1, self.width() - theme().px(340)), theme().px(340)])
        if isinstance(target, tuple) and len(target) == 2:
            self.open_file(Path(str(target[0])), str(target[1]))

    @property
    def is_settled(self) -> bool:
        return not self.work.busy

    def status(self) -> list[StatusItem]:
        plan = self.flow.plan
        if plan is None:
            return [StatusItem(self.tr("Nothing is written before 'Apply'. It works offline."))]
        items = [StatusItem(self.tr("Row {0}").format(self._here.row))] if self._here is not None else []
        words = self.tr("{0} new · {1} changed · {2} the same")
        items.append(StatusItem(words.format(*(number_word(n) for n in (plan.new, plan.changed, plan.same)))))
        if self.flow.receipt is not None:
            items.append(StatusItem(spoken(self.flow.receipt.sentence), mark="accepted"))
        return items

    def hints(self) -> list[Hint]:
        return [
            ("F8", self.tr("next fault")),
            ("F2", self.tr("edit")),
            ("Alt Enter", self.tr("take the fix")),
            ("Ctrl U", self.tr("back")),
        ]
