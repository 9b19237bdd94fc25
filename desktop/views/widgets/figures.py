"""Figures: a stacked bar, a tile with a number, a row of tiles, a list of label and value, an empty state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop.qt.roles import HasGets
from desktop.qt.theme import theme
from desktop.qt.tokens import STACK_ORDER
from desktop.views.widgets.base import Panel, Rule, clear, column, drawn, follow_theme, row
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph, Run
from desktop.views.widgets.words import mark_word


def in_stack_order(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Give (word, amount) in the order of the plan bar; other words, such as running, come last as given."""
    known = [(word, counts[word]) for word in STACK_ORDER if counts.get(word)]
    return known + [(word, amount) for word, amount in counts.items() if word not in STACK_ORDER and amount]


class StackBar(QWidget):
    """A stacked bar, 6 to 8 px: parts by verdict or tone, 1 px gaps; the rest up to `total` is track.

    A mapping is put into the order of the plan bar, a sequence keeps its own.
    """

    def __init__(
        self,
        parts: Mapping[str, float] | Sequence[tuple[str, float]] = (),
        *,
        total: float = 0,
        height: int = 6,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts: list[tuple[str, float]] = []
        self._total, self._height = total, height
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_parts(parts, total=total)
        follow_theme(self)

    def set_parts(
        self, parts: Mapping[str, float] | Sequence[tuple[str, float]], *, total: float = 0
    ) -> None:
        """Show other parts."""
        self._parts = in_stack_order(parts) if isinstance(parts, Mapping) else list(parts)
        self._total = total
        self.setAccessibleName(", ".join(f"{amount:g} {mark_word(word)}" for word, amount in self._parts))
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(120), theme().px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(24), theme().px(self._height))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, lambda art: art.stack(self.rect(), self._parts, total=self._total))


