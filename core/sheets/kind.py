"""What a kind of file has to bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from core.sheets.layout import Layout
from core.sheets.makers import Makers
from core.sheets.rows import Fault, Grid, RowPlan
from core.store.reader import Reader
from core.store.tx import Tx


class Kind(Protocol):
    """One kind of file. `into` is the scope that the rows go to: an installer's organisation or a site."""

    layout: Layout

    def plan(self, reader: Reader, grid: Grid, into: str) -> Sequence[RowPlan]:
        """A verdict for every row; asks the mirror in bulk and writes nothing."""
        ...

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """Write NEW and CHANGED rows; returns, by row number, why some were not written after all.

        A row is written whole or not at all. A row that was written before is left alone.
        """
        ...

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """The rows of the scope in this layout, so that reading them back changes nothing."""
        ...
