"""Plan and proof of one device: what it has, what it gets, the verdict and the device's own words (picture 02)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QSplitter, QWidget

from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.plan import Plan
from desktop.models.desk import Desk
from desktop.models.listing import FilterField
from desktop.models.plan_lines import (
    DevicePlan,
    PlanLine,
    load_plan,
    plan_columns,
    plan_detail,
    plan_heading,
    plan_row_look,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.standings import TOUCHES
from desktop.models.words import number_word, time_word, translate, verdict_word
from desktop.qt.theme import theme
from desktop.views.list_pane import ListPane
from desktop.views.widgets.base import Panel, Rule, clear, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import CountLine, EmptyState, Figure, StackBar
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph, Run
from desktop.views.widgets.side_panel import FootBar
from desktop.views.widgets.toggles import Choice, Segmented


def plan_filters() -> list[FilterField]:
    """What a plan can be narrowed by."""
    open_words: list[tuple[object, str]] = [("open", translate("left to do")), ("done", translate("proved"))]
    return [
        FilterField("left", translate("Show"), lambda: open_words, lambda x: "open" if x.open else "done"),
        FilterField("verdict", translate("Verdict"), _verdicts, lambda x: x.verdict.value),
    ]


def _verdicts() -> list[tuple[object, str]]:
    return [(v.value, verdict_word(v)) for v in Verdict]


class PlanTab(QWidget):
    """The items of one device, by kind; with `people`, only the people. Signals `read_asked()`, `push_asked()`."""

    read_asked = Signal()
    push_asked = Signal()

    def __init__(self, desk: Desk, device_id: str, *, people: bool) -> None:
        super().__init__()
        self.desk, self.device_id, self._people = desk, device_id, people
        self._observed: Plan | None = None
        self.device_plan: DevicePlan | None = None
        plan = RowsPlan(
            load=self._load,
            touches=TOUCHES,
            key=lambda x: x.key,
            group=None if people else (lambda x: x.kind.value),
            heading=None if people else plan_heading,
            detail=plan_detail,
            row_look=plan_row_look,
            words=lambda x: x.said,
        )
        self.rows = RowsTable(
            plan_columns(desk.ctx, desk.sites.zone), plan, desk.tasks, desk.feed, filters=plan_filters()
        )
        self.rows.set_live(live=False)
        name = self.tr("People on this device") if people else self.tr("Plan and proof")
        self.pane = ListPane(self.rows, name=name, ticks=False)
        self.pane.set_empty(
            EmptyState(self.tr("Nothing is wanted here"), self._empty_words(), icon="list-checks")
        )
        self.left = Segmented([Choice("all", self.tr("Everything")), Choice("left", self.tr("Left"))])
        self.left.changed.connect(self._narrow)
        self.pane.bar.add_lead(self.left)
        self.summary = ProofSummary(desk)
        self.foot = FootBar()
        self._reading = Button(self.tr("Read now"), keys="F5")
        self._push = Button(self.tr("Push"), "primary", keys="Ctrl Enter")
        self._reading.clicked.connect(self.read_asked)
        self._push.clicked.connect(self.push_asked)
        self.foot.add_act(self._reading)
        self.foot.add_act(self._push)
        self._build()
        self.pane.linked.connect(self._link)
        self.pane.pointed.connect(self._cursor)
        self.pane.opened.connect(self._toggle)
        self.rows.settled.connect(self._show)

    def _empty_words(self) -> str:
        if self._people:
            return self.tr("No access group with people opens a relay of this device.")
        return self.tr("The device has no settings, people or firmware of yours.")

    def _build(self) -> None:
        left = QWidget()
        inner = column(gap=0)
        inner.addWidget(self.pane, 1)
        inner.addWidget(self.foot)
        left.setLayout(inner)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.summary)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([theme().px(900), theme().px(288)])
        whole = column(gap=0)
        whole.addWidget(splitter)
        self.setLayout(whole)

    async def _load(self) -> list[PlanLine]:
        self.device_plan = await load_plan(self.desk.ctx, self.device_id, self._observed)
        lines = list(self.device_plan.lines)
        return [x for x in lines if x.kind is ItemKind.PERSON] if self._people else lines

    def set_observed(self, plan: Plan | None) -> None:
        """Show what the device was read to hold."""
        self._observed = plan
        self.set_reading(reading=False)
        self.rows.reload()

    def set_reading(self, *, reading: bool) -> None:
        """Say that the device is being read."""
        self._reading.set_reason(self.tr("The device is being read.") if reading else "")
        self._reading.setText(self.tr("Reading…") if reading else self.tr("Read now"))

    def set_live(self, *, live: bool) -> None:
        """Follow changes, or rest."""
        self.rows.set_live(live=live)

    @property
    def is_settled(self) -> bool:
        """Whether everything is fetched."""
        return self.rows.is_settled

    def shut(self) -> None:
        """Fetch nothing any more."""
        self.rows.close()

    def _narrow(self, key: str) -> None:
        self.rows.set_filter("left", "open" if key == "left" else None)

    def _link(self, line: PlanLine, key: str) -> None:
        del line
        (self.read_asked if key == "read" else self.push_asked).emit()

    def _toggle(self, line: PlanLine) -> None:
        self.rows.open_detail(line.key, opened=not self.rows.is_opened(line.key))

    def _cursor(self, line: PlanLine | None) -> None:
        """The explanation of the line under the cursor is shown, that of the one before goes."""
        wanted = line.key if line is not None and plan_detail(line) is not None else ""
        self.rows.open_only(wanted)

    def _show(self) -> None:
        plan = self.device_plan
        if plan is None:
            return
        lines = [x for x in plan.lines if not self._people or x.kind is ItemKind.PERSON]
        left = sum(1 for x in lines if x.open)
        self.left.set_choices(
            [
                Choice("all", self.tr("Everything"), number_word(len(lines))),
                Choice("left", self.tr("Left"), number_word(left)),
            ]
        )
        words = self.tr("{0} left.").format(number_word(left)) if left else self.tr("Everything is proved.")
        self.foot.set_text(f"{words} {self.tr('Only what differs is sent. Nobody loses access meanwhile.')}")
        self._push.setText(self.tr("Push {0}").format(left) if left else self.tr("Push again"))
        self.summary.show_plan(plan, self._observed)


class ProofSummary(Panel):
    """How the last proof stands, beside the list."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("panel")
        self._desk = desk
        self.setMinimumWidth(theme().px(260))
        self.setMaximumWidth(theme().px(320))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._figure = Figure("", "")
        self._bar = StackBar(height=8)
        self._counts = CountLine({}, columns=2)
        self._text = Paragraph("", "help", "t2")
        self._now = column(gap=4)
        whole = column(gap=10, margins=(16, 14, 16, 14))
        top = row(gap=8)
        top.addWidget(Label(self.tr("Last proof"), "section", "t2"))
        top.addStretch(1)
        whole.addLayout(top)
        whole.addWidget(self._figure)
        whole.addWidget(self._bar)
        whole.addWidget(self._counts)
        whole.addWidget(self._text)
        whole.addWidget(Rule())
        whole.addLayout(self._now)
        whole.addStretch(1)
        self.setLayout(whole)

    def show_plan(self, plan: DevicePlan, observed: Plan | None) -> None:
        """Show how it stands."""
        items = plan.status.items
        proved = sum(1 for i in items if i.verdict.value == "proved")
        self._figure.set_figure(
            self.tr("{0} of {1}").format(number_word(proved), number_word(len(items))), self.tr("equal")
        )
        counts = plan.status.counts()
        self._bar.set_parts({v.value: float(n) for v, n in counts.items()})
        self._counts.set_counts({v.value: f"{number_word(n)} {verdict_word(v)}" for v, n in counts.items()})
        self._text.set_text(self._when(plan))
        self._show_reading(observed)

    def _when(self, plan: DevicePlan) -> list[Run]:
        """When it was read, and when it was only tried; nothing is called read that was not."""
        now, zone = self._desk.ctx.clock.now(), self._desk.sites.zone
        read, tried = plan.last_read, plan.last_try
        words = self.tr("Not read back yet.")
        if read is not None:
            words = self.tr("Read back {0} by {1}.").format(time_word(read.at, now, zone), read.by)
        if tried is not None:
            words += " " + self.tr("Last tried {0} by {1}.").format(time_word(tried.at, now, zone), tried.by)
        return [Run(words)]

    def _show_reading(self, observed: Plan | None) -> None:
        clear(self._now)
        self._now.addWidget(Label(self.tr("On the device now"), "section", "t2"))
        if observed is None:
            words = self.tr("Read it to see what it holds beside what it gets. Reading sends nothing.")
            self._now.addWidget(Paragraph(words, "help", "t3"))
            return
        equal, changes = observed.equal, len(observed.changes)
        self._now.addWidget(
            Paragraph(self.tr("{0} equal, {1} to send.").format(equal, changes), "help", "t1")
        )
