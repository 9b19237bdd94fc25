"""Entry of the page Installers."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "installers",
    lambda: QCoreApplication.translate("pages", "Installers"),
    "square-user",
    Late("desktop.views.installers:InstallersPage"),
    at(Group.WORK, 10, (Role.DISTRIBUTOR,)),
)
