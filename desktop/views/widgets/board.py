"""A board of columns with cards of 44: who is expected, who is in, who has left. Keys walk over all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, Rule, clear, column, drawn, follow_theme, is_rtl, row
from desktop.views.widgets.labels import Badge, Label
from desktop.views.widgets.paragraph import Paragraph

HEIGHT = 44


@dataclass(frozen=True, slots=True)
class Card:
    """One card: time, icon, name, what it is about, a note at the end with its tone; `late` gives it a stripe."""

    key: str
    time: str
    name: str
    about: str = ""
    note: str = ""
    tone: str = "t2"
    icon: str = "square-user"
    late: bool = False


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column: its key, its title, a note at the end of its head, its cards, and what is said while it is empty."""

    key: str
    title: str
    note: str = ""
    cards: Sequence[Card] = field(default_factory=tuple)
    empty: str = ""


class BoardCard(QAbstractButton):
    """Draws one card; the one with the focus is lit."""

    def __init__(self, card: Card, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self.setText(", ".join(part for part in (card.time, card.name, card.about, card.note) if part))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ring", "none")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(HEIGHT))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(220), theme().px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(120), theme().px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px, rect, card = art.theme.px, self.rect(), self.card
        if self.hasFocus():
            art.fill(rect, "sel")
        elif self.underMouse():
            art.fill(rect, "hover")
        art.line(rect)
        if card.late:
            art.edge(rect.adjusted(0, 0, 0, -1), "ambiguous.solid", Size.STRIPE)
        if self.hasFocus():
            art.frame(rect.adjusted(0, 0, 0, -1), "acc")
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.pad(px(14), px(12))
        tone = "ambiguous" if card.late else "t2"
        art.text(line.lead(px(40), px(8)), card.time, "mono", tone)
        art.icon(line.lead(px(16), px(10)), card.icon, "t3", 16)
        if card.note:
            width = art.width(card.note, "help")
            art.text(line.trail(width, px(8)), card.note, "help", card.tone, align="trail")
        rest, middle = line.rest, rect.top() + rect.height() // 2
        upper = rest.adjusted(0, 0, 0, 0)
        upper.setTop(middle - px(18))
        upper.setHeight(px(18))
        lower = rest.adjusted(0, 0, 0, 0)
        lower.setTop(middle)
        lower.setHeight(px(16))
        art.text(upper, card.name, "strong", "t1")
        art.text(lower, card.about, "caption", "t3")


class Board(Panel):
    """Columns side by side. Signals: `pointed(str)` a card got the focus or a click; `entered(str)` Enter on it."""

    pointed = Signal(str)
    entered = Signal(str)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent)
        self.setAccessibleName(name)
        self._columns: list[list[BoardCard]] = []
        self._line = row(gap=0)
        self.setLayout(self._line)
        self._here = ""

    def cards(self) -> list[BoardCard]:
        """All cards, column by column."""
        return [card for cards in self._columns for card in cards]

    @property
    def here(self) -> str:
        """The key of the card that has the focus, or had it last."""
        return self._here

    def set_columns(self, columns: Sequence[BoardColumn]) -> None:
        """Show these columns; the focus stays on its card, wherever that is now."""
        held = any(card.hasFocus() for card in self.cards())
        clear(self._line)
        self._columns = []
        for number, made in enumerate(columns):
            if number:
                self._line.addWidget(Rule(vertical=True))
            self._line.addWidget(self._column(made), 1)
        if held:
            self.focus_card(self._here)

    def _column(self, made: BoardColumn) -> QWidget:
        head = row(gap=8, margins=(14, 0, 12, 0))
        head.addWidget(Label(made.title, "head"))
        head.addWidget(Badge(str(len(made.cards))))
        head.addStretch(1)
        head.addWidget(Label(made.note, "help", "t3"))
        top = QWidget()
        top.setFixedHeight(theme().px(34))
        top.setLayout(head)
        inner = Panel("sheet")
        body = column(gap=0)
        cards = []
        for card in made.cards:
            button = BoardCard(card)
            button.clicked.connect(lambda _on=False, key=card.key: self._point(key))
            cards.append(button)
            body.addWidget(button)
        if not cards:
            hold = column(gap=0, margins=(14, 10, 14, 10))
            hold.addWidget(Paragraph(made.empty, "help", "t3"))
            body.addLayout(hold)
        body.addStretch(1)
        inner.setLayout(body)
        self._columns.append(cards)
        return _scrolled(top, inner, made.title)

    def _point(self, key: str) -> None:
        self._here = key
        self.pointed.emit(key)

    def focus_card(self, key: str = "") -> bool:
        """Give a card the focus: the one with this key, or the first one; False when there is none."""
        cards = self.cards()
        wanted = next((c for c in cards if c.card.key == key), cards[0] if cards else None)
        if wanted is None:
            return False
        wanted.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._point(wanted.card.key)
        return True

    # -- walking

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._here:
            self.entered.emit(self._here)
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._step(1 if key == Qt.Key.Key_Down else -1)
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._cross(1 if (key == Qt.Key.Key_Right) != is_rtl(self) else -1)
        else:
            super().keyPressEvent(event)

    def _at(self) -> tuple[int, int]:
        for number, cards in enumerate(self._columns):
            for place, card in enumerate(cards):
                if card.card.key == self._here:
                    return number, place
        return -1, -1

    def _step(self, by: int) -> None:
        at, place = self._at()
        if at >= 0:
            cards = self._columns[at]
            self.focus_card(cards[min(len(cards) - 1, max(0, place + by))].card.key)

    def _cross(self, by: int) -> None:
        at, place = self._at()
        filled = [n for n, cards in enumerate(self._columns) if cards]
        if at not in filled:
            return
        wanted = filled[min(len(filled) - 1, max(0, filled.index(at) + by))]
        cards = self._columns[wanted]
        self.focus_card(cards[min(place, len(cards) - 1)].card.key)


def _scrolled(top: QWidget, inner: QWidget, name: str) -> QWidget:
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    whole = column(gap=0)
    whole.addWidget(top)
    whole.addWidget(Rule())
    whole.addWidget(area, 1)
    held = Panel("sheet")
    held.setLayout(whole)
    return held
