"""The one delegate of all tables: cells with marks, values, has -> gets, progress, links; headings, notes, details.

It draws; `TableView` decides what is current, ticked and under the mouse. The roles are in `desktop.qt.roles`.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from desktop.qt.language import spoken
from desktop.qt.painting import Artist, Row
from desktop.qt.roles import (
    PLAIN_ROW,
    DetailRow,
    GroupRow,
    Index,
    Link,
    Look,
    NoteRow,
    RowLook,
    look_of,
    row_look_of,
)
from desktop.qt.theme import theme
from desktop.qt.tokens import Size, blend
from desktop.views.widgets.row_light import RowLights

PAD = 6
END = 10
"""After an amount: with the pad, the side of the page, and room before the text of the next column."""
_CELL_GROUND = {"fault": "refused.tint", "fixed": "edit", "double": "accepted.tint"}
_CELL_EDGE = {"fault": "refused.solid", "fixed": "ambiguous.solid", "double": "accepted.solid"}
_CELL_TONE = {"fault": "refused", "fixed": "t1", "double": "accepted"}
_MARK = 14


class RowHost(Protocol):
    """What the delegate asks of the view that it draws for."""

    lights: RowLights
    ticks: bool

    def hover_row(self) -> int:
        """Row under the mouse, or -1."""

    def wide_rect(self, rect: QRect) -> QRect:
        """The whole visible row through `rect`, over all columns."""

    def grid_lines(self) -> bool:
        """True for a sheet with lines between columns."""


class RowDelegate(QStyledItemDelegate):
    """Draws every kind of cell and row of the table design."""

    def __init__(self, host: RowHost, parent: QAbstractItemView) -> None:
        super().__init__(parent)
        self._host = host
        self._known: tuple[int, RowLook] = (-1, PLAIN_ROW)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        look, words = look_of(index), str(index.data() or "")
        width = theme().metrics(_role_of(look)).horizontalAdvance(words) + 2 * theme().px(PAD) + 2
        if look.verdict or look.icon:
            width += theme().px(_MARK + 6)
        if look.has_gets:
            width += theme().metrics("mono").horizontalAdvance(
                look.has_gets.has + look.has_gets.gets
            ) + theme().px(34)
        return QSize(int(width), theme().row_height)

    # -- one cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        row = self._row_of(index)
        rect = QRect(option.rect)
        if row.special:
            painter.save()
            painter.setClipRect(rect)
            self._paint_special(art, rect, row)
            painter.restore()
            return
        look = look_of(index)
        ticked = bool(option.state & QStyle.StateFlag.State_Selected)
        number = index.row()
        lit = max(row.lit, self._host.lights.at(number))
        tone = ground_of(ticked=ticked, hover=self._host.hover_row() == number, lit=lit)
        self._paint_ground(art, rect, tone, look)
        self._paint_cell(art, rect, index, row, look)

    def forget(self) -> None:
        """Ask the model again about every row: a new picture begins."""
        self._known = (-1, PLAIN_ROW)

    def _row_of(self, index: Index) -> RowLook:
        # A view draws row by row, so one remembered row saves asking once per cell.
        number = index.row()
        if self._known[0] != number:
            self._known = (number, row_look_of(index))
        return self._known[1]

    def _paint_ground(self, art: Artist, rect: QRect, tone: str, look: Look) -> None:
        if look.edited or look.cell:
            tone = "edit" if look.edited else _CELL_GROUND[look.cell]
        if tone:
            art.fill(rect, tone)
        art.line(rect)
        if self._host.grid_lines():
            edge = rect.left() if art.rtl else rect.right()
            art.fill(QRect(edge, rect.top(), 1, rect.height()), "line")
        if look.edited or look.cell:
            art.edge(rect.adjusted(0, 0, 0, -1), _CELL_EDGE[look.cell] if look.cell else "ambiguous.solid", 2)

    def _paint_cell(self, art: Artist, rect: QRect, index: Index, row: RowLook, look: Look) -> None:
        px = art.theme.px
        line = Row(rect.adjusted(0, 0, 0, -1), rtl=art.rtl)
        line.pad(px(PAD))
        if look.device:
            art.device(line.rest, look.device, "t3" if row.faded else "t2", 17)
            return
        if look.icons:
            self._paint_icons(art, line, look)
            return
        if look.has_gets is not None:
            paint_has_gets(art, line, look)
            return
        if look.links:
            self._paint_links(art, line, look)
            return
        if look.progress is not None:
            self._paint_progress(art, line, look)
            return
        tone = "t3" if row.faded else _tone_of(look)
        if look.verdict:
            art.mark(line.lead(px(_MARK), px(6)), look.verdict, 13)
        elif look.icon:
            art.icon(line.lead(px(_MARK), px(6)), look.icon, _icon_tone(tone), 14)
        words = str(index.data() or "")
        if look.spans:
            art.spans(line.rest, words, _role_of(look), tone, look.spans, ground="ambiguous.tint")
            return
        if look.end:
            line.trail(px(END))
        art.text(line.rest, words, _role_of(look), tone, align="trail" if look.end else "lead")

    def _paint_icons(self, art: Artist, line: Row, look: Look) -> None:
        px = art.theme.px
        for name, on in look.icons:
            area = line.lead(px(15), px(6))
            art.painter.save()
            art.painter.setOpacity(1.0 if on else 0.28)
            art.icon(area, name, "t2" if on else "t3", 14)
            art.painter.restore()

    def _paint_links(self, art: Artist, line: Row, look: Look) -> None:
        for link in look.links:
            area = line.lead(art.width(link.text, "help-strong"), art.theme.px(10))
            art.text(area, link.text, "help-strong", "acct", elide=False)

    def _paint_progress(self, art: Artist, line: Row, look: Look) -> None:
        progress = look.progress
        if progress is None:
            return
        px = art.theme.px
        # The bars of a column end at one edge, however many digits stand behind them.
        words = max(art.width(progress.words, "text"), art.width("00/00", "text"))
        room = max(px(24), min(px(84), line.rest.width() - (words + px(8) if progress.words else 0)))
        area = line.lead(min(room, px(84)), px(8))
        height = px(6)
        area = QRect(area.left(), area.top() + (area.height() - height) // 2, area.width(), height)
        paint_progress(art, area, progress.part, progress.tone)
        art.text(line.rest, progress.words, "text", look.tone or "t2")

    # -- rows without cells

    def _paint_special(self, art: Artist, rect: QRect, row: RowLook) -> None:
        wide = self._host.wide_rect(rect)
        if row.group is not None:
            paint_group(art, wide, row.group, inset=0 if self._host.ticks else art.theme.px(PAD))
        elif row.note is not None:
            paint_note(art, wide, row.note)
        elif row.detail is not None:
            self._paint_detail(art, wide, row.detail)

    def _paint_detail(self, art: Artist, wide: QRect, detail: DetailRow) -> None:
        px = art.theme.px
        art.fill(wide, "base")
        art.line(wide)
        for link, area in detail_buttons(wide, detail, rtl=art.rtl):
            art.box(area, "raised", "line2")
            art.text(area, link.text, "help-strong", "t1", align="centre", elide=False)
        line = Row(wide, rtl=art.rtl)
        line.lead(px(PAD))
        line.trail(_buttons_width(detail))
        middle = wide.top() + wide.height() // 2
        upper = QRect(line.rest.left(), middle - px(17), line.rest.width(), px(17))
        words = Row(upper, rtl=art.rtl)
        art.text(words.lead(art.width(detail.lead, "help"), px(4)), detail.lead, "help", "t3")
        art.text(words.rest, detail.words, "mono", detail.verdict)
        lower = QRect(line.rest.left(), middle + px(1), line.rest.width(), px(17))
        art.text(lower, detail.text, "help", "t2")

    # -- hitting

    def act_at(self, rect: QRect, index: Index, at: QPoint, *, rtl: bool) -> str:
        """Give the key of the small act under a point of a cell or a detail row, or an empty text."""
        row = row_look_of(index)
        if row.detail is not None:
            buttons = detail_buttons(self._host.wide_rect(rect), row.detail, rtl=rtl)
            return next((link.key for link, area in buttons if area.contains(at)), "")
        line = Row(rect, rtl=rtl)
        line.pad(theme().px(PAD))
        for link in () if row.special else look_of(index).links:
            width = int(theme().metrics("help-strong").horizontalAdvance(link.text)) + 1
            if line.lead(width, theme().px(10)).contains(at):
                return link.key
        return ""

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        look, words = look_of(index), str(index.data() or "")
        shown = spoken(look.reason or row_look_of(index).no_tick)
        if not shown and self.sizeHint(option, index).width() > option.rect.width():
            shown = words
        QToolTip.showText(event.globalPos(), shown, view)
        return True


def ground_of(*, ticked: bool, hover: bool, lit: float) -> str:
    """Give the tone behind a row, or an empty text for the ground of the table."""
    if ticked:
        return "sel"
    if lit > 0:
        tokens = theme().tokens
        return blend(tokens.sel2, tokens.sheet, min(1.0, lit))
    return "hover" if hover else ""


def _role_of(look: Look) -> str:
    if look.mono:
        return "mono-strong" if look.strong else "mono"
    return "strong" if look.strong else "text"


def _tone_of(look: Look) -> str:
    if look.verdict:
        return look.tone or f"{look.verdict}.text"
    return look.tone or _CELL_TONE.get(look.cell, "t1")


def _icon_tone(tone: str) -> str:
    return {"t1": "t2", "ambiguous": "ambiguous.solid"}.get(tone, tone)


def paint_has_gets(art: Artist, line: Row, look: Look) -> None:
    """Draw "was -> now" on one line; what does not fit is cut at the end of both."""
    pair = look.has_gets
    if pair is None:
        return
    px = art.theme.px
    was_role, now_role = ("mono", "mono-strong") if pair.mono else ("text", "strong")
    was, now = art.width(pair.has, was_role), art.width(pair.gets, now_role)
    room = line.rest.width() - px(28)
    if was + now > room:
        was = max(px(20), min(was, room - now if now < room * 0.6 else room // 2))
    art.text(line.lead(was, px(6)), pair.has, was_role, "t3")
    art.icon(line.lead(px(14), px(6)), "arrow-left" if art.rtl else "arrow-right", "t3", 12)
    art.text(line.rest, pair.gets, now_role, "t1")


def paint_progress(art: Artist, area: QRect, part: float, tone: str) -> None:
    """Draw a progress bar that fills `area`."""
    radius = max(1, area.height() // 2)
    art.box(area, "press", radius=radius)
    if part > 0:
        done = Row(area, rtl=art.rtl).lead(max(area.height(), round(area.width() * part)))
        art.box(done, tone, radius=radius)


def paint_group(art: Artist, wide: QRect, group: GroupRow, *, inset: int = 0) -> None:
    """Draw a heading over the whole row: title, count, bar, note. The chevron is in the tick column.

    `inset`: where no tick column stands before it, so that the title is in line with the cells below.
    """
    px = art.theme.px
    art.fill(wide, "base")
    art.line(wide)
    line = Row(wide.adjusted(0, 0, 0, -1), rtl=art.rtl)
    line.lead(inset)
    art.text(line.lead(art.width(group.title, "head"), px(8)), group.title, "head", "t1")
    if group.count:
        line.lead(art.badge(line.rest, group.count), px(8))
    if group.parts:
        area = line.lead(px(90), px(8))
        art.stack(
            QRect(area.left(), area.top() + (area.height() - px(5)) // 2, area.width(), px(5)), group.parts
        )
    line.trail(px(Size.SIDE))
    art.text(line.rest, group.note, "help", "t3")


def paint_note(art: Artist, wide: QRect, note: NoteRow) -> None:
    """Draw one line over the whole row."""
    px = art.theme.px
    art.fill(wide, "base")
    art.line(wide)
    line = Row(wide.adjusted(0, 0, 0, -1), rtl=art.rtl)
    line.lead(px(PAD))
    if note.icon:
        art.icon(line.lead(px(14), px(7)), note.icon, note.tone, 13)
    art.text(line.rest, note.text, "help", note.tone)


def _buttons_width(detail: DetailRow) -> int:
    look = theme()
    widths = [
        int(look.metrics("help-strong").horizontalAdvance(link.text)) + look.px(22) for link in detail.acts
    ]
    return sum(widths) + look.px(8) * len(widths) + look.px(Size.SIDE)


def detail_buttons(wide: QRect, detail: DetailRow, *, rtl: bool) -> list[tuple[Link, QRect]]:
    """Give the small buttons of a detail row and where they are, in reading order."""
    look = theme()
    line = Row(wide, rtl=rtl)
    line.trail(look.px(Size.SIDE))
    found: list[tuple[Link, QRect]] = []
    height = look.px(Size.CONTROL_SMALL)
    for link in reversed(detail.acts):
        width = int(look.metrics("help-strong").horizontalAdvance(link.text)) + look.px(22)
        piece = line.trail(width, look.px(8))
        found.append((link, QRect(piece.left(), piece.top() + (piece.height() - height) // 2, width, height)))
    return found[::-1]
