"""Rows that somebody chose in a table from SQL: by number, however many; nothing is loaded until it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core.schema.entity import EntitySpec
from core.store.mirror import Mirror
from core.store.query import PIECE, ids_by_number, lines_by_number, tally
from core.store.reader import Reader

LIMIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Picked:
    """Numbers of rows in the order of the list. Acts take their `ids`; what is said of them is counted in SQL."""

    mirror: Mirror
    spec: EntitySpec[Any]
    shows: tuple[str, ...]
    line: Callable[[int, Any, Sequence[Any]], Any]
    numbers: array[int]

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, fits: Callable[[int], bool]) -> Picked:
        """Those whose number fits."""
        return replace(self, numbers=array("q", filter(fits, self.numbers)))

    async def ids(self) -> list[str]:
        """The rows' ids; those that are gone by now are left out."""
        return await self.mirror.read(lambda r: ids_by_number(r, self.spec, self.numbers), limit_ms=LIMIT_MS)

    async def tally(self, sql: str) -> list[tuple[Any, int]]:
        """The values of an expression (see `Computed.sql`) among them and how many have each, most first."""
        return await self.mirror.read(lambda r: tally(r, self.spec, self.numbers, sql), limit_ms=LIMIT_MS)

    async def lines(self, most: int) -> list[Any]:
        """The first of them as the list shows them."""
        return await self.mirror.read(lambda r: self._lines(r, self.numbers[:most]), limit_ms=LIMIT_MS)

    async def pages(self) -> AsyncGenerator[list[Any], None]:
        """All of them as the list shows them, some thousand at a time: no more than that is held."""
        for start in range(0, len(self.numbers), PIECE):
            work = partial(self._lines, numbers=self.numbers[start : start + PIECE])
            yield await self.mirror.read(work, limit_ms=LIMIT_MS)

    def _lines(self, reader: Reader, numbers: Sequence[int]) -> list[Any]:
        found = {
            number: self.line(number, row, values)
            for number, row, values in lines_by_number(reader, self.spec, numbers, self.shows)
        }
        return [found[number] for number in numbers if number in found]
