"""Before a file is open: which kinds of file there are, each opened or saved empty; a file may be dropped too."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from core.usecases.imports import KindChoice
from desktop.models.words import label_word
from desktop.qt.language import spoken
from desktop.views.widgets.base import Panel, Rule, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph


class ImportStart(QScrollArea):
    """Signals: `chosen(str)` a kind to open a file of; `template_asked(str)`."""

    chosen = Signal(str)
    template_asked = Signal(str)

    def __init__(self, kinds: Sequence[KindChoice], *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Kinds of file"))
        body = column(gap=0, margins=(16, 14, 16, 16))
        words = self.tr("Choose what the file holds, or drop it here. It is checked whole; red cells are mended in "
                        "place; nothing is written before 'Apply'.")  # fmt: skip
        body.addWidget(Paragraph(words, "text", "t2"))
        body.addSpacing(10)
        for kind in kinds:
            body.addWidget(Rule())
            body.addLayout(self._line(kind))
        body.addWidget(Rule())
        body.addStretch(1)
        inner = Panel("sheet")
        inner.setLayout(body)
        self.setWidget(inner)

    def _line(self, kind: KindChoice) -> QHBoxLayout:
        icon = {"faces": "scan-face", "macs": "barcode"}.get(kind.name, "file-spreadsheet")
        line = row(gap=12, margins=(0, 8, 0, 8))
        line.addWidget(Picture("icon", icon, tone="t3", size=18))
        text = column(gap=0)
        text.addWidget(Label(label_word(spoken(kind.title)), "strong"))
        text.addWidget(Label(", ".join(kind.columns), "caption", "t3", elide=True))
        line.addLayout(text, 1)
        empty = Button(self.tr("Empty template"), "quiet", size="small")
        empty.clicked.connect(lambda: self.template_asked.emit(kind.name))
        opens = Button(self.tr("Open a file…"), size="small")
        opens.clicked.connect(lambda: self.chosen.emit(kind.name))
        for button, words in ((empty, self.tr("Empty template: {0}")), (opens, self.tr("Open a file: {0}"))):
            button.setAccessibleName(words.format(label_word(spoken(kind.title))))
            line.addWidget(button)
        return line
