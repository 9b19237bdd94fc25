"""Boxes: a card with a heading, an inset, a box with a verdict's edge, a one-line notice with quiet acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.qt.language import spoken
from desktop.qt.painting import Artist, Row
from desktop.qt.roles import Link
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, clear, column, drawn, follow_theme, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph, Run
from desktop.views.widgets.slide import HeightSlide

NOTICE = 36


@dataclass(frozen=True, slots=True)
class Act:
    """A button as data: key, words, kind, icon, key cap, and the reason why it is not possible (empty: it is)."""

    key: str
    text: str
    kind: str = "plain"
    icon: str = ""
    keys: str = ""
    reason: str = ""

    def button(self, size: str = "small") -> Button:
        """Make the button."""
        made = Button(self.text, self.kind, icon=self.icon, keys=self.keys, size=size)
        made.set_reason(self.reason)
        return made


class Card(Panel):
    """A card: border, radius 8, an optional heading and a note at its end; content goes into `body` (a QVBoxLayout)."""

    def __init__(self, title: str = "", note: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__("card", parent)
        self.body: QVBoxLayout = column(gap=6)
        self._title, self._note = Label(title, "section", "t2"), Label(note, "help", "t3")
        top = row(gap=8)
        top.addWidget(self._title)
        top.addStretch(1)
        top.addWidget(self._note)
        whole = column(gap=8, margins=(14, 12, 14, 12))
        if title or note:
            whole.addLayout(top)
        whole.addLayout(self.body)
        self.setLayout(whole)

    def set_note(self, note: str) -> None:
        """Change the note at the end of the heading."""
        self._note.setText(note)


class Inset(Panel):
    """A quiet box on the base colour; content goes into `body` (a QVBoxLayout)."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("inset", parent)
        self.body: QVBoxLayout = column(gap=4, margins=(12, 10, 12, 10))
        self.setLayout(self.body)


