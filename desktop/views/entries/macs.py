"""Entry of the page MAC library."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.mac_library import MacLibraryPage

ENTRY = PageEntry(
    "macs",
    lambda: QCoreApplication.translate("pages", "MAC library"),
    MacLibraryPage.icon,
    MacLibraryPage,
    at(Group.LIBRARY, 10) | at(Group.WORK, 20, (Role.DISTRIBUTOR,)),
)
