"""The list of what a workstation holds a few of, or of what is grouped, unfolded or joined from beyond the mirror:
sightings with their place, targets of a rollout, groups with their doors, receipts.

Rows are loaded whole by a coroutine, arranged (searched, filtered, sorted, grouped) off the window's thread, and
compared with what is shown: for hundreds of rows. Devices, people, codes, addresses, events and the audit, of which a
mirror may hold a hundred thousand, are tables from SQL (`EntityTable`, `SiteTable`), and so is what comes new.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QObject

from core.base.tasks import TaskOwner
from desktop.models.columns import ListColumn
from desktop.models.listing import FilterField, Index, Listing
from desktop.models.shift import Shift, shift_between
from desktop.qt.bridge import Crossing
from desktop.qt.roles import DetailRow, GroupRow, RowLook

_ROOT = QModelIndex()
DETAIL_HEIGHT = 56
GROUP_HEIGHT = 0
"""The usual height of a row, whatever the density."""


@dataclass(frozen=True, slots=True)
class Group:
    """A heading: `key` identifies it, `order` its place, `row` what it shows."""

    key: str
    order: int
    row: GroupRow


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the list: a row, the explanation of one, or a heading."""

    key: str
    row: Any = None
    group: GroupRow | None = None
    detail: DetailRow | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be told to a view: the order, and the first and last line that shows something else (-1: none)."""

    shift: Shift
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a fetch was asked for; read once, so that a change meanwhile does not mix two states."""

    words: tuple[str, ...]
    filters: tuple[tuple[FilterField, object], ...]
    column: ListColumn | None
    descending: bool
    folded: frozenset[str]
    opened: frozenset[str]


@dataclass(frozen=True, slots=True)
class RowsPlan:
    """How the rows of a list come and are put in order.

    `load()` gives all rows; `touches` are the entities whose changes load them again; `key(row)` is unique and stable.
    `group(row)` names its group, `heading(name, rows)` makes that group's heading. `detail(row)` explains a row below
    it once it is opened, or always with `details_open`. `words(row)`: more words to find it by.
    """

    load: Callable[[], Awaitable[Sequence[Any]]]
    touches: frozenset[str]
    key: Callable[[Any], str]
    group: Callable[[Any], str] | None = None
    heading: Callable[[str, list[Any]], Group] | None = None
    detail: Callable[[Any], DetailRow | None] | None = None
    row_look: Callable[[Any], RowLook] = field(default=lambda _row: RowLook())
    words: Callable[[Any], str] = field(default=lambda _row: "")
    details_open: bool = False


