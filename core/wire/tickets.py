"""Messages about claim tickets: what the cloud keeps for one trip (core.cloud.tickets). Plain JSON, never renamed."""

from __future__ import annotations

import msgspec


class NewTickets(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the cloud to keep MAC addresses (twelve upper-case digits) and PINs of a site for so many hours."""

    macs: list[str] = msgspec.field(default_factory=list)
    pins: list[str] = msgspec.field(default_factory=list)
    hours: int = 7 * 24

    def __repr__(self) -> str:
        """Without the PINs."""
        return f"NewTickets(macs={len(self.macs)}, pins={len(self.pins)}, hours={self.hours})"


class TicketBook(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, until when (ms, by the cloud's clock). `taken`: how many of those asked for could not be kept.

    `id` is the secret by which its holder uses the tickets; empty when nothing could be kept.
    """

    id: str
    site: str
    until: int
    macs: list[str]
    pins: list[str]
    taken: int = 0

    def __repr__(self) -> str:
        """Without what it holds."""
        return f"TicketBook(site={self.site!r}, macs={len(self.macs)}, pins={len(self.pins)})"


class TicketInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A book as the firm sees it. `mark`: by which it is given back; `left`: tickets not used yet."""

    mark: str
    site: str
    site_name: str
    until: int
    left: int


class TicketBooks(msgspec.Struct, frozen=True, kw_only=True):
    """The firm's books that still hold something."""

    books: list[TicketInfo]
