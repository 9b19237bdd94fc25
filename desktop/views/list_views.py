"""The two small menus of a list: its columns, and views saved under a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from desktop.models.listing import Listing
from desktop.models.saved_views import SavedView, ViewBook
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.menus import Entry, popup
from desktop.views.widgets.buttons import IconButton


class ListViews(QObject):
    """Signal `arranged()`: other columns are wanted. `book` is None until the page lends one: then nothing is kept."""

    arranged = Signal()

    def __init__(self, listing: Listing, applied: Callable[[SavedView], object]) -> None:
        super().__init__()
        self._listing, self._applied = listing, applied
        self.book: ViewBook | None = None
        self.hidden: frozenset[str] = frozenset()
        self.columns_button = IconButton("columns-3", self.tr("Columns"))
        self.views_button = IconButton("bookmark", self.tr("Saved views"))
        self.columns_button.clicked.connect(self._open_columns)
        self.views_button.clicked.connect(self._open_views)
        self.views_button.hide()

    def lend(self, book: ViewBook) -> None:
        """Keep views and columns there from now on."""
        self.book = book
        self.hidden = frozenset(book.hidden())
        self.views_button.show()
        self.arranged.emit()

    # -- columns

    def _open_columns(self) -> None:
        titled = [c for c in self._listing.columns if c.title]
        entries: list[Entry | None] = [
            Entry(c.title, partial(self.toggle, c.key), ticked=c.key not in self.hidden) for c in titled
        ]
        entries += [None, Entry(self.tr("All columns"), self.show_all, "columns-3")]
        popup(self.columns_button, entries)

    def toggle(self, key: str) -> None:
        """Show or leave out a column; the last one stays."""
        hidden = self.hidden ^ {key}
        if any(c.title and c.key not in hidden for c in self._listing.columns):
            self._arrange(hidden)

    def show_all(self) -> None:
        """No column is left out, but where there is no room."""
        self._arrange(frozenset())

    def _arrange(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden
        if self.book is not None:
            self.book.set_hidden(tuple(sorted(hidden)))
        self.arranged.emit()

    # -- views

    def now(self, name: str) -> SavedView:
        """The list as it stands, as a view of that name."""
        listing = self._listing
        number, descending = listing.sorting
        sort = listing.columns[number].key if number >= 0 else ""
        filters = {n.key: n.value for n in listing.narrowings()}
        return SavedView(name, listing.search, filters, sort, descending, tuple(sorted(self.hidden)))

    def apply(self, view: SavedView) -> None:
        """Show the list as the view has it."""
        self._arrange(frozenset(view.hidden))
        self._applied(view)

    def _open_views(self) -> None:
        book = self.book
        if book is None:
            return
        views = book.views()
        entries: list[Entry | None] = [Entry(v.name, partial(self.apply, v), "bookmark") for v in views]
        if views:
            away = tuple(Entry(v.name, partial(book.remove, v.name), "trash-2") for v in views)
            entries += [None, Entry(self.tr("Forget a view"), inner=away)]
        entries.append(Entry(self.tr("Save this view…"), lambda: run(self.views_button, self._ask()), "save"))
        popup(self.views_button, entries)

    async def _ask(self) -> None:
        text = self.tr("Words, filters, order and columns are kept under this name.")
        name = await dialogs.ask_text(self.views_button.window(), self.tr("Save this view"), text)
        if name and name.strip() and self.book is not None:
            self.book.save(self.now(name.strip()[:60]))
