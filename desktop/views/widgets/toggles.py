"""Switches: check box with three states, radio button, toggle, segmented control, tabs with counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme, is_rtl

BOX = 14


def paint_tick(art: Artist, rect: QRect, state: Qt.CheckState, *, enabled: bool = True) -> None:
    """Draw a tick box of 14 px in the middle of `rect`; also what the tick column of a table draws."""
    side = art.theme.px(BOX)
    area = QRect(
        rect.left() + (rect.width() - side) // 2, rect.top() + (rect.height() - side) // 2, side, side
    )
    if state == Qt.CheckState.Unchecked:
        art.box(area, "sheet" if enabled else "base", "field" if enabled else "line2", Size.RADIUS_TICK)
        return
    art.box(area, "acc" if enabled else "press", radius=Size.RADIUS_TICK)
    painter = art.painter
    painter.save()
    painter.setRenderHint(painter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setColor(art.theme.colour("on_acc" if enabled else "off"))
    pen.setWidthF(1.7 * side / BOX)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.translate(area.left(), area.top())
    painter.scale(side / BOX, side / BOX)
    if state == Qt.CheckState.Checked:
        painter.drawPolyline([QPointF(3.6, 7.3), QPointF(6, 9.7), QPointF(10.5, 4.7)])
    else:
        painter.drawLine(QPointF(4, 7), QPointF(10, 7))
    painter.restore()


class CheckBox(QCheckBox):
    """A check box with its words; signals and states are QCheckBox's (set `setTristate` for the third one)."""

    def __init__(self, text: str = "", *, role: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._role, self._words = role, text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        text = (
            int(look.metrics(self._role).horizontalAdvance(self._words)) + 2 + look.px(7)
            if self._words
            else 0
        )
        return QSize(look.px(BOX) + text, look.px(18))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def ring_rect(self) -> QRect:
        """The part which the focus ring surrounds: the box, not the words."""
        side = theme().px(BOX)
        box = Row(self.rect(), rtl=is_rtl(self)).lead(side)
        return QRect(box.left(), box.top() + (box.height() - side) // 2, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        row = Row(self.rect(), rtl=art.rtl)
        paint_tick(
            art, row.lead(art.theme.px(BOX), art.theme.px(7)), self.checkState(), enabled=self.isEnabled()
        )
        art.text(row.rest, self._words, self._role, "t1" if self.isEnabled() else "off")


class RadioButton(QRadioButton):
    """A radio button with its words; signals are QRadioButton's."""

    def __init__(self, text: str = "", *, role: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._role, self._words = role, text
        self.setAccessibleName(text)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        text = (
            int(look.metrics(self._role).horizontalAdvance(self._words)) + 2 + look.px(8)
            if self._words
            else 0
        )
        return QSize(look.px(BOX) + text, look.px(18))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(BOX), theme().px(18))

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        row = Row(self.rect(), rtl=art.rtl)
        side = art.theme.px(BOX)
        piece = row.lead(side, art.theme.px(8))
        area = QRect(piece.left(), piece.top() + (piece.height() - side) // 2, side, side)
        on, off = self.isChecked(), not self.isEnabled()
        art.box(area, "acc" if on and not off else "sheet", "acc" if on and not off else "field", 7)
        if on:
            art.dot(
                QPointF(area.left() + side / 2, area.top() + side / 2),
                side * 0.18,
                "off" if off else "on_acc",
            )
        art.text(row.rest, self._words, "strong" if on else self._role, "off" if off else "t1")


class Toggle(QAbstractButton):
    """A switch that acts at once. `toggled(bool)` is the signal; `name` is what it switches."""

    def __init__(self, name: str, *, on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(28), theme().px(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        height = art.theme.px(16)
        area = QRect(0, (self.height() - height) // 2, self.width(), height)
        enabled = self.isEnabled()
        ground = ("acc" if self.isChecked() else "field") if enabled else "line2"
        art.box(area, ground, radius=8)
        radius = height / 2 - art.theme.px(2)
        at_right = self.isChecked() != art.rtl
        middle = area.left() + (area.width() - height / 2 if at_right else height / 2)
        art.dot(QPointF(middle, area.top() + height / 2), radius, "on_acc")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
            return
        super().keyPressEvent(event)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a segmented control or one tab: key, words, a count, and whether it needs a person (red dot)."""

    key: str
    text: str
    count: str = ""
    needs: bool = False


class _Strip(QWidget):
    """What segments and tabs share: keys, the current one, arrows, clicks. Signal `changed(str)`: the new key.

    `name` says what is chosen here; without one the current choice is the accessible name.
    """

    changed = Signal(str)

    def __init__(self, choices: Sequence[Choice], *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._choices: tuple[Choice, ...] = ()
        self._current = 0
        self._hover = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_choices(choices)
        follow_theme(self)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Replace the choices; the current key stays current when it is still there."""
        before = self.current()
        self._choices = tuple(choices)
        keys = [choice.key for choice in self._choices]
        self._current = keys.index(before) if before in keys else 0
        self._tell()
        self.updateGeometry()
        self.update()

    def current(self) -> str:
        """The key of the current choice, or an empty text when there is none."""
        return self._choices[self._current].key if self._choices else ""

    def set_current(self, key: str) -> None:
        """Choose by key; `changed` is emitted when it is another one. Raises KeyError for an unknown key."""
        for number, choice in enumerate(self._choices):
            if choice.key == key:
                self._choose(number)
                return
        raise KeyError(key)

    def _choose(self, number: int) -> None:
        if number != self._current:
            self._current = number
            self._tell()
            self.update()
            self.changed.emit(self.current())

    def _tell(self) -> None:
        if self._choices:
            choice = self._choices[self._current]
            self.setAccessibleName(self._name or choice.text)
            place = self.tr("{0} of {1}").format(self._current + 1, len(self._choices))
            self.setAccessibleDescription(f"{choice.text} {choice.count}".strip() + f", {place}")

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def _width_of(self, choice: Choice) -> int:
        raise NotImplementedError

    def _rects(self) -> list[QRect]:
        row = Row(self.rect(), rtl=is_rtl(self))
        return [row.lead(self._width_of(choice)) for choice in self._choices]

    def _at(self, point: QPoint) -> int:
        return next((number for number, rect in enumerate(self._rects()) if rect.contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._choose(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().toPoint())
        if over != self._hover:
            self._hover = over
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if is_rtl(self):
            step = -step
        last = len(self._choices) - 1
        if step:
            self._choose(min(last, max(0, self._current + step)))
        elif event.key() == Qt.Key.Key_Home:
            self._choose(0)
        elif event.key() == Qt.Key.Key_End:
            self._choose(last)
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._width_of(choice) for choice in self._choices), theme().px(28))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        raise NotImplementedError


class Segmented(_Strip):
    """A segmented control: a few choices of which one is on. `changed(str)` carries the key."""

    def _width_of(self, choice: Choice) -> int:
        look = theme()
        width = look.metrics("section").horizontalAdvance(f"{choice.text} {choice.count}".strip())
        return int(width) + look.px(24)

    def _paint(self, art: Artist) -> None:
        whole = self.rect()
        art.box(whole, "base", "line2")
        rects = self._rects()
        for number, (choice, rect) in enumerate(zip(self._choices, rects, strict=True)):
            self._paint_one(art, rect, choice, number)
        art.box(whole, None, "line2")

    def _paint_one(self, art: Artist, rect: QRect, choice: Choice, number: int) -> None:
        here = number == self._current
        ground = (
            ("sheet" if not art.theme.tokens.dark else "press")
            if here
            else ("hover" if number == self._hover else "")
        )
        if ground:
            art.painter.save()
            art.painter.setClipRect(rect)
            art.box(self.rect(), ground, "line2")
            art.painter.restore()
        if number:
            edge = rect.right() if art.rtl else rect.left()
            art.fill(QRect(edge, rect.top(), 1, rect.height()), "line2")
        words = f"{choice.text} {choice.count}".strip()
        art.text(
            rect, words, "section" if here else "help", "t1" if here else "t2", align="centre", elide=False
        )


class Tabs(_Strip):
    """Tabs with counts and dots over a hair line. `changed(str)` carries the key; arrows move, Home and End jump."""

    INSET = 6
    """Before the first tab, whose words then stand at the margin of the page; the line has the whole width."""

    def __init__(self, choices: Sequence[Choice], *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(choices, name=name, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _rects(self) -> list[QRect]:
        row = Row(self.rect(), rtl=is_rtl(self))
        row.lead(theme().px(self.INSET))
        return [row.lead(self._width_of(choice)) for choice in self._choices]

    def _width_of(self, choice: Choice) -> int:
        look = theme()
        width = int(look.metrics("head").horizontalAdvance(choice.text)) + 1 + look.px(20)
        if choice.count:
            width += look.px(6) + max(
                look.px(20),
                int(look.metrics("caption-strong").horizontalAdvance(choice.count)) + 1 + look.px(12),
            )
        return width + (look.px(14) if choice.needs else 0)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(36))

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        art.line(self.rect())
        for number, (choice, rect) in enumerate(zip(self._choices, self._rects(), strict=True)):
            here = number == self._current
            row = Row(rect.adjusted(0, 0, 0, -px(2)), rtl=art.rtl)
            row.pad(px(10))
            tone = "t1" if here or number == self._hover else "t2"
            role = "head" if here else "text"
            art.text(row.lead(art.width(choice.text, role), px(6)), choice.text, role, tone, elide=False)
            if choice.count:
                row.lead(art.badge(row.rest, choice.count), px(6))
            if choice.needs:
                middle = row.lead(px(8)).center()
                art.dot(QPointF(middle.x() + 0.5, middle.y() + 0.5), px(7) / 2, "refused.solid")
            if here:
                art.fill(QRect(rect.left(), rect.bottom() - 1, rect.width(), 2), "acc")
