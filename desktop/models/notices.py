"""What the window said: every notice of the session, the newest first, and how many were not looked at.

A toast is gone after six seconds; here it can still be read, and followed to what it was about. In memory only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from desktop.models.words import time_word
from desktop.qt.language import spoken
from desktop.qt.roles import JobRow

KEPT = 200
NEEDS = frozenset({"refused", "ambiguous", "differs", "unreachable"})
"""Verdicts of notices that ask for a person."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `page` and `target`: what it leads to; empty: nowhere."""

    number: int
    at: datetime
    verdict: str
    title: str
    text: str = ""
    page: str = ""
    target: object = None


class NoticeBook(QObject):
    """Signal `changed()`: a notice came, or all were read."""

    changed = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._notices: list[Notice] = []
        self._count = self._read = 0

    def add(self, verdict: str, title: str, text: str = "", page: str = "", target: object = None) -> Notice:
        """Keep a notice; the oldest of many is dropped."""
        self._count += 1
        notice = Notice(self._count, self._now(), verdict, spoken(title), spoken(text), page, target)
        self._notices = [notice, *self._notices[: KEPT - 1]]
        self.changed.emit()
        return notice

    def notices(self, *, only_needs: bool = False) -> list[Notice]:
        """The newest first."""
        return [n for n in self._notices if not only_needs or n.verdict in NEEDS]

    def find(self, number: int) -> Notice | None:
        """A notice by its number."""
        return next((n for n in self._notices if n.number == number), None)

    @property
    def unread(self) -> int:
        """How many came since the list was looked at."""
        return sum(1 for n in self._notices if n.number > self._read)

    def read_all(self) -> None:
        """The person looked at the list."""
        if self.unread:
            self._read = self._count
            self.changed.emit()

    def clear(self) -> None:
        """Forget all of them."""
        self._notices = []
        self._read = self._count
        self.changed.emit()

    def rows(self, *, only_needs: bool = False, go_word: str = "", zone: str = "") -> list[JobRow]:
        """Rows of the notice centre."""
        now = self._now()
        return [
            JobRow(
                n.title,
                n.text,
                n.verdict,
                None,
                time_word(n.at, now, zone),
                "chevron-right" if n.page else "",
                go_word if n.page else "",
                n.number,
            )
            for n in self.notices(only_needs=only_needs)
        ]
