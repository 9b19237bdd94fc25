"""Text over several lines: runs of roles, tones and links, broken where they must be, on the line grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.qt.fonts import ROLES
from desktop.qt.painting import reads_rtl
from desktop.qt.theme import theme
from desktop.views.widgets.base import follow_theme, is_rtl


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text; empty role and tone are the paragraph's own. `link` makes it an act with that key."""

    text: str
    tone: str = ""
    role: str = ""
    link: str = ""


_KEPT = 8
"""Widths for which lines are kept: a layout asks for the height at some of them again and again while it settles, a
seventh of the window's work at a start.
"""


class Paragraph(QWidget):
    """Plain text over as many lines as its width needs.

    Takes a string or runs. Signal `link_activated(str)`: a link was clicked, or Enter pressed while it has the focus.
    """

    link_activated = Signal(str)

    def __init__(
        self,
        text: str | Sequence[Run] = "",
        role: str = "help",
        tone: str = "t2",
        *,
        align: str = "lead",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._tone, self._align = role, tone, align
        self._runs: tuple[Run, ...] = ()
        self._laid: dict[float, tuple[QTextLayout, float]] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self._show(text)
        follow_theme(self)

    def set_text(self, text: str | Sequence[Run]) -> None:
        """Show another text."""
        self._show(text)
        self.updateGeometry()
        self.update()

    def set_tone(self, tone: str) -> None:
        """Change the tone of the runs that have none."""
        self._tone = tone
        self._laid.clear()
        self.update()

    def text(self) -> str:
        """The text without its roles and links."""
        return "".join(run.text for run in self._runs)

    def links(self) -> list[str]:
        """The keys of the links, in order."""
        return [run.link for run in self._runs if run.link]

    def _show(self, text: str | Sequence[Run]) -> None:
        self._runs = (Run(text),) if isinstance(text, str) else tuple(text)
        self._laid.clear()
        self.setAccessibleName(self.text())
        focus = Qt.FocusPolicy.StrongFocus if self.links() else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(focus)

    def apply_theme(self) -> None:
        self._laid.clear()
        self.updateGeometry()
        self.update()

    # -- geometry

    def _line_height(self) -> int:
        return theme().line_height(self._role)

    def _layout(self, width: float) -> tuple[QTextLayout, float]:
        """The runs laid out in `width`, and the width that was used."""
        found = self._laid.get(width)
        if found is None:
            if len(self._laid) >= _KEPT:
                self._laid.clear()
            found = self._laid[width] = self._lay_out(width)
        return found

    def _lay_out(self, width: float) -> tuple[QTextLayout, float]:
        look = theme()
        # A line break is U+2028 to Qt's text layout; it has the same length, so the runs keep their places.
        layout = QTextLayout(self.text().replace("\n", "\u2028"), look.font(self._role))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(
            Qt.LayoutDirection.RightToLeft if reads_rtl(self.text()) else Qt.LayoutDirection.LeftToRight
        )
        option.setAlignment(self._alignment())
        layout.setTextOption(option)
        layout.setFormats(self._formats())
        layout.beginLayout()
        top, used, height = 0.0, 0.0, self._line_height()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, top + (height - line.height()) / 2))
            used = max(used, line.naturalTextWidth())
            top += height
        layout.endLayout()
        return layout, used

    def _alignment(self) -> Qt.AlignmentFlag:
        if self._align == "centre":
            return Qt.AlignmentFlag.AlignHCenter
        at_left = (self._align == "lead") != is_rtl(self)
        side = Qt.AlignmentFlag.AlignLeft if at_left else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignAbsolute

    def _formats(self) -> list[QTextLayout.FormatRange]:
        look, found, at = theme(), [], 0
        for run in self._runs:
            made = QTextLayout.FormatRange()
            made.start, made.length = at, len(run.text)
            role = run.role or ("help-strong" if run.link and ROLES[self._role].px == 12 else self._role)
            style = QTextCharFormat()
            style.setFont(look.font("strong" if run.link and role == "text" else role))
            style.setForeground(look.colour("acct" if run.link else run.tone or self._tone))
            made.format = style
            found.append(made)
            at += len(run.text)
        return found

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout, _ = self._layout(max(1, width))
        return max(1, layout.lineCount()) * self._line_height()

    def sizeHint(self) -> QSize:
        _, used = self._layout(theme().px(480))
        width = int(used) + 2
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(40), self._line_height())

    # -- drawing and acting

    def paintEvent(self, event: QPaintEvent) -> None:
        layout, _ = self._layout(self.width())
        painter = QPainter(self)
        try:
            layout.draw(painter, QPointF(0, 0))
        finally:
            painter.end()

    def link_at(self, at: QPointF) -> str:
        """Give the key of the link at a point, or an empty text."""
        layout, _ = self._layout(self.width())
        number = int(at.y() // self._line_height())
        if not 0 <= number < layout.lineCount():
            return ""
        line = layout.lineAt(number)
        if not line.naturalTextRect().left() <= at.x() <= line.naturalTextRect().right():
            return ""
        place = line.xToCursor(at.x(), line.CursorPosition.CursorOnCharacter)
        start = 0
        for run in self._runs:
            if start <= place < start + len(run.text):
                return run.link
            start += len(run.text)
        return ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.link_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (key := self.link_at(event.position())):
            self.link_activated.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self.links():
            self.link_activated.emit(self.links()[0])
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._laid.clear()
            self.update()
        super().changeEvent(event)
