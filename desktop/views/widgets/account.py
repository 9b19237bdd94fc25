"""The foot of the navigation: who is signed in, and the button that folds the column."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, column, drawn, follow_theme, row
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import IconButton


class _Person(QAbstractButton):
    """Avatar, name and note as one button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.note, self.rail = "", "", False
        self._avatar = Avatar(parent=self)
        self._avatar.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        follow_theme(self)

    def show_person(self, name: str, note: str) -> None:
        self.name, self.note = name, note
        self._avatar.set_name(name)
        self.setAccessibleName(f"{name}, {note}" if note else name)
        self.setToolTip(self.accessibleName())
        self.update()

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(36), theme().px(36))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(28), theme().px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        if self.underMouse():
            art.box(self.rect(), "hover")
        row = Row(self.rect(), rtl=art.rtl)
        if not self.rail:
            row.lead(px(4))
        spot = row.lead(self._avatar.width(), px(9)) if not self.rail else self.rect()
        left = spot.left() + (spot.width() - self._avatar.width()) // 2
        self._avatar.move(left, (self.height() - self._avatar.height()) // 2)
        if self.rail:
            return
        middle = self.height() // 2
        upper, lower = row.rest.adjusted(0, 0, 0, 0), row.rest.adjusted(0, 0, 0, 0)
        upper.setTop(middle - px(17))
        upper.setHeight(px(18))
        lower.setTop(middle)
        lower.setHeight(px(16))
        art.text(upper, self.name, "section", "t1")
        art.text(lower, self.note, "caption", "t3")


class AccountFoot(QWidget):
    """Who is signed in. Signals: `clicked()` for the account menu, `fold_clicked()` for the column."""

    clicked = Signal()
    fold_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person = _Person()
        self._fold = IconButton("panel-left-close", self.tr("Fold the navigation"), size="small")
        self._person.clicked.connect(self.clicked)
        self._fold.clicked.connect(self.fold_clicked)
        line = row(gap=2, margins=(8, 6, 8, 6))
        line.addWidget(self._person, 1)
        line.addWidget(self._fold)
        whole = column(gap=0)
        whole.addWidget(Rule())
        whole.addLayout(line)
        self.setLayout(whole)
        follow_theme(self)

    def set_account(self, name: str, note: str) -> None:
        """Show a name, and under it what the person is here."""
        self._person.show_person(name, note)

    def set_rail(self, *, rail: bool) -> None:
        """Show the initials alone; the fold button goes, the rail unfolds from the account menu or by width."""
        self._person.rail = rail
        self._fold.setVisible(not rail)
        self._person.update()

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(48))
