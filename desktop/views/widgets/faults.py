"""What stands where something could not be read: what, why, what to do, and the button that tries again.

Nothing is hidden by a fault: what was read before stays, with a bar above it. Every page, tab and list uses `Guarded`.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from core.base.errors import GatewrightError
from desktop.qt.language import spoken
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import EdgeBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph, Run


class FaultState(QWidget):
    """Instead of what was never read: what is wrong and the way out, in the middle. Signal `retry()`."""

    retry = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Label(self.tr("This could not be read"), "panel", align="centre")
        self._why = Paragraph("", "text", "t2", align="centre")
        self._next = Paragraph("", "text", "t2", align="centre")
        self.again = Button(self.tr("Try again"), "primary", icon="refresh-cw")
        self.again.clicked.connect(self.retry)
        whole = column(gap=6, margins=(24, 24, 24, 24))
        whole.addStretch(1)
        for widget, space in (
            (Picture("icon", "triangle-alert", tone="ambiguous.solid", size=34), 2),
            (self._title, 0),
            (self._why, 0),
            (self._next, 6),
            (self.again, 0),
        ):
            held = row(gap=0)
            fills = isinstance(widget, Paragraph)
            for stretch in () if fills else (1,):
                held.addStretch(stretch)
            held.addWidget(widget, 1 if fills else 0)
            if not fills:
                held.addStretch(1)
            whole.addLayout(held)
            whole.addSpacing(space)
        whole.addStretch(1)
        self.setLayout(whole)

    def show_fault(self, fault: GatewrightError) -> None:
        """Say what is wrong and what to do."""
        self._why.set_text(spoken(fault.message))
        self._next.set_text(spoken(fault.remedy))
        self._next.setVisible(bool(fault.remedy))
        self.setAccessibleName(f"{self._title.text()}. {spoken(fault)}")


class FaultBar(EdgeBox):
    """Above what was read before: it may be out of date, and why. Signal `retry()`."""

    retry = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("ambiguous", parent=parent)
        self._words = Paragraph("", "help", "t2")
        self.again = Button(self.tr("Try again"), icon="refresh-cw", size="small")
        self.again.clicked.connect(self.retry)
        line = row(gap=12)
        line.addWidget(self._words, 1)
        line.addWidget(self.again)
        self.body.addLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_fault(self, fault: GatewrightError) -> None:
        """Say what is wrong and what to do."""
        old = self.tr("This is as it was read before.")
        self._words.set_text([Run(f"{old} ", "t1", "help-strong"), Run(spoken(fault))])
        self.setAccessibleName(f"{old} {fault}")


class Guarded(QWidget):
    """Content that is read from somewhere, and what stands in its place or above it when that fails.

    Signal `retry()`: the person wants it tried again.
    """

    retry = Signal()

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content, self.state, self.bar = content, FaultState(), FaultBar()
        self._stack = QStackedWidget()
        self._stack.addWidget(content)
        self._stack.addWidget(self.state)
        self._holder = QWidget()
        held = row(gap=0, margins=(16, 8, 16, 8))
        held.addWidget(self.bar)
        self._holder.setLayout(held)
        self._holder.hide()
        whole = column(gap=0)
        whole.addWidget(self._holder)
        whole.addWidget(self._stack, 1)
        self.setLayout(whole)
        self.state.retry.connect(self.retry)
        self.bar.retry.connect(self.retry)

    @property
    def has_fault(self) -> bool:
        """Whether a fault is told."""
        return self._stack.currentWidget() is self.state or not self._holder.isHidden()

    def set_fault(self, fault: GatewrightError | None, *, kept: bool = False) -> None:
        """Tell a fault, or with None that all is well. `kept`: the content shows what was read before."""
        self._holder.setVisible(fault is not None and kept)
        self._stack.setCurrentWidget(self.content if fault is None or kept else self.state)
        if fault is not None:
            (self.bar if kept else self.state).show_fault(fault)
