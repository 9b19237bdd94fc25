"""The table of one entity, of any length: row numbers from SQL, and a window of rows fetched as they are painted.

Filter, sort and search happen in SQL on the mirror's reader threads: the first screenful by itself, so that it is shown
at once, then the numbers of all rows. The window's thread does one bounded fetch of a screenful (`Mirror.rows_now`). No
`fetchMore` and no proxy model: both would lie about what is there (style.md 4.7).
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QModelIndex, QObject, QTimer

from core.base.errors import CancelledByPerson, GatewrightError
from core.base.tasks import TaskOwner
from core.schema.entity import EntitySpec
from core.store.changes import ChangeSet
from core.store.mirror import Mirror, Stop
from core.store.query import Among, Computed, ListQuery, count, row_numbers
from core.store.reader import Reader
from desktop.models.columns import ListColumn
from desktop.models.listing import FilterField, Index, Listing, spans_of
from desktop.models.picked import Picked
from desktop.models.shift import Shift, shift_between
from desktop.qt.bridge import Crossing
from desktop.qt.roles import Look, RowLook

BLOCK = 64
"""Rows fetched at once: a screenful of dense rows. 200 rows cost 0.4 ms (style.md 4.7)."""
T = TypeVar("T")
KEPT = 2048
"""Rows kept in memory."""
HEAD = 256
"""Rows that are shown before it is known how many there are: more than the highest window holds."""
LIMIT_MS = 30_000
CALM = 3.0
"""A list that is out of date by others' changes rests for so many times what its last fetch took, ..."""
MOST_CALM_S = 2.0
"""... so long at most: while 100,000 rows arrive, a long list would otherwise be fetched without end."""
QUICK_S = 0.05
"""A fetch that is quicker needs no rest."""
LONG = 20_000
"""Rows from which on two orders are compared off the window's thread."""
_ROOT = QModelIndex()


