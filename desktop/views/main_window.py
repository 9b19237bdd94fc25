"""The window: sign-in or the frame with its pages, the palette over it, toasts, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.models.notices import Notice
from desktop.qt import dialogs, language
from desktop.qt.language import spoken
from desktop.qt.reading import focus_next
from desktop.qt.run import run, tasks
from desktop.qt.theme import Density, Mode, theme
from desktop.views.account_menu import account_entries
from desktop.views.entry import PageMaker
from desktop.views.frame import Frame
from desktop.views.menus import popup
from desktop.views.page import PageAct
from desktop.views.palette import PAGES_WITH_KEYS, PaletteGlue, page_keys
from desktop.views.registry import pages_of
from desktop.views.widgets.nav import NavItem
from desktop.views.widgets.toasts import ToastHost
from desktop.views.window_acts import WindowActs

if TYPE_CHECKING:
    from desktop.views.sign_in import SignInView

Groups = Sequence[tuple[str, Sequence[tuple[NavItem, PageMaker]]]]
FIRST_SIZE = QSize(1440, 900)
LEAST_SIZE = QSize(1024, 640)


class MainWindow(QMainWindow):
    """Owns the views of one workstation. Signal `closed()`: the person closed it, and jobs may go on or stop.

    `begin` shows the sign-in or the first page; `shut` ends what pages fetch.
    """

    closed = Signal()

    def __init__(self, desk: Desk, *, groups: Groups | None = None) -> None:
        super().__init__()
        self.desk = desk
        self._groups = groups
        self.frame: Frame | None = None
        self.palette_glue: PaletteGlue | None = None
        self._sure = False
        self._root = QStackedWidget()
        self._sign_in: SignInView | None = None
        self.setCentralWidget(self._root)
        self.toasts = ToastHost(self)
        self.setWindowTitle("Gatewright")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        desk.noticed.connect(self._notice)
        desk.signed.connect(self.show_session)
        desk.preferences.changed.connect(self._preference_changed)
        self._add_keys()
        self._add_page_keys()

    @property
    def sign_in(self) -> SignInView:
        """Where somebody signs in. Made when it is needed: its steps are a sixth of a start that does without."""
        if self._sign_in is None:
            # Late, for the same reason.
            from desktop.views.sign_in import SignInView  # noqa: PLC0415

            self._sign_in = SignInView(self.desk)
            self._root.addWidget(self._sign_in)
        return self._sign_in

    def begin(self, page: str = "") -> None:
        """Show the sign-in, or the first page of who is signed in."""
        self.show_session()
        if page and self.frame is not None:
            self.frame.show_page(page)

    def show_session(self) -> None:
        """Somebody signed in or out: build the frame for them, or take it away."""
        self._drop_frame()
        actor = self.desk.ctx.actor
        if actor is None:
            self.sign_in.enter()
            self._root.setCurrentWidget(self.sign_in)
            return
        frame = Frame(self.desk, self._groups or pages_of(actor.role))
        frame.nav.set_account(actor.name, f"{self._role_word(actor.role)} · {self.desk.ctx.workstation}")
        frame.account_asked.connect(self._open_account)
        self.frame = frame
        self.palette_glue = PaletteGlue(self, frame, self.desk, self.acts)
        frame.search_asked.connect(self.palette_glue.open)
        self._root.addWidget(frame)
        self._root.setCurrentWidget(frame)
        frame.fit_rail()
        frame.show_page(frame.page_keys()[0])

    def _drop_frame(self) -> None:
        if self.frame is None:
            return
        self.frame.shut()
        if self.palette_glue is not None:
            self.palette_glue.drop()
        self._root.removeWidget(self.frame)
        self.frame.deleteLater()
        self.frame = self.palette_glue = None

    def _role_word(self, role: Role) -> str:
        words = {
            Role.DISTRIBUTOR: self.tr("Distributor"),
            Role.INSTALLER: self.tr("Installer"),
            Role.SUB_INSTALLER: self.tr("Sub-installer"),
            Role.MANAGER: self.tr("Property manager"),
        }
        return words.get(role, str(role))

    def _notice(self, notice: Notice) -> None:
        link = self.tr("Show it") if notice.page else ""
        toast = self.toasts.show(notice.verdict, notice.title, notice.text, link=link)
        if link:
            toast.linked.connect(lambda: self.desk.go(notice.page, notice.target))

    # -- keys

    def _add_keys(self) -> None:
        self.acts = WindowActs(self, self.desk)
        for key, text, act, icon, keys in (
            ("palette", self.tr("Do something or go somewhere"), self._open_palette, "search", "Ctrl+K"),
            ("search", self.tr("Find anyone or anything"), self._open_palette, "search", "/"),
            ("keys", self.tr("All acts and their keys"), lambda: self._open_palette(">"), "keyboard", "?"),
            ("site", self.tr("Choose another site"), self._open_sites, "building-2", "Ctrl+L"),
            ("notices", self.tr("Notices"), self._open_notices, "bell", "F8"),
            ("next", self.tr("Next page"), lambda: self._step(1), "arrow-down", "Ctrl+PgDown"),
            ("before", self.tr("Page before"), lambda: self._step(-1), "arrow-up", "Ctrl+PgUp"),
            ("sync", self.tr("Open the sync centre"), lambda: self._go("sync"), "cloud", "F9"),
            ("account", self.tr("Account menu"), self._account_by_key, "square-user", "Ctrl+Shift+A"),
            ("sign_out", self.tr("Sign out"), lambda: run(self, self._sign_out()), "log-out", ""),
        ):
            self.acts.add(PageAct(key, text, act, icon, keys))
        words, why = self.tr("Visitor pass"), self._no_pass
        alarm = self.tr("Emergency: open all emergency doors…")
        self.acts.add(PageAct("emergency", alarm, self._emergency, "siren", "Ctrl+Shift+E", reason=why))
        self.acts.add(PageAct("pass", words, self._visitor_pass, "ticket", "F6", reason=why))

    def _add_page_keys(self) -> None:
        for number in range(1, PAGES_WITH_KEYS + 1):
            shortcut = QShortcut(QKeySequence(page_keys(number)), self)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(partial(self._go_number, number))

    def _emergency(self) -> None:
        # Late, as the sheet below.
        from desktop.views.emergency import ask_emergency  # noqa: PLC0415

        ask_emergency(self.desk, self)

    def _visitor_pass(self) -> None:
        # Late: a sheet with a form of its own, which a start does not need.
        from desktop.views.pass_sheet import PassSheet  # noqa: PLC0415

        PassSheet(self.desk, self).open()

    def _no_pass(self) -> str:
        actor = self.desk.ctx.actor
        if actor is not None and actor.role is Role.DISTRIBUTOR:
            return self.tr("Visitors are let in by a site's managers.")
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _go_number(self, number: int) -> None:
        keys = self.frame.page_keys() if self.frame is not None else []
        if number <= len(keys):
            self._go(keys[number - 1])

    def _open_palette(self, text: str = "") -> None:
        if self.palette_glue is not None:
            self.palette_glue.open(text)

    def _open_sites(self) -> None:
        if self.frame is not None:
            self.frame.open_sites()

    def _open_notices(self) -> None:
        if self.frame is not None:
            self.frame.open_notices()

    def _go(self, key: str) -> None:
        if self.frame is not None:
            self.frame.show_page(key)

    def _step(self, by: int) -> None:
        if self.frame is not None:
            keys = self.frame.page_keys()
            here = keys.index(self.frame.nav.here) if self.frame.nav.here in keys else 0
            self.frame.show_page(keys[(here + by) % len(keys)])

    # -- account, preferences

    def _account_by_key(self) -> None:
        if self.frame is not None:
            self._open_account(self.frame.nav.account)

    def _open_account(self, beside: QWidget) -> None:
        if self.frame is not None:
            told = self.frame.told
            told.refresh()
            popup(beside, account_entries(self.desk, told, self, lambda: run(self, self._sign_out())))

    async def _sign_out(self) -> None:
        waiting = self.desk.sync.figures.here
        text = self.tr(
            "What is on this laptop stays here, locked away, until the same account signs in again."
        )
        if waiting:
            text += " " + self.tr("{0} edits were not sent yet; they stay too.").format(waiting)
        if await dialogs.confirm(self, self.tr("Sign out"), text, self.tr("Sign out")):
            await self.desk.station.sign_out()
            await self.desk.sites.load()
            self.desk.signed.emit()

    def _preference_changed(self, key: str) -> None:
        value = self.desk.preferences.get(key)
        if key == "theme":
            theme().set_mode(Mode(value))
        elif key == "density":
            theme().set_density(Density(value))
        elif key == "text_percent":
            theme().set_scale(value / 100)
        elif key == "language":
            # The page whose slot this is goes with the frame.
            QTimer.singleShot(0, self._speak)

    def _speak(self) -> None:
        """Build everything anew in the language that was chosen, and stay where the person is."""
        language.install(self.desk.preferences.text("language"))
        here = self.frame.nav.here if self.frame is not None else ""
        self.acts.drop()
        self._add_keys()
        before, self._sign_in = self._sign_in, None
        if before is not None:
            self._root.removeWidget(before)
            before.deleteLater()
        self.begin(here)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes in the order of reading, also to what was made later than its neighbours."""
        return focus_next(self, forward=forward) or super().focusNextPrevChild(forward)

    # -- closing

    def shut(self) -> None:
        """Fetch nothing any more, show nothing any more."""
        self.toasts.close_all()
        if self.frame is not None:
            self.frame.shut()

    async def end(self) -> None:
        """End in order: what the window asks for, tasks of slots, crossings and models, the window."""
        self.shut()
        self.desk.hush()
        await tasks().close()
        await self.desk.end()
        self._sure = True
        self.close()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        running = self.desk.jobs.open_jobs()
        if not running or self._sure:
            event.accept()
            self.closed.emit()
            return
        event.ignore()
        run(self, self._ask_to_close([spoken(r.title) for r in running]))

    async def _ask_to_close(self, titles: list[str]) -> None:
        text = self.tr(
            "They stop at the next safe point and go on at the next start, by asking the device first. "
            "A device that is writing its firmware goes on by itself; do not unplug it."
        )
        title = (
            self.tr("1 job is open") if len(titles) == 1 else self.tr("{0} jobs are open").format(len(titles))
        )
        answers = [
            dialogs.Answer("stay", self.tr("Stay")),
            dialogs.Answer("close", self.tr("Close anyway"), "danger"),
        ]
        if await dialogs.ask(self, title, text, answers, details="\n".join(titles[:12])) == "close":
            self._sure = True
            self.close()
