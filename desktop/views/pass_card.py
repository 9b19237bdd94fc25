"""A pass as it is handed over: QR code, digits, when, where, how often; copied as text or as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from core.entities.person import RESIDENT
from core.usecases.visitors import TemporaryKey, qr_payload
from desktop.models.desk import Desk
from desktop.models.visitors import uses_words, when_words
from desktop.views.widgets.base import column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.qr import QrCode


class PassCard(QWidget):
    """Shows one key in the clear: only for who just made it, or after its showing was noted in the audit."""

    def __init__(
        self,
        desk: Desk,
        key: TemporaryKey,
        doors: Sequence[str],
        *,
        narrow: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._key, self._doors = desk, key, tuple(doors)
        self.code = QrCode(qr_payload(key), side=190, name=self.tr("QR code of {0}").format(self.name))
        self.digits = Label(spaced(key.credential.code), "figure")
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if narrow:
            self._lay_narrow()
        else:
            self._lay_wide()

    def _lay_wide(self) -> None:
        desk, key = self._desk, self._key
        pairs = [
            Pair(self.tr("Valid"), when_words(key.group)),
            Pair(self.tr("Zone"), desk.sites.zone),
            Pair(self.tr("Uses"), uses_words(key.credential.uses)),
            Pair(self.tr("Doors"), ", ".join(self._doors) or "—"),
        ]
        words = column(gap=8)
        words.addWidget(Label(self.tr("Type it or show the code"), "help", "t3"))
        words.addWidget(self.digits)
        words.addWidget(KeyValues(pairs, label_width=44))
        words.addStretch(1)
        line = row(gap=16, margins=(16, 16, 16, 16))
        line.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        self.setLayout(line)

    def _lay_narrow(self) -> None:
        """In a panel that says the rest itself: the code, its digits, and the two ways to copy."""
        text, picture = Button(self.tr("Copy text"), icon="copy"), Button(self.tr("Copy QR"), icon="qr-code")
        text.clicked.connect(self.copy_text)
        picture.clicked.connect(self.copy_picture)
        words = column(gap=8)
        words.addWidget(self.digits)
        words.addStretch(1)
        words.addWidget(text)
        words.addWidget(picture)
        line = row(gap=12)
        line.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        self.setLayout(line)

    @property
    def name(self) -> str:
        """Whose pass it is."""
        return RESIDENT.name_of(self._key.visitor).removesuffix(" ·")

    def message(self) -> str:
        """What is sent to the visitor as text."""
        site = self._desk.sites.site
        lines = [
            self.tr("{0}: your key for {1}").format(self.name, site.name if site else ""),
            spaced(self._key.credential.code),
            f"{when_words(self._key.group)} ({self._desk.sites.zone})",
            ", ".join(self._doors),
        ]
        return "\n".join(line for line in lines if line)

    def copy_text(self) -> None:
        """Put the message on the clipboard."""
        QApplication.clipboard().setText(self.message())

    def copy_picture(self) -> None:
        """Put the QR code on the clipboard."""
        QApplication.clipboard().setImage(self.code.image())


def spaced(code: str) -> str:
    """`9123 4567`: digits as people read them aloud."""
    return f"{code[:4]} {code[4:]}" if len(code) == 8 else code
