"""Entry of the page Residents."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.residents import ResidentsPage

ENTRY = PageEntry(
    "residents",
    lambda: QCoreApplication.translate("pages", "Residents"),
    ResidentsPage.icon,
    ResidentsPage,
    at(Group.SITE, 40) | at(Group.WORK, 20, (Role.MANAGER,)),
)
