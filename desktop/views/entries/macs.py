"""Entry of the page MAC library."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.views.entry import Group, Late, PageEntry, at
from desktop.views.page import Page

LIBRARY = Late("desktop.views.mac_library:MacLibraryPage")
SUPPLY = Late("desktop.views.supply:SupplyPage")


def make_library(desk: Desk) -> Page:
    """The library of an installer, or a distributor's over all its installers."""
    actor = desk.ctx.actor
    distributes = actor is not None and actor.role is Role.DISTRIBUTOR
    return SUPPLY(desk) if distributes else LIBRARY(desk)


ENTRY = PageEntry(
    "macs",
    lambda: QCoreApplication.translate("pages", "MAC library"),
    "barcode",
    make_library,
    at(Group.LIBRARY, 10) | at(Group.WORK, 20, (Role.DISTRIBUTOR,)),
)
