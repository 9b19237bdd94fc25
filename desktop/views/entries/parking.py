"""Entry of the page Parking."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "parking",
    lambda: QCoreApplication.translate("pages", "Parking"),
    "car",
    Late("desktop.views.parking:ParkingPage"),
    at(Group.DOORS, 55, (Role.MANAGER,)),
)
