"""A list of steps: marks on a thread, notes, times; the stuck one opens a box that says why and what can be done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt.motion import turn
from desktop.qt.painting import Artist, Row
from desktop.qt.roles import Step, Stuck
from desktop.qt.theme import theme
from desktop.views.widgets.base import clear, column, drawn, follow_theme, row, widgets_of
from desktop.views.widgets.boxes import EdgeBox, link_acts
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.words import mark_word

DONE = frozenset({"proved", "accepted"})
FOLD_BELOW = 820
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) s")


class StepRow(QWidget):
    """One step: mark on the thread, title, note, time at the end, and the box of a stuck one."""

    act = Signal(str)

    def __init__(self, step: Step, *, last: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step, self._last = step, last
        off = step.mark == "todo"
        self._title = Label(step.title, "head" if step.stuck else "strong", "t3" if off else "t1", elide=True)
        self._took = Label(step.took, "log", "t3")
        top = row(gap=8)
        top.addWidget(self._title, 1)
        top.addWidget(self._took)
        # A margin would stay at the left; a spacing in a row changes sides with the reading direction.
        across, whole = row(gap=0), column(gap=0, margins=(0, 0, 0, 7))
        across.addSpacing(theme().px(27))
        across.addLayout(whole, 1)
        whole.addLayout(top)
        if step.note:
            whole.addWidget(Paragraph(step.note, "help", "t3" if off else "t2"))
        if step.stuck is not None:
            whole.addSpacing(theme().px(7))
            whole.addWidget(self._box(step.stuck))
            whole.addSpacing(theme().px(5))
        self.setLayout(across)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(
            ", ".join(part for part in (step.title, mark_word(step.mark), step.note, step.took) if part)
        )
        follow_theme(self)
        turn(self, on=step.mark == "running")

    def _box(self, stuck: Stuck) -> EdgeBox:
        box = EdgeBox(stuck.verdict)
        pairs = [
            Pair(label, value, mono=label == stuck.words, tone=stuck.verdict if label == stuck.words else "")
            for label, value in stuck.rows
        ]
        box.body.addWidget(KeyValues(pairs, label_width=70))
        if stuck.acts:
            line = row(gap=6, margins=(0, 6, 0, 0))
            for item in link_acts(stuck.acts):
                button = item.button()
                button.clicked.connect(lambda _on=False, key=item.key: self.act.emit(key))
                line.addWidget(button)
            line.addStretch(1)
            box.body.addLayout(line)
        return box

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        column_rect = Row(self.rect(), rtl=art.rtl).lead(px(16))
        spot = QRect(column_rect.left(), px(1), px(16), px(16))
        art.mark(spot, self.step.mark, 14)
        if not self._last:
            middle = spot.left() + spot.width() // 2
            art.fill(
                QRect(middle, spot.bottom() + px(4), 1, max(0, self.height() - spot.height() - px(6))),
                "line2",
            )


class StepList(QWidget):
    """Steps one under the other. Signal `act(str)`: a way out of the stuck step was chosen.

    In a window lower than 820 the done steps before the last done one fold to a single line that sums their times;
    `set_folding(True or False)` decides it whatever the height, None lets the height decide.
    """

    act = Signal(str)

    def __init__(self, steps: Sequence[Step] = (), *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[Step, ...] = ()
        self._fold: bool | None = None
        self._folded = False
        self.setLayout(column(gap=0))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(self.tr("Steps"))
        self.set_steps(steps)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show these steps; rows that did not change keep their widgets."""
        self._steps = tuple(steps)
        self._rebuild()

    def set_folding(self, fold: bool | None) -> None:
        """Fold the done steps always, never, or by the height of the window."""
        self._fold = fold
        self._rebuild()

    def shown(self) -> list[Step]:
        """The steps as shown, the folded ones as one."""
        return [widget.step for widget in self.rows()]

    def rows(self) -> list[StepRow]:
        """The rows in order."""
        return [widget for widget in widgets_of(self.layout()) if isinstance(widget, StepRow)]

    def wants_fold(self) -> bool:
        """True when the window is too low for all steps."""
        return self._fold if self._fold is not None else self.window().height() < theme().px(FOLD_BELOW)

    def showEvent(self, event: QShowEvent) -> None:
        if self.wants_fold() != self._folded:
            self._rebuild()

    def _rebuild(self) -> None:
        self._folded = self.wants_fold()
        wanted = self._fold_done() if self._folded else list(self._steps)
        layout = self.layout()
        if layout is None or wanted == self.shown():
            return
        clear(layout)
        for number, step in enumerate(wanted):
            made = StepRow(step, last=number + 1 == len(wanted))
            made.act.connect(self.act)
            layout.addWidget(made)

    def _fold_done(self) -> list[Step]:
        done = 0
        for step in self._steps:
            if step.mark not in DONE:
                break
            done += 1
        if done < 3:
            return list(self._steps)
        folded, rest = self._steps[: done - 1], self._steps[done - 1 :]
        mark = "proved" if all(step.mark == "proved" for step in folded) else "accepted"
        names = ", ".join(step.title for step in folded)
        return [Step(self.tr("{0} steps done").format(len(folded)), names, mark, _sum_of(folded)), *rest]


def _sum_of(steps: Sequence[Step]) -> str:
    times = [_SECONDS.fullmatch(step.took) for step in steps if step.took]
    if not times or not all(times):
        return ""
    return f"{sum(float(match[1]) for match in times if match):.1f} s"
