"""What a list shows, on the clipboard or in a file: the small menu at the end of its filter bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from desktop.models.export import as_tsv, write_sheet
from desktop.models.listing import Listing
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.menus import Entry, popup
from desktop.views.widgets.buttons import IconButton


class ListExport(QObject):
    """Copies the chosen rows, writes all that match. Signal `written(str, int)`: name of the file, number of rows."""

    written = Signal(str, int)

    def __init__(self, listing: Listing, name: str, chosen: Callable[[], Sequence[Any]]) -> None:
        super().__init__()
        self._listing, self._name, self._chosen = listing, name, chosen
        self.button = IconButton("download", self.tr("Copy or export what the list shows"))
        self.button.clicked.connect(self._open)

    def copy(self) -> None:
        """Put the ticked rows, or the one under the cursor, on the clipboard as TSV."""
        rows = self._chosen()
        if rows:
            QApplication.clipboard().setText(as_tsv(self._listing.columns, rows))

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
        run(self.button, self._ask_and_write(ending), trigger=self.button)

    async def _ask_and_write(self, ending: str) -> None:
        name = f"{self._name.lower().replace(' ', '-')}.{ending}"
        kinds = {"xlsx": self.tr("Excel files (*.xlsx)"), "csv": self.tr("CSV files (*.csv)")}
        title = self.tr("Export the list")
        path = await dialogs.choose_new_file(self.button.window(), title, name, [kinds[ending]])
        if path is not None:
            path = path if path.suffix else path.with_suffix(f".{ending}")
            self.written.emit(path.name, await self.write_to(path))

    async def write_to(self, path: Path) -> int:
        """Write what the filter shows to a file; gives the number of rows."""
        rows = await self._listing.everything()
        return await asyncio.to_thread(write_sheet, path, self._listing.columns, rows)
