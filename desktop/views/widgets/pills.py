"""Pills of the header: one button in painted segments, for the state of the sync and of the LAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import drawn, follow_theme, is_rtl


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a pill: icon and its tone, then words; `strong` is a figure set bold between `lead` and `text`."""

    icon: str = ""
    icon_tone: str = "t2"
    lead: str = ""
    strong: str = ""
    text: str = ""

    def words(self) -> str:
        """The words as one text."""
        return " ".join(part for part in (self.lead, self.strong, self.text) if part)


class Pill(QAbstractButton):
    """A rounded button of segments. `clicked` is the signal; its border's tone says whether it needs a person."""

    def __init__(self, name: str, segments: Sequence[Segment] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._segments: tuple[Segment, ...] = ()
        self._edge = "line2"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("ringRadius", 14)
        self.set_segments(segments)
        follow_theme(self)

    def set_segments(self, segments: Sequence[Segment], *, edge: str = "line2") -> None:
        """Show other segments."""
        self._segments, self._edge = tuple(segments), edge
        words = ", ".join(segment.words() for segment in self._segments)
        self.setAccessibleName(f"{self._name}: {words}" if words else self._name)
        self.updateGeometry()
        self.update()

    def words(self) -> list[str]:
        """The words of each segment."""
        return [segment.words() for segment in self._segments]

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def _width_of(self, segment: Segment) -> int:
        look = theme()
        width = look.px(Size.ICON_SMALL + 6) if segment.icon else 0
        for words, role in _parts(segment):
            width += int(look.metrics(role).horizontalAdvance(words)) + 1 + look.px(_gap(words))
        return width - look.px(_gap(_parts(segment)[0][0]) if _parts(segment) else 0)

    def _pads(self, number: int) -> tuple[int, int]:
        look = theme()
        last = len(self._segments) - 1
        return look.px(11 if number == 0 else 10), look.px(11 if number == last else 10)

    def sizeHint(self) -> QSize:
        width = sum(
            self._width_of(part) + sum(self._pads(number)) for number, part in enumerate(self._segments)
        )
        return QSize(max(width, theme().px(28)), theme().px(28))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        ground = "press" if self.isDown() else ("hover" if self.underMouse() else "raised")
        art.box(self.rect(), ground, self._edge, 14)
        row = Row(self.rect(), rtl=is_rtl(self))
        for number, segment in enumerate(self._segments):
            before, after = self._pads(number)
            area = row.lead(before + self._width_of(segment) + after)
            if number:
                edge = area.right() if art.rtl else area.left()
                art.fill(QRect(edge, area.top() + 1, 1, area.height() - 2), "line")
            inner = Row(area, rtl=art.rtl)
            inner.lead(before)
            if segment.icon:
                art.icon(
                    inner.lead(art.theme.px(Size.ICON_SMALL), art.theme.px(6)),
                    segment.icon,
                    segment.icon_tone,
                    13,
                )
            for at, (words, role) in enumerate(_parts(segment)):
                tone = "t1" if role == "section" else "t2"
                inner.lead(0, art.theme.px(_gap(words)) if at else 0)
                art.text(inner.lead(art.width(words, role)), words, role, tone, elide=False)


def _parts(segment: Segment) -> list[tuple[str, str]]:
    found = [(segment.lead, "help"), (segment.strong, "section"), (segment.text, "help")]
    return [(words, role) for words, role in found if words]


def _gap(words: str) -> int:
    return 0 if words.startswith(",") else 5


class SyncPill(Pill):
    """The state of the sync in words: "12 on this laptop / 3 sent / Confirmed 09:14"; zero parts vanish.

    `set_state` takes counts and times as texts; the pill never decides what they mean.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self._name = self.tr("Sync")

    def set_state(
        self,
        *,
        here: int = 0,
        sent: int = 0,
        confirmed: str = "",
        offline_since: str = "",
        needs: int = 0,
        filling: str = "",
    ) -> None:
        """Show the state: counts not sent and sent, the time of the last confirmation, since when there is no network.

        `filling`: how far a first fill is ("38 %"), which stands for the confirmation until it is over.
        `needs` are refused or conflicting edits that wait for a person: the pill gets an amber edge.
        """
        parts: list[Segment] = []
        if offline_since:
            words = self.tr("Offline since {0}").format(offline_since)
            parts.append(Segment("cloud-off", "ambiguous.solid", words))
        if needs:
            parts.append(Segment("git-compare", "ambiguous.solid", "", f"{needs:,}", self.tr("need you")))
        if here:
            parts.append(Segment("laptop", "t2", "", f"{here:,}", self.tr("on this laptop")))
        if sent and not offline_since:
            parts.append(Segment("arrow-up", "t2", "", f"{sent:,}", self.tr("sent")))
        if filling and not offline_since:
            parts.append(Segment("arrow-down", "t2", self.tr("Fetching"), filling))
        elif confirmed and not offline_since:
            parts.append(Segment("check", "proved.solid", self.tr("Confirmed {0}").format(confirmed)))
        if not parts:
            parts.append(Segment("cloud", "t2", self.tr("Not confirmed yet")))
        self.set_segments(parts, edge="ambiguous.solid" if needs else "line2")


class LanPill(Pill):
    """The state of the LAN: "LAN 45"; "LAN 0, no address" in amber; "No LAN"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self._name = self.tr("Local network")

    def set_state(self, count: int | None, problem: str = "") -> None:
        """Show how many devices are seen, None for no network at all, `problem` in words where there is one."""
        if count is None:
            self.set_segments([Segment("unplug", "t2", self.tr("No LAN"))])
            return
        tone = "ambiguous.solid" if problem else "proved.solid"
        text = f", {problem}" if problem else ""
        self.set_segments([Segment("ethernet-port", tone, self.tr("LAN"), f"{count:,}", text)])
