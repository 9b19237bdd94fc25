"""A QR code in a page: black on white in every theme, with the words that it stands for as its accessible name."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt.painting import Artist
from desktop.qt.qr import qr_image
from desktop.qt.theme import theme
from desktop.views.widgets.base import drawn, follow_theme


class QrCode(QWidget):
    """Shows one code in a square of `side` token pixels; an empty text shows an empty square."""

    def __init__(
        self, text: str = "", *, side: int = 176, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text, self._side = text, side
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name or self.tr("QR code"))
        follow_theme(self)

    @property
    def text(self) -> str:
        """What the code says."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another code."""
        self._text = text
        self.apply_theme()

    def image(self, side: int = 480) -> QImage:
        """The code as a picture to copy or to send, larger than on the screen."""
        return qr_image(self._text, side) if self._text else QImage()

    def apply_theme(self) -> None:
        self.setFixedSize(self.sizeHint())
        ratio = self.devicePixelRatioF()
        self._image = qr_image(self._text, int(theme().px(self._side) * ratio)) if self._text else QImage()
        self._image.setDevicePixelRatio(ratio)
        self.update()

    def sizeHint(self) -> QSize:
        side = theme().px(self._side)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.box(self.rect(), "sheet", "line2", 6)
        if self._image.isNull():
            return
        size = self._image.deviceIndependentSize().toSize()
        at = QRect(0, 0, size.width(), size.height())
        at.moveCenter(self.rect().center())
        inner = self.rect().adjusted(1, 1, -1, -1)
        art.painter.fillRect(inner, QColor(Qt.GlobalColor.white))
        art.painter.drawImage(at.topLeft(), self._image)
