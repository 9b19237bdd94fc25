"""The badge of a row: an edit of it was refused or is at odds with somebody else's, and waits under Sync."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy import select

from core.store.reader import Reader
from core.store.tables import TRAY
from desktop.models.words import translate
from desktop.qt.roles import Look

L = TypeVar("L")
CONFLICT, REFUSED = "conflict", "refused"


def read_badges(reader: Reader) -> dict[str, str]:
    """Row id to `conflict` or `refused` for every row with an open entry in the tray."""
    query = select(TRAY.c.entity_id, TRAY.c.kind).where(TRAY.c.resolved_at.is_(None)).order_by(TRAY.c.id)
    found: dict[str, str] = {}
    for row_id, kind in reader.connection.execute(query):
        if found.get(row_id) != CONFLICT:
            found[row_id] = CONFLICT if kind == "conflict" else REFUSED
    return found


def badge_words(badge: str) -> str:
    """The badge as a sentence; empty for none."""
    words: Mapping[str, str] = {
        CONFLICT: translate("Somebody else changed it too: choose under Sync."),
        REFUSED: translate("The core refused a change of it: see Sync."),
    }
    return words.get(badge, "")


def badged(badge_of: Callable[[L], str]) -> Callable[[L], Look]:
    """The look of a name: strong, and with its badge before it when there is one."""

    def look(line: L) -> Look:
        badge = badge_of(line)
        if badge == CONFLICT:
            return Look(strong=True, icon="git-compare", tone="t1", reason=badge_words(badge))
        if badge == REFUSED:
            return Look(strong=True, verdict="refused", tone="t1", reason=badge_words(badge))
        return Look(strong=True)

    return look
