"""The command palette: every act and every object by its name, over a scrim, driven by the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.qt.painting import Artist, Row, Span, hits
from desktop.qt.roles import Index
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, Rule, column, drawn, follow_theme, row
from desktop.views.widgets.fields import LineEdit, set_property
from desktop.views.widgets.labels import KeyCap, Label, Picture
from desktop.views.widgets.status_bar import KeyHint

WIDTH = 640
TOP = 96
MOST_HEIGHT = 376
_DATA = int(Qt.ItemDataRole.UserRole) + 1
PREFIXES = {">": "act", "#": "unit", "@": "person"}


@dataclass(frozen=True, slots=True)
class Command:
    """One entry: key, words, a note, icon, shortcut caps, group, and the reason why it is not possible.

    `kind` is act, unit, person or page: what the prefixes > # @ narrow to.
    """

    key: str
    text: str
    note: str = ""
    icon: str = "arrow-right"
    shortcut: tuple[str, ...] = ()
    group: str = ""
    reason: str = ""
    kind: str = "act"
    always: bool = False
    """Shown whatever is typed: a result that a search already chose."""


@dataclass(frozen=True, slots=True)
class _Head:
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class _Line:
    command: Command
    spans: tuple[Span, ...]


def matches(commands: Sequence[Command], query: str) -> list[tuple[Command, tuple[Span, ...]]]:
    """Give the commands that every word of the query is found in, with the letters to mark, in the order given.

    Inside a group those whose words begin with the query come first, and the possible ones before the impossible.
    """
    query = query.strip()
    kind = PREFIXES.get(query[:1], "")
    words = query[1:].strip() if kind else query
    found: list[tuple[int, int, Command, tuple[Span, ...]]] = []
    for number, command in enumerate(commands):
        if kind and command.kind != kind:
            continue
        spans = tuple(hits(command.text, words))
        inside = f"{command.text} {command.note}".casefold()
        if not command.always and not all(word in inside for word in words.casefold().split()):
            continue
        rank = (2 if command.reason else 0) + (
            0 if command.text.casefold().startswith(words.casefold()) else 1
        )
        found.append((rank, number, command, spans))
    order = list(dict.fromkeys(command.group for command in commands))
    found.sort(key=lambda item: (order.index(item[2].group), item[0], item[1]))
    return [(command, spans) for _, _, command, spans in found]


class _Model(QAbstractListModel):
    """Headings and entries of what was found."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lines: list[_Head | _Line] = []

    def fill(self, found: Sequence[tuple[Command, tuple[Span, ...]]], notes: dict[str, str]) -> None:
        self.beginResetModel()
        self._lines, group = [], ""
        for command, spans in found:
            if command.group != group:
                group = command.group
                self._lines.append(_Head(group, notes.get(group, "")))
            self._lines.append(_Line(command, spans))
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        usable = index.isValid() and isinstance(self._lines[index.row()], _Line)
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if usable else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == _DATA:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.text if isinstance(line, _Head) else line.command.text
        if role == Qt.ItemDataRole.AccessibleTextRole and isinstance(line, _Line):
            parts = (
                line.command.text,
                line.command.note,
                " ".join(line.command.shortcut),
                line.command.reason,
            )
            return ", ".join(part for part in parts if part)
        return None

    def first(self) -> int:
        """Row of the first entry, or -1."""
        return next((number for number, line in enumerate(self._lines) if isinstance(line, _Line)), -1)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        head = isinstance(index.data(_DATA), _Head)
        return QSize(theme().px(200), theme().px(30 if head else Size.PALETTE_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        art = Artist(painter, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        item, rect = index.data(_DATA), QRect(option.rect)
        px = art.theme.px
        line = Row(rect, rtl=art.rtl)
        line.pad(px(17))
        if isinstance(item, _Head):
            note = line.trail(art.width(item.note, "caption"), px(8))
            art.text(note, item.note, "caption", "t3", align="trail")
            art.text(line.rest.adjusted(0, px(4), 0, 0), item.text, "caption-strong", "t3")
            return
        if not isinstance(item, _Line):
            return
        view = self.parent()
        here = isinstance(view, QListView) and view.currentIndex() == index
        if here:
            art.fill(rect, "sel")
            art.edge(rect, "acc")
        self._paint_line(art, line, item, here=here)

    def _paint_line(self, art: Artist, line: Row, item: _Line, *, here: bool) -> None:
        command, px = item.command, art.theme.px
        art.icon(line.lead(px(Size.ICON), px(11)), command.icon, "acct" if here else "t3")
        if command.reason:
            words = art.width(command.reason, "help")
            art.text(line.trail(words, px(12)), command.reason, "help", "ambiguous", align="trail")
        for key in reversed(command.shortcut):
            art.key(line.trail(art.key_width(key), px(5)), key)
        tone = "t3" if command.reason else "t1"
        words = min(line.rest.width(), art.width(command.text, "strong") + 2)
        area = line.lead(words, px(10))
        if item.spans:
            art.spans(area, command.text, "strong", tone, item.spans, words="acct")
        else:
            art.text(area, command.text, "strong", tone)
        art.text(line.rest, command.note, "help", "t3")


class _List(QListView):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("ground", "raised")
        self.setProperty("ring", "none")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(self.tr("Found"))

    def content_height(self) -> int:
        return sum(self.sizeHintForRow(number) for number in range(self.model().rowCount()))


class PaletteBox(Panel):
    """The box of the palette: field, list, foot. Stands alone in the gallery; `CommandPalette` puts it over a window.

    Signals: `chosen(str)` key of a command; `left()` Escape; `queried(str)` the text changed; `object_asked()` Tab.
    """

    chosen = Signal(str)
    left = Signal()
    queried = Signal(str)
    object_asked = Signal()

    def __init__(self, *, foot: bool = True, parent: QWidget | None = None) -> None:
        super().__init__("popup", parent)
        self._commands: list[Command] = []
        self._notes: dict[str, str] = {}
        self.field = LineEdit(placeholder=self.tr("Type what to do or where to go"), role="omnibox")
        self.field.setAccessibleName(self.tr("Command"))
        set_property(self.field, "bare", "true")
        self.field.setFrame(False)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self._object = Label("", "help", "t2")
        self._object_box = Panel("inset")
        self.list = _List(self)
        self._model = _Model(self)
        self.list.setModel(self._model)
        self.list.clicked.connect(self._choose)
        self.list.entered.connect(self._point)
        self._build(foot)
        follow_theme(self)

    def _build(self, foot: bool) -> None:
        inside = row(gap=0, margins=(8, 2, 8, 2))
        inside.addWidget(self._object)
        self._object_box.setLayout(inside)
        self._object_box.hide()
        top = row(gap=10, margins=(16, 9, 14, 9))
        top.addWidget(Picture("icon", "search", tone="t2", size=16))
        top.addWidget(self.field, 1)
        top.addWidget(self._object_box)
        top.addWidget(KeyCap(self.tr("Esc")))
        whole = column(gap=0, margins=(1, 1, 1, 1))
        whole.addLayout(top)
        whole.addWidget(Rule())
        whole.addWidget(self.list, 1)
        if foot:
            whole.addWidget(self._foot())
        else:
            whole.addSpacing(theme().px(6))
        self.setLayout(whole)

    def _foot(self) -> Panel:
        made = Panel("foot")
        line = row(gap=14, margins=(16, 7, 16, 7))
        for keys, words in (
            ("↑↓", self.tr("move")),
            ("Enter", self.tr("do")),
            ("Tab", self.tr("change the object")),
        ):
            line.addWidget(KeyHint(keys, words))
        line.addStretch(1)
        for keys, words in ((">", self.tr("acts")), ("#", self.tr("units")), ("@", self.tr("people"))):
            line.addWidget(KeyHint(keys, words))
        made.setLayout(line)
        return made

    def set_commands(self, commands: Sequence[Command], notes: dict[str, str] | None = None) -> None:
        """Offer these; they are grouped in the order in which their groups first appear.

        `notes` says something at the end of a group's heading, e.g. the site's name.
        """
        self._commands, self._notes = list(commands), dict(notes or {})
        self._search()

    def set_object(self, words: str) -> None:
        """Show what the acts are about; an empty text takes it away."""
        self._object.setText(words)
        self._object_box.setVisible(bool(words))

    def shown(self) -> list[str]:
        """Keys of the entries shown, in order."""
        lines = [self._model.index(number).data(_DATA) for number in range(self._model.rowCount())]
        return [line.command.key for line in lines if isinstance(line, _Line)]

    def current(self) -> str:
        """Key of the entry under the cursor, or an empty text."""
        line = self.list.currentIndex().data(_DATA) if self.list.currentIndex().isValid() else None
        return line.command.key if isinstance(line, _Line) else ""

    def _search(self, text: str | None = None) -> None:
        found = matches(self._commands, self.field.text())
        self._model.fill(found, self._notes)
        self.list.setCurrentIndex(self._model.index(self._model.first()) if found else QModelIndex())
        height = min(theme().px(MOST_HEIGHT), self.list.content_height() + theme().px(2))
        self.list.setFixedHeight(max(theme().px(Size.PALETTE_ROW), height))
        self.adjustSize()
        if text is not None:
            self.queried.emit(text)

    def _point(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.list.setCurrentIndex(index)

    def _choose(self, index: QModelIndex) -> None:
        line = index.data(_DATA) if index.isValid() else None
        if isinstance(line, _Line) and not line.command.reason:
            self.chosen.emit(line.command.key)

    def step(self, by: int) -> None:
        """Move the cursor over entries, past headings, and round at the ends."""
        rows = [
            number
            for number in range(self._model.rowCount())
            if isinstance(self._model.index(number).data(_DATA), _Line)
        ]
        if rows:
            now = self.list.currentIndex().row()
            at = rows.index(now) if now in rows else -1
            self.list.setCurrentIndex(self._model.index(rows[(at + by) % len(rows)]))
            self.list.scrollTo(self.list.currentIndex())

    def apply_theme(self) -> None:
        self._search()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.step(1 if key == Qt.Key.Key_Down else -1)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._choose(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key == Qt.Key.Key_Tab:
            self.object_asked.emit()
        else:
            return False
        return True


class CommandPalette(QWidget):
    """The palette over a window: a scrim that takes every click, and the box on it.

    `open()` shows it empty and takes the focus; choosing, Escape and a click beside it close it and give the focus
    back. Signal `chosen(str)`; the other signals are those of `box`.
    """

    chosen = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.box = PaletteBox(parent=self)
        self._before: QWidget | None = None
        self.box.chosen.connect(self._take)
        self.box.left.connect(self.close_palette)
        self.setAccessibleName(self.tr("Command palette"))
        window.installEventFilter(self)
        self.hide()

    def open(self, text: str = "") -> None:
        """Show it over the window."""
        self._before = self._window.window().focusWidget()
        self.box.field.setText(text)
        self._place()
        self.show()
        self.raise_()
        self.box.field.setFocus()

    def close_palette(self) -> None:
        """Hide it and give the focus back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None

    def _take(self, key: str) -> None:
        self.close_palette()
        self.chosen.emit(key)

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        self.box.setFixedWidth(min(theme().px(WIDTH), self._window.width()))
        self.box.adjustSize()
        left = (self.width() - self.box.width()) // 2
        self.box.move(max(0, left), min(theme().px(TOP), max(0, self.height() - self.box.height())))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        colour = QColor(art.theme.tokens.scrim)
        colour.setAlphaF(art.theme.tokens.scrim_alpha)
        art.painter.fillRect(self.rect(), colour)
