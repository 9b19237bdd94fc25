"""How a page says that it is there: for whom, where in the navigation, under which words and icon.

One entry a page, in a module of `desktop.views.entries`; the registry gathers them. Nothing here knows a page: its
module is imported when it is first opened, or in a quiet moment before.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.views.page import Page

PageMaker = Callable[[Desk], Page]


class Late:
    """Makes a page by its place, `desktop.views.today:TodayPage`, whose module is imported when somebody opens it: all
    of them at the start are imports of a fifth of a second, of which the first page needs a tenth.
    """

    def __init__(self, place: str) -> None:
        self.module, _, self.name = place.partition(":")

    def load(self) -> Callable[[Desk], Page]:
        """The page's class; imports its module the first time, on whichever thread."""
        found: Callable[[Desk], Page] = getattr(importlib.import_module(self.module), self.name)
        return found

    def __call__(self, desk: Desk) -> Page:
        return self.load()(desk)


INSTALLERS = (Role.INSTALLER, Role.SUB_INSTALLER)
"""An installer and whoever works under an own login for the same installer."""
EVERYBODY = (*INSTALLERS, Role.MANAGER, Role.DISTRIBUTOR)


class Group(Enum):
    """The groups of the navigation, in their order; the first has no heading."""

    WORK = "work"
    SITE = "site"
    DESK = "desk"
    DOORS = "doors"
    LIBRARY = "library"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page of the navigation.

    `title()` gives its words in the language of the window; `places` says for each role in which group it
    stands and at which place (smaller first; leave gaps of ten). A role without a place does not see the page. `keys`
    is a Qt key sequence that leads to it from everywhere ("Alt+1"), or nothing.
    """

    key: str
    title: Callable[[], str]
    icon: str
    make: PageMaker
    places: dict[Role, tuple[Group, int]]
    keys: str = ""


def at(group: Group, order: int, roles: tuple[Role, ...] = INSTALLERS) -> dict[Role, tuple[Group, int]]:
    """The same place for several roles; join several with `|`."""
    return dict.fromkeys(roles, (group, order))