class RowsTable(Listing):
    """A list of joined rows by a `RowsPlan`."""

    def __init__(
        self,
        columns: Sequence[ListColumn],
        plan: RowsPlan,
        tasks: TaskOwner,
        feed: Crossing,
        *,
        filters: Sequence[FilterField] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(
            columns, tasks, feed, plan.touches, filters=filters, row_look=plan.row_look, parent=parent
        )
        self._plan = plan
        self._loaded: Sequence[Any] = ()
        self._outdated = True
        self._lines: list[_Line] = []
        self._places: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        """What each row is found by, once somebody has searched: words of all columns, dear to make for thousands."""
        self._folded: frozenset[str] = frozenset()
        self._opened: frozenset[str] = frozenset()

    # -- what it shows

    def all_rows(self) -> Sequence[Any]:
        """Every loaded row, whatever is filtered."""
        return self._loaded

    def reload(self) -> None:
        """Load the rows again: something beside the mirror changed, such as the chosen site."""
        self._outdated = True
        self.refresh()

    def fold(self, row: int) -> None:
        """Fold or unfold the heading in a row."""
        line = self._lines[row]
        if line.group is not None:
            self._folded ^= {line.key}
            self.refresh()

    def open_detail(self, key: str, *, opened: bool) -> None:
        """Show or hide the explanation under a row."""
        self._opened = self._opened | {key} if opened else self._opened - {key}
        self.refresh()

    def open_only(self, key: str) -> None:
        """Show the explanation under one row and no other; an empty key shows none."""
        wanted = frozenset({key} if key else ())
        if wanted != self._opened:
            self._opened = wanted
            self.refresh()

    def is_opened(self, key: str) -> bool:
        """Whether the explanation under a row is shown."""
        return key in self._opened

    async def _fetch(self) -> None:
        if self._outdated:
            # The old rows stay until the new ones are there: who asks for them meanwhile must not find nothing.
            self._outdated = False
            self._loaded = await self._load()
            self._texts = {}
        loaded = self._loaded
        wish = self._wish()
        arranged = partial(_arranged, loaded, self._plan, self.columns, wish, self._texts)
        lines, shown = await asyncio.to_thread(arranged)
        # Thousands of rows are compared field by field, which the window's thread has no time for.
        change = await asyncio.to_thread(_compared, self._lines, lines)
        if self._outdated:
            return  # it changed meanwhile; the next run shows that
        self._show(lines, change)
        self._tell_counts(shown, len(loaded))

    def _wish(self) -> _Wish:
        fields = {f.key: f for f in self.filter_fields}
        column = next((c for c in self.columns if c.key == self._sort), None)
        return _Wish(
            words=tuple(w.casefold() for w in self.search.split()),
            filters=tuple((fields[k], v) for k, v in self._filters.items() if k in fields),
            column=column,
            descending=self._descending,
            folded=self._folded,
            opened=self._opened,
        )

    async def _load(self) -> Sequence[Any]:
        try:
            return await self._plan.load()
        except BaseException:
            self._outdated = True
            raise

    def repaint(self) -> None:
        self._texts = {}  # what columns ask for beside their rows is in the words too
        super().repaint()

    def _take_changes(self, changes: Sequence[Any]) -> bool:
        self._outdated = True
        return True

    async def pages(self) -> AsyncGenerator[list[Any], None]:
        yield [line.row for line in self._lines if line.row is not None and line.detail is None]

    def _show(self, lines: list[_Line], change: _Change) -> None:
        def whole() -> None:
            self._lines = lines
            self._places = {line.key: row for row, line in enumerate(lines)}

        def step(what: str, first: int, last: int) -> None:
            if what == "remove":
                del self._lines[first : last + 1]
            else:
                self._lines[first:first] = lines[first : last + 1]
            self._places = {line.key: row for row, line in enumerate(self._lines)}

        if not change.shift.nothing:
            self._lines = list(self._lines)
            self._apply_shift(change.shift, whole, step)
        whole()
        if change.last >= 0:
            last = self.index(change.last, len(self.columns) - 1)
            self.dataChanged.emit(self.index(change.first, 0), last)

    # -- rows and keys

    def object_at(self, row: int) -> Any:
        return self._lines[row].row if 0 <= row < len(self._lines) else None

    def key_at(self, row: int) -> Hashable:
        return self._lines[row].key if 0 <= row < len(self._lines) else None

    def row_of(self, key: Hashable) -> int:
        return self._places.get(str(key), -1)

    def row_look(self, row: int) -> RowLook:
        if not 0 <= row < len(self._lines):
            return RowLook()
        line = self._lines[row]
        if line.group is not None:
            return RowLook(group=line.group)
        if line.detail is not None:
            return RowLook(detail=line.detail, stripe=self._row_look(line.row).stripe)
        return super().row_look(row)

    def special_rows(self) -> dict[int, int]:
        return {
            row: GROUP_HEIGHT if line.group is not None else DETAIL_HEIGHT
            for row, line in enumerate(self._lines)
            if line.group is not None or line.detail is not None
        }

    # -- Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)


def _compared(before: list[_Line], lines: list[_Line]) -> _Change:
    """What became of the lines."""
    shift = shift_between([line.key for line in before], [line.key for line in lines])
    known = {line.key: line for line in before}
    changed = [row for row, line in enumerate(lines) if known.get(line.key) not in (None, line)]
    return _Change(shift, changed[0] if changed else -1, changed[-1] if changed else -1)


def _arranged(
    rows: Sequence[Any],
    plan: RowsPlan,
    columns: Sequence[ListColumn],
    wish: _Wish,
    texts: dict[str, str],
) -> tuple[list[_Line], int]:
    """The lines to show and how many rows are among them, folded groups' rows included. `texts` is filled as needed."""
    kept = [row for row in rows if _fits(row, plan, columns, wish, texts)]
    if wish.column is not None:
        kept.sort(key=wish.column.sort_key, reverse=wish.descending)
    if plan.group is None or plan.heading is None:
        return _with_details(kept, plan, wish), len(kept)
    by_group: dict[str, list[Any]] = {}
    for row in kept:
        by_group.setdefault(plan.group(row), []).append(row)
    groups = sorted(
        (plan.heading(name, members) for name, members in by_group.items()), key=lambda g: g.order
    )
    lines: list[_Line] = []
    for group in groups:
        key = f"group:{group.key}"
        folded = key in wish.folded
        heading = group.row if group.row.folded is None else _folded(group.row, folded=folded)
        lines.append(_Line(key, None, heading))
        if not folded:
            lines += _with_details(by_group[group.key], plan, wish)
    return lines, len(kept)


def _folded(row: GroupRow, *, folded: bool) -> GroupRow:
    return GroupRow(row.title, row.count, row.note, row.parts, folded)


def _with_details(rows: Iterable[Any], plan: RowsPlan, wish: _Wish) -> list[_Line]:
    lines = []
    for row in rows:
        key = plan.key(row)
        lines.append(_Line(key, row))
        if plan.detail is not None and (plan.details_open or key in wish.opened):
            detail = plan.detail(row)
            if detail is not None:
                lines.append(_Line(f"detail:{key}", row, None, detail))
    return lines


def _fits(
    row: Any, plan: RowsPlan, columns: Sequence[ListColumn], wish: _Wish, texts: dict[str, str]
) -> bool:
    for filter_field, value in wish.filters:
        if filter_field.value_of is not None and filter_field.value_of(row) != value:
            return False
    if not wish.words:
        return True
    key = plan.key(row)
    text = texts.get(key)
    if text is None:
        text = texts[key] = " ".join([*(c.text(row) for c in columns), plan.words(row)]).casefold()
    plain = text.replace(":", "")
    return all(word in text or word.replace(":", "").replace("-", "") in plain for word in wish.words)
