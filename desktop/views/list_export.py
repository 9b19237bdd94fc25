"""What a list shows, on the clipboard or in a file: the small menu at the end of its filter bar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from desktop.models.entity_table import EntityTable
from desktop.models.export import Sheet, as_tsv
from desktop.models.listing import Listing
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.menus import Entry, popup
from desktop.views.widgets.buttons import IconButton

AT_ONCE = 256
"""Rows that are copied on the spot; more are read off the window's thread first."""


class Bar(Protocol):
    """Where an export shows how far it is, and can be stopped."""

    def work(self, title: str, work: Coroutine[Any, Any, Any], *, trigger: QWidget | None = None) -> None:
        """Run and show it."""
        ...

    def tell(self, done: int, total: int) -> None:
        """How far it is."""
        ...


class ListExport(QObject):
    """Copies the chosen rows, writes all that match, page by page. Signal `written(str, int)`: name of the file, number
    of rows. `bar` shows the progress of a long one and stops it, where the page lends one.
    """

    written = Signal(str, int)

    def __init__(self, listing: Listing, name: str, chosen: Callable[[], Sequence[tuple[int, int]]]) -> None:
        super().__init__()
        self._listing, self._name, self._chosen = listing, name, chosen
        self.bar: Bar | None = None
        self.button = IconButton("download", self.tr("Copy or export what the list shows"))
        self.button.clicked.connect(self._open)

    def copy(self) -> None:
        """Put the ticked rows, or the one under the cursor, on the clipboard as TSV."""
        ranges = self._chosen()
        count = sum(last + 1 - first for first, last in ranges)
        if isinstance(self._listing, EntityTable) and count > AT_ONCE:
            run(self.button, self._copy_many(self._listing.pick(ranges).pages()), trigger=self.button)
        elif count:
            rows = (self._listing.object_at(n) for first, last in ranges for n in range(first, last + 1))
            text = as_tsv(self._listing.columns, [row for row in rows if row is not None])
            QApplication.clipboard().setText(text)

    async def _copy_many(self, pages: AsyncIterator[list[Any]]) -> None:
        columns = self._listing.columns
        parts = [await asyncio.to_thread(as_tsv, columns, page, heads=False) async for page in pages]
        QApplication.clipboard().setText("".join((as_tsv(columns, []), *parts)))

    def _open(self) -> None:
        none = "" if self._chosen() else self.tr("Tick rows first, or put the cursor on one.")
        empty = "" if self._listing.shown else self.tr("The list is empty.")
        entries = [
            Entry(self.tr("Copy as text with tabs"), self.copy, icon="copy", reason=none),
            None,
            Entry(
                self.tr("Excel file…"), lambda: self._export("xlsx"), icon="file-spreadsheet", reason=empty
            ),
            Entry(self.tr("CSV file…"), lambda: self._export("csv"), icon="file-text", reason=empty),
        ]
        popup(self.button, entries)

    def _export(self, ending: str) -> None:
        run(self.button, self._ask_path(ending), done=self._begin, trigger=self.button)

    async def _ask_path(self, ending: str) -> Path | None:
        name = f"{self._name.lower().replace(' ', '-')}.{ending}"
        kinds = {"xlsx": self.tr("Excel files (*.xlsx)"), "csv": self.tr("CSV files (*.csv)")}
        title = self.tr("Export the list")
        path = await dialogs.choose_new_file(self.button.window(), title, name, [kinds[ending]])
        return path if path is None or path.suffix else path.with_suffix(f".{ending}")

    def _begin(self, path: Path | None) -> None:
        if path is None:
            return
        if self.bar is None:
            run(self.button, self._write(path), trigger=self.button)
        else:
            self.bar.work(self.tr("Export the list"), self._write(path), trigger=self.button)

    async def _write(self, path: Path) -> None:
        self.written.emit(path.name, await self.write_to(path))

    async def write_to(self, path: Path) -> int:
        """Write what the filter shows to a file; gives the number of rows. A file that is not finished, because it was
        stopped or could not be written, is not left behind; one of that name before stays as it was.
        """
        total = self._listing.shown
        sheet = Sheet(path, self._listing.columns)
        try:
            async for page in self._listing.pages():
                await asyncio.to_thread(sheet.add, page)
                if self.bar is not None and total:
                    self.bar.tell(sheet.rows, max(total, sheet.rows))
            return await asyncio.to_thread(sheet.finish)
        finally:
            await asyncio.shield(asyncio.to_thread(sheet.close))
