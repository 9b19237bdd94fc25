"""Books of claim tickets on this workstation: what a job pack brought along, and what was packed here for others.

Kept with what sync remembers, in the encrypted mirror: an id is good for whoever shows it to the cloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.base.clock import to_ms
from core.store import syncmeta
from core.store.reader import Reader
from core.store.tx import Tx

KEY = "ticket_books"


class HeldBook(msgspec.Struct, frozen=True, kw_only=True):
    """A book of tickets. `usable`: its pack was opened here; a book that was only packed here is another one's.

    `until` is of the cloud's clock, in ms; `by`: who packed it.
    """

    id: str
    site: str
    site_name: str
    until: int
    macs: list[str]
    pins: list[str]
    by: str
    usable: bool = False

    def __repr__(self) -> str:
        """Without what it holds."""
        return f"HeldBook(site={self.site!r}, macs={len(self.macs)}, pins={len(self.pins)})"


def books(reader: Reader) -> list[HeldBook]:
    """Every book that is known here, those whose time is over too: only the cloud's clock decides that."""
    return msgspec.json.decode(syncmeta.get(reader, KEY) or "[]", type=list[HeldBook])


def keep(tx: Tx, book: HeldBook, now: datetime) -> None:
    """Remember a book, or that it may be used here now; books that ended a month ago go."""
    old = to_ms(now) - 30 * 86_400_000
    others = [b for b in books(tx) if b.id != book.id and b.until > old]
    known = next((b for b in books(tx) if b.id == book.id), book)
    kept = msgspec.structs.replace(book, usable=book.usable or known.usable)
    syncmeta.put(tx, KEY, msgspec.json.encode([*others, kept]).decode())


def shown(reader: Reader) -> list[str]:
    """The ids that this workstation shows the cloud with its edits."""
    return [b.id for b in books(reader) if b.usable]


def of_site(reader: Reader, site: str) -> Sequence[HeldBook]:
    """The usable books of a site: they go along when its unsent edits are handed to another workstation."""
    return [b for b in books(reader) if b.usable and b.site == site]
