"""What every page is: a key, a title, an icon, its acts with their keys, what the status bar says of it.

A page gets the desk and its own models, never the window. The frame asks it for acts, status and key hints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from desktop.models.desk import Desk
from desktop.qt.language import spoken
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.status_bar import StatusItem

Hint = tuple[str | Sequence[str], str]


def _possible() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class PageAct:
    """Something that can be done on a page: by its button, its key or the palette.

    `keys` is a Qt key sequence ("F5", "Ctrl+Return", "N"); `reason()` says why it is not possible now, empty when it
    is. An act with `button=False` has no button in the head of the page.
    """

    key: str
    text: str
    run: Callable[[], object]
    icon: str = ""
    keys: str = ""
    kind: str = "plain"
    reason: Callable[[], str] = _possible
    button: bool = True
    note: str = ""


def caps(keys: str) -> str:
    """A key sequence as it stands on key caps: `Ctrl Enter`."""
    return keys.replace("+", " ").replace("Return", "Enter")


class Page(QWidget):
    """Base of all pages. Signals: `told()` its status or acts changed; `settled()` what it shows is fetched."""

    key: ClassVar[str] = ""
    icon: ClassVar[str] = ""

    told = Signal()
    settled = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._acts: list[PageAct] = []
        self._buttons: dict[str, Button] = {}

    # -- what pages say of themselves

    @property
    def title(self) -> str:
        """The page's name in the navigation."""
        raise NotImplementedError

    def enter(self, target: object = None) -> None:
        """The page is shown, perhaps to show something in particular."""

    def leave(self) -> None:
        """Another page is shown."""

    def shut(self) -> None:
        """The window closes: fetch nothing any more."""

    @property
    def is_settled(self) -> bool:
        """Whether everything it shows is fetched."""
        return True

    def status(self) -> list[StatusItem]:
        """What the status bar says at the leading edge."""
        return []

    def hints(self) -> list[Hint]:
        """The keys that work here."""
        return []

    def subject(self) -> str:
        """What the acts are about, for the palette; empty for the page as a whole."""
        return ""

    # -- acts

    def acts(self) -> list[PageAct]:
        """All acts, those of the page first."""
        return list(self._acts)

    def add_act(self, act: PageAct) -> PageAct:
        """Offer an act by its key and in the palette; its button is made by `act_button`."""
        self._acts.append(act)
        if act.keys:
            shortcut = QShortcut(QKeySequence(act.keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda: self.do(act.key))
        return act

    def act_button(self, act: PageAct) -> Button:
        """The button of an act; `refresh_acts` turns it off with its reason."""
        button = Button(act.text, act.kind, icon=act.icon, keys=caps(act.keys) if len(act.keys) < 14 else "")
        button.clicked.connect(lambda: self.do(act.key))
        self._buttons[act.key] = button
        return button

    def button(self, key: str) -> Button | None:
        """The button of an act, if it has one."""
        return self._buttons.get(key)

    def do(self, key: str) -> None:
        """Do an act by its key, if it is possible now; an impossible one says why for a moment."""
        for act in self.acts():
            if act.key == key:
                if reason := act.reason():
                    self.desk.notice("waiting", act.text, reason)
                else:
                    act.run()
                return

    def refresh_acts(self) -> None:
        """Look again at what is possible."""
        for act in self._acts:
            button = self._buttons.get(act.key)
            if button is not None:
                button.set_reason(act.reason())
        self.told.emit()

    # -- telling

    def fail(self, title: str) -> Callable[[GatewrightError], None]:
        """A handler that says for a moment what an act could not do."""

        def tell(fault: GatewrightError) -> None:
            self.desk.notice("refused", title, spoken(fault))

        return tell
