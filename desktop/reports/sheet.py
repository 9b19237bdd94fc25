"""A4 paper: lines of text that flow over pages, by Qt's own PDF writer. Lengths are millimetres, type is in points.

Lines are kept first and drawn last, so that each page's foot can say how many pages there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
)

from desktop.qt import fonts
from desktop.qt.tokens import LIGHT

DPI = 600
MM = DPI / 25.4
PAGE_WIDTH, PAGE_HEIGHT, SIDE, TOP, BOTTOM = 210.0, 297.0, 20.0, 20.0, 24.0
WIDTH = PAGE_WIDTH - 2 * SIDE
"""What a line may take."""
ROOM = PAGE_HEIGHT - TOP - BOTTOM
"""What the lines of one page may take together."""
CHIP_PAD = 1.4


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text is set: points, weight, a colour as "#RRGGBB", mono or not."""

    pt: float = 9.0
    weight: int = 400
    colour: str = LIGHT.t1
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A text in a column of a line: `x` from the side where reading begins. `chip`: the colour of a chip around it."""

    text: str
    x: float = 0.0
    width: float = WIDTH
    ink: Ink = field(default_factory=Ink)
    at_end: bool = False
    chip: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces beside each other, wrapped in their columns. `above`: the gap before it; `rule`: a hairline in the gap."""

    pieces: tuple[Piece, ...]
    above: float = 0.0
    rule: bool = False


class Paper:
    """Pages in the making; `write` draws them. Needs the application, since fonts do."""

    def __init__(self, title: str, *, foot: str) -> None:
        if "Inter" not in QFontDatabase.families():
            fonts.load()
        self._title, self._foot = title, foot
        self._pages: list[list[tuple[float, Line]]] = [[]]
        self._down = 0.0

    @property
    def pages(self) -> int:
        """How many pages there are so far."""
        return len(self._pages)

    def keep(self, lines: Sequence[Line]) -> None:
        """Add lines that stay on one page together, unless they are more than a page takes."""
        whole = sum(line.above + height_of(line) for line in lines)
        if self._down and self._down + whole > ROOM and whole <= ROOM:
            self._turn()
        for line in lines:
            height = height_of(line)
            if self._down and self._down + line.above + height > ROOM:
                self._turn()
            self._down += line.above if self._down else 0.0
            self._pages[-1].append((self._down, line))
            self._down += height

    def _turn(self) -> None:
        self._pages.append([])
        self._down = 0.0

    def write(self, path: Path) -> int:
        """Draw all pages into a file, which is there whole or not at all; gives their number. OSError says why not."""
        part = path.with_name(path.name + ".part")
        part.write_bytes(
            b""
        )  # says in the system's words why not; Qt would only say that painting cannot begin
        try:
            self._draw(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return self.pages

    def _draw(self, path: Path) -> None:
        writer = QPdfWriter(str(path))
        writer.setTitle(self._title)
        writer.setCreator("Gatewright")
        writer.setResolution(DPI)
        size = QPageSize(QPageSize.PageSizeId.A4)
        writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
        painter = QPainter()
        if not painter.begin(writer):
            raise OSError(f"{path.name} cannot be written.")
        try:
            painter.setLayoutDirection(QGuiApplication.layoutDirection())
            for number, lines in enumerate(self._pages, 1):
                if number > 1:
                    writer.newPage()
                for down, line in lines:
                    _draw_line(painter, TOP + down, line)
                self._draw_foot(painter, number)
        finally:
            painter.end()

    def _draw_foot(self, painter: QPainter, number: int) -> None:
        quiet = Ink(7.5, colour=LIGHT.t3)
        words = QCoreApplication.translate("report", "Page {0} of {1}").format(number, self.pages)
        pieces = (
            Piece("Gatewright", ink=Ink(7.5, 600, LIGHT.t2), width=30),
            Piece(self._foot, x=30, width=WIDTH - 60, ink=quiet),
            Piece(words, x=WIDTH - 30, width=30, ink=quiet, at_end=True),
        )
        _draw_line(painter, PAGE_HEIGHT - 14, Line(pieces, above=2.5, rule=True))


@lru_cache(maxsize=64)
def font_of(ink: Ink) -> QFont:
    """The bundled font of an ink, in the paper's pixels."""
    font = fonts.make(fonts.Role(1, 1, ink.weight, mono=ink.mono), 1.0)
    # Other shapes of a figure or dot have no character of their own: readers of the file could not copy or find them.
    for feature in ("tnum", "calt", "liga", "case"):
        font.setFeature(QFont.Tag(feature), 0)
    font.setPixelSize(round(ink.pt * DPI / 72))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _flags(piece: Piece) -> int:
    side = Qt.AlignmentFlag.AlignRight if piece.at_end else Qt.AlignmentFlag.AlignLeft
    widest = max((_metrics(piece).horizontalAdvance(word) for word in piece.text.split()), default=0.0)
    # A word that is wider than its column is broken rather than run over its neighbour.
    wrap = Qt.TextFlag.TextWrapAnywhere if widest > piece.width * MM else Qt.TextFlag.TextWordWrap
    return int(side | Qt.AlignmentFlag.AlignTop) | int(wrap)


def _metrics(piece: Piece) -> QFontMetricsF:
    return QFontMetricsF(font_of(piece.ink))


def height_of(line: Line) -> float:
    """How high a line is with all its pieces wrapped, without the gap above it."""
    return max((_drop(line, piece) + _height(piece) for piece in line.pieces), default=0.0)


def _drop(line: Line, piece: Piece) -> float:
    """How far a piece stands lower than the line's top, so that all share their first baseline."""
    return (max(_metrics(one).ascent() for one in line.pieces) - _metrics(piece).ascent()) / MM


def _height(piece: Piece) -> float:
    metrics = _metrics(piece)
    area = QRectF(0, 0, piece.width * MM, 10_000 * MM)
    return float(max(metrics.boundingRect(area, _flags(piece), piece.text).height(), metrics.height()) / MM)


def _area(x: float, top: float, width: float, height: float) -> QRectF:
    """Millimetres to pixels; where reading begins at the right, columns do too."""
    rtl = QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
    left = PAGE_WIDTH - SIDE - x - width if rtl else SIDE + x
    return QRectF(left * MM, top * MM, width * MM, height * MM)


def _draw_line(painter: QPainter, top: float, line: Line) -> None:
    if line.rule:
        painter.setPen(QPen(QColor(LIGHT.line2), 0.2 * MM))
        edge = _area(0, top - line.above / 2, WIDTH, 0)
        painter.drawLine(edge.topLeft(), edge.topRight())
    for piece in line.pieces:
        start = top + _drop(line, piece)
        if piece.chip:
            _draw_chip(painter, start, piece)
        else:
            painter.setFont(font_of(piece.ink))
            painter.setPen(QColor(piece.ink.colour))
            painter.drawText(
                _area(piece.x, start, piece.width, _height(piece) + 1), _flags(piece), piece.text
            )


def _draw_chip(painter: QPainter, top: float, piece: Piece) -> None:
    metrics = _metrics(piece)
    width, height = metrics.horizontalAdvance(piece.text) / MM + 2 * CHIP_PAD, metrics.height() / MM
    area = _area(piece.x + (piece.width - width if piece.at_end else 0), top, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(piece.chip))
    painter.drawRoundedRect(area.adjusted(0, -0.3 * MM, 0, 0.3 * MM), MM, MM)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(font_of(piece.ink))
    painter.setPen(QColor(piece.ink.colour))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), piece.text)
