"""What can be done from everywhere: look, undo, sync, places to go; each with its key, in menus and in the palette."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.usecases.bulk import BulkReport
from desktop.models.desk import Desk
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.page import PageAct

MODES = ("system", "light", "dark", "contrast")


def _tr(text: str) -> str:
    return QCoreApplication.translate("window_acts", text)


class WindowActs(QObject):
    """The acts of the window and their shortcuts. `add` before `bind`; `acts()` for the palette."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._acts: dict[str, PageAct] = {}
        self._shortcuts: list[QShortcut] = []
        self._own()

    def add(self, act: PageAct) -> None:
        """Offer an act from everywhere, by its key too."""
        self._acts[act.key] = act
        if act.keys:
            shortcut = QShortcut(QKeySequence(act.keys), self._window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(lambda: self.do(act.key))
            self._shortcuts.append(shortcut)

    def drop(self) -> None:
        """Go, with the shortcuts: the window speaks another language now."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self.deleteLater()

    def acts(self) -> list[PageAct]:
        """All of them, in the order in which they were added; undo and redo name what they are about."""
        undoing = self._desk.undoing
        words = {"undo": undoing.back_words, "redo": undoing.again_words}
        return [_renamed(act, words.get(act.key, act.text)) for act in self._acts.values()]

    def do(self, key: str) -> None:
        """Do an act, or say why it is not possible now."""
        act = self._acts[key]
        if self._desk.ctx.actor is None:
            return
        if reason := act.reason():
            self._desk.notice("waiting", act.text, reason)
        else:
            act.run()

    def _own(self) -> None:
        undoing = self._desk.undoing
        self.add(PageAct("undo", _tr("Undo"), self._undo, "undo-2", "Ctrl+Z", reason=undoing.why_not_back))
        redo = PageAct(
            "redo", _tr("Redo"), self._redo, "redo-2", "Ctrl+Shift+Z", reason=undoing.why_not_again
        )
        self.add(redo)
        self.add(PageAct("sync_now", _tr("Sync now"), self._sync, "refresh-cw", "Shift+F9"))
        looks = {
            "system": (_tr("Theme: as the system"), "monitor"),
            "light": (_tr("Theme: light"), "sun"),
            "dark": (_tr("Theme: dark"), "moon"),
            "contrast": (_tr("Theme: high contrast"), "contrast"),
        }
        for mode in MODES:
            words, icon = looks[mode]
            self.add(PageAct(f"theme_{mode}", words, partial(self._set, "theme", mode), icon))
        self.add(PageAct("theme_next", _tr("Next theme"), self._next_theme, "contrast", "Ctrl+Shift+D"))
        rows = PageAct("rows", _tr("Rows: dense or comfortable"), self._other_rows, "table-2", "Ctrl+Shift+R")
        self.add(rows)

    def _set(self, key: str, value: object) -> None:
        self._desk.preferences.set(key, value)

    def _next_theme(self) -> None:
        at = MODES.index(self._desk.preferences.text("theme"))
        self._set("theme", MODES[(at + 1) % len(MODES)])

    def _other_rows(self) -> None:
        dense = self._desk.preferences.text("density") == "dense"
        self._set("density", "comfortable" if dense else "dense")

    # -- undo, sync

    def _undo(self) -> None:
        words = self._desk.undoing.back_words
        run(self._window, self._desk.undoing.take_back(), done=self._said(words), failed=self._fail(words))

    def _redo(self) -> None:
        words = self._desk.undoing.again_words
        run(self._window, self._desk.undoing.do_again(), done=self._said(words), failed=self._fail(words))

    def _said(self, words: str) -> Callable[[BulkReport | None], None]:
        def tell(report: BulkReport | None) -> None:
            if report is not None:
                self._desk.notice("refused" if report.cannot else "accepted", words, report.sentence)

        return tell

    def _sync(self) -> None:
        title = _tr("Sync")
        work = self._desk.station.sync_now()
        run(
            self._window,
            work,
            done=lambda words: self._desk.notice("accepted", title, words or ""),
            failed=self._fail(title),
        )

    def _fail(self, title: str) -> Callable[[GatewrightError], object]:
        return lambda fault: self._desk.notice("refused", title, spoken(fault))


def _renamed(act: PageAct, text: str) -> PageAct:
    return PageAct(act.key, text, act.run, act.icon, act.keys, act.kind, act.reason, act.button, act.note)
