"""Menus of the window: shown beside a widget without a nested loop, gone after the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.qt.theme import theme


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a menu: words, what it does, icon, whether it is ticked, why it is off, or a menu of its own."""

    text: str
    run: Callable[[], object] = lambda: None
    icon: str = ""
    ticked: bool | None = None
    reason: str = ""
    inner: Sequence[Entry] = field(default_factory=tuple)


def fill(menu: QMenu, entries: Sequence[Entry | None]) -> None:
    """Put entries into a menu; None is a line between two groups."""
    menu.setToolTipsVisible(True)
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        elif entry.inner:
            inner = menu.addMenu(entry.text.replace("&", "&&"))
            if entry.icon:
                inner.setIcon(theme().icon(entry.icon))
            fill(inner, entry.inner)
        else:
            menu.addAction(_action(menu, entry))


def _action(menu: QMenu, entry: Entry) -> QAction:
    made = QAction(entry.text.replace("&", "&&"), menu)
    if entry.icon:
        made.setIcon(theme().icon(entry.icon))
    if entry.ticked is not None:
        made.setCheckable(True)
        made.setChecked(entry.ticked)
    if entry.reason:
        made.setEnabled(False)
        made.setToolTip(entry.reason)
    made.triggered.connect(lambda _on=False: entry.run())
    return made


def popup(beside: QWidget, entries: Sequence[Entry | None]) -> QMenu:
    """Show a menu under a widget; it deletes itself when it closes."""
    menu = QMenu(beside)
    fill(menu, entries)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(beside.mapToGlobal(QPoint(0, beside.height() + theme().px(2))))
    return menu
