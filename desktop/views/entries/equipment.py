"""Entry of the page Equipment."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "equipment",
    lambda: QCoreApplication.translate("pages", "Equipment"),
    "plug",
    Late("desktop.views.equipment:EquipmentPage"),
    at(Group.SITE, 30) | at(Group.DOORS, 15, (Role.MANAGER,)),
)
