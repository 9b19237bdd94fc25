"""The bar over the sheet: how many rows are fine, fixed, faulty, doubles; all rows or those near faults."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.models.import_flow import ImportFlow
from desktop.models.words import number_word
from desktop.views.widgets.base import Panel, clear, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.toggles import Choice, Segmented


class ImportTools(Panel):
    """`which` switches the rows, `next` goes to the next fault; `show_flow` counts again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("foot", parent)
        choices = [Choice("all", self.tr("All")), Choice("faults", self.tr("Near faults"))]
        self.which = Segmented(choices, name=self.tr("Rows"))
        self.next = Button(self.tr("Next fault"), keys="F8", size="small")
        self._counts = row(gap=14)
        bar = row(gap=10, margins=(16, 7, 16, 7))
        bar.addLayout(self._counts)
        bar.addStretch(1)
        bar.addWidget(self.which)
        bar.addWidget(self.next)
        self.setLayout(bar)

    def show_flow(self, flow: ImportFlow) -> None:
        """Count what the file has now."""
        clear(self._counts)
        plan = flow.plan
        if plan is None:
            return
        good = len(plan.sheet.rows) - plan.faulty
        for icon, tone, count, words in (
            ("check", "proved.solid", good, self.tr("{0} ok")),
            ("pencil", "ambiguous.solid", flow.fixed_count, self.tr("{0} fixed here")),
            ("x", "refused.solid", len(plan.faults), self.tr("{0} faults left")),
            ("copy", "accepted.solid", flow.open_doubles(), self.tr("{0} possible doubles")),
        ):
            if count or icon == "check":
                line = row(gap=5)
                line.addWidget(Picture("icon", icon, tone=tone, size=14))
                line.addWidget(Label(words.format(number_word(count)), "help", tone.split(".")[0]))
                self._counts.addLayout(line)
        self.next.set_reason("" if plan.faults else self.tr("There is no fault left."))
