"""The frame around the pages: navigation, header, status bar, and the stack of pages. It knows no page by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.desk import Desk
from desktop.models.site_choice import SiteLine
from desktop.models.told import Told
from desktop.models.words import number_word, time_word, zone_of
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.entry import PageMaker
from desktop.views.menus import Entry, popup
from desktop.views.notice_centre import NoticeCentre
from desktop.views.page import Page
from desktop.views.widgets.base import column, row
from desktop.views.widgets.header import HeaderBar
from desktop.views.widgets.nav import NavColumn, NavItem, heading
from desktop.views.widgets.status_bar import StatusBar, StatusItem

NETWORK_AFTER_S = 0.5
"""The first page comes before the network: connecting takes a tenth of a second of the window's thread."""


class Frame(QWidget):
    """Shows one page at a time. Pages are made when they are first shown.

    Signals: `search_asked(str)` the search field is used; `account_asked(QWidget)` the account's menu is wanted, beside
    that widget; `page_shown(str)`.
    """

    search_asked = Signal(str)
    account_asked = Signal(object)
    page_shown = Signal(str)

    def __init__(self, desk: Desk, groups: Sequence[tuple[str, Sequence[tuple[NavItem, PageMaker]]]]) -> None:
        super().__init__()
        self.desk = desk
        self._makers = {item.key: make for _, items in groups for item, make in items}
        self._pages: dict[str, Page] = {}
        self._asked_rail: bool | None = True if desk.preferences.get("rail") else None
        self.nav = NavColumn()
        self.header = HeaderBar(desk.ctx.clock.now)
        self.stack = QStackedWidget()
        self.foot = StatusBar()
        self.told = Told(desk.ctx, desk.station, desk.tasks)
        self.notices = NoticeCentre(desk, self.told, self)
        self._fill_nav(groups)
        self._build()
        self._connect()
        self.show_site()
        self.show_sync()
        self.show_jobs()
        self.show_counts()
        for key in desk.badges.told_keys():
            self._show_badge(key)
        self.told.refresh(after_s=NETWORK_AFTER_S)

    def _fill_nav(self, groups: Sequence[tuple[str, Sequence[tuple[NavItem, PageMaker]]]]) -> None:
        items: list[NavItem] = []
        for title, members in groups:
            if title:
                items.append(heading(title))
            items += [item for item, _ in members]
        self.nav.set_items(items)

    def _build(self) -> None:
        right = column(gap=0)
        right.addWidget(self.header)
        right.addWidget(self.stack, 1)
        right.addWidget(self.foot)
        whole = row(gap=0)
        whole.addWidget(self.nav)
        whole.addLayout(right, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        desk, header = self.desk, self.header
        self.nav.chosen.connect(self.show_page)
        self.nav.account_clicked.connect(lambda: self.account_asked.emit(self.nav.account))
        self.nav.rail_changed.connect(self._rail_changed)
        desk.going.connect(self.show_page)
        desk.sites.chosen.connect(self.show_site)
        desk.sites.chosen.connect(self.show_sync)
        desk.sites.listed.connect(self.show_site)
        desk.sync.changed.connect(self.show_sync)
        desk.jobs.changed.connect(self.show_jobs)
        desk.counts.changed.connect(self.show_counts)
        desk.badges.told.connect(self._show_badge)
        header.site.clicked.connect(self.open_sites)
        header.search.searched.connect(self.search_asked)
        header.search.left.connect(self._back_to_page)
        header.sync.clicked.connect(lambda: self.show_page("sync"))
        header.lan.clicked.connect(lambda: self.show_page("lan"))
        header.jobs.clicked.connect(lambda: self.show_page("jobs"))
        header.bell.clicked.connect(self.open_notices)
        desk.notices.changed.connect(self.show_sync)
        self.told.changed.connect(self.show_sync)
        desk.sync.changed.connect(self._follow_sync)

    # -- pages

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def page_keys(self) -> list[str]:
        """Keys of all pages, in the order of the navigation."""
        return list(self._makers)

    def made(self) -> list[Page]:
        """The pages that were shown so far."""
        return list(self._pages.values())

    def page_of(self, key: str) -> Page:
        """The page of a key, made now if need be. KeyError for an unknown key."""
        page = self._pages.get(key)
        if page is None:
            page = self._makers[key](self.desk)
            self._pages[key] = page
            self.stack.addWidget(page)
            page.told.connect(lambda page=page: self._show_foot(page))
            page.settled.connect(lambda page=page: self._show_foot(page))
        return page

    def show_page(self, key: str, target: object = None) -> None:
        """Show a page, perhaps at something in particular; one that the role does not have is let pass."""
        if key not in self._makers:
            return
        page, before = self.page_of(key), self.page
        if before is not None and before is not page:
            before.leave()
        self.stack.setCurrentWidget(page)
        self.nav.set_here(key)
        page.enter(target)
        self._show_foot(page)
        self.page_shown.emit(key)

    def shut(self) -> None:
        """The window closes."""
        self.told.close()
        for page in self._pages.values():
            page.shut()

    def _back_to_page(self) -> None:
        if self.page is not None:
            self.page.setFocus()

    # -- what the frame shows

    def show_site(self) -> None:
        """The chosen site, its kind, zone and time."""
        line = self.desk.sites.current
        if line is None:
            self.header.site.set_site("", self.tr("Make one on the page Sites"))
        else:
            icons = {"house": "house", "office": "building"}
            icon = icons.get(str(line.site.kind), "building-2")
            self.header.site.set_site(line.site.name, line.kind_words, icon=icon)
        self.header.clock.set_zone(self.desk.sites.zone)

    def show_sync(self) -> None:
        """The counts of edits, when all was last confirmed, since when there is no network."""
        figures, now = self.desk.sync.figures, self.desk.ctx.clock.now()
        zone = self.desk.sites.zone
        self.header.sync.set_state(
            here=figures.here,
            sent=figures.sent,
            confirmed=time_word(figures.confirmed_at, now, zone),
            offline_since=time_word(figures.offline_since, now, zone),
            needs=figures.needs,
            filling=f"{100 * figures.filled // figures.to_fill} %" if figures.to_fill else "",
        )
        unread = figures.needs + self.desk.notices.unread + self.told.unread
        self.header.bell.set_badge(str(unread) if unread else "")
        self.nav.set_count("sync", str(figures.needs or ""), needs=bool(figures.needs))

    def _follow_sync(self) -> None:
        self.told.follow(offline=self.desk.sync.figures.offline_since is not None)

    def show_jobs(self) -> None:
        """How many jobs run or wait."""
        count = len(self.desk.jobs.open_jobs())
        self.header.jobs.set_badge(str(count) if count else "")
        self.nav.set_count("jobs", str(count or ""))

    def show_counts(self) -> None:
        """The LAN pill and the counts beside the entries."""
        figures = self.desk.counts.figures
        self.header.lan.set_state(figures.seen)
        for key, number in (
            ("lan", figures.new),
            ("devices", figures.devices),
            ("residents", figures.residents),
            ("macs", figures.macs),
        ):
            self.nav.set_count(key, number_word(number) if number else "")

    def _show_badge(self, key: str) -> None:
        badge = self.desk.badges.of(key)
        self.nav.set_count(key, badge.count, needs=badge.needs)

    def open_notices(self) -> None:
        """What was said lately."""
        self.notices.open_under(self.header.bell)

    def open_sites(self) -> None:
        """The list of sites to choose from."""
        sites = self.desk.sites
        entries: list[Entry | None] = [
            Entry(self._site_words(line), partial(sites.choose, line.site.id), ticked=line == sites.current)
            for line in sites.lines
        ]
        entries += [None, Entry(self.tr("All sites…"), lambda: self.show_page("sites"), icon="building-2")]
        popup(self.header.site, entries)

    def _site_words(self, line: SiteLine) -> str:
        """`Larch Offices · Office · 09:04`: the time there tells two sites of one name in two countries apart."""
        there = self.desk.ctx.clock.now().astimezone(zone_of(line.site.time_zone))
        return f"{line.site.name} · {line.kind_words} · {there:%H:%M}"

    def _show_foot(self, page: Page) -> None:
        if page is not self.page:
            return
        items = page.status()
        fault = self.desk.sites.fault
        self.foot.set_items([*items, StatusItem(fault, mark="refused")] if fault else items)
        self.foot.set_hints([*page.hints(), ("?", self.tr("all keys"))])

    # -- the rail

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_rail()

    def fit_rail(self) -> None:
        """Fold the navigation below 1360 px, unless the person unfolded it there."""
        wants = self.width() < theme().px(Size.RAIL_BELOW) if self._asked_rail is None else self._asked_rail
        if wants != self.nav.rail:
            self.nav.blockSignals(True)
            self.nav.set_rail(rail=wants)
            self.nav.blockSignals(False)

    def _rail_changed(self, rail: bool) -> None:
        self._asked_rail = rail
        self.desk.preferences.set("rail", rail)
