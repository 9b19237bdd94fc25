"""Buttons: primary, plain, danger, quiet; small or large, with an icon and key caps; off with a reason; links."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolTip, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme

_HEIGHTS = {"small": Size.CONTROL_SMALL, "normal": Size.CONTROL, "large": Size.CONTROL_LARGE}
_PADS = {"small": 10, "normal": 13, "large": 16}
_ROLES = {"small": "help-strong", "normal": "strong", "large": "strong"}

_LOOKS: dict[str, dict[str, tuple[str | None, str | None, str]]] = {
    # kind: state: (ground, edge, text)
    "primary": {
        "rest": ("acc", "acc", "on_acc"),
        "hover": ("acch", "acch", "on_acc"),
        "pressed": ("accp", "accp", "on_acc"),
    },
    "plain": {
        "rest": ("raised", "line2", "t1"),
        "hover": ("hover", "line2", "t1"),
        "pressed": ("press", "line2", "t1"),
    },
    "danger": {
        "rest": ("raised", "line2", "refused"),
        "hover": ("hover", "line2", "refused"),
        "pressed": ("press", "line2", "refused"),
    },
    "quiet": {"rest": (None, None, "t2"), "hover": ("hover", None, "t2"), "pressed": ("press", None, "t2")},
}


class Button(QPushButton):
    """A button of the design: `kind` primary, plain, danger or quiet; `size` small 24, normal 30 or large 38.

    `keys` are drawn as caps ("Ctrl Enter" is one cap); where there is no room for them they go, never the words.
    `set_reason` turns it off and says why: it is dashed, can still be pointed at and focused, shows the reason, and
    neither mouse nor keyboard can press it. Signals: QPushButton's.
    """

    def __init__(
        self,
        text: str = "",
        kind: str = "plain",
        *,
        icon: str = "",
        keys: str = "",
        size: str = "normal",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind, self._icon, self._keys, self._size = kind, icon, keys, size
        self._reason, self._shown_as, self._label = "", "", ""
        self._align = "centre"
        self.setProperty("drawn", True)
        self.setAutoDefault(False)
        self._fit_policy()
        self.setText(text)
        follow_theme(self)

    # -- what it says

    def setText(self, text: str) -> None:
        """Set the label; & is an ordinary letter."""
        self._label = text
        super().setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def label(self) -> str:
        """The label as given."""
        return self._label

    def set_icon(self, name: str) -> None:
        """Change the Lucide icon; an empty name takes it away."""
        self._icon = name
        self.updateGeometry()
        self.update()

    def set_kind(self, kind: str) -> None:
        """Change the kind."""
        self._kind = kind
        self.update()

    @property
    def kind(self) -> str:
        """primary, plain, danger or quiet."""
        return self._kind

    def set_keys(self, keys: str) -> None:
        """Change the key cap."""
        self._keys = keys
        self._fit_policy()
        self.updateGeometry()
        self.update()

    def set_align(self, align: str) -> None:
        """Put the content in the centre, or at the leading edge with "lead"."""
        self._align = align
        self.update()

    def set_reason(self, reason: str) -> None:
        """Turn the button off with a reason in words; an empty one turns it on again."""
        self._reason = reason
        self.setToolTip(reason)
        self.setAccessibleDescription(reason)
        self.update()

    @property
    def reason(self) -> str:
        """Why the button is off, or an empty text."""
        return self._reason

    def show_as(self, state: str) -> None:
        """Draw it as rest, hover or pressed whatever the mouse does; an empty state ends that. For pictures."""
        self._shown_as = state
        self.update()

    # -- off with a reason

    def hitButton(self, pos: QPoint) -> bool:
        return not self._reason and super().hitButton(pos)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._reason and event.key() in {
            Qt.Key.Key_Space,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Select,
        }:
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self._reason, self)
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if self._reason and event.type() == QEvent.Type.Shortcut:
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self._reason, self)
            return True
        return super().event(event)

    # -- geometry and drawing

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(_HEIGHTS[self._size]))
        self.updateGeometry()
        self.update()

    def _fit_policy(self) -> None:
        across = QSizePolicy.Policy.Preferred if self._keys and self._label else QSizePolicy.Policy.Minimum
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)

    def _icon_side(self) -> int:
        return Size.ICON_SMALL if self._size == "small" else Size.ICON

    def _content_width(self, *, caps: bool = True) -> int:
        look = theme()
        width = int(look.metrics(_ROLES[self._size]).horizontalAdvance(self._label)) + 1 if self._label else 0
        if self._icon:
            width += look.px(self._icon_side()) + (
                look.px(7 if self._size != "small" else 6) if self._label else 0
            )
        if self._keys and caps:
            width += self._key_width() + look.px(6)
        return width

    def _key_width(self) -> int:
        look = theme()
        return max(look.px(18), int(look.metrics("key").horizontalAdvance(self._keys)) + 1 + look.px(9))

    def sizeHint(self) -> QSize:
        return self._room(caps=True)

    def minimumSizeHint(self) -> QSize:
        return self._room(caps=not self._label)

    def _room(self, *, caps: bool) -> QSize:
        look = theme()
        side = look.px(_HEIGHTS[self._size])
        if not self._label and not self._keys:
            return QSize(side, side)
        return QSize(self._content_width(caps=caps) + 2 * look.px(_PADS[self._size]), side)

    def state(self) -> str:
        """How it is drawn: rest, hover, pressed or off."""
        if self._reason or not self.isEnabled():
            return "off"
        if self._shown_as:
            return self._shown_as
        if self.isDown() or self.isChecked():
            return "pressed"
        return "hover" if self.underMouse() else "rest"

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        state = self.state()
        area = self.rect()
        if state == "off":
            art.box(area, None, "line2", dashed=True)
            self._paint_content(art, "off")
            return
        ground, edge, text = _LOOKS[self._kind][state]
        if ground or edge:
            art.box(area, ground, edge)
        self._paint_content(art, text)

    def _paint_content(self, art: Artist, tone: str) -> None:
        px = art.theme.px
        row = Row(self.rect(), rtl=art.rtl)
        caps = bool(self._keys) and self.width() >= self.sizeHint().width()
        width = self._content_width(caps=caps)
        spare = (self.width() - width) // 2 if self._align == "centre" else px(_PADS[self._size])
        row.lead(max(0, spare))
        if self._icon:
            side = self._icon_side()
            icon_tone = "t2" if tone == "t1" else tone
            art.icon(row.lead(px(side), px(7 if self._size != "small" else 6)), self._icon, icon_tone, side)
        if self._label:
            role = _ROLES[self._size]
            art.text(row.lead(art.width(self._label, role), px(6)), self._label, role, tone, elide=False)
        if caps:
            on = "off" if tone == "off" else ("acc" if self._kind == "primary" else "")
            art.key(row.lead(self._key_width()), self._keys, on=on)


class IconButton(Button):
    """A square button with only an icon; `name` is what it does: its accessible name and tool tip.

    `badge` draws a count at its upper trailing corner; `set_dot` draws a dot without a count.
    """

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        size: str = "normal",
        kind: str = "quiet",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", kind, icon=icon, size=size, parent=parent)
        self._badge = ""
        self._name = name
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_badge(self, text: str) -> None:
        """Show a count; an empty text takes it away. It is part of the accessible name."""
        self._badge = text
        self.setAccessibleName(f"{self._name}, {text}" if text else self._name)
        self.update()

    @property
    def badge(self) -> str:
        """The count shown."""
        return self._badge

    def _paint(self, art: Artist) -> None:
        super()._paint(art)
        if not self._badge:
            return
        px = art.theme.px
        height = px(15)
        width = max(height, art.width(self._badge, "badge") + px(7))
        across = Row(QRect(0, 0, self.width(), height), rtl=art.rtl)
        area = across.trail(width)
        art.box(area, "acc", radius=8)
        art.text(area, self._badge, "badge", "on_acc", align="centre", elide=False)


class LinkButton(QPushButton):
    """A small act written as a link: text in the link colour, no box."""

    def __init__(
        self, text: str, *, role: str = "help-strong", tone: str = "acct", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._role, self._tone = role, tone
        self.setProperty("drawn", True)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(text)
        follow_theme(self)

    def setText(self, text: str) -> None:
        """Set the words."""
        self._words = text
        super().setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.updateGeometry()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        width = int(look.metrics(self._role).horizontalAdvance(self._words)) + 2
        return QSize(width, look.line_height(self._role))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        tone = self._tone if self.isEnabled() else "off"
        art.text(self.rect(), self._words, self._role, tone, elide=False)
        if self.underMouse() and self.isEnabled():
            metrics = art.theme.metrics(self._role)
            middle = self.height() / 2 + (metrics.ascent() - metrics.descent()) / 2 + 2
            art.painter.setPen(art.theme.colour(tone))
            art.painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
