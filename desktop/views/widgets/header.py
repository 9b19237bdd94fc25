"""The header of the window: site, its time, search, LAN, sync, jobs, notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from PySide6.QtCore import QDate, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, Rule, column, drawn, follow_theme, row
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.fields import LineEdit, set_property
from desktop.views.widgets.labels import KeyCap, Label
from desktop.views.widgets.pills import LanPill, SyncPill


class SitePicker(QAbstractButton):
    """The site that everything on the page belongs to; never hidden. `clicked` opens the list of sites."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._kind, self._icon = "", "", "building-2"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_site("", "")
        follow_theme(self)

    def set_site(self, name: str, kind: str, *, icon: str = "building-2") -> None:
        """Show a site: its name, and under it what kind it is."""
        self._name, self._kind, self._icon = name or self.tr("No site"), kind, icon
        self.setAccessibleName(self.tr("Site: {0}").format(self._name))
        self.setAccessibleDescription(kind)
        self.updateGeometry()
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def _words_width(self) -> int:
        look = theme()
        name = look.metrics("head").horizontalAdvance(self._name)
        kind = look.metrics("caption").horizontalAdvance(self._kind)
        return min(look.px(220), int(max(name, kind)) + 2)

    def sizeHint(self) -> QSize:
        px = theme().px
        return QSize(px(26 + 9 + 16 + 10) + self._words_width(), px(38))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        if self.underMouse():
            art.box(self.rect(), "hover")
        row = Row(self.rect(), rtl=art.rtl)
        square = row.lead(px(26), px(9))
        side = px(26)
        area = QRect(square.left(), (self.height() - side) // 2, side, side)
        art.box(area, "sel", radius=5)
        art.icon(area, self._icon, "acct", 15)
        words = row.lead(self._words_width(), px(9))
        upper, lower = two_lines(words, px(18), px(16))
        art.text(upper, self._name, "head", "t1")
        art.text(lower, self._kind, "caption", "t3")
        art.icon(row.lead(px(14)), "chevrons-up-down", "t3", 14)


def two_lines(rect: QRect, first: int, second: int, gap: int = -2) -> tuple[QRect, QRect]:
    """Cut two lines out of the middle of a rectangle; gives the upper and the lower one."""
    top = rect.top() + (rect.height() - first - second - gap) // 2
    return (
        QRect(rect.left(), top, rect.width(), first),
        QRect(rect.left(), top + first + gap, rect.width(), second),
    )


class ClockLabel(QWidget):
    """The date and time at the site over its zone; "here 08:14" follows only where the reader's own time differs.

    `now` gives the time as an aware datetime in UTC; `local` is the reader's zone, the system's by default.
    """

    def __init__(
        self, now: Callable[[], datetime], *, local: tzinfo | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._now, self._local, self._zone = now, local, ""
        self._upper, self._lower = Label("", "head"), Label("", "caption", "t3")
        lines = column(gap=0)
        lines.addStretch(1)
        lines.addWidget(self._upper)
        lines.addWidget(self._lower)
        lines.addStretch(1)
        self.setLayout(lines)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self.refresh()

    def set_zone(self, zone: str) -> None:
        """Show the time of an IANA zone; an empty or unknown one shows the reader's own time."""
        self._zone = zone
        self.refresh()

    def words(self) -> tuple[str, str]:
        """The two lines as shown."""
        return self._upper.whole_text(), self._lower.whole_text()

    def refresh(self) -> None:
        """Show the time as it is, and again when the minute is over."""
        now = self._now()
        here = now.astimezone(self._local)
        there, zone = here, self._zone
        try:
            there = now.astimezone(ZoneInfo(zone)) if zone else here
        except (ZoneInfoNotFoundError, ValueError):
            zone = ""
        locale = self.locale()
        day = locale.toString(QDate(there.year, there.month, there.day), "ddd d MMM")
        self._upper.setText(f"{day} {there:%H:%M}")
        parts = [zone] if zone else []
        if there.utcoffset() != here.utcoffset():
            parts.append(self.tr("here {0}").format(f"{here:%H:%M}"))
        self._lower.setText(" · ".join(parts))
        self._lower.setVisible(bool(parts))
        self.setAccessibleName(", ".join(self.words()))
        self._timer.start(max(1000, 60_000 - (now.astimezone(UTC).second * 1000 + now.microsecond // 1000)))


class Omnibox(LineEdit):
    """The search field. Signals: `searched(str)` on a change, `entered(str)` on Enter, `left()` on Escape or Down."""

    searched = Signal(str)
    entered = Signal(str)
    left = Signal()

    def __init__(
        self, placeholder: str = "", *, large: bool = False, key: str = "/", parent: QWidget | None = None
    ) -> None:
        role = "omnibox" if large else "text"
        super().__init__(icon="search", placeholder=placeholder, role=role, parent=parent)
        self.setAccessibleName(placeholder or self.tr("Search"))
        self._whole, self._short = placeholder or self.tr("Find anyone or anything"), self.tr("Find")
        self.setPlaceholderText(self._whole)
        if key:
            self.set_trailing(KeyCap(key, self))
        set_property(self, "on", "sheet")
        set_property(self, "large", large)
        self.textEdited.connect(self.searched)
        self.returnPressed.connect(lambda: self.entered.emit(self.text()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margins = self.textMargins()
        room = self.width() - margins.left() - margins.right() - theme().px(16)
        fits = self.fontMetrics().horizontalAdvance(self._whole) <= room
        self.setPlaceholderText(self._whole if fits else self._short)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.searched.emit("")
            return
        if event.key() in {Qt.Key.Key_Escape, Qt.Key.Key_Down}:
            self.left.emit()
            return
        super().keyPressEvent(event)


class HeaderBar(Panel):
    """The header of the window: its parts are attributes, connect to them.

    `site` SitePicker, `clock` ClockLabel, `search` Omnibox, `lan` LanPill, `sync` SyncPill, `jobs` and `bell`
    IconButton with `set_badge`. Signals of the parts are Qt's own.
    """

    def __init__(
        self, now: Callable[[], datetime], *, local: tzinfo | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__("header", parent)
        self.site = SitePicker()
        self.clock = ClockLabel(now, local=local)
        self.search = Omnibox()
        self.search.setMaximumWidth(theme().px(320))
        self.search.setMinimumWidth(theme().px(150))
        self.lan = LanPill()
        self.sync = SyncPill()
        self.jobs = IconButton("list-checks", self.tr("Jobs"))
        self.bell = IconButton("bell", self.tr("Notices"))
        line = row(gap=8, margins=(16, 0, 12, 0))
        line.addWidget(self.site)
        line.addSpacing(theme().px(8))
        rule = Rule(vertical=True)
        rule.setFixedHeight(theme().px(24))
        rule.setObjectName("rulestrong")
        line.addWidget(rule, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addSpacing(theme().px(8))
        line.addWidget(self.clock)
        line.addStretch(1)
        line.addWidget(self.search, 3)
        line.addWidget(self.lan)
        line.addWidget(self.sync)
        line.addSpacing(theme().px(4))
        line.addWidget(self.jobs)
        line.addWidget(self.bell)
        self.setLayout(line)
        follow_theme(self)

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(Size.HEADER))
