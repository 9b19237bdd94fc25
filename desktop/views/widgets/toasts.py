"""Toasts: what just happened, at the lower trailing corner; never more than the verdict says.

Three at most, six seconds each, and as long as the mouse is over one, all stay.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPropertyAnimation, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import column, drawn, follow_theme, is_rtl, row
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.words import mark_word

LIFE_MS = 6000
MOST = 3
WIDTH = 400


class Toast(QWidget):
    """A verdict's edge and mark, a title, the next line, at most one link. Signals: `linked()`, `closed()`."""

    linked = Signal()
    closed = Signal()

    def __init__(
        self, verdict: str, title: str, text: str = "", *, link: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.verdict = verdict
        words = column(gap=0)
        words.addWidget(Label(title, "strong", elide=True))
        if text:
            words.addWidget(Paragraph(text, "help", "t2"))
        line = row(gap=10, margins=(15, 9, 13, 9))
        line.addWidget(Picture("mark", verdict, size=14))
        line.addLayout(words, 1)
        if link:
            button = LinkButton(link)
            button.clicked.connect(self.linked)
            button.clicked.connect(self.closed)
            line.addWidget(button)
        self.setLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{mark_word(verdict)}: {title}. {text}".strip())
        follow_theme(self)

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        edge = Row(self.rect(), rtl=art.rtl).lead(art.theme.px(8))
        painter = art.painter
        painter.save()
        art.box(self.rect(), "raised", "line2")
        painter.setClipRect(Row(edge, rtl=art.rtl).lead(art.theme.px(Size.STRIPE)))
        solid = f"{self.verdict}.solid"
        art.box(self.rect(), solid, solid)
        painter.restore()


class ToastHost(QObject):
    """Shows toasts over a window. `show` gives the toast; the host follows the window's size.

    `life_ms` and the place above the status bar are the design's; tests may shorten the life.
    """

    def __init__(self, window: QWidget, *, life_ms: int = LIFE_MS, above: int = Size.STATUS_BAR) -> None:
        super().__init__(window)
        self._window, self._life, self._above = window, life_ms, above
        self._toasts: list[Toast] = []
        self._timers: dict[Toast, QTimer] = {}
        window.installEventFilter(self)

    def toasts(self) -> list[Toast]:
        """Those shown now, the oldest first."""
        return list(self._toasts)

    def show(self, verdict: str, title: str, text: str = "", *, link: str = "") -> Toast:
        """Show a toast; a fourth one sends the oldest away."""
        while len(self._toasts) >= MOST:
            self.close(self._toasts[0])
        toast = Toast(verdict, title, text, link=link, parent=self._window)
        toast.installEventFilter(self)
        toast.closed.connect(lambda: self.close(toast))
        timer = QTimer(toast)
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: self.close(toast))
        timer.start(self._life)
        self._toasts.append(toast)
        self._timers[toast] = timer
        self._place()
        toast.show()
        toast.raise_()
        self._slide_in(toast)
        return toast

    def close(self, toast: Toast) -> None:
        """Take a toast away."""
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._timers.pop(toast).stop()
            toast.hide()
            toast.deleteLater()
            self._place()

    def close_all(self) -> None:
        """Take all toasts away."""
        for toast in self.toasts():
            self.close(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        elif isinstance(event, QEnterEvent) and watched in self._toasts:
            self._hold(held=True)
        elif event.type() == QEvent.Type.Leave and watched in self._toasts:
            self._hold(held=False)
        return False

    def _hold(self, *, held: bool) -> None:
        for timer in self._timers.values():
            if held:
                timer.stop()
            else:
                timer.start(self._life)

    def _place(self) -> None:
        px = theme().px
        width = min(px(WIDTH), self._window.width() - 2 * px(16))
        bottom = self._window.height() - px(self._above + 12)
        for toast in reversed(self._toasts):
            hint = toast.layout()
            height = hint.heightForWidth(width) if hint is not None and hint.hasHeightForWidth() else 0
            toast.resize(width, height or toast.sizeHint().height())
            left = px(16) if is_rtl(self._window) else self._window.width() - width - px(16)
            toast.move(left, bottom - toast.height())
            bottom -= toast.height() + px(8)

    def _slide_in(self, toast: Toast) -> None:
        length = theme().duration(120)
        if not length:
            return
        motion = QPropertyAnimation(toast, b"pos", toast)
        motion.setDuration(length)
        motion.setStartValue(toast.pos() + QPoint(0, theme().px(8)))
        motion.setEndValue(toast.pos())
        motion.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)
