"""One list: filter bar, batch bar, table, empty state, copy and export. For every `Listing`, so for every entity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.columns import ListColumn
from desktop.models.listing import Listing
from desktop.models.saved_views import SavedView
from desktop.models.words import number_word
from desktop.qt.roles import Look
from desktop.qt.theme import theme
from desktop.views.list_export import ListExport
from desktop.views.list_foot import ListFoot
from desktop.views.list_views import ListViews
from desktop.views.menus import Entry, popup
from desktop.views.widgets.base import column
from desktop.views.widgets.batch_bar import BatchBar
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.fields import LineEdit
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.filter_bar import Filter, FilterBar
from desktop.views.widgets.row_delegate import END, PAD
from desktop.views.widgets.table import ColumnWidth, TableView

SEARCH_MS = 40
"""A pause in typing after which the list is narrowed: below it each letter would fetch."""


def width_of(column: ListColumn) -> int:
    """Width of a column before the text scale: what it asks for, or what its head needs in this language."""
    amount = isinstance(column.look, Look) and column.look.end
    head = theme().metrics("column-head").horizontalAdvance(column.title) / theme().scale
    return max(column.width, math.ceil(head) + 2 * PAD + (END if amount else 0) + 1)


class ListPane(QWidget):
    """Filter bar, batch bar, table and empty state of one list; pages and tabs put it where they want.

    Signals: `opened(object)` a row was opened; `pointed(object)` the row under the cursor, None for none;
    `batch(str, list)` an act of the batch bar with its rows; `linked(object, str)` a small act in a row; `counted()`.
    """

    opened = Signal(object)
    pointed = Signal(object)
    batch = Signal(str, list)
    linked = Signal(object, str)
    counted = Signal()

    def __init__(
        self, listing: Listing, *, name: str, ticks: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.listing = listing
        self.bar = FilterBar()
        self.search = LineEdit(icon="search", placeholder=self.tr("Find in this list"))
        self.search.setAccessibleName(self.tr("Find in this list"))
        self.search.setFixedWidth(theme().px(180))
        self.search.setFixedHeight(theme().px(28))
        self.batch_bar = BatchBar()
        self.batch_bar.set_open(shown=False)
        self.batch_bar.hide()
        self.table = TableView(ticks=ticks, name=name)
        self.table.setModel(listing)
        self.table.set_widths([ColumnWidth(width_of(c), stretch=c.stretch) for c in listing.columns])
        self.stack = QStackedWidget()
        self.guard = Guarded(self.stack)
        self.nothing = EmptyState(self.tr("Nothing here yet"))
        self.no_match = EmptyState(
            self.tr("Nothing matches"),
            self.tr("No row has these words and values."),
            [Act("all", self.tr("Show everything"))],
            icon="search",
        )
        self.export = ListExport(listing, name, self.ranges)
        self.views = ListViews(listing, self._apply_view)
        self.foot = ListFoot(listing, self.table)
        self._top: object = None
        self._shifting = False
        self._build()
        self._connect()

    def _build(self) -> None:
        self.bar.add_lead(self.search)
        for button in (self.views.views_button, self.views.columns_button, self.export.button):
            self.bar.add_tool(button)
        self.bar.add.setVisible(bool(self.listing.filter_fields))
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(self.no_match)
        self.no_match.act.connect(lambda _key: self.show_all())
        whole = column(gap=0)
        whole.addWidget(self.bar)
        whole.addWidget(self.batch_bar)
        whole.addWidget(self.guard, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_MS)

    def _connect(self) -> None:
        listing, table = self.listing, self.table
        self._typing.timeout.connect(lambda: listing.set_search(self.search.text()))
        self.search.textEdited.connect(lambda _text: self._typing.start())
        self.search.returnPressed.connect(self._search_now)
        self.bar.add_clicked.connect(self.open_filters)
        self.bar.more_clicked.connect(self.open_filters)
        self.bar.filter_clicked.connect(self._open_filter)
        self.bar.filter_removed.connect(lambda key: listing.set_filter(key, None))
        self.views.arranged.connect(self.fit_columns)
        listing.narrowed.connect(self._show_filters)
        listing.counted.connect(self._show_counts)
        listing.faulted.connect(self._show_fault)
        self.guard.retry.connect(listing.refresh)
        listing.shifting.connect(self._remember_place)
        listing.shifted.connect(self._restore_place)
        table.sort_asked.connect(self._sort)
        table.opened.connect(lambda index: self._tell(self.opened, index.row()))
        table.cursor_changed.connect(self._cursor_moved)
        table.ticks_changed.connect(self._show_batch)
        table.link_activated.connect(self._link)
        table.group_toggled.connect(self._fold)
        table.typed.connect(self._type)
        self.batch_bar.act.connect(lambda key: self.batch.emit(key, self.ticked()))
        self.batch_bar.cleared.connect(table.clear_ticks)
        self.batch_bar.select_all.connect(table.tick_all)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.export.copy)

    # -- what it shows

    def set_empty(self, empty: EmptyState) -> None:
        """What to show when the list has nothing at all."""
        self.stack.removeWidget(self.nothing)
        self.nothing.deleteLater()
        self.nothing = empty
        self.stack.addWidget(empty)
        self._show_counts()

    def set_batch(self, acts: Sequence[Act], common: str = "") -> None:
        """What can be done with the ticked rows, and what they have in common."""
        count = self.table.tick_count()
        all_text = ""
        if 0 < count < self.listing.shown and not self.listing.counting:
            all_text = self.tr("Select all {0}").format(number_word(self.listing.shown))
        self.batch_bar.set_selection(
            self.tr("{0} selected").format(number_word(count)), common, all_text=all_text
        )
        self.batch_bar.set_acts(acts)

    def show_all(self) -> None:
        """Take search and filters away."""
        self.search.clear()
        self.listing.clear_narrowing()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def ticked(self) -> list[Any]:
        """The ticked rows' objects; of a table from SQL its first `at_once` only: `ranges` has all of them."""
        rows: Iterable[int] = (
            self.table.ticked_rows()
            if self.listing.at_once is None
            else _rows(self.table.ticked_ranges(), self.listing.at_once)
        )
        found = [self.listing.object_at(row) for row in rows]
        return [row for row in found if row is not None]

    def ranges(self) -> list[tuple[int, int]]:
        """What an act is about, as stretches of rows: the ticked ones, or else the one under the cursor."""
        row = self.table.current_row()
        return self.table.ticked_ranges() or ([(row, row)] if self.current() is not None else [])

    def current(self) -> Any:
        """The object under the cursor, or None."""
        return self.listing.object_at(self.table.current_row())

    def chosen(self) -> list[Any]:
        """What an act is about: the ticked rows, or else the one under the cursor."""
        return self.ticked() or [row for row in (self.current(),) if row is not None]

    def is_chosen(self) -> bool:
        """Whether there is anything for an act to be about."""
        return self.table.tick_count() > 0 or self.current() is not None

    def show_key(self, key: object) -> bool:
        """Put the cursor on a row; False when it is not in the list."""
        row = self.listing.row_of(key)
        if row >= 0:
            self.table.set_cursor(row)
        return row >= 0

    def show_first(self) -> bool:
        """Put the cursor on the first row that shows something; False when there is none."""
        for row in range(self.listing.rowCount()):
            if self.listing.object_at(row) is not None:
                self.table.set_cursor(row)
                return True
        return False

    # -- searching, filtering, sorting

    def focus_search(self) -> None:
        """Go to the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _search_now(self) -> None:
        self._typing.stop()
        self.listing.set_search(self.search.text())
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _type(self, letter: str) -> None:
        self.search.setText(letter)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._typing.start()

    def open_filters(self) -> None:
        """Open the menu of filters."""
        entries = [Entry(f.label, inner=tuple(self._values(f.key))) for f in self.listing.filter_fields]
        if entries:
            popup(self.bar.add, entries)

    def _open_filter(self, key: str) -> None:
        chip = next((c for c in self.bar.chips() if c.isVisible()), self.bar.add)
        popup(chip, self._values(key))

    def _values(self, key: str) -> list[Entry]:
        field = next(f for f in self.listing.filter_fields if f.key == key)
        now = {n.key: n.value for n in self.listing.narrowings()}.get(key)
        return [
            Entry(words, partial(self.listing.set_filter, key, value), ticked=value == now)
            for value, words in field.choices()
        ] or [Entry(self.tr("Nothing to choose from"), reason=self.tr("The list has no such value."))]

    def _show_filters(self) -> None:
        self.bar.set_filters([Filter(n.key, n.label, n.words) for n in self.listing.narrowings()])
        if not self.listing.search and not self.search.hasFocus():
            self.search.clear()

    def _sort(self, number: int, descending: bool) -> None:
        self.listing.sort_by(self.listing.columns[number].key, descending=descending)
        at, down = self.listing.sorting
        self.table.set_sort(at, descending=down)

    def _apply_view(self, view: SavedView) -> None:
        listing = self.listing
        listing.clear_narrowing()
        self.search.setText(view.search)
        listing.set_search(view.search)
        for key, value in view.filters.items():
            listing.set_filter(key, value)
        if view.sort:
            listing.sort_by(view.sort, descending=view.descending)
            at, down = listing.sorting
            self.table.set_sort(at, descending=down)

    def _show_counts(self, *_: object) -> None:
        listing = self.listing
        words = number_word(listing.shown)
        if listing.counting:
            words = self.tr("counting…")
        elif listing.is_narrowed:
            words = self.tr("{0} of {1}").format(number_word(listing.shown), number_word(listing.total))
        self.bar.set_summary(words if listing.fetched else "")
        empty = listing.fetched and listing.rowCount() == 0
        instead = self.no_match if listing.is_narrowed else self.nothing
        self.stack.setCurrentWidget(instead if empty else self.table)
        self.counted.emit()

    def _show_fault(self) -> None:
        """Rows that were read before stay, with the fault above them."""
        self.guard.set_fault(self.listing.fault, kept=self.listing.rowCount() > 0)

    def _fold(self, row: int) -> None:
        fold = getattr(self.listing, "fold", None)
        if callable(fold):
            fold(row)

    # -- keeping the place

    def _remember_place(self) -> None:
        self._shifting = True
        row = self.table.rowAt(1)
        self._top = self.listing.key_at(row) if row > 0 else None

    def _restore_place(self) -> None:
        self._shifting = False
        row = self.listing.row_of(self._top) if self._top is not None else -1
        if row >= 0:
            self.table.verticalScrollBar().setValue(row)

    # -- telling

    def _tell(self, signal: Any, row: int) -> None:
        shown = self.listing.object_at(row)
        if shown is not None:
            signal.emit(shown)

    def _cursor_moved(self, row: int) -> None:
        if self._shifting:
            return  # Qt moves the cursor of a row that vanished to its neighbour: nobody pointed at that one
        self.pointed.emit(self.listing.object_at(row))

    def _link(self, index: QModelIndex, key: str) -> None:
        shown = self.listing.object_at(index.row())
        if shown is not None:
            self.linked.emit(shown, key)

    def _show_batch(self) -> None:
        self.batch_bar.set_open(shown=self.table.tick_count() > 0)

    # -- room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Leave columns out where there is no room, those with the highest drop number first."""
        px = theme().px
        room = self.width() - self.table.verticalHeader().width() - px(16)
        columns = self.listing.columns
        kept = {n for n, c in enumerate(columns) if c.key not in self.views.hidden}
        for number in sorted(kept, key=lambda n: -columns[n].drop):
            if sum(px(width_of(columns[n])) for n in kept) <= room or not columns[number].drop:
                break
            kept.discard(number)
        for number in range(len(columns)):
            self.table.setColumnHidden(number, number not in kept)


def _rows(ranges: Iterable[tuple[int, int]], most: int) -> Iterator[int]:
    """The first rows of some stretches."""
    return islice((row for first, last in ranges for row in range(first, last + 1)), most)
