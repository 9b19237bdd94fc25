"""QR codes as pictures: made by segno, drawn by Qt so that every module falls on whole pixels."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

QUIET = 4
"""Empty modules around a code: what the standard asks for; readers fail with less."""

Matrix = tuple[bytes, ...]


def qr_matrix(text: str) -> Matrix:
    """The modules of a QR code of medium error correction, one byte each (1 is dark), without the quiet zone."""
    made = segno.make(text, error="m", micro=False)
    return tuple(bytes(line) for line in made.matrix)


def qr_image(text: str, side: int) -> QImage:
    """A black and white picture of a QR code, `side` pixels or a little less, with its quiet zone.

    It is black on white in every theme: cameras read dark on light.
    """
    matrix = qr_matrix(text)
    modules = len(matrix) + 2 * QUIET
    step = max(1, side // modules)
    image = QImage(modules * step, modules * step, QImage.Format.Format_RGB32)
    image.fill(QColor(Qt.GlobalColor.white))
    painter = QPainter(image)
    try:
        for y, line in enumerate(matrix):
            for x, dark in enumerate(line):
                if dark:
                    at = QRect((x + QUIET) * step, (y + QUIET) * step, step, step)
                    painter.fillRect(at, QColor(Qt.GlobalColor.black))
    finally:
        painter.end()
    return image


def draw_qr(painter: QPainter, area: QRectF, text: str) -> None:
    """Draw a code into a square of a printed page, without a quiet zone of its own."""
    matrix = qr_matrix(text)
    step = min(area.width(), area.height()) / len(matrix)
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            if dark:
                # A hair of overlap: printers leave white seams between squares that only touch.
                at = QRectF(area.left() + x * step, area.top() + y * step, step * 1.02, step * 1.02)
                painter.fillRect(at, QColor(Qt.GlobalColor.black))
