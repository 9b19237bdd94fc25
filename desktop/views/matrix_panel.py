"""One cell of the matrix: may this person open this door, is it there, what was said; and what a push would do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal

from core.base.verdict import Verdict
from core.entities.device import Device
from core.usecases.matrix import Cell
from desktop.models.desk import Desk
from desktop.models.matrix import MatrixData, MatrixRow
from desktop.models.words import number_word, time_word
from desktop.views.who_opens import ExplainBox
from desktop.views.widgets.base import Rule, row
from desktop.views.widgets.boxes import RefusalBox, Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label, Picture, VerdictLabel
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel

NEEDS_YOU = frozenset({Verdict.REFUSED, Verdict.AMBIGUOUS})


class MatrixPanel(SidePanel):
    """Signals: `push_asked()` this door, `all_asked()` all gaps, `person_asked()`. It stays open."""

    push_asked = Signal()
    all_asked = Signal()
    person_asked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: object = None
        one = Button(self.tr("Push this door"))
        one.clicked.connect(self.push_asked)
        self.all = Button(self.tr("Push the gaps"), "primary")
        self.all.clicked.connect(self.all_asked)
        self.foot.add_act(one)
        self.foot.add_act(self.all)
        self.show_foot()
        self.set_title(self.tr("No cell yet"))
        self.body.addWidget(
            Paragraph(self.tr("The arrows move over the cells; G goes to the next gap."), "help", "t3")
        )

    def show_cell(self, person: MatrixRow, door: Device, cell: Cell | None, data: MatrixData) -> None:
        """Show a cell; the same one again is left as it is."""
        if (person, door, cell, data) == self._shown:
            return
        self._shown = (person, door, cell, data)
        self.clear_body()
        self.set_title(self.tr("{0} at {1}").format(person.name, door.name))
        self.set_lines((" · ".join(p for p in (person.lead, door.model, door.address) if p), "help", "t2"))
        if cell is not None:
            self.body.addWidget(VerdictLabel(cell.verdict.value, chip=True))
            if cell.said and cell.verdict is not Verdict.PROVED:
                self.body.addWidget(
                    RefusalBox(cell.said, lead=self._said_at(cell), verdict=cell.verdict.value)
                )
        if person.nobody:
            words = self.tr(
                "It is on this door and is nobody's here. It stays until you decide on the device's page."
            )
            self.body.addWidget(Paragraph(words, "help", "t2"))
        else:
            self._add_why(person, door, data)
        if cell is not None and not person.nobody:
            self._add_proof(cell)
        self._add_push(data)

    def _said_at(self, cell: Cell) -> str:
        at = time_word(cell.at, self._desk.ctx.clock.now(), self._desk.sites.zone)
        if cell.verdict is not Verdict.REFUSED:
            return self.tr("Last word, {0}:").format(at) if at else self.tr("Last word:")
        return self.tr("The device said, {0}:").format(at) if at else self.tr("The device said:")

    def _add_why(self, person: MatrixRow, door: Device, data: MatrixData) -> None:
        self.body.addWidget(Section(self.tr("May they open it?")))
        relay = data.relays.get((person.key, door.id), "")
        if relay:
            self.body.addWidget(ExplainBox(self._desk, person.key, relay))
            return
        words = self.tr("No access group of {0} opens a relay of this door.").format(person.name)
        self.body.addWidget(Paragraph(words, "help", "t2"))

    def _add_proof(self, cell: Cell) -> None:
        now, zone = self._desk.ctx.clock.now(), self._desk.sites.zone
        pairs = [
            Pair(self.tr("Meant"), cell.meant[:12] or "—", mono=True),
            Pair(self.tr("Read"), time_word(cell.at, now, zone) or self.tr("never")),
            Pair(self.tr("By"), cell.by or "—"),
        ]
        self.body.addWidget(Rule())
        self.body.addWidget(Section(self.tr("Proof")))
        self.body.addWidget(KeyValues(pairs, label_width=52))

    def _add_push(self, data: MatrixData) -> None:
        gaps = data.gaps()
        if not gaps:
            return
        people, doors = {r for r, _, _ in gaps}, {d for _, d, _ in gaps}
        wait = [g for g in gaps if g[1] in data.away]
        needs = [g for g in gaps if g not in wait and g[2].verdict in NEEDS_YOU]
        title = self.tr("Push the gaps: {0} people, {1} doors")
        self.body.addWidget(Rule())
        self.body.addWidget(Section(title.format(number_word(len(people)), number_word(len(doors)))))
        for verdict, words, found in (
            ("differs", self.tr("will be sent now"), [g for g in gaps if g not in wait and g not in needs]),
            ("unreachable", self.tr("wait for a door"), wait),
            ("refused", self.tr("need you first"), needs),
        ):
            self._add_count(verdict, words, found)
        words = self.tr("Sends only what differs. Never empties a door. Foreign cards stay until you decide.")
        self.body.addWidget(Paragraph(words, "help", "t3"))

    def _add_count(self, verdict: str, words: str, found: Sequence[object]) -> None:
        if not found:
            return
        line = row(gap=8)
        line.addWidget(Picture("mark", verdict, size=13))
        line.addWidget(Label(words, "help", "t1"), 1)
        line.addWidget(Label(number_word(len(found)), "help-strong", "t1"))
        self.body.addLayout(line)
