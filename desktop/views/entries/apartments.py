"""Entry of the page Apartments."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "apartments",
    lambda: QCoreApplication.translate("pages", "Apartments"),
    "building",
    Late("desktop.views.apartments:ApartmentsPage"),
    at(Group.WORK, 30, (Role.MANAGER,)),
)
