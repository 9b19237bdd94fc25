"""Leases: who works on something, until when, as one text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.base.clock import from_ms, to_ms
from core.base.words import clean


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that somebody took: until when, by which installation, and its name for people."""

    until: datetime
    holder: str
    name: str

    def text(self) -> str:
        """The form that a row holds."""
        return f"{to_ms(self.until)} {self.holder} {clean(self.name, limit=80)}"


def parse_held(text: str) -> Held | None:
    """The lease of a row's text; None for an empty one or one that makes no sense."""
    until, _, rest = text.partition(" ")
    holder, _, name = rest.partition(" ")
    if not until.isascii() or not until.isdigit() or not holder:
        return None
    try:
        return Held(from_ms(int(until)), holder, clean(name, limit=80))
    except ValueError:
        return None


_NOW = from_ms(0)
"""The end of a lease that was ended by somebody else."""


def ended_by(name: str, holder: str) -> str:
    """The text of a lease whose subject was deleted, by whom: it keeps nobody from anything."""
    return Held(_NOW, holder, name).text()


def who_ended(text: str) -> str:
    """Who deleted what a lease was about, as far as its text tells; else empty."""
    held = parse_held(text)
    return held.name if held is not None and held.until == _NOW else ""


def in_the_way(text: str, me: str, now: datetime) -> Held | None:
    """The lease of somebody else that still holds; None when the thing may be taken."""
    held = parse_held(text)
    return held if held is not None and held.holder != me and held.until > now else None
