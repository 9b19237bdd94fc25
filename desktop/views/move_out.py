"""The sheet of a move-out: who leaves, now or at a moment, and each door that has to follow, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtWidgets import QBoxLayout, QWidget

from core.usecases.turnover import Moved
from desktop.models.desk import Desk
from desktop.models.words import time_word
from desktop.views.editors import MomentEditor
from desktop.views.widgets.base import Rule, row
from desktop.views.widgets.dry_run import DryGroup, DryRow, DryRunSheet
from desktop.views.widgets.labels import Label
from desktop.views.widgets.toggles import Choice, Segmented

NOW, LATER = "now", "later"


class MoveOutSheet(DryRunSheet):
    """`await sheet.ask()`; then `moment()` is None for now, or the aware moment that was typed."""

    def __init__(self, desk: Desk, moved: Sequence[Moved], *, parent: QWidget | None = None) -> None:
        self._desk = desk
        title = desk.tr("Move out {0}").format(_who(desk, moved))
        note = desk.tr(
            "Rows, PINs, cards, groups and private hours go. The receipt names each door until it followed."
        )
        super().__init__(
            title, note, _groups(moved), primary=desk.tr("Move out now"), kind="danger", parent=parent,
            undo=desk.tr("Ctrl Z takes it back."),
        )  # fmt: skip
        self.when = Segmented(
            [Choice(NOW, self.tr("Now")), Choice(LATER, self.tr("At a time"))], name=self.tr("When")
        )
        self.at = MomentEditor(desk.sites.zone)
        self.at.setEnabled(False)
        self.zone = Label(desk.sites.zone, "help", "t3")
        line = row(gap=10, margins=(14, 10, 14, 10))
        line.addWidget(self.when)
        line.addWidget(self.at, 1)
        line.addWidget(self.zone)
        layout = self.layout()
        if isinstance(layout, QBoxLayout):
            layout.insertLayout(2, line)
            layout.insertWidget(3, Rule())
        self.when.changed.connect(self._choose)
        self.at.edited.connect(lambda _text: self._judge())
        self._judge()

    def apply_theme(self) -> None:
        super().apply_theme()
        self.resize(self.width(), self.height() + 52)

    def moment(self) -> datetime | None:
        """When they leave; None for now."""
        return self._typed() if self.when.current() == LATER else None

    def _typed(self) -> datetime | None:
        try:
            found = datetime.fromisoformat(self.at.read(self.at.line.text()))
        except ValueError:
            return None
        return found if found.tzinfo is not None else None

    def _choose(self, key: str) -> None:
        self.at.setEnabled(key == LATER)
        if key == LATER:
            self.at.line.setFocus()
        self._judge()

    def _judge(self) -> None:
        if self.when.current() == NOW:
            self.primary.setText(self.tr("Move out now"))
            self.primary.set_reason("")
            return
        at, now = self._typed(), self._desk.ctx.clock.now()
        if at is None:
            self.primary.setText(self.tr("Move out"))
            self.primary.set_reason(self.tr("Say the day, or the day and the time: 2026-11-30 18:00."))
        elif at <= now:
            self.primary.set_reason(self.tr("This moment has passed; choose 'Now' instead."))
        else:
            self.primary.setText(self.tr("Move out {0}").format(time_word(at, now, self._desk.sites.zone)))
            self.primary.set_reason("")


def _who(desk: Desk, moved: Sequence[Moved]) -> str:
    people = [p for m in moved for p in m.people]
    return moved[0].receipt.title if len(moved) == 1 else desk.tr("{0} people").format(len(people))


def _groups(moved: Sequence[Moved]) -> list[DryGroup]:
    """One group per person: the doors that hold them."""
    found = []
    for one in moved:
        for person in one.people:
            rows = [DryRow(line.device_name) for line in one.lines if line.person == person.id]
            name = f"{person.first_name} {person.last_name}".strip()
            found.append(
                DryGroup("waiting" if rows else "check", len(rows), name, rows, unfolded=len(moved) == 1)
            )
    return sorted(found, key=lambda g: -g.count)
