"""Beside the sheet: the rule that a cell breaks and the ways out, possible doubles, faults left, fixes made."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout

from core.usecases.imports import CODE_PAGES, CellFault, Decision, ImportRow
from desktop.models.import_flow import ImportFlow
from desktop.models.words import number_word
from desktop.qt.language import spoken
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import EdgeBox, Section
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel

MOST = 40


class ImportPanel(SidePanel):
    """Signals: `fixed(int, str, str)` row, field, text; `decided(int, str)`; `wanted(int, str)`; `asked(str)`;
    `read_as(str)` a code page.
    """

    fixed = Signal(int, str, str)
    decided = Signal(int, str)
    wanted = Signal(int, str)
    asked = Signal(str)
    read_as = Signal(str)

    def __init__(self, flow: ImportFlow) -> None:
        super().__init__()
        self._flow = flow
        self._fault: CellFault | None = None
        self._row = 0
        self.set_title(self.tr("Check and fix"))
        self._cell = column(gap=8)
        self._lists = column(gap=6)
        self.body.addLayout(self._cell)
        self.body.addLayout(self._lists)
        self.closed.connect(lambda: self.asked.emit("close"))

    # -- the cell

    def show_cell(self, fault: CellFault | None, number: int) -> None:
        """Show what is wrong with a cell, and whether its row may be a double."""
        self._fault, self._row = fault, number
        clear(self._cell)
        if fault is not None:
            self._cell.addWidget(self._fault_box(fault))
        row_of = self._import_row(number)
        if row_of is not None and row_of.double is not None:
            self._add_double(row_of)

    def _import_row(self, number: int) -> ImportRow | None:
        plan = self._flow.plan
        return next((r for r in plan.doubles if r.number == number), None) if plan is not None else None

    def _fault_box(self, fault: CellFault) -> EdgeBox:
        box = EdgeBox("refused")
        head = row(gap=8)
        where = (
            self.tr("Row {0}, {1}").format(fault.row, fault.label)
            if fault.label
            else self.tr("Row {0}").format(fault.row)
        )
        head.addWidget(Label(where, "head"))
        head.addStretch(1)
        head.addWidget(Label(fault.cell, "log", "t3"))
        box.body.addLayout(head)
        box.body.addWidget(Paragraph(spoken(fault.reason), "help", "t1"))
        if fault.suggestion:
            first = row(gap=8, margins=(0, 4, 0, 0))
            take = Button(
                self.tr("Use {0}").format(fault.suggestion), "primary", keys="Alt Enter", size="small"
            )
            take.clicked.connect(partial(self.fixed.emit, fault.row, fault.field, fault.suggestion))
            first.addWidget(take)
            first.addStretch(1)
            box.body.addLayout(first)
        acts = row(gap=8, margins=(0, 4, 0, 0))
        if fault.field:
            empty = Button(self.tr("Leave empty"), size="small")
            empty.clicked.connect(partial(self.fixed.emit, fault.row, fault.field, ""))
            acts.addWidget(empty)
        skip = Button(self.tr("Leave the row out"), "quiet", size="small")
        skip.clicked.connect(partial(self.decided.emit, fault.row, Decision.SKIP.value))
        acts.addWidget(skip)
        acts.addStretch(1)
        box.body.addLayout(acts)
        return box

    def _add_double(self, found: ImportRow) -> None:
        double = found.double
        if double is None:
            return
        said = f" · {found.decision.value}" if found.decision else ""
        self._cell.addWidget(Section(self.tr("Same person?"), end=f"{double.by}{said}"))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme().px(12))
        grid.setVerticalSpacing(theme().px(3))
        for place, words in enumerate((self.tr("Here already"), self.tr("In the file"))):
            grid.addWidget(Label(words, "caption", "t3"), 0, place + 1)
        for number, (label, here, there) in enumerate(double.lines, 1):
            grid.addWidget(Label(label, "help", "t3"), number, 0)
            other = here != there
            grid.addWidget(Label(here or "—", "help", "t1", elide=True), number, 1)
            grid.addWidget(Label(there or "—", "help", "accepted" if other else "t1", elide=True), number, 2)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self._cell.addLayout(grid)
        line = row(gap=8)
        for decision, words, kind in (
            (Decision.ONE, self.tr("One person"), "primary"),
            (Decision.TWO, self.tr("Two people"), "plain"),
            (Decision.SKIP, self.tr("Leave out"), "quiet"),
        ):
            button = Button(words, kind if found.decision is None else "plain", size="small")
            button.set_reason(self.tr("This is what was said.") if found.decision is decision else "")
            button.clicked.connect(partial(self.decided.emit, found.number, decision.value))
            line.addWidget(button)
        line.addStretch(1)
        self._cell.addLayout(line)

    # -- the lists

    def show_plan(self) -> None:
        """Faults left, doubles not decided, fixes made, heads that nobody knows."""
        clear(self._lists)
        plan = self._flow.plan
        if plan is None:
            return
        matched = sum(1 for c in plan.columns if c.place is not None)
        total = len(plan.columns)
        self.set_lines((self.tr("{0} of {1} columns matched").format(matched, total), "help", "t2"))
        self._add_faults()
        self._add_doubles()
        self._add_fixes()
        if plan.extra:
            words = self.tr("Left out, since nobody knows these columns: {0}.").format(
                ", ".join(plan.extra[:8])
            )
            self._lists.addWidget(Paragraph(words, "help", "t3"))
        for note in map(spoken, plan.notes[:6]):
            self._lists.addWidget(Paragraph(note, "help", "ambiguous"))
        self._add_pages(plan.table.pages)

    def _add_pages(self, pages: tuple[str, ...]) -> None:
        """A text whose bytes do not tell its code page: a person says it."""
        line = row(gap=8)
        for page in pages:
            button = Button(self.tr("Read as {0}").format(CODE_PAGES[page]), size="small")
            button.clicked.connect(partial(self.read_as.emit, page))
            line.addWidget(button)
        line.addStretch(1)
        self._lists.addLayout(line)

    def _add_faults(self) -> None:
        plan = self._flow.plan
        if plan is None or not plan.faults:
            return
        self._lists.addWidget(Rule())
        self._lists.addWidget(Section(self.tr("Faults left"), end=number_word(len(plan.faults))))
        for fault in plan.faults[:MOST]:
            line = row(gap=8)
            line.addWidget(Picture("icon", "x", tone="refused.solid", size=13))
            link = LinkButton(self.tr("row {0}").format(fault.row), role="log")
            link.clicked.connect(partial(self.wanted.emit, fault.row, fault.field))
            line.addWidget(link)
            line.addWidget(Label(fault.label, "help-strong", "t1"))
            line.addWidget(Label(spoken(fault.reason), "help", "t2", elide=True), 1)
            self._lists.addLayout(line)
        self._add_more(len(plan.faults))
        acts = row(gap=8)
        if any(f.suggestion for f in plan.faults):
            take = Button(self.tr("Take all suggestions"), size="small", keys="Ctrl G")
            take.clicked.connect(partial(self.asked.emit, "all"))
            acts.addWidget(take)
        skip = Button(self.tr("Leave all out"), "quiet", size="small")
        skip.clicked.connect(partial(self.asked.emit, "skip"))
        acts.addWidget(skip)
        acts.addStretch(1)
        self._lists.addLayout(acts)

    def _add_doubles(self) -> None:
        plan = self._flow.plan
        doubles = [r for r in plan.doubles if r.decision is None] if plan is not None else []
        if not doubles:
            return
        self._lists.addWidget(Rule())
        self._lists.addWidget(Section(self.tr("Possible doubles"), end=number_word(len(doubles))))
        for found in doubles[:MOST]:
            line = row(gap=8)
            line.addWidget(Picture("icon", "copy", tone="accepted.solid", size=13))
            link = LinkButton(self.tr("row {0}").format(found.number), role="log")
            link.clicked.connect(partial(self.wanted.emit, found.number, "last_name"))
            line.addWidget(link)
            title = found.double.title if found.double is not None else ""
            line.addWidget(Label(f"{found.title}: {title}", "help", "t2", elide=True), 1)
            self._lists.addLayout(line)
        self._add_more(len(doubles))

    def _add_fixes(self) -> None:
        plan = self._flow.plan
        if plan is None or not plan.fixes:
            return
        self._lists.addWidget(Rule())
        self._lists.addWidget(Section(self.tr("Fixed here"), end=number_word(len(plan.fixes))))
        for fix in reversed(plan.fixes[-MOST:]):
            line = row(gap=8)
            line.addWidget(Picture("icon", "pencil", tone="ambiguous.solid", size=13))
            link = LinkButton(self.tr("row {0}").format(fix.row), role="log")
            link.clicked.connect(partial(self.wanted.emit, fix.row, fix.field))
            line.addWidget(link)
            line.addWidget(Label(fix.was or "—", "log", "t3", elide=True), 1)
            line.addWidget(Picture("icon", "arrow-right", tone="t3", size=12))
            line.addWidget(Label(fix.now or "—", "log", "t1", elide=True), 1)
            self._lists.addLayout(line)
        back = Button(self.tr("Take the last one back"), "quiet", size="small", keys="Ctrl U")
        back.clicked.connect(partial(self.asked.emit, "back"))
        self._lists.addWidget(back)

    def _add_more(self, count: int) -> None:
        if count > MOST:
            self._lists.addWidget(
                Label(self.tr("and {0} more").format(number_word(count - MOST)), "help", "t3")
            )
