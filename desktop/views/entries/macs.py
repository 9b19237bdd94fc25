"""Entry of the page MAC library."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.views.entry import Group, PageEntry, at
from desktop.views.mac_library import MacLibraryPage
from desktop.views.page import Page
from desktop.views.supply import SupplyPage


def make_library(desk: Desk) -> Page:
    """The library of an installer, or a distributor's over all its installers."""
    actor = desk.ctx.actor
    distributes = actor is not None and actor.role is Role.DISTRIBUTOR
    return SupplyPage(desk) if distributes else MacLibraryPage(desk)


ENTRY = PageEntry(
    "macs",
    lambda: QCoreApplication.translate("pages", "MAC library"),
    MacLibraryPage.icon,
    make_library,
    at(Group.LIBRARY, 10) | at(Group.WORK, 20, (Role.DISTRIBUTOR,)),
)
