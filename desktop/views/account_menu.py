"""The account's menu: sites of all joined accounts, help and service, settings, sign out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core.entities.organisation import Role
from core.wire.service import JoinedSite
from desktop.models.desk import Desk
from desktop.models.joined import JoinedFirm, OpensJoined
from desktop.models.told import Told
from desktop.models.words import translate
from desktop.qt.run import run
from desktop.views.menus import Entry


def account_entries(
    desk: Desk, told: Told, beside: QWidget, sign_out: Callable[[], object]
) -> list[Entry | None]:
    """The menu of who is signed in (ACC-07, ACC-13). What nothing is known of has no entry."""
    found: list[Entry | None] = []
    if told.joined:
        sites = joined_entries(desk, told, beside)
        found += [Entry(translate("Sites of all accounts"), icon="building-2", inner=sites), None]
    found.append(Entry(translate("Settings"), partial(desk.go, "settings"), icon="settings"))
    found += _text_entries(desk)
    if links := told.links():
        entries = [Entry(words, partial(open_page, url), icon="external-link") for words, url in links]
        found.append(Entry(translate("Help and service"), icon="life-buoy", inner=entries))
    actor = desk.ctx.actor
    words = translate("Sign out {0}").format(actor.name if actor else "")
    return [*found, None, Entry(words, sign_out, icon="log-out")]


def _text_entries(desk: Desk) -> list[Entry]:
    """The texts that were agreed to, readable later (ACC-03); a manager also joins accounts from here (ACC-07)."""
    actor = desk.ctx.actor
    if actor is None or actor.role is not Role.MANAGER:
        return [
            Entry(translate("Privacy policy"), partial(desk.go, "settings", "privacy"), icon="scroll-text")
        ]
    return [
        Entry(translate("Link site…"), partial(desk.go, "settings", "account"), icon="link"),
        Entry(translate("User agreement"), partial(desk.go, "settings", "terms"), icon="scroll-text"),
    ]


def joined_entries(desk: Desk, told: Told, beside: QWidget) -> list[Entry]:
    """Every site of every joined account in one list, one's own first and the one that is shown ticked (ACC-07)."""
    return [
        Entry(
            site.name if firm.own else f"{site.name} · {firm.firm or firm.user}",
            partial(choose_joined, desk, beside, firm, site),
            ticked=(site.site == desk.sites.site_id) if firm.own else None,
        )
        for firm in told.firms
        for site in firm.sites
    ]


def choose_joined(desk: Desk, beside: QWidget, firm: JoinedFirm, site: JoinedSite) -> None:
    """Show a site: one's own here, that of a joined account in a window of its own, without signing in again."""
    if firm.own:
        desk.sites.choose(site.site)
        return
    station = desk.station
    if isinstance(station, OpensJoined):
        title = translate("{0} opens in a window of its own").format(site.name)
        run(
            beside,
            station.open_joined(firm, site.site),
            done=lambda _none: desk.notice("accepted", title, firm.firm or firm.user),
        )


def open_page(url: str) -> None:
    """Show a page in the browser."""
    QDesktopServices.openUrl(QUrl(url))
