"""Labels on sheets of paper: QR code, MAC, model, firm; a PDF by Qt's own writer, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from desktop.qt.qr import draw_qr

ACROSS, DOWN = 3, 8
"""A4 sheets of 24 labels of 70 by 37 mm: what every stationer has."""
DPI = 300
MM = DPI / 25.4


@dataclass(frozen=True, slots=True)
class LabelText:
    """One label: what the code says, and the lines beside it."""

    code: str
    head: str
    lines: tuple[str, ...] = ()


def pages_of(labels: Sequence[LabelText]) -> list[Sequence[LabelText]]:
    """The labels sheet by sheet."""
    each = ACROSS * DOWN
    return [labels[start : start + each] for start in range(0, len(labels), each)]


def write_labels(path: Path, labels: Sequence[LabelText], *, title: str) -> Iterator[int]:
    """Write the labels; gives the number of the sheet after each, so that the window can breathe between them.

    The file is whole when the iterator has ended. OSError when it cannot be written.
    """
    path.write_bytes(b"")  # says in the system's words why not; Qt would only say that painting cannot begin
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setResolution(DPI)
    layout = QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)
    )
    writer.setPageLayout(layout)
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"{path.name} cannot be written.")
    try:
        for number, sheet in enumerate(pages_of(labels)):
            if number:
                writer.newPage()
            for place, label in enumerate(sheet):
                _draw(painter, place, label)
            yield number + 1
    finally:
        painter.end()


def _draw(painter: QPainter, place: int, label: LabelText) -> None:
    down, across = divmod(place, ACROSS)
    area = QRectF(across * 70 * MM, down * 37 * MM, 70 * MM, 37 * MM)
    side = 25 * MM
    code = QRectF(area.left() + 4 * MM, area.top() + 6 * MM, side, side)
    draw_qr(painter, code, label.code)
    painter.setPen(QPen(QColor(Qt.GlobalColor.black)))
    left = code.right() + 4 * MM
    room = QRectF(left, code.top(), area.right() - left - 2 * MM, 6 * MM)
    _line(painter, room, label.head, 9, bold=True)
    for number, words in enumerate(label.lines):
        _line(painter, room.translated(0, (6 + 5 * number) * MM), words, 8)


def _line(painter: QPainter, area: QRectF, words: str, points: float, *, bold: bool = False) -> None:
    font = QFont("Inter")
    font.setPointSizeF(points)
    font.setBold(bold)
    painter.setFont(font)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
