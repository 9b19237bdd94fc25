"""Messages about devices that go from one site to another (core.cloud.moves). Plain JSON, members are never renamed."""

from __future__ import annotations

import msgspec


class MoveDevice(msgspec.Struct, frozen=True, kw_only=True):
    """To which site, and there to which building; `check`: only say what would become of what."""

    site: str
    building: str | None = None
    check: bool = False


class MoveLine(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a kind share a fate: a `core.rules.moving.Fate`, or that they come back, or do not fit."""

    what: str
    count: int
    fate: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A move that was made, or would be (`check`). `move`: by which it is taken back; empty after a check."""

    move: str
    device: str
    name: str
    from_site: str
    from_name: str
    to_site: str
    to_name: str
    lines: list[MoveLine]
    check: bool = False
