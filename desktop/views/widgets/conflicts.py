"""A conflict, field by field: what both started from, mine, theirs; the person chooses, nothing is chosen for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QSizePolicy, QWidget

from desktop.qt.painting import Artist
from desktop.views.widgets.base import Panel, clear, column, drawn, follow_theme, row
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import RadioButton


@dataclass(frozen=True, slots=True)
class Side:
    """Who changed it: icon, title ("Mine"), the person, where and when."""

    icon: str
    title: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field: its name and a note, the value before both, and on each side (value, when and why)."""

    key: str
    label: str
    before: str
    mine: tuple[str, str]
    theirs: tuple[str, str]
    note: str = ""
    chosen: str = ""
    """mine, theirs, or empty: not chosen yet."""


class _Cell(QWidget):
    """A cell of the grid with its ground and hair lines."""

    def __init__(self, ground: str, *, last: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground, self._last = ground, last
        self.body = column(gap=2, margins=(13, 10, 12, 10))
        self.setLayout(self.body)
        follow_theme(self)

    def set_ground(self, ground: str) -> None:
        self._ground = ground
        self.update()

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        area = self.rect()
        art.fill(area, self._ground)
        art.line(area)
        if not self._last:
            edge = area.left() if art.rtl else area.right()
            art.fill(QRect(edge, area.top(), 1, area.height()), "line")


class _Option(_Cell):
    """A side of one field: radio, value, when and why."""

    def __init__(self, value: str, note: str, name: str, *, last: bool) -> None:
        super().__init__("sheet", last=last)
        self.radio = RadioButton()
        self.radio.setAccessibleName(name)
        self._value = Paragraph(value, "text", "t1")
        line = row(gap=9)
        words = column(gap=1)
        words.addWidget(self._value)
        if note:
            words.addWidget(Paragraph(note, "caption", "t3"))
        words.addStretch(1)
        line.addWidget(self.radio, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        self.body.addLayout(line)
        self.radio.toggled.connect(self._show)
        self._text = value

    def _show(self, on: bool) -> None:
        self.set_ground("sel" if on else "sheet")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.radio.setChecked(True)
        self.radio.setFocus(Qt.FocusReason.MouseFocusReason)


class ConflictTable(Panel):
    """Fields in rows; before both, mine and theirs in columns. Signal `chosen(str, str)`: field key, mine or theirs.

    The keys 1 and 2 are the page's to bind: `choose` does what they do.
    """

    chosen = Signal(str, str)

    def __init__(
        self,
        before: Side,
        mine: Side,
        theirs: Side,
        fields: Sequence[ConflictField] = (),
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("head", parent)
        self._sides = (before, mine, theirs)
        self._groups: dict[str, QButtonGroup] = {}
        self._options: dict[tuple[str, str], _Option] = {}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(1, 1, 1, 1)
        self._grid.setSpacing(0)
        for number, share in enumerate((10, 18, 18, 18)):
            self._grid.setColumnStretch(number, share)
        self.setLayout(self._grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.set_fields(fields)

    def set_fields(self, fields: Sequence[ConflictField]) -> None:
        """Show these fields with what is chosen so far."""
        clear(self._grid)
        self._groups.clear()
        self._options.clear()
        head = _Cell("sunken", last=False)
        head.body.addWidget(Label(self.tr("Field"), "section"))
        head.body.addStretch(1)
        self._grid.addWidget(head, 0, 0)
        for number, side in enumerate(self._sides):
            self._grid.addWidget(self._head(side, last=number == 2), 0, number + 1)
        for number, item in enumerate(fields):
            self._add(number + 1, item)

    def _head(self, side: Side, *, last: bool) -> _Cell:
        cell = _Cell("sunken", last=last)
        top = row(gap=7)
        top.addWidget(Picture("icon", side.icon, tone="t2", size=14))
        top.addWidget(Label(side.title, "section"))
        top.addStretch(1)
        cell.body.addLayout(top)
        cell.body.addWidget(Label(side.who, "help", "t2", elide=True))
        cell.body.addWidget(Label(side.when, "caption", "t3", elide=True))
        return cell

    def _add(self, line: int, item: ConflictField) -> None:
        name = _Cell("sheet", last=False)
        name.body.addWidget(Paragraph(item.label, "strong", "t1"))
        if item.note:
            name.body.addWidget(Paragraph(item.note, "caption", "t3"))
        name.body.addStretch(1)
        before = _Cell("base", last=False)
        before.body.addWidget(Paragraph(item.before, "text", "t2"))
        before.body.addStretch(1)
        self._grid.addWidget(name, line, 0)
        self._grid.addWidget(before, line, 1)
        group = self._groups[item.key] = QButtonGroup(self)
        for number, (side, (value, note)) in enumerate((("mine", item.mine), ("theirs", item.theirs))):
            option = _Option(
                value, note, f"{item.label}, {self._sides[number + 1].title}: {value}", last=number == 1
            )
            group.addButton(option.radio)
            option.radio.setChecked(item.chosen == side)
            option.radio.toggled.connect(
                lambda on, key=item.key, side=side: self.chosen.emit(key, side) if on else None
            )
            self._options[item.key, side] = option
            self._grid.addWidget(option, line, number + 2)

    def choose(self, key: str, side: str) -> None:
        """Choose mine or theirs for a field. Raises KeyError for an unknown one."""
        self._options[key, side].radio.setChecked(True)

    def choices(self) -> dict[str, str]:
        """What is chosen: field key to mine or theirs; fields without a choice are missing."""
        return {key: side for (key, side), option in self._options.items() if option.radio.isChecked()}
