"""Entry of the page Devices."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "devices",
    lambda: QCoreApplication.translate("pages", "Devices"),
    "cpu",
    Late("desktop.views.devices:DevicesPage"),
    at(Group.SITE, 20) | at(Group.DOORS, 10, (Role.MANAGER,)),
)
