"""The foot of a long list: which rows are in sight of how many, the page, and a field to go to one (ACC-19).

It is there only where there is more than the window shows: the filter bar tells how many rows there are in any case.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from desktop.models.listing import Listing
from desktop.models.paging import LINES, Paging
from desktop.models.saved_views import ViewBook
from desktop.models.words import number_word
from desktop.qt.theme import theme
from desktop.views.menus import Entry, popup
from desktop.views.widgets.base import Panel, follow_theme, row
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.fields import LineEdit, set_property
from desktop.views.widgets.labels import Label
from desktop.views.widgets.table import TableView

HEIGHT = 32


class ListFoot(Panel):
    """Follows a table as it scrolls. Ctrl+G goes to its field; Page Up and Page Down scroll the table itself."""

    def __init__(self, listing: Listing, table: TableView) -> None:
        super().__init__("status")
        self._listing, self._table = listing, table
        self._book: ViewBook | None = None
        self._lines = 0
        self._fault = ""
        self.rows = Label("", "caption", "t2", elide=True)
        self.lines = Button("", "quiet", size="small")
        self.before = IconButton("chevron-up", self.tr("Page before"), size="small")
        self.next = IconButton("chevron-down", self.tr("Next page"), size="small")
        self.field = LineEdit(role="mono")
        self.field.setProperty("small", "true")
        self.of = Label("", "caption", "t2")
        self.field.setAccessibleName(self.tr("Go to page"))
        self.field.setToolTip(self.tr("A page, or # and a row: 12 or #340 (Ctrl+G)"))
        self.field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build()
        self._connect()
        follow_theme(self)
        self.hide()

    def _build(self) -> None:
        line = row(gap=6, margins=(12, 0, 12, 0))
        line.addWidget(self.rows, 1)
        line.addWidget(self.lines)
        line.addSpacing(theme().px(8))
        line.addWidget(self.before)
        line.addWidget(Label(self.tr("Page"), "caption", "t2"))
        line.addWidget(self.field)
        line.addWidget(self.of)
        line.addWidget(self.next)
        self.setLayout(line)

    def _connect(self) -> None:
        bar, model = self._table.verticalScrollBar(), self._listing
        for signal in (
            bar.rangeChanged,
            model.modelReset,
            model.rowsInserted,
            model.rowsRemoved,
        ):
            signal.connect(self.refresh)
        bar.valueChanged.connect(lambda _at: self._blame(""))
        model.counted.connect(self.refresh)
        self._table.viewport().installEventFilter(self)
        self.before.clicked.connect(lambda: self._show(self.paging.beside(-1)))
        self.next.clicked.connect(lambda: self._show(self.paging.beside(1)))
        self.lines.clicked.connect(self._choose_lines)
        self.field.returnPressed.connect(self.go)
        self.field.textEdited.connect(lambda _text: self._blame(""))
        self.field.editingFinished.connect(self.refresh)
        keys = QShortcut(QKeySequence("Ctrl+G"), self._table)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.ask)

    def lend(self, book: ViewBook) -> None:
        """Keep there how many lines a page has."""
        self._book = book
        self._lines = book.lines() if book.lines() in LINES else 0
        self.refresh()

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(HEIGHT))
        self.field.setFixedWidth(theme().px(64))
        self.field.setFixedHeight(theme().px(24))
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            # After the table has laid itself out: showing the foot changes its height once more.
            QTimer.singleShot(0, self, self.refresh)
        return super().eventFilter(watched, event)

    # -- what it shows

    @property
    def paging(self) -> Paging:
        """Where the table stands now."""
        height, bar = self._table.viewport().height(), self._table.verticalScrollBar()
        fits = max(1, height // theme().row_height)
        # Its bar counts lines; at its end the last one touches the foot, whatever the heights of those before.
        return Paging(
            self._listing.rowCount(), fits, bar.value(), self._lines, end=bar.value() >= bar.maximum()
        )

    def refresh(self, *_: object) -> None:
        """Show where the table stands."""
        now = self.paging
        room = self._table.viewport().height() + (0 if self.isHidden() else self.height())
        self.setVisible(now.total > max(1, room // theme().row_height))
        if self.isHidden():
            return
        first, last, total = (number_word(n) for n in (now.top + 1, now.last, now.total))
        plain = self._listing.shown == now.total  # else there are headings among the lines
        words = self.tr("Rows {0} to {1} of {2}") if plain else self.tr("Lines {0} to {1} of {2}")
        if self._listing.counting:
            words = self.tr("Rows {0} to {1}, counting…")
        self._say(self._fault or words.format(first, last, total))
        every = self.tr("{0} to a page").format(number_word(now.size))
        self.lines.setText(every)
        self.lines.setAccessibleName(every)
        self.of.setText(self.tr("of {0}").format(number_word(now.pages)))
        self.before.set_reason("" if now.top > 0 else self.tr("This is the first page."))
        self.next.set_reason("" if now.last < now.total else self.tr("This is the last page."))
        if not self.field.hasFocus() and not self._fault:
            self.field.setText(str(now.page))

    def _say(self, words: str) -> None:
        self.rows.setText(words)
        self.rows.set_tone("refused" if self._fault else "t2")

    # -- going

    def ask(self) -> None:
        """Go to the field; a list that is in sight as a whole has no other page."""
        if not self.isHidden():
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.field.selectAll()

    def go(self) -> None:
        """Go where the field says, or say why not."""
        wanted, why = self.paging.wanted(self.field.text())
        self._blame(why)
        if not why:
            self._table.setFocus(Qt.FocusReason.OtherFocusReason)
            self._show(wanted)

    def _show(self, line: int) -> None:
        """Bring a line to the top, and the cursor to it."""
        self._blame("")
        self._table.set_cursor(line)
        self._table.verticalScrollBar().setValue(line)
        self.refresh()

    def _blame(self, why: str) -> None:
        self._fault = why
        set_property(self.field, "state", "error" if why else "")
        self.refresh()

    def _choose_lines(self) -> None:
        words = {n: self.tr("{0} to a page").format(n) for n in LINES} | {0: self.tr("As many as fit")}
        popup(
            self.lines,
            [Entry(words[n], partial(self.set_lines, n), ticked=n == self._lines) for n in LINES],
        )

    def set_lines(self, lines: int) -> None:
        """So many lines make a page from now on; 0: as many as fit."""
        self._lines = lines
        if self._book is not None:
            self._book.set_lines(lines)
        self.refresh()
