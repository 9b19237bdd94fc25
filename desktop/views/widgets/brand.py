"""The product's mark and name at the head of the navigation, and initials of a person."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme

PRODUCT = "Gatewright"


class Brand(QWidget):
    """Mark and name; in the rail only the mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rail = False
        self.setAccessibleName(PRODUCT)
        follow_theme(self)

    def set_rail(self, *, rail: bool) -> None:
        """Show the mark alone, or with the name."""
        self._rail = rail
        self.update()

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(Size.HEADER))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        if self._rail:
            art.pixmap(self.rect(), art.theme.mark(23, art.ratio))
            return
        row = Row(self.rect(), rtl=art.rtl)
        row.lead(px(16))
        art.pixmap(row.lead(px(24), px(9)), art.theme.mark(23, art.ratio))
        art.text(row.rest, PRODUCT, "panel", "t1")


def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name, at most two."""
    words = [word for word in name.split() if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


_NOBODY = {"+": "user-plus", "?": "user"}


class Avatar(QWidget):
    """The initials of a person in a circle, or in a square with round corners; "+" is somebody new, "?" nobody yet."""

    def __init__(
        self, name: str = "", *, size: int = 26, square: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._size, self._square = name, size, square
        follow_theme(self)

    def set_name(self, name: str) -> None:
        """Show another person."""
        self._name = name
        self.update()

    def apply_theme(self) -> None:
        side = theme().px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.box(self.rect(), "press", radius=8 if self._square else self._size // 2)
        if icon := _NOBODY.get(self._name):
            art.icon(self.rect(), icon, "t2", round(self._size * 0.45))
            return
        role = "badge" if self._size <= 28 else ("section" if self._size <= 40 else "title")
        art.text(self.rect(), initials(self._name), role, "t2", align="centre", elide=False)
