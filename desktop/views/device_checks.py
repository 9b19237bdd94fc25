"""The tab Checks: the commissioning check list of a device, filled from measurements, beside ticks by hand (DEV-20)."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from core.base.errors import GatewrightError
from core.rules.checklist import Check
from core.usecases.checks import device_checks
from core.usecases.clock import ClockReading, ClockResult, measure_clock, set_clock
from desktop.models.checks import CheckLine, done_words, manual_lines, measured_lines
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.words import time_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.device_tabs import Scrolled, verdict_of
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import CheckBox


class ChecksTab(Scrolled):
    """Measured lines at the left; what only a person can see at the right. `measure()` looks at the device."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.detail: DeviceDetail | None = None
        self.lines: list[CheckLine] = []
        self._checks: tuple[Check, ...] = ()
        self._clock: ClockReading | None = None
        self._measured = Card(self.tr("Measured"))
        self._hand = Card(self.tr("Ticked by hand"), self.tr("kept on this laptop, under your name"))
        self._left, self._right = column(gap=0), column(gap=0)
        self.words = Paragraph("", "text", "t2")
        self.measure_button = Button(self.tr("Measure now"), "primary", icon="eye", keys="M")
        self.clock_button = Button(self.tr("Set its clock"), icon="clock")
        self.measure_button.clicked.connect(self.measure)
        self.clock_button.clicked.connect(self.set_clock)
        self._build()

    def _build(self) -> None:
        top = row(gap=8)
        top.addWidget(self.words, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.clock_button)
        top.addWidget(self.measure_button)
        for card, lines in ((self._measured, self._left), (self._hand, self._right)):
            card.body.addLayout(lines)
            card.body.addStretch(1)
        across = row(gap=16)
        across.addWidget(self._measured, 3)
        across.addWidget(self._hand, 2)
        self.body.addLayout(top)
        self.body.addLayout(across)

    def show_detail(self, detail: DeviceDetail) -> None:
        """Show a device's list."""
        if self.detail is not None and self.detail.device.mac != detail.device.mac:
            self._checks, self._clock = (), None
        self.detail = detail
        self.refresh()

    # -- measuring

    def measure(self) -> None:
        """Ask the device for everything that can be measured; nothing is changed on it."""
        if self.detail is not None:
            self.words.set_text(self.tr("Looking at the device; nothing is changed on it."))
            run(self, self._measure(self.detail), trigger=self.measure_button, done=self._have)

    async def _measure(self, detail: DeviceDetail) -> tuple[tuple[Check, ...], ClockReading | None]:
        checks = await device_checks(self.desk.ctx, detail.device.id)
        try:
            clock = await measure_clock(self.desk.ctx, detail.device)
        except GatewrightError as fault:
            self.desk.notice("unreachable", detail.device.name, spoken(fault))
            return checks, None
        return checks, clock

    def _have(self, found: tuple[tuple[Check, ...], ClockReading | None] | None) -> None:
        if found is not None:
            self._checks, self._clock = found
            self.refresh()

    def set_clock(self) -> None:
        """Set the device's clock from this laptop's, and read it back."""
        detail = self.detail
        if detail is not None:
            run(
                self,
                set_clock(self.desk.ctx, detail.device),
                trigger=self.clock_button,
                done=self._clock_set,
                failed=lambda fault: self.desk.notice(verdict_of(fault), detail.device.name, spoken(fault)),
            )

    def _clock_set(self, result: ClockResult | None) -> None:
        if result is not None and self.detail is not None:
            self._clock = result.after
            self.desk.notice(result.verdict.value, self.detail.device.name, result.after.said)
            self.refresh()

    # -- showing

    def refresh(self) -> None:
        """Show what is known now."""
        detail = self.detail
        if detail is None:
            return
        now, zone = self.desk.ctx.clock.now(), self.desk.sites.zone
        measured = measured_lines(detail, self._checks, self._clock, now, zone)
        hand = manual_lines(self._ticks())
        self.lines = [*measured, *hand]
        for layout, lines in ((self._left, measured), (self._right, hand)):
            clear(layout)
            for number, line in enumerate(lines):
                if number:
                    layout.addWidget(Rule())
                layout.addLayout(self._by_hand(line) if line.manual else self._fact(line))
        self.words.set_text(done_words(self.lines))

    def _fact(self, line: CheckLine) -> QHBoxLayout:
        across = row(gap=10, margins=(0, 6, 0, 6))
        across.addWidget(Picture("mark", line.mark, size=14, box=18))
        words = column(gap=0)
        upper = row(gap=10)
        upper.addWidget(Label(line.title, "strong"))
        upper.addStretch(1)
        upper.addWidget(Label(line.note, "help", f"{line.mark}.text" if line.mark != "todo" else "t3"))
        words.addLayout(upper)
        if line.remedy:
            words.addWidget(Paragraph(line.remedy, "help", "t2"))
        across.addLayout(words, 1)
        return across

    def _by_hand(self, line: CheckLine) -> QHBoxLayout:
        across = row(gap=10, margins=(0, 6, 0, 6))
        words = column(gap=0)
        box = CheckBox(line.title)
        box.setChecked(line.ticked)
        box.clicked.connect(partial(self._tick, line.key))
        words.addWidget(box, 0, Qt.AlignmentFlag.AlignLeading)
        if line.note:
            note = row(gap=0)
            note.addSpacing(theme().px(24))
            note.addWidget(Label(line.note, "help", "t3"))
            note.addStretch(1)
            words.addLayout(note)
        across.addLayout(words, 1)
        return across

    # -- ticks by hand

    def _ticks(self) -> dict[str, str]:
        kept = self.desk.preferences.get("hand_ticks").get(self.detail.device.id if self.detail else "", {})
        return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}

    def _tick(self, key: str, on: bool) -> None:
        if self.detail is None:
            return
        ticks = self._ticks()
        if on:
            now = self.desk.ctx.clock.now()
            when = time_word(now, now, self.desk.sites.zone)
            day = f"{now:%Y-%m-%d}"
            who = self.desk.ctx.me.name
            ticks[key] = self.tr("{0}, {1} {2}").format(who, day, when)
        else:
            ticks.pop(key, None)
        every = {**self.desk.preferences.get("hand_ticks"), self.detail.device.id: ticks}
        self.desk.preferences.set("hand_ticks", every)
        self.refresh()
