"""The status bar: what the page holds at the leading edge, the keys that work here at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, clear, follow_theme, row
from desktop.views.widgets.labels import KeyCap, Label, Picture


@dataclass(frozen=True, slots=True)
class StatusItem:
    """One text of the status bar; `mark` is a verdict or state, `icon` a picture, `strong` a figure before the text."""

    text: str
    mark: str = ""
    icon: str = ""
    strong: str = ""
    tone: str = "t2"


class KeyHint(QWidget):
    """A key cap, or several, and what they do."""

    def __init__(self, keys: str | Sequence[str], words: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = row(gap=5)
        for key in [keys] if isinstance(keys, str) else keys:
            line.addWidget(KeyCap(key))
        line.addSpacing(theme().px(2))
        line.addWidget(Label(words, "caption", "t2"))
        self.setLayout(line)


class StatusBar(Panel):
    """The bar of 26 at the foot of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("status", parent)
        self._items, self._hints = row(gap=14), row(gap=14)
        self._shown: tuple[StatusItem, ...] = ()
        self._told: tuple[tuple[str | Sequence[str], str], ...] = ()
        line = row(gap=14, margins=(12, 0, 12, 0))
        line.addLayout(self._items)
        line.addStretch(1)
        line.addLayout(self._hints)
        self.setLayout(line)
        follow_theme(self)

    def set_items(self, items: Sequence[StatusItem]) -> None:
        """Show these texts. The same again costs nothing: pages say it after each change of a row."""
        if tuple(items) == self._shown:
            return
        self._shown = tuple(items)
        clear(self._items)
        for item in items:
            piece = row(gap=5)
            if item.mark:
                piece.addWidget(Picture("mark", item.mark, size=13))
            if item.icon:
                piece.addWidget(Picture("icon", item.icon, tone="t3", size=13))
            if item.strong:
                piece.addWidget(Label(item.strong, "caption-strong", "t1"))
            piece.addWidget(Label(item.text, "caption", item.tone))
            self._items.addLayout(piece)

    def set_hints(self, hints: Sequence[tuple[str | Sequence[str], str]]) -> None:
        """Show these keys: each is (key or keys, what they do)."""
        if tuple(hints) == self._told:
            return
        self._told = tuple(hints)
        clear(self._hints)
        for keys, words in hints:
            self._hints.addWidget(KeyHint(keys, words))

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(Size.STATUS_BAR))
