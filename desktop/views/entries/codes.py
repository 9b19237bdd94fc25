"""Entry of the page Cards and PINs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.codes import CodesPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "codes",
    lambda: QCoreApplication.translate("pages", "Cards and PINs"),
    CodesPage.icon,
    CodesPage,
    at(Group.DOORS, 50, (Role.MANAGER,)),
)
