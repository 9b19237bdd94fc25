"""Entry of the page Devices."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.devices import DevicesPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "devices",
    lambda: QCoreApplication.translate("pages", "Devices"),
    DevicesPage.icon,
    DevicesPage,
    at(Group.SITE, 20) | at(Group.DOORS, 10, (Role.MANAGER,)),
)
