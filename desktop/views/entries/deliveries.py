"""Entry of the page Deliveries."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "deliveries",
    lambda: QCoreApplication.translate("pages", "Deliveries"),
    "package",
    Late("desktop.views.team:DeliveriesPage"),
    at(Group.DESK, 20, (Role.MANAGER,)),
)
