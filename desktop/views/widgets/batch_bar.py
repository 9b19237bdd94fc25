"""The batch bar: how many rows are ticked, what they have in common, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, clear, follow_theme, row, widgets_of
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.buttons import IconButton, LinkButton
from desktop.views.widgets.labels import Label
from desktop.views.widgets.slide import HeightSlide


class BatchBar(Panel):
    """A bar of 40 over a table while rows are ticked; acts that are not possible are dashed and say why.

    Signals: `act(str)` the key of an act, `select_all()`, `cleared()`.
    """

    act = Signal(str)
    select_all = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("batch", parent)
        self._count, self._common = Label("", "head"), Label("", "help", "t2", elide=True)
        self._all = LinkButton("")
        self._all.clicked.connect(self.select_all)
        self._acts = row(gap=8)
        self._close = IconButton("x", self.tr("Take all ticks away"), size="small")
        self._close.clicked.connect(self.cleared)
        line = row(gap=8, margins=(Size.SIDE, 0, 8, 0))
        line.addWidget(self._count)
        line.addWidget(self._common, 1)
        line.addWidget(self._all)
        line.addLayout(self._acts)
        line.addWidget(self._close)
        self.setLayout(line)
        self._slide = HeightSlide(self, Size.BATCH_BAR)
        follow_theme(self)

    def set_selection(self, count: str, common: str = "", *, all_text: str = "") -> None:
        """Show "6 selected", what these have in common, and "Select all 48 that match" (empty: no such act)."""
        self._count.setText(count)
        self._common.setText(common)
        self._all.setText(all_text)
        self._all.setVisible(bool(all_text))
        self.setAccessibleName(f"{count}, {common}" if common else count)

    def set_acts(self, acts: Sequence[Act]) -> None:
        """Show these acts; one with a reason cannot be pressed."""
        clear(self._acts)
        for item in acts:
            button = item.button()
            button.clicked.connect(lambda _on=False, key=item.key: self.act.emit(key))
            self._acts.addWidget(button)

    def show_close(self, *, shown: bool) -> None:
        """Show or hide the cross that takes all ticks away."""
        self._close.setVisible(shown)

    def buttons(self) -> list[QWidget]:
        """The buttons of the acts, in order."""
        return widgets_of(self._acts)

    def set_open(self, *, shown: bool) -> None:
        """Slide in or out in 120 ms; nothing moves where the person wants no movement."""
        self._slide.set_open(shown=shown)

    def is_open(self) -> bool:
        """True when it is shown or on its way."""
        return self._slide.shown

    def apply_theme(self) -> None:
        self._slide.settle()
