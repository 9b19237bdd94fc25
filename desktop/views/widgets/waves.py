"""A rollout as cards from left to right: what is proved, the line that opens the next wave, the fault budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt.motion import turn
from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: how far it is and by which rule the next one opens.

    `parts` are amounts by verdict or state in the order in which they are drawn, out of `total`; `line` is the share
    of `total` at which it goes on. `counts` are words per mark ("9", "1 parked"). `state`: done, current or later.
    """

    title: str
    mark: str
    done: str
    total: int
    parts: tuple[tuple[str, float], ...] = ()
    line: float = 1.0
    counts: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    go_on: tuple[str, str] = ("", "")
    stop: str = ""
    faults: int = 0
    budget: int = 0
    state: str = "later"


class WaveCard(QWidget):
    """One wave as a card; the current one has a 2 px edge. Signal `clicked()`; Enter and Space click it too."""

    clicked = Signal()

    def __init__(self, wave: Wave, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wave = wave
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setProperty("ringRadius", Size.RADIUS_CARD)
        self.set_wave(wave)
        follow_theme(self)

    def set_wave(self, wave: Wave) -> None:
        """Show another state."""
        self._wave = wave
        words = [wave.title, wave.done, *wave.counts.values(), " ".join(wave.go_on), wave.stop]
        self.setAccessibleName(", ".join(word for word in words if word.strip()))
        turn(self, on=wave.mark == "running")
        self.updateGeometry()
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        px = theme().px
        return QSize(px(230), px(108 if self._wave.counts or self._wave.note else 84))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(180), self.sizeHint().height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.clicked.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        wave, px = self._wave, art.theme.px
        here = wave.state == "current"
        ground = "base" if wave.state == "later" else "sheet"
        art.box(self.rect(), ground, "acc" if here else "line", Size.RADIUS_CARD, width=2 if here else 1)
        inner = self.rect().adjusted(px(14), px(11), -px(14), -px(11))
        head = Row(QRect(inner.left(), inner.top(), inner.width(), px(18)), rtl=art.rtl)
        art.mark(head.lead(px(15), px(7)), wave.mark, 14, ground=ground)
        art.text(head.trail(art.width(wave.done, "text"), px(8)), wave.done, "text", "t2", align="trail")
        art.text(head.rest, wave.title, "strong", "t1")
        self._paint_bar(art, QRect(inner.left(), inner.top() + px(27), inner.width(), px(8)))
        if wave.counts or wave.note:
            self._paint_counts(art, QRect(inner.left(), inner.top() + px(45), inner.width(), px(16)), ground)
        self._paint_rule(art, QRect(inner.left(), inner.bottom() - px(16), inner.width(), px(16)))

    def _paint_bar(self, art: Artist, area: QRect) -> None:
        wave, px = self._wave, art.theme.px
        art.stack(area, wave.parts, total=wave.total)
        across = Row(area.adjusted(0, -px(4), 0, px(4)), rtl=art.rtl)
        across.lead(min(area.width() - px(2), round(area.width() * wave.line) - 1))
        art.fill(across.lead(px(2)), "proved.text")

    def _paint_counts(self, art: Artist, area: QRect, ground: str) -> None:
        px = art.theme.px
        line = Row(area, rtl=art.rtl)
        for word, words in self._wave.counts.items():
            art.mark(line.lead(px(13), px(6)), word, 13, ground=ground)
            art.text(line.lead(art.width(words, "help"), px(10)), words, "help", f"{word}.text", elide=False)
        art.text(line.rest, self._wave.note, "help", "t2")

    def _paint_rule(self, art: Artist, area: QRect) -> None:
        wave, px = self._wave, art.theme.px
        line = Row(area, rtl=art.rtl)
        lead, strong = wave.go_on
        art.text(line.lead(art.width(lead, "caption"), px(3)), lead, "caption", "t2")
        art.text(line.lead(art.width(strong, "caption-strong"), px(8)), strong, "caption-strong", "t1")
        for pip in range(wave.budget - 1, -1, -1):
            spot = line.trail(px(8), px(2))
            box = QRect(spot.left(), spot.top() + (spot.height() - px(8)) // 2, px(8), px(8))
            burnt = pip < wave.faults
            art.box(box, "refused.solid" if burnt else None, "refused.solid" if burnt else "field", 2)
        line.trail(px(4))
        art.text(line.rest, wave.stop, "caption", "t2", align="trail")


class WaveGate(QWidget):
    """What stands between two waves: a mark or icon on a line with an arrow, and two lines of words under it."""

    def __init__(
        self,
        words: str,
        note: str = "",
        *,
        icon: str = "check",
        tone: str = "proved.solid",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words, self._note, self._icon, self._tone = words, note, icon, tone
        self.setAccessibleName(f"{words} {note}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        words = max(look.metrics("caption").horizontalAdvance(text) for text in (self._words, self._note))
        return QSize(max(look.px(84), int(words) + look.px(6)), look.px(62))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        width = self.width()
        top = QRect(0, px(4), width, px(16))
        middle = top.center().y()
        art.fill(QRect(px(2), middle, width // 2 - px(16), 1), "line2")
        art.fill(QRect(width // 2 + px(14), middle, width // 2 - px(24), 1), "line2")
        arrow = Row(top, rtl=art.rtl).trail(px(12))
        art.icon(arrow, "chevron-left" if art.rtl else "chevron-right", "t3", 12)
        art.icon(top, self._icon, self._tone, 14)
        art.text(QRect(0, px(26), width, px(15)), self._words, "caption", "t2", align="centre")
        art.text(QRect(0, px(40), width, px(15)), self._note, "caption", "t2", align="centre")
