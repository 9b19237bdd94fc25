"""Editors that are no line of text: a choice from a few, a date, a number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtGui import QTextCharFormat, QWheelEvent
from PySide6.QtWidgets import QCalendarWidget, QComboBox, QDateEdit, QListView, QSizePolicy, QSpinBox, QWidget

from desktop.qt.theme import theme
from desktop.views.widgets.base import follow_theme


class ChoiceBox(QComboBox):
    """A choice from a list of (key, words). Signal `chosen(object)`: the key, when a person chose.

    The wheel does not change a value that has no focus: scrolling a form must not edit it.
    """

    chosen = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[object, str]] = (),
        *,
        current: object = None,
        parent: QWidget | None = None,
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


class DateField(QDateEdit):
    """A date with a calendar, written as the reader's language does it ("31 Aug 2027"). Signals are QDateEdit's."""

    def __init__(self, date: QDate, parent: QWidget | None = None) -> None:
        super().__init__(date, parent)
        self.setCalendarPopup(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        english = self.locale().language() in {QLocale.Language.English, QLocale.Language.C}
        self.setDisplayFormat(
            "d MMM yyyy" if english else self.locale().dateFormat(QLocale.FormatType.ShortFormat)
        )
        follow_theme(self)

    def apply_theme(self) -> None:
        look = theme()
        self.setFont(look.font("text"))
        plain = QTextCharFormat()
        plain.setForeground(look.colour("t1"))
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            # Red is spent on refusals only, not on week ends.
            self.calendarWidget().setWeekdayTextFormat(day, plain)
        quiet = QTextCharFormat()
        quiet.setForeground(look.colour("t3"))
        quiet.setBackground(look.colour("base"))
        self.calendarWidget().setHeaderTextFormat(quiet)
        self.calendarWidget().setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberField(QSpinBox):
    """A whole number between two bounds, with a unit behind it. Signals are QSpinBox's."""

    def __init__(
        self, value: int, least: int, most: int, *, unit: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setRange(least, most)
        self.setValue(value)
        self.setSuffix(f" {unit}" if unit else "")
        # The style sheet's padding does not reach the line inside a spin box.
        self.lineEdit().setTextMargins(theme().px(7), 0, theme().px(7), 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.setFont(theme().font("text"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
