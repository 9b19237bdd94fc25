"""Editors with a list: a choice from a few, and a text that is one of many (dates and numbers are Qt's, styled)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QListView, QSizePolicy, QWidget

from desktop.qt.theme import theme
from desktop.views.widgets.base import follow_theme


class ChoiceBox(QComboBox):
    """A choice from a list of (key, words). Signal `chosen(object)`: the key, when a person chose.

    The wheel does not change a value that has no focus: scrolling a form must not edit it.
    """

    chosen = Signal(object)

    def __init__(
        self, choices: Sequence[tuple[object, str]] = (), *, current: object = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setView(QListView(self))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_choices(choices, current=current)
        self.activated.connect(lambda _row: self.chosen.emit(self.current()))
        follow_theme(self)

    def set_choices(self, choices: Sequence[tuple[object, str]], *, current: object = None) -> None:
        """Replace the list and make the key `current` the current one; None stands for nothing chosen."""
        self.clear()
        for key, words in choices:
            self.addItem(words, key)
        self.set_current(current)

    def current(self) -> object:
        """The key that is chosen, or None."""
        return self.currentData() if self.currentIndex() >= 0 else None

    def set_current(self, key: object) -> None:
        """Choose a key; an unknown one chooses nothing."""
        rows = [number for number in range(self.count()) if self.itemData(number) == key]
        self.setCurrentIndex(rows[0] if rows else -1)

    def apply_theme(self) -> None:
        self.setFont(theme().font("text"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
