"""Entry of the page Doors."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.doors import DoorsPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "doors",
    lambda: QCoreApplication.translate("pages", "Doors"),
    DoorsPage.icon,
    DoorsPage,
    at(Group.DOORS, 30) | at(Group.DOORS, 30, (Role.MANAGER,)),
)
