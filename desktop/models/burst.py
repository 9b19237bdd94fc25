"""A burst scan without widgets: each label that the scanner reads is good, double or bad at once; the last one back."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.entities.device import MAC_ENTRY
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

    def __init__(self, known: Container[str] = ()) -> None:
        self._known = known
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


class MacSet(Container[str]):
    """MACs as sorted numbers: a million take 8 MB instead of 90 MB, and a look-up some microseconds."""

    def __init__(self, sorted_macs: Iterable[str]) -> None:
        self._numbers = array("Q", (int(mac, 16) for mac in sorted_macs))

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, mac: object) -> bool:
        if not isinstance(mac, str) or not mac:
            return False
        number = int(mac, 16)
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number


async def known_macs(ctx: Context) -> MacSet:
    """Every MAC that the mirror holds, whoever's library it is in."""
    query = f"SELECT mac FROM {MAC_ENTRY.name} WHERE mac <> '' ORDER BY mac"  # noqa: S608  a table of ours

    def work(reader: Reader) -> MacSet:
        return MacSet(row[0] for row in reader.raw.execute(query))

    return await ctx.mirror.read(work, limit_ms=30_000)
