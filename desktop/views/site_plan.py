"""The plan of a site's doors: its drawing or the schematic, a mark for each door in its state, placed by hand.

A door is a button: Enter or a click opens its panel, the arrows go to the next door in that direction. While doors are
arranged they are dragged, or moved with Alt and the arrows.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from core.entities.plan import WHOLE
from desktop.models.site_plan import ICONS, TONES, DoorState, Drawing, Spot, nearest, state_word
from desktop.qt.language import spoken
from desktop.qt.painting import Artist
from desktop.qt.theme import theme
from desktop.views.widgets.base import drawn, follow_theme

SPOT, LABEL = 26, 110
STEP = WHOLE // 100
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class DoorSpot(QAbstractButton):
    """One door: a disc with its state's colour and icon, its name below. Signals: `moved(QPoint)` its middle was
    dragged there; `turned(int, int)` an arrow; `nudged(int, int)` Alt and an arrow.
    """

    moved = Signal(QPoint)
    turned = Signal(int, int)
    nudged = Signal(int, int)

    def __init__(self, spot: Spot, parent: QWidget) -> None:
        super().__init__(parent)
        self.spot, self.state = spot, DoorState.ONLINE
        self.arranging = self.here = False
        self._grip: QPoint | None = None
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        follow_theme(self)

    def show_state(self, state: DoorState) -> None:
        """Show what the door is in."""
        self.state = state
        line = self.spot.line
        words = f"{line.name}, {line.place}: {state_word(state)}"
        self.setAccessibleName(words)
        self.setToolTip(f"{words}\n{spoken(line.reason)}".strip())
        self.update()

    def set_here(self, *, here: bool) -> None:
        """Whether the panel is about it."""
        if here != self.here:
            self.here = here
            self.update()

    def words(self) -> list[str]:
        """The device, and the relay where it has another name."""
        line = self.spot.line
        return list(dict.fromkeys((line.device.name, line.relay.name)))

    def apply_theme(self) -> None:
        px = theme().px
        self.setFixedSize(px(LABEL), px(SPOT) + 2 * theme().line_height("caption") + px(4))

    def middle(self) -> QPoint:
        """The middle of the disc, inside."""
        return QPoint(self.width() // 2, theme().px(SPOT) // 2 + 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px, middle, tone = art.theme.px, self.middle(), TONES[self.state]
        side = px(SPOT)
        disc = QRect(middle.x() - side // 2, middle.y() - side // 2, side, side)
        edge = tone if tone == "acct" else f"{tone}.solid"
        art.box(disc, "sel" if self.here else "sheet", edge, side, width=px(2))
        art.icon(disc, ICONS[self.state], tone, px(14))
        high, words = art.theme.line_height("caption"), self.words()
        width = min(self.width(), max(art.width(w, "caption") for w in words) + px(8))
        below = QRect((self.width() - width) // 2, disc.bottom() + 2, width, high * len(words))
        art.fill(below, "sel" if self.here else "sheet")
        for number, word in enumerate(words):
            line = QRect(below.left() + px(3), below.top() + number * high, width - px(6), high)
            art.text(line, word, "caption", "t2" if number else "t1", align="centre")

    # -- moving

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip, self._dragged = event.position().toPoint(), False
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.arranging and self._grip is not None:
            by = event.position().toPoint() - self._grip
            self._dragged = self._dragged or by.manhattanLength() >= QApplication.startDragDistance()
            if self._dragged:
                self.move(self.pos() + by)
                return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, self._grip, self._dragged = self._dragged, None, False
        if dragged:
            self.setDown(False)
            self.moved.emit(self.pos() + self.middle())
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _ARROWS.get(Qt.Key(event.key()))
        if way is not None:
            moves = self.arranging and event.modifiers() & Qt.KeyboardModifier.AltModifier
            (self.nudged if moves else self.turned).emit(*way)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)


class PlanCanvas(QWidget):
    """Draws one plan with its doors. Signals: `chosen(str)` a door by its relay; `placed(str, int, int)` it was moved
    there, in parts of WHOLE.
    """

    chosen = Signal(str)
    placed = Signal(str, int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing("")
        self.image: QImage | None = None
        self.spots: dict[str, DoorSpot] = {}
        self._arranging = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Plan of the doors"))
        follow_theme(self)

    def show_drawing(self, drawing: Drawing, image: QImage | None) -> None:
        """Show a plan; a door that has the focus keeps it."""
        here = self.here()
        self.drawing, self.image = drawing, image
        for spot in self.spots.values():
            spot.hide()
            spot.deleteLater()
        self.spots = {spot.key: self._made(spot) for spot in drawing.spots}
        self.set_arranging(on=self._arranging)
        self._lay()
        if here in self.spots:
            self.spots[here].setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def _made(self, spot: Spot) -> DoorSpot:
        made = DoorSpot(spot, self)
        made.clicked.connect(lambda: self.chosen.emit(spot.key))
        made.moved.connect(lambda at: self._dropped(spot.key, at))
        made.turned.connect(lambda dx, dy: self._turn(spot.key, dx, dy))
        made.nudged.connect(lambda dx, dy: self.placed.emit(spot.key, spot.x + dx * STEP, spot.y + dy * STEP))
        made.show()
        return made

    def set_arranging(self, *, on: bool) -> None:
        """Whether doors can be moved."""
        self._arranging = on
        for spot in self.spots.values():
            spot.arranging = on
            spot.setCursor(Qt.CursorShape.SizeAllCursor if on else Qt.CursorShape.PointingHandCursor)

    def here(self) -> str:
        """The door with the focus, also while another window is in front; empty for none."""
        focused = self.window().focusWidget()
        return next((key for key, spot in self.spots.items() if spot is focused), "")

    def _turn(self, here: str, dx: int, dy: int) -> None:
        sign = -1 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and not self.drawing.file else 1
        found = self.spots.get(nearest(self.drawing.spots, here, dx * sign, dy))
        if found is not None:
            found.setFocus(Qt.FocusReason.TabFocusReason)

    def _dropped(self, key: str, at: QPoint) -> None:
        area = self._area()
        x = round((at.x() - area.left()) * WHOLE / max(1, area.width()))
        y = round((at.y() - area.top()) * WHOLE / max(1, area.height()))
        self.placed.emit(key, min(max(x, 0), WHOLE), min(max(y, 0), WHOLE))

    # -- drawing

    def _area(self) -> QRect:
        """Where the plan is drawn: the picture in its own proportions, the schematic everywhere."""
        whole = self.rect().adjusted(*(theme().px(n) for n in (16, 12, -16, -12)))
        if self.image is None:
            return whole
        size = self.image.size().scaled(whole.size(), Qt.AspectRatioMode.KeepAspectRatio)
        spare = whole.size() - size
        return QRect(whole.topLeft() + QPoint(spare.width() // 2, spare.height() // 2), size)

    def _lay(self) -> None:
        area = self._area()
        for widget in self.spots.values():
            at = QPoint(
                area.left() + widget.spot.x * area.width() // WHOLE,
                area.top() + widget.spot.y * area.height() // WHOLE,
            )
            widget.move(at - widget.middle())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()

    def apply_theme(self) -> None:
        self._lay()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(360), theme().px(240))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        art.fill(self.rect(), "canvas")
        area = self._area()
        if self.image is not None:
            art.painter.drawImage(area, self.image)
            return
        pad = art.theme.px(10)
        for box in self.drawing.boxes:
            rect = QRect(
                area.left() + box.x * area.width() // WHOLE,
                area.top() + box.y * area.height() // WHOLE,
                box.width * area.width() // WHOLE,
                box.height * area.height() // WHOLE,
            )
            if box.floor:
                art.fill(QRect(rect.left(), rect.top(), rect.width(), 1), "line")
                line = QRect(rect.left(), rect.top() + 2, rect.width(), art.theme.line_height("caption") + 4)
                art.text(line.adjusted(pad, 0, -pad, 0), box.name, "caption", "t3")
            else:
                art.box(rect, "sheet", "line2")
                line = QRect(rect.left(), rect.top() + 4, rect.width(), art.theme.line_height("section") + 6)
                art.text(line.adjusted(pad, 0, -pad, 0), box.name, "section", "t1")
