"""Texts: a label with a role and a tone, a verdict with its mark, a chip, a badge, a key cap, a state dot."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme, is_rtl
from desktop.views.widgets.words import mark_word


class Label(QLabel):
    """One text in a type role and a tone.

    `elide` cuts the line with an ellipsis and shows the whole text as tool tip. Text is plain unless `rich`: names
    from the network must never be read as markup. `align` is lead, trail or centre. For text over several lines see
    `Paragraph`.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "text",
        tone: str = "t1",
        *,
        elide: bool = False,
        rich: bool = False,
        align: str = "lead",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._tone, self._elide, self._whole = role, tone, elide, text
        self._side = align
        self._align()
        self.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        follow_theme(self)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Set the whole text; a cut label shows as much of it as fits."""
        self._whole = text
        self._show()

    def whole_text(self) -> str:
        """The text before cutting."""
        return self._whole

    def set_tone(self, tone: str) -> None:
        """Change the colour: a token name or a verdict."""
        self._tone = tone
        self.apply_theme()

    def set_role(self, role: str) -> None:
        """Change the type role."""
        self._role = role
        self.apply_theme()

    @property
    def tone(self) -> str:
        """The tone in use."""
        return self._tone

    @property
    def may_be_cut(self) -> bool:
        """Whether it gives way where there is no room; the whole text is then its tool tip."""
        return self._elide

    def apply_theme(self) -> None:
        look = theme()
        self.setFont(look.font(self._role))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, look.colour(self._tone))
        palette.setColor(QPalette.ColorRole.Link, look.colour("acct"))
        self.setPalette(palette)
        self._show()

    def sizeHint(self) -> QSize:
        if not self._elide:
            return super().sizeHint()
        look = theme()
        return QSize(
            int(look.metrics(self._role).horizontalAdvance(self._whole)) + 2, look.line_height(self._role)
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elide:
            self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        # Qt aligns a label by the direction of its letters; here the side is the layout's, also for a MAC in Hebrew.
        at_right = is_rtl(self) != (self._side == "trail")
        side = Qt.AlignmentFlag.AlignRight if at_right else Qt.AlignmentFlag.AlignLeft
        if self._side == "centre":
            side = Qt.AlignmentFlag.AlignHCenter
        self.setAlignment(side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute)

    def _show(self) -> None:
        shown = self._whole
        if self._elide and self.width() > 0:
            metrics = theme().metrics(self._role)
            shown = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
            self.setToolTip(self._whole if shown != self._whole else "")
            self.setAccessibleName(self._whole)
        if shown != super().text():
            super().setText(shown)


class VerdictLabel(QWidget):
    """A verdict or state: its mark, and beside it always the word.

    `words` defaults to the verdict itself and may say more ("refused: max 5 cards"). `chip` puts it on its tint;
    `elide` lets it be cut where there is no room, with the whole words as tool tip.
    """

    def __init__(
        self,
        verdict: str,
        words: str = "",
        *,
        role: str = "text",
        chip: bool = False,
        elide: bool = False,
        size: int = 14,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._chip, self._size, self._elide = role, chip, size, elide
        self._verdict, self._words = verdict, words
        self.setSizePolicy(
            QSizePolicy.Policy.Fixed if chip else QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed
        )
        self.set_verdict(verdict, words)
        follow_theme(self)

    def set_verdict(self, verdict: str, words: str = "") -> None:
        """Show another verdict."""
        self._verdict, self._words = verdict, words or mark_word(verdict)
        self.setAccessibleName(self._words)
        self.updateGeometry()
        self.update()

    @property
    def verdict(self) -> str:
        """The verdict shown."""
        return self._verdict

    def text(self) -> str:
        """The words shown."""
        return self._words

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        pad = look.px(12) if self._chip else 0
        text = int(look.metrics(self._role).horizontalAdvance(self._words)) + 2
        return QSize(
            text + look.px(self._size + 6) + pad, look.px(20) if self._chip else look.line_height(self._role)
        )

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), theme().px(60)), hint.height()) if self._elide else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        row = Row(self.rect(), rtl=art.rtl)
        ground = "sheet"
        if self._chip:
            ground = f"{self._verdict}.tint"
            art.box(self.rect(), ground, radius=Size.RADIUS_CHIP)
            row.pad(px(5), px(6))
        art.mark(
            row.lead(px(self._size), px(5 if self._chip else 6)), self._verdict, self._size, ground=ground
        )
        cut = art.text(row.rest, self._words, self._role, f"{self._verdict}.text")
        self.setToolTip(self._words if cut else "")


class Badge(QWidget):
    """A count in a pill."""

    def __init__(
        self, text: str = "", *, tone: str = "t2", fill: str = "press", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text, self._tone, self._fill = text, tone, fill
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_text(text)
        follow_theme(self)

    def set_text(self, text: str) -> None:
        """Show another count; an empty one takes no room."""
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        width = max(
            look.px(20), int(look.metrics("caption-strong").horizontalAdvance(self._text)) + 1 + look.px(12)
        )
        return QSize(width, look.px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, lambda art: art.badge(self.rect(), self._text, fill=self._fill, tone=self._tone))


class KeyCap(QWidget):
    """A key, drawn as a cap."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        width = max(look.px(18), int(look.metrics("key").horizontalAdvance(self._key)) + 1 + look.px(9))
        return QSize(width, look.px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, lambda art: art.key(self.rect(), self._key))


class StateDot(QWidget):
    """A small dot and a word: "Online, 12 days"."""

    def __init__(
        self, words: str, tone: str = "proved", *, role: str = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words, self._tone, self._role = words, tone, role
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        text = int(look.metrics(self._role).horizontalAdvance(self._words)) + 2
        return QSize(text + look.px(12), look.line_height(self._role))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        row = Row(self.rect(), rtl=art.rtl)
        piece = row.lead(art.theme.px(7), art.theme.px(5))
        middle = QPointF(piece.center().x() + 0.5, piece.center().y() + 0.5)
        art.painter.setPen(Qt.PenStyle.NoPen)
        art.dot(
            middle,
            art.theme.px(7) / 2,
            "t1" if self._tone not in art.theme.tokens.verdicts else f"{self._tone}.solid",
        )
        art.text(row.rest, self._words, self._role, self._tone)


class Picture(QWidget):
    """A fixed picture: a Lucide icon, a verdict mark, a device silhouette or the product's mark.

    `kind` is icon, mark, device or brand; `name` the picture. It is decoration: it has no accessible name unless set.
    """

    def __init__(
        self,
        kind: str,
        name: str = "",
        *,
        tone: str = "t2",
        size: int = Size.ICON,
        box: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind, self._name, self._tone, self._size = kind, name, tone, size
        self._box = box or size
        follow_theme(self)

    def set_picture(self, name: str, tone: str = "") -> None:
        """Show another picture of the same kind."""
        self._name, self._tone = name, tone or self._tone
        self.update()

    def apply_theme(self) -> None:
        side = theme().px(self._box)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        if self._kind == "mark":
            art.mark(self.rect(), self._name, self._size)
        elif self._kind == "device":
            art.device(self.rect(), self._name, self._tone, self._size)
        elif self._kind == "brand":
            art.pixmap(self.rect(), art.theme.mark(self._size, art.ratio))
        else:
            art.icon(self.rect(), self._name, self._tone, self._size)
