"""Entry of the page Deliveries."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.team import DeliveriesPage

ENTRY = PageEntry(
    "deliveries",
    lambda: QCoreApplication.translate("pages", "Deliveries"),
    DeliveriesPage.icon,
    DeliveriesPage,
    at(Group.DESK, 20, (Role.MANAGER,)),
)
