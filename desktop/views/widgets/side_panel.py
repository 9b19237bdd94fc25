"""The side panel: a column of the splitter with a title, a scrolling body and a foot bar; it covers nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.base.errors import GatewrightError
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, clear, column, follow_theme, row
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.faults import FaultState
from desktop.views.widgets.labels import Label


class FootBar(Panel):
    """A bar of 50 at the foot: words or a widget at the leading edge, buttons at the end, one of them primary."""

    def __init__(self, text: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__("foot", parent)
        self._lead = row(gap=8)
        self._text = Label(text, "help", "t2", elide=True)
        self._acts = row(gap=8)
        line = row(gap=8, margins=(Size.SIDE, 0, Size.SIDE, 0))
        line.addLayout(self._lead)
        line.addWidget(self._text, 1)
        line.addLayout(self._acts)
        self.setLayout(line)
        follow_theme(self)

    def set_text(self, text: str, tone: str = "t2") -> None:
        """Show words at the leading edge."""
        self._text.setText(text)
        self._text.set_tone(tone)

    def add_lead(self, widget: QWidget) -> None:
        """Put a widget before the words."""
        self._lead.addWidget(widget)

    def add_act(self, widget: QWidget) -> None:
        """Add a button; the last one is the outermost and should be the primary one."""
        self._acts.addWidget(widget)

    def clear_acts(self) -> None:
        """Take all buttons away."""
        clear(self._acts)

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(Size.FOOT_BAR))


class SidePanel(Panel):
    """Title 15/600 with a line under it, a cross, a body that scrolls, a foot bar.

    Content goes into `body` (a QVBoxLayout with side margins); `foot` is hidden until `show_foot`. Signal `closed()`:
    the cross or Escape; the page decides what that means. Lives in a QSplitter, 320 to 440 wide.
    """

    closed = Signal()

    def __init__(self, title: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self._title = Label(title, "panel", elide=True)
        self._lines: QVBoxLayout = column(gap=2)
        self._picture = row(gap=0)
        self._close = IconButton("x", self.tr("Close"), size="small")
        self._close.clicked.connect(self.closed)
        self.top = QWidget()
        self.body: QVBoxLayout = column(gap=12, margins=(Size.SIDE, 4, Size.SIDE, Size.SIDE))
        self.has_fault = False
        """Whether the body says why there is nothing else in it."""
        self.foot = FootBar()
        self.foot.hide()
        self.area = QScrollArea()
        self._build()
        self._motion = QVariantAnimation(self)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._slide)
        self._motion.finished.connect(self._settle)
        self.set_title(title)
        follow_theme(self)

    def _build(self) -> None:
        words = column(gap=2)
        words.addWidget(self._title)
        words.addLayout(self._lines)
        head = row(gap=12, margins=(Size.SIDE, 14, 10, 8))
        head.addLayout(self._picture)
        head.addLayout(words, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.top.setLayout(head)
        inner = QWidget()
        # What is left under the content stays empty: nothing in the body is stretched.
        held = column(gap=0)
        held.addLayout(self.body)
        held.addStretch(1)
        inner.setLayout(held)
        self.area.setWidget(inner)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        whole = column(gap=0)
        whole.addWidget(self.top)
        whole.addWidget(self.area, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self.area.setAccessibleName(title)

    def set_lines(self, *lines: tuple[str, str, str]) -> None:
        """Show lines under the title: each is (text, type role, tone)."""
        clear(self._lines)
        for text, role, tone in lines:
            self._lines.addWidget(Label(text, role, tone, elide=True))

    def set_picture(self, widget: QWidget) -> None:
        """Put a picture before the title, e.g. a DeviceBox or an Avatar."""
        clear(self._picture)
        self._picture.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    def clear_body(self) -> None:
        """Take everything out of the body."""
        self.has_fault = False
        clear(self.body)

    def show_fault(self, fault: GatewrightError, again: Callable[[], object]) -> None:
        """Say in the body why it cannot be shown; `again()` is what the button does."""
        self.clear_body()
        self.show_foot(shown=False)
        state = FaultState()
        state.show_fault(fault)
        state.retry.connect(again)
        self.body.addWidget(state)
        self.has_fault = True

    def show_foot(self, *, shown: bool = True) -> None:
        """Show or hide the foot bar."""
        self.foot.setVisible(shown)

    def slide(self, *, shown: bool) -> None:
        """Open or close in 140 ms by changing the width; at once where the person wants no movement."""
        self._motion.stop()
        self._motion.setDuration(theme().duration(140))
        self._motion.setStartValue(self.width() if self.isVisible() else 0)
        self._motion.setEndValue(theme().px(Size.SIDE_PANEL) if shown else 0)
        if shown:
            self.setVisible(True)
        self._motion.start()

    def _slide(self, value: object) -> None:
        if isinstance(value, int):
            self.setMinimumWidth(value)
            self.setMaximumWidth(max(1, value))

    def _settle(self) -> None:
        if self._motion.endValue():
            self.apply_theme()
        else:
            self.setVisible(False)

    def apply_theme(self) -> None:
        px = theme().px
        self.setMinimumWidth(px(Size.SIDE_PANEL_MIN))
        self.setMaximumWidth(px(Size.SIDE_PANEL_MAX))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)
