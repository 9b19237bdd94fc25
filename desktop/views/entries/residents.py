"""Entry of the page Residents."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "residents",
    lambda: QCoreApplication.translate("pages", "Residents"),
    "users",
    Late("desktop.views.residents:ResidentsPage"),
    at(Group.SITE, 40) | at(Group.WORK, 20, (Role.MANAGER,)),
)
