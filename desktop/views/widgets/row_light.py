"""Rows that light up and fade: something just happened to them. 1.2 s, nothing where the person wants no movement."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPersistentModelIndex, QVariantAnimation
from PySide6.QtWidgets import QAbstractItemView

from desktop.qt.theme import theme

LENGTH_MS = 1200


class RowLights:
    """The rows of one view that are fading now; they are remembered by index, so they may move meanwhile."""

    def __init__(self, view: QAbstractItemView, redraw: Callable[[int], object]) -> None:
        self._view, self._redraw = view, redraw
        self._lit: list[tuple[QPersistentModelIndex, float]] = []

    def light(self, row: int) -> None:
        """Light a row of the view's model."""
        length = theme().duration(LENGTH_MS)
        if not length:
            return
        index = QPersistentModelIndex(self._view.model().index(row, 0))
        self._fade(index, 1.0)
        motion = QVariantAnimation(self._view)
        motion.setDuration(length)
        motion.setStartValue(1.0)
        motion.setEndValue(0.0)
        motion.valueChanged.connect(lambda value: self._fade(index, float(value)))
        motion.start(QVariantAnimation.DeletionPolicy.DeleteWhenStopped)

    def at(self, row: int) -> float:
        """How strongly a row is lit now, 0 to 1."""
        return max((value for index, value in self._lit if index.row() == row), default=0.0)

    def _fade(self, index: QPersistentModelIndex, value: float) -> None:
        self._lit = [(other, lit) for other, lit in self._lit if other != index and other.isValid()]
        if index.isValid():
            if value > 0:
                self._lit.append((index, value))
            self._redraw(index.row())
