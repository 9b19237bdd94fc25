"""The counts beside the entries of the navigation, told by whoever knows them: one per page key."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True, slots=True)
class NavBadge:
    """`count` in words, empty for none; `needs`: it waits for a person."""

    count: str = ""
    needs: bool = False


class NavBadges(QObject):
    """Signal `told(key)` when the badge of a page changed."""

    told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._badges: dict[str, NavBadge] = {}

    def tell(self, key: str, count: str, *, needs: bool = False) -> None:
        """Say the count of a page; an unchanged one is not told again."""
        badge = NavBadge(count, needs and bool(count))
        if self._badges.get(key, NavBadge()) != badge:
            self._badges[key] = badge
            self.told.emit(key)

    def of(self, key: str) -> NavBadge:
        """What was last said of a page."""
        return self._badges.get(key, NavBadge())

    def told_keys(self) -> list[str]:
        """Pages that something was said of."""
        return list(self._badges)
