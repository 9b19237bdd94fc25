"""One line of a short list to pick from: a small picture, a name, a note at the end; the present one is lit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme

HEIGHT = 28


class PickRow(QAbstractButton):
    """A clickable line over the whole width. `set_here` marks the one that Enter takes."""

    def __init__(
        self, name: str, note: str = "", *, picture: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._note, self._here = name, note, False
        self._picture = picture
        if picture is not None:
            picture.setParent(self)
        self.setText(f"{name}, {note}" if note else name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    @property
    def here(self) -> bool:
        """Whether Enter takes this one."""
        return self._here

    def set_here(self, *, here: bool) -> None:
        """Light it, or not."""
        self._here = here
        self.update()

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(HEIGHT))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(200), theme().px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        if self._here:
            art.box(self.rect(), "sel", radius=Size.RADIUS_FIELD)
        elif self.underMouse():
            art.box(self.rect(), "hover", radius=Size.RADIUS_FIELD)
        line = Row(self.rect(), rtl=art.rtl)
        line.pad(px(8))
        if self._picture is not None:
            area = line.lead(self._picture.width(), px(8))
            top = (self.height() - self._picture.height()) // 2
            self._picture.move(area.left(), top)
        art.text(line.trail(art.width(self._note, "help"), px(8)), self._note, "help", "t2", align="trail")
        art.text(line.rest, self._name, "strong" if self._here else "text", "t1")
