"""The board of a rollout: its waves from left to right, what opens the next one, and its devices (picture 04)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from core.entities.firmware import RolloutState
from core.entities.record import JobRecord
from desktop.models.desk import Desk
from desktop.models.rollouts import (
    ROLLOUT_TOUCHES,
    RolloutLine,
    WaveFigures,
    count_words,
    load_rollouts,
    rollout_columns,
    rollout_filters,
    state_words,
    target_columns,
    target_row_look,
    wave_word,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import number_word
from desktop.qt.language import spoken
from desktop.views.list_pane import ListPane
from desktop.views.widgets.base import Panel, clear, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import CountLine, EmptyState, StackBar
from desktop.views.widgets.labels import Label
from desktop.views.widgets.waves import Wave, WaveCard, WaveGate

MOST_CARDS = 5
"""More waves than this do not fit side by side at 1280; those that are over are left out first."""


class RolloutsTab(QWidget):
    """Rollouts above, the board of the one under the cursor below. Signals: `state_asked(line, word)`: edit, pause,
    go_on, retry or abort; `delete_asked(lines)`: of these records.

    The list is narrowed to the chosen site at first; without that chip it shows every site's (FW-03).
    """

    state_asked = Signal(object, str)
    delete_asked = Signal(object)

    def __init__(self, desk: Desk, now: Callable[[], datetime], zone: Callable[[], str]) -> None:
        super().__init__()
        self.desk = desk
        plan = RowsPlan(
            load=lambda: load_rollouts(desk.ctx),
            touches=ROLLOUT_TOUCHES,
            key=lambda x: x.rollout.id,
        )
        filters = rollout_filters(
            self._lines, lambda: {one.site.id: one.site.name for one in desk.sites.lines}
        )
        self.rows = RowsTable(rollout_columns(now, zone), plan, desk.tasks, desk.feed, filters=filters)
        self.pane = ListPane(self.rows, name=self.tr("Rollouts"), ticks=False)
        self.show_site()
        desk.sites.chosen.connect(self.show_site)
        self._shown: list[Any] = []
        targets = RowsPlan(
            load=self._load_targets, touches=frozenset(), key=lambda x: x.target.id, row_look=target_row_look
        )
        self.targets = RowsTable(target_columns(now, zone), targets, desk.tasks, desk.feed)
        self.targets_pane = ListPane(self.targets, name=self.tr("Devices of the rollout"), ticks=False)
        self._title, self._state = Label("", "panel"), Label("", "help", "t3", elide=True)
        self._counts, self._bar = CountLine({}), StackBar(height=8)
        self._waves = row(gap=6)
        self._waves_now: tuple[WaveFigures, ...] = ()
        self.pause = Button(self.tr("Pause"), icon="pause")
        self.edit = Button(self.tr("Edit…"), icon="pencil")
        self.go_on = Button(self.tr("Go on"), "primary", icon="play")
        self.retry = Button(self.tr("Retry failed"), icon="rotate-ccw")
        self.abort = Button(self.tr("Abort…"), "danger", icon="circle-x")
        self.delete = Button(self.tr("Delete…"), icon="trash-2")
        self.delete.clicked.connect(lambda: self.delete_asked.emit([self.current()]))
        self._board = Panel("sheet")
        self._build()
        self._connect()

    def _connect(self) -> None:
        self.pane.pointed.connect(lambda _line: self.show_board())
        self.rows.settled.connect(self._follow)
        self.desk.jobs.progressed.connect(self._job_news)
        for button, word in (
            (self.edit, "edit"),
            (self.pause, "pause"),
            (self.go_on, "go_on"),
            (self.retry, "retry"),
            (self.abort, "abort"),
        ):
            button.clicked.connect(lambda _on=False, word=word: self._ask(word))

    def _build(self) -> None:
        self.pane.set_empty(
            EmptyState(
                self.tr("No rollout yet"),
                self.tr("Choose a file in the library and start one. A dry run says first what will change."),
                icon="rocket",
            )
        )
        words = row(gap=10)
        words.addWidget(self._title)
        words.addWidget(self._state, 1)
        for button in (self.edit, self.pause, self.retry, self.go_on, self.abort, self.delete):
            words.addWidget(button)
        head = column(gap=8, margins=(16, 12, 16, 10))
        head.addLayout(words)
        head.addWidget(self._counts)
        head.addWidget(self._bar)
        head.addLayout(self._waves)
        inner = column(gap=0)
        inner.addLayout(head)
        inner.addWidget(self.targets_pane, 1)
        self._board.setLayout(inner)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setHandleWidth(1)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.pane)
        halves.addWidget(self._board)
        halves.setSizes([170, 470])
        whole = column(gap=0)
        whole.addWidget(halves)
        self.setLayout(whole)
        self._board.hide()

    def _lines(self) -> Sequence[RolloutLine]:
        return self.rows.all_rows()

    def show_site(self) -> None:
        """Narrow to the chosen site; a site that is looked at anew is what is meant."""
        if self.desk.sites.site_id:
            self.rows.set_filter("site", self.desk.sites.site_id)

    async def _load_targets(self) -> list[Any]:
        return self._shown

    def current(self) -> RolloutLine | None:
        """The rollout under the cursor."""
        line = self.pane.current()
        return line if isinstance(line, RolloutLine) else None

    def _follow(self) -> None:
        if self.current() is None:
            self.pane.show_first()
        self.show_board()

    def _job_news(self, record: JobRecord) -> None:
        if record.kind in {"firmware", "rollout"}:
            self.rows.reload()

    def show_board(self) -> None:
        """Show the rollout under the cursor."""
        line = self.current()
        self._board.setVisible(line is not None)
        if line is None:
            return
        self._title.setText(line.rollout.name)
        said = spoken(line.rollout.said)
        self._state.setText(f"{state_words(line)} · {said}" if said else state_words(line))
        counts = line.counts()
        self._counts.set_counts(count_words(counts))
        self._bar.set_parts([(m, float(n)) for m, n in counts.items()], total=float(len(line.targets)))
        self._show_waves(line.waves())
        self._show_buttons(line)
        self._shown = list(line.targets)
        self.targets.reload()

    def _show_buttons(self, line: RolloutLine) -> None:
        state = line.rollout.state
        self.edit.setVisible(state is RolloutState.PENDING)
        self.pause.setVisible(state is RolloutState.RUNNING and line.driven)
        self.go_on.setVisible(not line.over and not (state is RolloutState.RUNNING and line.driven))
        failed = sum(1 for t in line.targets if t.mark in {"refused", "differs"})
        self.retry.setVisible(not line.over and failed > 0)
        self.retry.setText(self.tr("Retry failed {0}").format(failed))
        self.abort.setVisible(not line.over)

    # -- the waves

    def _show_waves(self, waves: list[WaveFigures]) -> None:
        if tuple(waves) == self._waves_now:
            return
        self._waves_now = tuple(waves)
        clear(self._waves)
        shown = waves[-MOST_CARDS:]
        for number, wave in enumerate(shown):
            if number:
                self._waves.addWidget(self._gate(shown[number - 1]), 0, Qt.AlignmentFlag.AlignVCenter)
            self._waves.addWidget(WaveCard(self._card(wave)), 1)
        if len(shown) < 3:
            self._waves.addStretch(3 - len(shown))

    def _card(self, wave: WaveFigures) -> Wave:
        counts = {m: number_word(n) for m, n in wave.counts.items()}
        return Wave(
            wave_word(wave.number),
            wave.mark,
            self.tr("{0} of {1}").format(wave.proved, wave.total),
            wave.total,
            tuple((m, float(n)) for m, n in wave.counts.items() if m != "waiting"),
            wave.line,
            counts,
            go_on=(self.tr("Go on at"), f"{wave.line:.0%}"),
            stop=self.tr("Stop at {0}").format(wave.budget) if wave.budget else "",
            faults=wave.faults,
            budget=min(wave.budget, 6),
            state=wave.state,
        )

    def _gate(self, before: WaveFigures) -> WaveGate:
        """What stands between a wave and the next one."""
        if before.state == "done":
            return WaveGate(self.tr("opened"), self.tr("{0} proved").format(before.proved))
        needed = max(1, round(before.total * before.line + 0.499))
        words = self.tr("Needs {0} of {1}").format(needed, before.total)
        return WaveGate(
            words, self.tr("has {0}").format(before.proved), icon="hourglass", tone="ambiguous.solid"
        )

    def _ask(self, word: str) -> None:
        line = self.current()
        if line is not None:
            self.state_asked.emit(line, word)

    def shut(self) -> None:
        """Fetch nothing any more."""
        self.rows.close()
        self.targets.close()