class Figure(QWidget):
    """A big number with the word behind it: "323 of 329 equal"."""

    def __init__(
        self, number: str, word: str = "", *, role: str = "figure", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._number, self._word = Label(number, role), Label(word, "help", "t3")
        line = row(gap=8)
        line.addWidget(self._number)
        line.addWidget(self._word, 0, Qt.AlignmentFlag.AlignBottom)
        line.addStretch(1)
        self.setLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_figure(self, number: str, word: str = "") -> None:
        """Show another number."""
        self._number.setText(number)
        self._word.setText(word)


@dataclass(frozen=True, slots=True)
class Stat:
    """One tile: label, number, a note under it, a note beside the label, and a bar (tone, part of 1)."""

    label: str
    number: str
    note: str = ""
    end: str = ""
    bar: tuple[str, float] | None = None


class StatTile(QWidget):
    """A label over a number over a note or a thin bar."""

    def __init__(self, stat: Stat, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        top = row(gap=6)
        self._label, self._end = Label(stat.label, "help", "t2"), Label(stat.end, "help", "t3")
        self._number, self._note = Label(stat.number, "figure2"), Label(stat.note, "caption", "t3")
        self._bar = StackBar(height=4)
        top.addWidget(self._label)
        top.addStretch(1)
        top.addWidget(self._end)
        whole = column(gap=1)
        whole.addLayout(top)
        whole.addWidget(self._number)
        whole.addWidget(self._note)
        whole.addWidget(self._bar)
        whole.addStretch(1)
        self.setLayout(whole)
        self.set_stat(stat)

    def set_stat(self, stat: Stat) -> None:
        """Show another figure."""
        self._label.setText(stat.label)
        self._number.setText(stat.number)
        self._note.setText(stat.note)
        self._note.setVisible(bool(stat.note))
        self._end.setText(stat.end)
        self._bar.setVisible(stat.bar is not None)
        if stat.bar is not None:
            self._bar.set_parts([(stat.bar[0], stat.bar[1])], total=1)
        self.setAccessibleName(f"{stat.label}: {stat.number} {stat.note}".strip())


class StatRow(Panel):
    """Tiles side by side with hair lines between them, in a card or bare."""

    def __init__(self, stats: Sequence[Stat], *, card: bool = True, parent: QWidget | None = None) -> None:
        super().__init__("card" if card else "head", parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.tiles: list[StatTile] = []
        line = row(gap=12, margins=(12, 9, 12, 9))
        for number, stat in enumerate(stats):
            if number:
                line.addWidget(Rule(vertical=True))
            tile = StatTile(stat)
            self.tiles.append(tile)
            line.addWidget(tile, 1)
        self.setLayout(line)

    def set_stats(self, stats: Sequence[Stat]) -> None:
        """Show other figures in the same tiles."""
        for tile, stat in zip(self.tiles, stats, strict=True):
            tile.set_stat(stat)


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a list of facts. `value` may be a HasGets; `note` stands at the end; `icon` before the label."""

    label: str
    value: str | HasGets
    mono: bool = False
    tone: str = ""
    note: str = ""
    icon: str = ""


class KeyValues(QWidget):
    """Labels and values in one or two columns; values break over lines where they must."""

    def __init__(
        self,
        pairs: Sequence[Pair] = (),
        *,
        columns: int = 1,
        label_width: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns, self._label_width = columns, label_width
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme().px(12))
        self._grid.setVerticalSpacing(theme().px(5))
        self.setLayout(self._grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.set_pairs(pairs)

    def set_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show these facts."""
        clear(self._grid)
        for number, pair in enumerate(pairs):
            line, side = divmod(number, self._columns)
            at = side * 4
            if pair.icon:
                self._grid.addWidget(
                    Picture("icon", pair.icon, tone="t3", size=14), line, at, Qt.AlignmentFlag.AlignTop
                )
            label = Label(pair.label, "help", "t3")
            if self._label_width:
                label.setMinimumWidth(theme().px(self._label_width))
            self._grid.addWidget(label, line, at + 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value_view(pair), line, at + 2)
            if pair.note:
                self._grid.addWidget(Label(pair.note, "help", "t3"), line, at + 3, Qt.AlignmentFlag.AlignTop)
            self._grid.setColumnStretch(at + 2, 1)


def value_view(pair: Pair) -> Paragraph:
    """Give the value of a fact as text over several lines; "has -> gets" as three runs."""
    if isinstance(pair.value, HasGets):
        was, now = ("mono", "mono-strong") if pair.value.mono else ("help", "help-strong")
        runs = [Run(pair.value.has, "t3", was), Run("  →  ", "t3"), Run(pair.value.gets, "t1", now)]
        return Paragraph(runs, "help", "t1")
    return Paragraph(pair.value, "mono" if pair.mono else "help", pair.tone or "t1")


class EmptyState(QWidget):
    """Nothing to show: silhouettes, what was tried in words, and at most one primary act.

    Signal `act(str)`.
    """

    act = Signal(str)

    def __init__(
        self,
        title: str,
        text: str = "",
        acts: Sequence[Act] = (),
        *,
        devices: Sequence[str] = (),
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        pictures = row(gap=12)
        pictures.addStretch(1)
        for kind in devices:
            pictures.addWidget(Picture("device", kind, tone="t3", size=34))
        if icon:
            pictures.addWidget(Picture("icon", icon, tone="t3", size=34))
        pictures.addStretch(1)
        buttons = row(gap=8)
        buttons.addStretch(1)
        self.buttons: dict[str, Button] = {}
        """The buttons of the acts by their keys; the page turns those off that are not possible now."""
        for item in acts:
            button = self.buttons[item.key] = item.button("normal")
            button.clicked.connect(lambda _on=False, key=item.key: self.act.emit(key))
            buttons.addWidget(button)
        buttons.addStretch(1)
        whole = column(gap=6, margins=(24, 24, 24, 24))
        whole.addStretch(1)
        whole.addLayout(pictures)
        whole.addSpacing(theme().px(2))
        self._title, self._text = Label(title, "panel"), Paragraph(text, "text", "t2", align="centre")
        whole.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addWidget(self._text)
        if acts:
            whole.addSpacing(theme().px(4))
            whole.addLayout(buttons)
        whole.addStretch(1)
        self.setLayout(whole)
        self.set_words(title, text)

    def set_words(self, title: str, text: str = "") -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.set_text(text)
        self.setAccessibleName(f"{title}. {text}")


class CountLine(QWidget):
    """Counts per verdict in words, in one or two columns: "323 proved"."""

    def __init__(self, counts: Mapping[str, str], *, columns: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme().px(14))
        self._grid.setVerticalSpacing(theme().px(4))
        self.setLayout(self._grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_counts(counts)

    def set_counts(self, counts: Mapping[str, str]) -> None:
        """Show these: verdict or state to words."""
        from_here = _verdict_labels(counts)
        clear(self._grid)
        rows = -(-len(from_here) // self._columns) if self._columns else 1
        for number, widget in enumerate(from_here):
            across, down = divmod(number, rows)
            self._grid.addWidget(widget, down, across, Qt.AlignmentFlag.AlignLeading)
        for across in range(self._columns):
            self._grid.setColumnStretch(across, 1)
        if not self._columns:
            self._grid.setColumnStretch(len(from_here), 1)


def _verdict_labels(counts: Mapping[str, str]) -> list[QWidget]:
    return [_count_label(word, words) for word, words in counts.items()]


def _count_label(word: str, words: str) -> QWidget:
    made = QWidget()
    line = row(gap=6)
    line.addWidget(Picture("mark", word, size=13))
    line.addWidget(Label(words, "help", f"{word}.text"))
    made.setLayout(line)
    made.setAccessibleName(words)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made
