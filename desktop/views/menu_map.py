"""The menus of the portals that people come from, entry by entry, and where each is here (ACC-15, ACC-16, ACC-17).

The palette finds a place by its old name; docs/pages.md shows the same tables. What is in no page says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import INSTALLERS

tr = QCoreApplication.translate
ALARM_RECORDS = "alarms"
"""Target of the page Door log; as `desktop.models.door_log` has it, which a start does not import."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of such a menu, by its old name.

    It is a page of the navigation, perhaps at a `target` (told in `where`), or an act of the window by its key; else
    `why` says where its purpose is served, or that it is not. `words`: a name that the palette offers beside the
    page's own.
    """

    name: str
    page: str = ""
    target: str | None = None
    words: Callable[[], str] | None = None
    act: str = ""
    where: str = ""
    why: str = ""


FIRM, ACCOUNT = "tab Firm", "tab My account"
TEXT = "the account's menu, and the tab My account"


def _installer() -> list[Stop]:
    return [
        Stop("Dashboard", "dashboard"),
        Stop("Sites", "sites", where="houses, communities and offices"),
        Stop(
            "Users: property managers, sub-installers",
            "users",
            words=lambda: tr("pages", "Property managers and sub-installers"),
        ),
        Stop("Firmware", "firmware", where="tab Library"),
        Stop("Upgrade", "firmware", "rollouts", lambda: tr("pages", "Upgrades"), where="tab Rollouts"),
        Stop("Message", why="Not in the window: nothing is kept of messages yet (decision 39)."),
        Stop("MAC library", "macs"),
        _paid(),
        Stop("Integration", why="Not in the window: no other program is let in yet (decision 39)."),
        *_settings(),
        Stop("Notification centre", act="notices", where="the bell"),
        Stop("Privacy policy", "settings", "privacy", lambda: tr("pages", "Privacy policy"), where=TEXT),
    ]


def _paid() -> Stop:
    words = "Not in the window. What a site has and until when: its plan, on the page Sites (decision 39)."
    return Stop("Subscriptions, payments, automatic payments", why=words)


def _settings() -> list[Stop]:
    page, mails = "settings", lambda: tr("pages", "E-mails to single families")
    service, bills = lambda: tr("pages", "Customer service"), lambda: tr("pages", "Billing information")
    return [
        Stop("Setting: coupon details", why="Not in the window: part of what is paid (decision 39)."),
        Stop("Setting: time zone", page, "firm", lambda: tr("pages", "Time zone"), where=FIRM),
        Stop("Setting: billing information", page, "firm", bills, where=FIRM),
        Stop("Setting: customer service", page, "firm", service, where=FIRM),
        Stop("Setting: account setting", page, "account", lambda: tr("pages", "My account"), where=ACCOUNT),
        Stop("Setting: log setting", page, "firm", lambda: tr("pages", "Log settings"), where=FIRM),
        Stop("Setting: single-family e-mail", page, "firm", mails, where=FIRM),
        Stop("Setting: notification", page, "account", lambda: tr("pages", "Notifications"), where=ACCOUNT),
    ]


def _office() -> list[Stop]:
    kinds = "the site at the top left; every kind is in one list"
    return [
        Stop("Project type at the top left", act="site", where=kinds),
        Stop("Dashboard: offices", "sites", words=lambda: tr("pages", "Offices")),
        Stop("Dashboard: PM list, sub-accounts", "users"),
        Stop("Dashboard: template download and import", "import"),
        Stop("People", "residents", where="an office's people are on it too"),
        Stop("Device", "devices"),
        Stop("Firmware", "firmware", where="tab Library"),
        Stop("Upgrade", "firmware", "rollouts", lambda: tr("pages", "Upgrades"), where="tab Rollouts"),
        Stop("MAC library", "macs"),
        _paid(),
        Stop("Support & service", act="account", where="Help and service"),
        Stop(
            "A way to the smart-home portal",
            "equipment",
            "panels",
            lambda: tr("pages", "Smart-home panels"),
            where="kind panels",
        ),
        Stop("Account matters under the account name", act="account"),
    ]


def _manager() -> list[Stop]:
    untyped = "Not in the window: kept by its use case (VIS-04) and sent to doors, but typed nowhere yet."
    paid = "Not in the window; the plan and its end are in the site's settings (decision 39)."
    return [
        Stop("Dashboard", "today"),
        Stop("Apartments", "apartments"),
        Stop("Residents", "residents"),
        Stop("Visitor & staff: temporary keys", "visitors", words=lambda: tr("pages", "Temporary keys")),
        Stop("Visitor & staff: delivery", "deliveries"),
        Stop("Visitor & staff: staff", "staff"),
        Stop("Visitor & staff: ID access", why=untyped),
        Stop("Access group", "groups"),
        Stop("Logs", "door_log", where="operations of people: page Audit"),
        Stop(
            "Alarm records",
            "door_log",
            ALARM_RECORDS,
            lambda: tr("pages", "Alarm records"),
            where="filter Kind",
        ),
        Stop("Smart parking", "parking", where="plates: page Cards and PINs"),
        Stop("Library", "codes"),
        Stop("Messages", why="Not in the window: nothing is kept of messages yet (decision 39)."),
        Stop("Devices: intercoms", "devices", words=lambda: tr("pages", "Intercoms")),
        _kind("smart locks", "smart_locks", lambda: tr("pages", "Smart locks")),
        _kind("third-party", "cameras", lambda: tr("pages", "Cameras")),
        _kind("screen saver", "screen_savers", lambda: tr("pages", "Screen savers")),
        Stop("Bookings", why="Not in the window: nothing is kept of amenities yet (decision 39)."),
        Stop("Subscriptions and Payments (where the PM pays)", why=paid),
        Stop(
            "Settings: basic, time, advanced, emergency",
            "settings",
            "site",
            lambda: tr("pages", "Settings of the site"),
            where="tab Site",
        ),
        Stop("User agreement", "settings", "terms", lambda: tr("pages", "User agreement"), where=TEXT),
    ]


def _kind(name: str, kind: str, words: Callable[[], str]) -> Stop:
    return Stop(f"Devices: {name}", "equipment", kind, words, where=f"kind {kind.replace('_', ' ')}")


def _top() -> list[Stop]:
    alarm = "by its key and in the palette, from every page; never one slip away from the search"
    return [
        Stop("Top: Unlock/Lock", act="emergency", where=alarm),
        Stop("Top: site", act="site"),
        Stop(
            "Top: Link site",
            "settings",
            "account",
            lambda: tr("pages", "Link site"),
            where="the account's menu; the card Join another account",
        ),
        Stop("Top: account", act="account"),
        Stop("Top: Log out", act="sign_out", where="the account's menu"),
    ]


def menu_of(role: Role) -> list[Stop]:
    """The stops of a role, in the order of its portal; a distributor has no such portal."""
    if role in INSTALLERS:
        return [*_installer(), *_office()]
    return [*_manager(), *_top()] if role is Role.MANAGER else []


def places_of(role: Role) -> Iterator[tuple[str, Stop]]:
    """Names that the palette offers beside the pages' own, each once, with their stops."""
    taken: set[str] = set()
    for stop in menu_of(role):
        name = stop.words() if stop.words is not None else ""
        if name and name not in taken:
            taken.add(name)
            yield name, stop


MENUS: tuple[tuple[str, str, Callable[[], list[Stop]]], ...] = (
    ("An installer's pages (ACC-15)", "installer", _installer),
    ("The office guide's menu (ACC-16)", "installer", _office),
    ("A property manager's pages (ACC-17)", "manager", _manager),
    ("The top of a property manager's pages (ACC-17)", "manager", _top),
)
"""The tables of docs/pages.md: heading, role, stops."""
