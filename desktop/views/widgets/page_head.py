"""The head of a page: path, title, what it shows, and its acts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, clear, column, follow_theme, row
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.labels import Label, Picture


class PageHead(Panel):
    """Title 18/600, a note beside it, a path above it, acts at the end; 52 high, more with a path or a second line.

    Signal `path_clicked(str)`: the key of a part of the path.
    """

    path_clicked = Signal(str)

    def __init__(
        self, title: str = "", note: str = "", *, ruled: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("ruled" if ruled else "head", parent)
        self._title = Label(title, "title")
        self._note = Label(note, "text", "t3", elide=True)
        self._second = Label("", "log", "t3", elide=True)
        self._second.hide()
        self._path = row(gap=4)
        self._state = row(gap=8)
        self._lead = row(gap=0)
        self._acts = row(gap=10)
        self._build()
        follow_theme(self)

    def _build(self) -> None:
        words = row(gap=10)
        words.addWidget(self._title)
        words.addLayout(self._state)
        words.addWidget(self._note, 1)
        text = column(gap=0)
        text.addStretch(1)
        text.addLayout(self._path)
        text.addLayout(words)
        text.addWidget(self._second)
        text.addStretch(1)
        line = row(gap=14, margins=(Size.SIDE, 8, Size.SIDE, 8))
        line.addLayout(self._lead)
        line.addLayout(text, 1)
        line.addLayout(self._acts)
        self.setLayout(line)

    def set_title(self, title: str, note: str = "") -> None:
        """Show another title and note."""
        self._title.setText(title)
        self._note.setText(note)

    def title(self) -> str:
        """The title."""
        return self._title.whole_text()

    def set_note(self, note: str) -> None:
        """Show another note beside the title."""
        self._note.setText(note)

    def set_second(self, words: str) -> None:
        """Show a line under the title, in mono: model, MAC, address, version."""
        self._second.setText(words)
        self._second.setVisible(bool(words))

    def set_state(self, widget: QWidget) -> None:
        """Put a small state beside the title, e.g. a StateDot or a VerdictLabel."""
        clear(self._state)
        self._state.addWidget(widget)

    def set_path(self, parts: Sequence[tuple[str, str]]) -> None:
        """Show where the page is: parts (key, words); a part with an empty key is not a link."""
        clear(self._path)
        for number, (key, words) in enumerate(parts):
            if number:
                self._path.addWidget(Picture("icon", "chevron-right", tone="t3", size=12))
            if key:
                link = LinkButton(words, role="help", tone="t2")
                link.clicked.connect(lambda _on=False, key=key: self.path_clicked.emit(key))
                self._path.addWidget(link)
            else:
                self._path.addWidget(Label(words, "help", "t2"))
        self._path.addStretch(1)

    def set_picture(self, widget: QWidget) -> None:
        """Put a picture before the words, e.g. a DeviceBox."""
        clear(self._lead)
        self._lead.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_act(self, widget: QWidget) -> None:
        """Add a button at the end; the last one added is the last one shown."""
        self._acts.addWidget(widget)

    def apply_theme(self) -> None:
        self.setMinimumHeight(theme().px(Size.PAGE_HEAD))


class DeviceBox(Panel):
    """A device silhouette in a box, for the head of a page or a panel."""

    def __init__(self, kind: str, *, size: int = 44, parent: QWidget | None = None) -> None:
        super().__init__("inset", parent)
        self._size = size
        line = row(gap=0)
        self._picture = Picture("device", kind, tone="t2", size=round(size * 0.78))
        line.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignCenter)
        self.setLayout(line)
        follow_theme(self)

    def set_kind(self, kind: str) -> None:
        """Show another silhouette."""
        self._picture.set_picture(kind)

    def apply_theme(self) -> None:
        px = theme().px
        self.setFixedSize(px(self._size), px(round(self._size * 1.27)))
