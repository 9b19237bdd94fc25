"""The bar of a burst scan: it listens, shows the last readings as they come, counts, and takes the last one back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.models.burst import Burst, Reading, Scanned
from desktop.models.words import number_word
from desktop.qt.theme import theme
from desktop.views.widgets.base import Panel, clear, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import LineEdit
from desktop.views.widgets.labels import Label, Picture

SHOWN = 4
_LOOKS = {
    Reading.GOOD: ("check", "proved"),
    Reading.DOUBLE: ("copy", "ambiguous"),
    Reading.BAD: ("x", "refused"),
}


class BurstBar(Panel):
    """Signals: `finished()` take in what is good; `left()` without. Scanners end a reading with Enter."""

    finished = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("discovery", parent)
        self.burst = Burst()
        self._chips = row(gap=6)
        self._counts = row(gap=12)
        self.model = LineEdit(placeholder=self.tr("Model"))
        self.model.setAccessibleName(self.tr("Model of this intake"))
        self.model.setFixedWidth(theme().px(84))
        self.line = LineEdit(mono=True, icon="scan-barcode", placeholder="0C11052A7F31")
        self.line.setAccessibleName(self.tr("Scan here"))
        self.line.setMinimumWidth(theme().px(170))
        self.undo = Button(self.tr("Undo last"), "quiet", keys="Back", size="small")
        self.finish = Button(self.tr("Finish"), "primary", keys="F4", size="small")
        self._title = Label(self.tr("Burst scan is listening"), "head")
        self._note = Label(self.tr("Each label is judged as it comes"), "help", "t2")
        text = column(gap=0)
        text.addWidget(self._title)
        text.addWidget(self._note)
        top = row(gap=12, margins=(12, 8, 12, 4))
        top.addWidget(Picture("icon", "scan-barcode", tone="acct", size=20))
        top.addLayout(text)
        top.addStretch(1)
        top.addWidget(self.model)
        top.addWidget(self.line)
        low = row(gap=10, margins=(44, 0, 12, 8))
        low.addLayout(self._chips)
        low.addStretch(1)
        low.addLayout(self._counts)
        low.addWidget(self.undo)
        low.addWidget(self.finish)
        whole = column(gap=0)
        whole.addLayout(top)
        whole.addLayout(low)
        self.setLayout(whole)
        self.line.returnPressed.connect(self._read)
        self.line.installEventFilter(self)
        self.undo.clicked.connect(self.undo_last)
        self.finish.clicked.connect(self.finished)
        self._show()

    def begin(self, burst: Burst) -> None:
        """Listen anew."""
        self.burst = burst
        self.line.clear()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Backspace and not self.line.text():
                self.undo_last()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def _read(self) -> None:
        text = self.line.text()
        self.line.clear()
        if text.strip():
            self.burst.read(text)
            self._show()

    def undo_last(self) -> None:
        """Forget the last reading."""
        self.burst.undo()
        self._show()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        clear(self._chips)
        for scanned in self.burst.last(SHOWN):
            self._chips.addWidget(_Chip(scanned))
        clear(self._counts)
        words = {
            Reading.GOOD: self.tr("{0} good"),
            Reading.DOUBLE: self.tr("{0} double"),
            Reading.BAD: self.tr("{0} bad"),
        }
        for reading, (icon, tone) in _LOOKS.items():
            count = self.burst.count(reading)
            if count or reading is Reading.GOOD:
                line = row(gap=5)
                line.addWidget(Picture("icon", icon, tone=f"{tone}.solid", size=14))
                line.addWidget(Label(words[reading].format(number_word(count)), "help", tone))
                self._counts.addLayout(line)
        nothing = "" if self.burst.readings else self.tr("Nothing was scanned yet.")
        self.undo.set_reason(nothing)
        self.finish.set_reason("" if self.burst.good() else self.tr("No good reading yet."))


class _Chip(QWidget):
    """One reading: its mark and the end of its text."""

    def __init__(self, reading: Scanned) -> None:
        super().__init__()
        icon, tone = _LOOKS[reading.reading]
        line = row(gap=4)
        line.addWidget(Picture("icon", icon, tone=f"{tone}.solid", size=13))
        shown = reading.mac[-6:] if reading.mac else reading.text[-10:]
        line.addWidget(Label(shown, "mono", tone))
        self.setLayout(line)
        self.setToolTip(reading.text)
