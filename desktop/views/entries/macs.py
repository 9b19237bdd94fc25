"""Entry of the page MAC library."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.views.entry import Group, Late, PageEntry, at
from desktop.views.page import Page

SUPPLY = Late("desktop.views.supply:SupplyPage")


class Library(Late):
    """The library of an installer, or a distributor's over all its installers."""

    def __call__(self, desk: Desk) -> Page:
        actor = desk.ctx.actor
        distributes = actor is not None and actor.role is Role.DISTRIBUTOR
        return SUPPLY(desk) if distributes else super().__call__(desk)


ENTRY = PageEntry(
    "macs",
    lambda: QCoreApplication.translate("pages", "MAC library"),
    "barcode",
    Library("desktop.views.mac_library:MacLibraryPage"),
    at(Group.LIBRARY, 10) | at(Group.WORK, 20, (Role.DISTRIBUTOR,)),
)
