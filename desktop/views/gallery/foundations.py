"""Gallery: colours, verdicts, type, spacing."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop.qt.painting import Artist
from desktop.qt.theme import theme
from desktop.views.gallery.board import section, side_by_side
from desktop.views.widgets.base import column, drawn, follow_theme
from desktop.views.widgets.labels import Label, VerdictLabel

COLOURS = (
    ("canvas", "base", "sheet", "sunken", "raised", "hover", "press"),
    ("t1", "t2", "t3", "off", "acct", "acc", "acch"),
    ("line", "line2", "field", "focus", "sel", "sel2", "edit"),
)
MEANINGS = (
    ("proved", "read back equal"),
    ("accepted", "said yes, not read back"),
    ("refused", "device's own words follow"),
    ("unreachable", "no answer"),
    ("ambiguous", "cut after sending"),
    ("foreign", "on it, nobody's"),
    ("waiting", "not tried yet"),
    ("differs", "has is not gets"),
)
TYPES = (
    ("24/28 600", "figure", "323 of 329"),
    ("18/24 600", "title", "Proof matrix"),
    ("15/20 600", "panel", "Adopt R29"),
    ("13/18 400", "text", "Table and form text, 600 for the head"),
    ("12/16 400", "help", "Help, second lines, chips"),
    ("11/16 500", "caption-strong", "Captions, column notes"),
    ("mono 12", "mono-strong", "0C:11:05:2A:7F:31"),
)


class Swatch(QWidget):
    """A field of one colour."""

    def __init__(self, tone: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setAccessibleName(tone)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(26))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, lambda art: art.box(self.rect(), self._tone, "line2"))


class _Hex(Label):
    """The value of a colour token in the theme of now."""

    def __init__(self, tone: str) -> None:
        self._colour = tone
        super().__init__("", "key", "t3")
        self.apply_theme()

    def apply_theme(self) -> None:
        super().apply_theme()
        self.setText(theme().tokens.colour(self._colour))


def colours() -> QWidget:
    """The colour tokens with their values."""
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme().px(6))
    grid.setVerticalSpacing(theme().px(8))
    for down, names in enumerate(COLOURS):
        for across, name in enumerate(names):
            box, lines = QWidget(), column(gap=2)
            lines.addWidget(Swatch(name))
            lines.addWidget(Label(name, "caption", "t1"))
            lines.addWidget(_Hex(name))
            box.setLayout(lines)
            grid.addWidget(box, down, across)
            grid.setColumnStretch(across, 1)
    holder.setLayout(grid)
    return section("Colour", holder)


def verdicts() -> QWidget:
    """The eight verdicts: mark and word, chip, meaning."""
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(4, 0, 0, 0)
    grid.setHorizontalSpacing(theme().px(12))
    grid.setVerticalSpacing(theme().px(5))
    for down, (word, meaning) in enumerate(MEANINGS):
        grid.addWidget(VerdictLabel(word, role="strong"), down, 0)
        grid.addWidget(VerdictLabel(word, role="help-strong", chip=True), down, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(Label(meaning, "help", "t3"), down, 2)
    grid.setColumnStretch(2, 1)
    holder.setLayout(grid)
    return section("Verdicts", holder, note="one shape each, word always beside")


def states() -> QWidget:
    """The states that have a mark and are no verdicts."""
    return section(
        "States",
        side_by_side(*(VerdictLabel(word, role="help") for word in ("running", "todo", "stale")), gap=16),
    )


def type_roles() -> QWidget:
    """The type roles."""
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme().px(16))
    grid.setVerticalSpacing(theme().px(4))
    for down, (size, role, words) in enumerate(TYPES):
        grid.addWidget(Label(size, "key", "t3"), down, 0, Qt.AlignmentFlag.AlignBottom)
        grid.addWidget(Label(words, role), down, 1)
    grid.setColumnStretch(1, 1)
    holder.setLayout(grid)
    return section("Type", holder)


class _Spacing(QWidget):
    """Squares of the grid steps, and boxes with the radii."""

    STEPS = (2, 4, 6, 8, 12, 16, 24)
    RADII = ((3, "3 tick"), (6, "6 field"), (8, "8 card"))

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("2 4 6 8 12 16 24")
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(340), theme().px(46))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px, left = art.theme.px, 0
        for step in self.STEPS:
            side = px(step)
            art.fill(QRect(left, px(24) - side, side, side), "acc")
            art.text(QRect(left, px(28), px(20), px(16)), str(step), "caption", "t3")
            left += side + px(12)
        left = self.width() - px(3 * 44)
        for radius, words in self.RADII:
            art.box(QRect(left, 0, px(34), px(24)), None, "field", radius)
            art.text(QRect(left - px(4), px(28), px(44), px(16)), words, "caption", "t3", align="centre")
            left += px(44)


def spacing() -> QWidget:
    """The grid steps and the radii."""
    return section("Spacing and radii", _Spacing())