class EdgeBox(QWidget):
    """A box whose leading edge carries a verdict's colour; content goes into `body` (a QVBoxLayout)."""

    def __init__(
        self, verdict: str = "refused", *, ground: str = "base", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._verdict, self._ground = verdict, ground
        self.body: QVBoxLayout = column(gap=4, margins=(14, 10, 14, 10))
        self.setLayout(self.body)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        follow_theme(self)

    def set_verdict(self, verdict: str) -> None:
        """Change the colour of the edge."""
        self._verdict = verdict
        self.update()

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        edge = Row(self.rect(), rtl=art.rtl).lead(px(8))
        art.painter.save()
        art.painter.setClipRect(self.rect())
        art.box(self.rect(), self._ground, "line2")
        art.painter.setClipRect(Row(edge, rtl=art.rtl).lead(px(3)))
        art.box(self.rect(), f"{self._verdict}.solid", f"{self._verdict}.solid")
        art.painter.restore()


class RefusalBox(EdgeBox):
    """What a device said, in its own words and font, then what that means and the ways out.

    Signal `act(str)`: the key of a way out.
    """

    act = Signal(str)

    def __init__(
        self,
        words: str,
        text: str = "",
        acts: Sequence[Act] = (),
        *,
        lead: str = "",
        verdict: str = "refused",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(verdict, parent=parent)
        lead = lead or self.tr("Device says")
        # A device's own words end without a full stop and stand in their font; a sentence is ours.
        sentence = words.rstrip().endswith((".", "。"))
        words = spoken(words)
        said = Run(words, "t1") if sentence else Run(words, verdict, "log")
        self.body.addWidget(Paragraph([Run(f"{lead} ", "t3"), said], "help", "t3"))
        if text:
            self.body.addWidget(Paragraph(spoken(text), "help", "t2"))
        if acts:
            line = row(gap=8, margins=(0, 6, 0, 0))
            for item in acts:
                button = item.button()
                button.clicked.connect(lambda _on=False, key=item.key: self.act.emit(key))
                line.addWidget(button)
            line.addStretch(1)
            self.body.addLayout(line)


class NoticeBar(Panel):
    """A quiet bar of one line, 36 high: icon, a strong part, words, and acts: one plain, the others quiet.

    Signal `act(str)`. It never covers anything and never goes by itself.
    """

    act = Signal(str)

    def __init__(
        self,
        strong: str,
        text: str = "",
        acts: Sequence[Act] = (),
        *,
        icon: str = "radar",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("discovery", parent)
        self._strong, self._text = Label(strong, "head"), Label(text, "text", "t2", elide=True)
        self._acts = row(gap=4)
        line = row(gap=8, margins=(12, 0, 8, 0))
        line.addWidget(Picture("icon", icon, tone="acct", size=16))
        line.addWidget(self._strong)
        line.addWidget(self._text, 1)
        line.addLayout(self._acts)
        self.setLayout(line)
        self.set_acts(acts)
        self._slide = HeightSlide(self, NOTICE)
        follow_theme(self)

    def set_open(self, *, shown: bool) -> None:
        """Slide in or out in 120 ms."""
        self._slide.set_open(shown=shown)

    def set_text(self, strong: str, text: str) -> None:
        """Show other words."""
        self._strong.setText(strong)
        self._text.setText(text)

    def set_acts(self, acts: Sequence[Act]) -> None:
        """Show other acts."""
        clear(self._acts)
        for number, item in enumerate(acts):
            button = Button(item.text, "plain" if number == 0 else "quiet", icon=item.icon, size="small")
            button.set_reason(item.reason)
            button.clicked.connect(lambda _on=False, key=item.key: self.act.emit(key))
            self._acts.addWidget(button)

    def apply_theme(self) -> None:
        self._slide.settle()


class Section(QWidget):
    """The small heading of a part of a page, with a note beside it and one at the end."""

    def __init__(self, title: str, note: str = "", *, end: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = row(gap=8)
        line.addWidget(Label(title, "section"))
        line.addWidget(Label(note, "caption", "t3"))
        line.addStretch(1)
        self._end = Label(end, "help", "t3")
        line.addWidget(self._end)
        self.setLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_end(self, text: str) -> None:
        """Change the words at the end."""
        self._end.setText(text)


def link_acts(links: Sequence[Link]) -> list[Act]:
    """Turn small acts into buttons: the first ones plain, the last of three or more quiet."""
    last = len(links) - 1
    return [
        Act(link.key, link.text, "quiet" if number == last and last >= 2 else "plain")
        for number, link in enumerate(links)
    ]


class _Corners(QWidget):
    """Lies over a frame's content: fills what is outside the round corners, and draws the border on top."""

    def __init__(self, parent: QWidget, ground: str, edge: str) -> None:
        super().__init__(parent)
        self._ground, self._edge = ground, edge
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        radius = art.theme.px(Size.RADIUS_CARD)
        outside, inside = QPainterPath(), QPainterPath()
        outside.addRect(QRectF(self.rect()))
        inside.addRoundedRect(QRectF(self.rect()), radius, radius)
        art.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        art.painter.fillPath(outside.subtracted(inside), art.theme.colour(self._ground))
        art.box(self.rect(), None, self._edge, Size.RADIUS_CARD)


class Frame(QWidget):
    """A card that holds one widget to its edges and keeps its round corners: for lists, tables and grids.

    `ground` is the tone around the card, which shows at the corners.
    """

    def __init__(
        self, content: QWidget, *, ground: str = "sheet", edge: str = "line", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.content = content
        inner = column(gap=0, margins=(1, 1, 1, 1))
        inner.addWidget(content)
        self.setLayout(inner)
        self._corners = _Corners(self, ground, edge)
        self.setSizePolicy(content.sizePolicy())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._corners.setGeometry(self.rect())
        self._corners.raise_()
