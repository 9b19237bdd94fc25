"""What delegates and drawn widgets share: a layout cursor that mirrors, and an artist that knows the tokens.

`Row` cuts pieces off a rectangle from its leading and trailing edges, whichever side these are on. `Artist` draws
text in a role and a tone, icons, marks, chips, key caps and bars. Nothing here knows a widget or a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from desktop.qt import motion
from desktop.qt.theme import Theme, theme
from desktop.qt.tokens import Size

Span = tuple[int, int]


MOST_ADVANCES = 20_000
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_ONE_LINE = int(Qt.TextFlag.TextSingleLine.value) | int(Qt.TextFlag.TextForceRightToLeft.value)
_ABSOLUTE = int(Qt.AlignmentFlag.AlignVCenter.value) | int(Qt.AlignmentFlag.AlignAbsolute.value)
_FLAGS = {
    "left": _ONE_LINE | _ABSOLUTE | int(Qt.AlignmentFlag.AlignLeft.value),
    "middle": _ONE_LINE | _ABSOLUTE | int(Qt.AlignmentFlag.AlignHCenter.value),
    "right": _ONE_LINE | _ABSOLUTE | int(Qt.AlignmentFlag.AlignRight.value),
}


class Row:
    """What is left of a rectangle while pieces are taken off it.

    `lead` takes from the side where reading starts, `trail` from the other; both are mirrored right to left.
    """

    __slots__ = ("_height", "_left", "_top", "_width", "rtl")

    def __init__(self, rect: QRect, *, rtl: bool = False) -> None:
        # Plain numbers: a table cuts some thousand pieces for one screenful.
        self._left, self._top, self._width, self._height = rect.x(), rect.y(), rect.width(), rect.height()
        self.rtl = rtl

    @property
    def rest(self) -> QRect:
        """What is left."""
        return QRect(self._left, self._top, self._width, self._height)

    def _cut(self, width: int, gap: int, left: bool) -> QRect:
        width = max(0, min(width, self._width))
        at = self._left if left else self._left + self._width - width
        self._drop(width + gap, left)
        return QRect(at, self._top, width, self._height)

    def _drop(self, width: int, left: bool) -> None:
        if left:
            self._left += width
        self._width -= width

    def lead(self, width: int, gap: int = 0) -> QRect:
        """Take `width` pixels at the leading edge, then `gap` of nothing."""
        return self._cut(width, gap, not self.rtl)

    def trail(self, width: int, gap: int = 0) -> QRect:
        """Take `width` pixels at the trailing edge, then `gap` of nothing."""
        return self._cut(width, gap, self.rtl)

    def pad(self, lead: int, trail: int | None = None) -> None:
        """Drop pixels at both edges."""
        self._drop(lead, not self.rtl)
        self._drop(lead if trail is None else trail, self.rtl)


class Artist:
    """Draws with the tokens of the installed theme on a painter that is already open."""

    def __init__(self, painter: QPainter, *, rtl: bool = False) -> None:
        self.painter = painter
        self.theme: Theme = theme()
        self.rtl = rtl
        # The device of an item view's painter is the viewport, which does not know at what scale it is grabbed.
        self.ratio = abs(painter.deviceTransform().m11()) or 1.0
        # Latin text keeps its order in every window; text with letters right to left is forced where it is drawn.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    # -- text

    def advance(self, text: str, role: str) -> float:
        """Width of `text` in a type role; remembered, because the same words stand in a table again and again."""
        known = self.theme.advances
        found = known.get((role, text))
        if found is None:
            if len(known) > MOST_ADVANCES:
                known.clear()
            found = known[role, text] = self.theme.metrics(role).horizontalAdvance(text)
        return found

    def width(self, text: str, role: str) -> int:
        """Width of `text` in a type role, rounded up to whole pixels."""
        return int(self.advance(text, role)) + 1

    def text(
        self,
        rect: QRect,
        text: str,
        role: str = "text",
        tone: str = "t1",
        *,
        align: str = "lead",
        elide: bool = True,
    ) -> bool:
        """Draw one line, centred vertically; `align` is lead, trail or centre. True when it had to be cut."""
        room = rect.width()
        if room <= 0 or not text:
            return bool(text)
        look, painter, cut = self.theme, self.painter, False
        metrics, width = look.metrics(role), self.advance(text, role)
        if elide and width > room + 0.5:
            text, cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room), True
            width = metrics.horizontalAdvance(text)
        painter.setFont(look.font(role))
        painter.setPen(look.colour(tone))
        if _RTL.search(text) is not None:
            painter.drawText(rect, _FLAGS[self._side(align)], text)
            return cut
        side = self._side(align)
        left = rect.left() + (0.0 if side == "left" else (room - width) / (2 if side == "middle" else 1))
        ascent, descent = metrics.ascent(), metrics.descent()
        base = rect.top() + round((rect.height() - ascent - descent) / 2 + ascent)
        painter.drawText(QPointF(left, base), text)
        return cut

    def _side(self, align: str) -> str:
        if align == "centre":
            return "middle"
        return "left" if (align == "lead") != self.rtl else "right"

    def spans(
        self,
        rect: QRect,
        text: str,
        role: str,
        tone: str,
        marked: Sequence[Span],
        *,
        words: str = "",
        ground: str = "",
    ) -> None:
        """Draw one line in which the `marked` ranges (start, end) take the tone `words` or lie on a `ground`."""
        parts = [(part, hit, round(self.advance(part, role))) for part, hit in _pieces(text, marked)]
        # The whole stands at the leading edge of the cell; inside it the letters keep their own direction.
        whole = Row(rect, rtl=self.rtl).lead(sum(width for _, _, width in parts))
        row = Row(whole, rtl=reads_rtl(text))
        for part, hit, width in parts:
            piece = row.lead(width)
            if hit and ground:
                self.box(piece.adjusted(0, self.theme.px(5), 0, -self.theme.px(5)), ground, radius=2)
            self.text(
                piece.adjusted(-1, 0, 1, 0),
                part,
                role,
                words if hit and words else tone,
                align="centre",
                elide=False,
            )

    # -- pictures

    def _centred(self, rect: QRect, side: int, align: str) -> QPoint:
        top = rect.top() + (rect.height() - side) // 2
        if align == "centre":
            return QPoint(rect.left() + (rect.width() - side) // 2, top)
        at_left = (align == "lead") != self.rtl
        return QPoint(rect.left() if at_left else rect.right() - side + 1, top)

    def pixmap(self, rect: QRect, pixmap: QPixmap, align: str = "centre") -> None:
        """Draw a square pixmap in the middle of `rect`, or at its leading or trailing edge."""
        side = round(pixmap.width() / pixmap.devicePixelRatio())
        self.painter.drawPixmap(self._centred(rect, side, align), pixmap)

    def icon(
        self, rect: QRect, name: str, tone: str = "t2", size: int = Size.ICON, align: str = "centre"
    ) -> None:
        """Draw a Lucide icon."""
        self.pixmap(rect, self.theme.pixmap(name, tone, size, self.ratio), align)

    def mark(
        self, rect: QRect, word: str, size: int = 14, align: str = "centre", ground: str = "sheet"
    ) -> None:
        """Draw the mark of a verdict or a state; the arc of running work stands where the moment has it."""
        pixmap = self.theme.verdict_mark(word, size, self.ratio, ground)
        turned = motion.angle() if word == "running" else 0.0
        if turned:
            self._turned(rect, pixmap, turned, align)
        else:
            self.pixmap(rect, pixmap, align)

    def _turned(self, rect: QRect, pixmap: QPixmap, degrees: float, align: str) -> None:
        side = round(pixmap.width() / pixmap.devicePixelRatio())
        half = side / 2
        corner = self._centred(rect, side, align)
        self.painter.save()
        self.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.painter.translate(corner.x() + half, corner.y() + half)
        self.painter.rotate(degrees)
        self.painter.drawPixmap(QPointF(-half, -half), pixmap)
        self.painter.restore()

    def device(
        self, rect: QRect, kind: str, tone: str = "t2", size: int = Size.ICON, align: str = "centre"
    ) -> None:
        """Draw a device silhouette."""
        self.pixmap(rect, self.theme.device(kind, tone, size, self.ratio), align)

    # -- shapes

    def fill(self, rect: QRect, tone: str) -> None:
        """Fill a rectangle, without smoothing."""
        self.painter.fillRect(rect, self.theme.colour(tone))

    def line(self, rect: QRect, tone: str = "line") -> None:
        """Draw the hair line along the bottom of `rect`."""
        self.fill(QRect(rect.left(), rect.bottom(), rect.width(), 1), tone)

    def box(
        self,
        rect: QRect,
        fill: str | None,
        edge: str | None = None,
        radius: int = Size.RADIUS_FIELD,
        *,
        width: int = 1,
        dashed: bool = False,
    ) -> None:
        """Draw a rounded box with its border inside `rect`."""
        painter = self.painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = width / 2 if edge else 0.0
        area = QRectF(rect).adjusted(half, half, -half, -half)
        painter.setBrush(self.theme.colour(fill) if fill else Qt.BrushStyle.NoBrush)
        if edge:
            pen = QPen(self.theme.colour(edge), width)
            if dashed:
                pen.setDashPattern([3.0, 2.0])
            painter.setPen(pen)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        shrunk = max(0.0, self.theme.px(radius) - half)
        painter.drawRoundedRect(area, shrunk, shrunk)
        painter.restore()

    def frame(self, rect: QRect, tone: str, width: int = 1) -> None:
        """Draw a square frame inside `rect`."""
        colour = self.theme.colour(tone)
        inner = rect.adjusted(width, width, -width, -width)
        for piece in (
            QRect(rect.left(), rect.top(), rect.width(), width),
            QRect(rect.left(), inner.bottom() + 1, rect.width(), width),
            QRect(rect.left(), rect.top(), width, rect.height()),
            QRect(inner.right() + 1, rect.top(), width, rect.height()),
        ):
            self.painter.fillRect(piece, colour)

    def edge(self, rect: QRect, tone: str, width: int = Size.STRIPE) -> None:
        """Fill the stripe at the leading edge of `rect`; it changes sides right to left."""
        self.fill(Row(rect, rtl=self.rtl).lead(width), tone)

    def dot(self, centre: QPointF, radius: float, tone: str) -> None:
        """Draw a full circle."""
        painter = self.painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour(tone))
        painter.drawEllipse(centre, radius, radius)
        painter.restore()

    def badge(
        self, rect: QRect, text: str, role: str = "caption-strong", fill: str = "press", tone: str = "t2"
    ) -> int:
        """Draw a count in a pill at the leading edge of `rect`, 18 high; gives its width."""
        width, height = self.badge_width(text, role), self.theme.px(18)
        row = Row(rect, rtl=self.rtl)
        piece = row.lead(width)
        area = QRect(piece.left(), piece.top() + (piece.height() - height) // 2, width, height)
        self.box(area, fill, radius=9)
        self.text(area, text, role, tone, align="centre", elide=False)
        return width

    def badge_width(self, text: str, role: str = "caption-strong") -> int:
        """Width of a count in a pill."""
        return max(self.theme.px(20), self.width(text, role) + self.theme.px(12))

    def key_width(self, key: str) -> int:
        """Width of a key cap."""
        return max(self.theme.px(18), self.width(key, "key") + self.theme.px(9))

    def key(self, rect: QRect, key: str, *, on: str = "") -> None:
        """Draw a key cap that fills the width of `rect`; `on="acc"` is the one inside a primary button."""
        height = self.theme.px(18)
        area = QRect(rect.left(), rect.top() + (rect.height() - height) // 2, rect.width(), height)
        if on == "acc":
            self.painter.save()
            self.painter.setOpacity(self.painter.opacity() * 0.55)
            self.box(area, None, "on_acc", Size.RADIUS_TICK)
            self.painter.restore()
            self.text(area, key, "key", "on_acc", align="centre", elide=False)
            return
        self.box(area, "base", "line2", Size.RADIUS_TICK)
        self.text(area, key, "key", "off" if on == "off" else "t2", align="centre", elide=False)

    def stack(
        self, rect: QRect, parts: Iterable[tuple[str, float]], *, total: float = 0.0, track: str = "press"
    ) -> None:
        """Draw a stacked bar: parts (tone, amount) in order, 1 px gaps, the rest of `total` as track."""
        kept = [(tone, amount) for tone, amount in parts if amount > 0]
        whole = max(total, sum(amount for _, amount in kept))
        painter = self.painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        radius = min(self.theme.px(3), rect.height() / 2)
        path.addRoundedRect(QRectF(rect), radius, radius)
        painter.setClipPath(path)
        painter.fillRect(rect, self.theme.colour(track))
        if whole > 0:
            self._stack_parts(rect, kept, whole)
        painter.restore()

    def _stack_parts(self, rect: QRect, parts: Sequence[tuple[str, float]], whole: float) -> None:
        row = Row(rect, rtl=self.rtl)
        for number, (part, width) in enumerate(
            zip(parts, stack_widths(parts, whole, rect.width()), strict=True)
        ):
            piece = row.lead(width)
            self.painter.fillRect(piece, self.solid(part[0]))
            if number + 1 < len(parts):
                self.painter.fillRect(Row(piece, rtl=self.rtl).trail(1), self.theme.colour("sheet"))

    def solid(self, tone: str) -> QColor:
        """Give the solid colour of a verdict, of "running" (primary), or of any tone."""
        if tone == "running":
            return self.theme.colour("acc")
        if tone in self.theme.tokens.verdicts:
            return QColor(self.theme.tokens.verdict(tone).solid)
        return self.theme.colour(tone)


def reads_rtl(text: str) -> bool:
    """True when a text holds a letter that is written right to left.

    A MAC, a date or a name in Latin letters keeps its order in a window that is laid out right to left.
    """
    return _RTL.search(text) is not None


def stack_widths(parts: Sequence[tuple[str, float]], whole: float, room: int, least: int = 4) -> list[int]:
    """Share `room` pixels out among parts of a `whole`; none is rounded away: one refused door of 300 must be seen."""
    widths = [max(least, round(room * amount / whole)) for _, amount in parts]
    full = sum(amount for _, amount in parts) >= whole
    spare = room - sum(widths)
    if widths and (full or spare < 0):
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] = max(0, widths[widest] + spare)
    return widths


def _pieces(text: str, marked: Sequence[Span]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(marked):
        if start > at:
            found.append((text[at:start], False))
        if end > max(at, start):
            found.append((text[max(at, start) : end], True))
        at = max(at, end)
    if at < len(text):
        found.append((text[at:], False))
    return found


def hits(text: str, query: str) -> list[Span]:
    """Find where the words of `query` stand in `text`, case aside: the ranges to mark."""
    low = text.casefold()
    if len(low) != len(text):
        return []
    found: list[Span] = []
    for word in query.casefold().split():
        at = low.find(word)
        if at >= 0:
            found.append((at, at + len(word)))
    return found
