"""A burst scan without widgets: each label that the scanner reads is good, double or bad at once; the last one back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.entities.device import MAC_ENTRY, MacEntry
from core.schema.field import BadValueError
from core.store.reader import Reader
from core.usecases.context import Context


class Reading(StrEnum):
    """What one reading is."""

    GOOD = "good"
    DOUBLE = "double"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Scanned:
    """One reading: the text as it came, the plain MAC where it is one."""

    text: str
    reading: Reading
    mac: str = ""


class Burst:
    """Readings of one intake. `known`: MACs that the library holds already."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known = frozenset(known)
        self._seen: set[str] = set()
        self.readings: list[Scanned] = []

    def read(self, text: str) -> Scanned:
        """Take one reading in; a QR code that holds a MAC among other words counts as that MAC."""
        mac = _mac_in(text)
        if not mac:
            made = Scanned(text.strip()[:40], Reading.BAD)
        elif mac in self._known or mac in self._seen:
            made = Scanned(text.strip()[:40], Reading.DOUBLE, mac)
        else:
            self._seen.add(mac)
            made = Scanned(text.strip()[:40], Reading.GOOD, mac)
        self.readings.append(made)
        return made

    def undo(self) -> Scanned | None:
        """Forget the last reading; None when there is none."""
        if not self.readings:
            return None
        last = self.readings.pop()
        if last.reading is Reading.GOOD:
            self._seen.discard(last.mac)
        return last

    def count(self, reading: Reading) -> int:
        """How many readings are so."""
        return sum(1 for r in self.readings if r.reading is reading)

    def good(self) -> list[str]:
        """The MACs to take in, in order."""
        return [r.mac for r in self.readings if r.reading is Reading.GOOD]

    def last(self, count: int) -> Sequence[Scanned]:
        """The newest readings, the newest last."""
        return self.readings[-count:]


def _mac_in(text: str) -> str:
    """The MAC of a label: the whole text, or the first word of it that is one."""
    kind = MAC_ENTRY.by_name["mac"].kind
    for word in (text.strip(), *text.replace(",", " ").replace(";", " ").split()):
        try:
            return str(kind.parse(word))
        except BadValueError:
            continue
    return ""


async def known_macs(ctx: Context) -> frozenset[str]:
    """Every MAC that the mirror holds, whoever's library it is in."""

    def work(reader: Reader) -> frozenset[str]:
        entries: list[MacEntry] = reader.find(MAC_ENTRY)
        return frozenset(e.mac for e in entries)

    return await ctx.mirror.read(work, limit_ms=30_000)
