"""Entry of the page Doors."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "doors",
    lambda: QCoreApplication.translate("pages", "Doors"),
    "door-open",
    Late("desktop.views.doors:DoorsPage"),
    at(Group.DOORS, 30) | at(Group.DOORS, 30, (Role.MANAGER,)),
)