class EntityTable(Listing):
    """Rows of one entity. `base`: field values that every row has (`{"scope_id": site.id}`); `set_base` changes them.

    Keys are the mirror's row numbers; `row_of` takes an id too. Row objects are the entity's own dataclasses, or what
    `line` makes of one and of the values of `shows` (expressions as in `Computed.sql`): joined rows, a screenful at a
    time. `computed` columns are searched, filtered and sorted by in SQL.
    """

    at_once: int | None = 8 * BLOCK
    among: tuple[Among, ...] = ()
    computed: tuple[Computed, ...] = ()
    ties: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()

    def __init__(
        self,
        mirror: Mirror,
        spec: EntitySpec[Any],
        columns: Sequence[ListColumn],
        tasks: TaskOwner,
        feed: Crossing,
        *,
        base: Mapping[str, Any] | None = None,
        filters: Sequence[FilterField] = (),
        also: Iterable[str] = (),
        row_look: Callable[[Any], RowLook] = lambda _row: RowLook(),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(
            columns, tasks, feed, (spec.name, *also), filters=filters, row_look=row_look, parent=parent
        )
        self._mirror, self._spec = mirror, spec
        self._base = dict(base or {})
        self._numbers: array[int] = array("q")
        self._rows: dict[int, Any] = {}
        self._row_no: dict[str, int] = {}
        self._asked: ListQuery | None = None
        """The question whose answer is shown, its first screenful at least."""
        self._base_total: int | None = None
        """How many rows there are without search and filters, while that is known."""
        self._order_stale = True
        """Rows came, went or changed since the numbers were fetched."""
        self._stop = Stop()
        self._took_s = 0.0

    # -- what it shows

    def set_base(self, base: Mapping[str, Any]) -> None:
        """Show the rows of another place; what was fetched is dropped at once, so that nothing stale is seen."""
        if dict(base) == self._base:
            return
        self._base = dict(base)
        self._base_total = None
        self._outdate()
        self.beginResetModel()
        self._numbers = array("q")
        self._forget()
        self.endResetModel()
        self.refresh()

    def query(self) -> ListQuery:
        """The present question."""
        column = next((c for c in self.columns if c.key == self._sort), None)
        sort = column.sort if column else ""
        equals = {**self._base, **self._filters}
        order = f"-{sort}" if sort and self._descending else sort
        return ListQuery(
            self._spec, equals, self.search, order, among=self.among, computed=self.computed, ties=self.ties
        )

    def line(self, number: int, row: Any, values: Sequence[Any]) -> Any:
        """What a row is shown as. Called on the window's thread, and on a reader's for exports."""
        return row

    async def read_beside(self) -> None:
        """What rows are shown with, such as the names behind their ids; called when the first screenful is there.

        Whoever overrides it repaints when something is known that was not.
        """

    async def ask(self, work: Callable[[Reader], T]) -> T:
        """Ask the mirror something that is stopped as soon as somebody searches, filters or sorts otherwise."""
        return await self._mirror.read(work, limit_ms=LIMIT_MS, stop=self._stop)

    async def _fetch(self) -> None:
        self._stop = Stop()
        query, began = self.query(), time.monotonic()
        anew = query != self._asked
        if anew:
            self._order_stale = False
            await self._show(await self.ask(lambda r: row_numbers(r, replace(query, limit=HEAD))))
            self._asked = query
            if len(self._numbers) == HEAD:
                self._tell_head()
        await self.read_beside()
        if self._order_stale or (anew and len(self._numbers) == HEAD):
            self._order_stale = False
            await self._show(await self.ask(lambda r: row_numbers(r, query)))
        total = await self._total()
        if self.fault is not None:
            self._forget()  # rows that could not be read are held as none
            self.repaint()
        self._took_s = time.monotonic() - began
        self._tell_counts(len(self._numbers), total)

    async def _total(self) -> int:
        """How many rows there are without search and filters; asked again only when one came or went."""
        if not self.is_narrowed:
            self._base_total = len(self._numbers)
        if self._base_total is None:
            base = ListQuery(self._spec, dict(self._base), among=self.among)
            self._base_total = await self.ask(lambda reader: count(reader, base))
        return self._base_total

    def _tell_head(self) -> None:
        """The first screenful is there; how many there are is not known yet."""
        self.shown, self.fetched, self.counting = len(self._numbers), True, True
        self.counted.emit(self.shown, self.total)

    def refresh(self) -> None:
        self._order_stale = True
        super().refresh()

    def order_hangs_on(self, changes: Sequence[ChangeSet]) -> bool:
        """Whether changes of other entities alone may bring rows into the list or take them out."""
        return False

    def _outdate(self) -> None:
        self._stop.set()

    def _refresh_for_change(self) -> None:
        pause = min(MOST_CALM_S, CALM * self._took_s) if self._took_s > QUICK_S else 0.0
        if self._live:
            self._latest.ask(after_s=pause)
        else:
            self.refresh()

    def close(self) -> None:
        self._stop.set()
        super().close()

    def pick(self, ranges: Iterable[tuple[int, int]]) -> Picked:
        """The rows of these stretches, first to last, by number: a hundred thousand cost their numbers."""
        numbers = array("q")
        for first, last in ranges:
            numbers += self._numbers[first : last + 1]
        return Picked(self._mirror, self._spec, self.shows, self.line, numbers)

    async def pages(self) -> AsyncGenerator[list[Any], None]:
        query = replace(self.query(), limit=None)
        numbers = await self._mirror.read(lambda reader: row_numbers(reader, query), limit_ms=60_000)
        async for page in Picked(self._mirror, self._spec, self.shows, self.line, numbers).pages():
            yield page

    async def _show(self, numbers: array[int]) -> None:
        if max(len(numbers), len(self._numbers)) > LONG:
            shift = await asyncio.to_thread(shift_between, self._numbers, numbers)
        else:
            shift = shift_between(self._numbers, numbers)
        if self._stop.asked:
            raise CancelledByPerson("A question")
        if not shift.nothing:
            self._replace(numbers, shift)

    def _replace(self, numbers: array[int], shift: Shift) -> None:
        def whole() -> None:
            self._numbers = numbers

        def step(what: str, first: int, last: int) -> None:
            if what == "remove":
                del self._numbers[first : last + 1]
            elif len(self._numbers) + last + 1 - first == len(numbers):
                self._numbers = (
                    numbers  # the last step; a million numbers behind the first screenful, above all
                )
            else:
                self._numbers[first:first] = numbers[first : last + 1]

        self._apply_shift(shift, whole, step)

    # -- rows

    def object_at(self, row: int) -> Any:
        if not 0 <= row < len(self._numbers):
            return None
        number = self._numbers[row]
        if number not in self._rows:
            self._load_around(row)
        return self._rows.get(number)

    def _load_around(self, row: int) -> None:
        if len(self._rows) > KEPT:
            self._forget()
        first = max(0, row - BLOCK // 4)
        wanted = [n for n in self._numbers[first : first + BLOCK] if n not in self._rows]
        try:
            block = self._mirror.rows_now(self._spec, wanted, self.shows)
        except GatewrightError as fault:
            # Painting asked: nothing may be raised into Qt, nor may the list be laid out anew before it has painted.
            QTimer.singleShot(0, self, partial(self._on_fault, fault))
            block = []
        for number, found, values in block:
            self._rows[number] = self.line(number, found, values)
            self._row_no[found.id] = number
        for number in wanted:
            self._rows.setdefault(number, None)

    def _forget(self, ids: Iterable[str] | None = None) -> None:
        if ids is None:
            self._rows.clear()
            self._row_no.clear()
            return
        for row_id in ids:
            number = self._row_no.pop(row_id, None)
            if number is not None:
                self._rows.pop(number, None)

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        order = self.order_hangs_on([c for c in changes if not c.touches(self._spec.name)])
        for change in changes:
            touched = change.touched.get(self._spec.name)
            if touched is None:
                continue
            self._forget(None if touched.many else touched.ids())
            self._base_total = None
            order = order or touched.many or bool(touched.added or touched.removed)
        self.repaint()
        self._order_stale = self._order_stale or order or bool(self._sort or self.is_narrowed)
        return True

    # -- keys

    def key_at(self, row: int) -> Hashable:
        return self._numbers[row] if 0 <= row < len(self._numbers) else None

    def row_of(self, key: Hashable) -> int:
        number = self._number_of(key) if isinstance(key, str) else key
        try:
            return self._numbers.index(number) if isinstance(number, int) else -1
        except ValueError:
            return -1

    def line_of(self, row_id: str) -> Any:
        """The row of an id as the list shows it, wherever it stands or or filtered out; None when it is gone."""
        number = self._row_no.get(row_id)
        if number is not None and number in self._rows:
            return self._rows[number]
        try:
            found = self._mirror.rows_now(self._spec, [row_id], self.shows, by="id")
        except GatewrightError:
            return None
        return self.line(*found[0]) if found else None

    def _number_of(self, row_id: str) -> int | None:
        """The number of an id; asked of the mirror for a row that was not painted yet."""
        if row_id not in self._row_no:
            try:
                found = self._mirror.rows_now(self._spec, [row_id], by="id")
            except GatewrightError:
                return None  # what cannot be read is told where the list is painted
            return found[0][0] if found else None
        return self._row_no[row_id]

    def _rows_of(self, keys: set[Hashable]) -> dict[Hashable, int]:
        if len(keys) < 16:
            return super()._rows_of(keys)
        return {number: row for row, number in enumerate(self._numbers) if number in keys}

    # -- Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._numbers)

    def _look_of(self, column: ListColumn, row: Any) -> Look:
        made = column.look_of(row)
        declared = self._spec.by_name.get(column.key)
        if self.search and declared is not None and declared.kind.searchable:
            spans = spans_of(column.text(row), self.search)
            return replace(made, spans=spans) if spans else made
        return made
