"""Entry of the page Installers."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.installers import InstallersPage

ENTRY = PageEntry(
    "installers",
    lambda: QCoreApplication.translate("pages", "Installers"),
    InstallersPage.icon,
    InstallersPage,
    at(Group.WORK, 10, (Role.DISTRIBUTOR,)),
)
