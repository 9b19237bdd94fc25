"""Which pages there are, in which order, for whom.

To add a page: write it (a subclass of `desktop.views.page.Page`, with `key` and `icon`), then put one new file into
`desktop/views/entries/`, named after the page, that holds

    ENTRY = PageEntry(
        "visitors",  # the page's key: `desk.go("visitors", target)`
        lambda: QCoreApplication.translate("pages", "Visitors"),  # its words in the navigation
        "ticket",  # a Lucide name of resources/icons, the page's own
        Late("desktop.views.visitors:VisitorsPage"),  # what makes the page from a Desk
        at(Group.SITE, 60) | at(Group.WORK, 30, (Role.MANAGER,)),
    )

or `ENTRIES`, a tuple of them. Nothing else is edited: the registry finds the file. The first page of a role (smallest
number in its first group) is the one it begins with: its dashboard, at `at(Group.WORK, 0, ...)`. Two pages with one
key, or one place taken twice by a role, stop the program at once. The count beside an entry of the navigation is told
by the page's model: `desk.badges.tell(key, count, needs=...)`.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views import entries
from desktop.views.entry import Group, Late, PageEntry, PageMaker
from desktop.views.widgets.nav import NavItem

Groups = Sequence[tuple[str, Sequence[tuple[NavItem, PageMaker]]]]


def _headings() -> dict[Group, str]:
    tr = QCoreApplication.translate
    return {
        Group.WORK: "",
        Group.SITE: tr("pages", "Site"),
        Group.DESK: tr("pages", "Front desk"),
        Group.DOORS: tr("pages", "Doors"),
        Group.LIBRARY: tr("pages", "Library"),
        Group.ACCOUNT: tr("pages", "Account"),
    }


@cache
def all_entries() -> tuple[PageEntry, ...]:
    """Every page of the product. ValueError when two have one key."""
    found: dict[str, PageEntry] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(entries.__path__)):
        loaded = importlib.import_module(f"{entries.__name__}.{module}")
        one = getattr(loaded, "ENTRY", None)
        for entry in getattr(loaded, "ENTRIES", ()) if one is None else (one,):
            if entry.key in found:
                raise ValueError(f"two pages have the key {entry.key}")
            found[entry.key] = entry
    return tuple(found.values())


async def load_pages(*, after_s: float = 3.0, pause_s: float = 0.05) -> None:
    """Import the pages that were not opened yet, one after another, once the first page has had its time: then opening
    one does not wait for the disk. Not on the window's thread.
    """
    await asyncio.sleep(after_s)
    for entry in all_entries():
        if isinstance(entry.make, Late):
            await asyncio.to_thread(entry.make.load)
            await asyncio.sleep(pause_s)


def entries_of(role: Role) -> list[tuple[Group, list[PageEntry]]]:
    """The pages of a role by group, in order. ValueError when one place is taken twice."""
    taken: dict[tuple[Group, int], PageEntry] = {}
    for entry in all_entries():
        place = entry.places.get(role)
        if place is None:
            continue
        if place in taken:
            raise ValueError(f"{entry.key} and {taken[place].key} have one place for {role}: {place}")
        taken[place] = entry
    ordered = sorted(taken, key=lambda place: place[1])
    groups = [(group, [taken[place] for place in ordered if place[0] is group]) for group in Group]
    return [(group, members) for group, members in groups if members]


def pages_of(role: Role) -> Groups:
    """The navigation of a role."""
    words = _headings()
    return [
        (words[group], [(_item(entry), entry.make) for entry in members])
        for group, members in entries_of(role)
    ]


def _item(entry: PageEntry) -> NavItem:
    return NavItem(entry.key, entry.title(), entry.icon)
