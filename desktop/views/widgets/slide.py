"""Bars that come and go: their height slides in 120 ms, or changes at once where the person wants no movement."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QVariantAnimation
from PySide6.QtWidgets import QWidget

from desktop.qt.theme import theme

LENGTH_MS = 120


class HeightSlide:
    """Opens and closes one widget of a fixed height (token pixels)."""

    def __init__(self, widget: QWidget, height: int) -> None:
        self._widget, self._height, self._shown = widget, height, True
        self._motion = QVariantAnimation(widget)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(lambda value: widget.setFixedHeight(int(value)))
        self._motion.finished.connect(self.settle)

    @property
    def shown(self) -> bool:
        """True when the widget is open or on its way."""
        return self._shown

    def set_open(self, *, shown: bool) -> None:
        """Open or close."""
        if shown == self._shown:
            return
        self._shown = shown
        self._motion.stop()
        self._motion.setDuration(theme().duration(LENGTH_MS))
        self._motion.setStartValue(self._widget.height() if self._widget.isVisible() else 0)
        self._motion.setEndValue(theme().px(self._height) if shown else 0)
        if shown:
            self._widget.setFixedHeight(0)
            self._widget.setVisible(True)
        self._motion.start()

    def settle(self) -> None:
        """Give the widget the height of its state now: after a movement, or when the theme changed."""
        if self._shown:
            self._widget.setFixedHeight(theme().px(self._height))
        else:
            self._widget.setVisible(False)
