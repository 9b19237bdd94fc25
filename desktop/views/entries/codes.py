"""Entry of the page Cards and PINs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "codes",
    lambda: QCoreApplication.translate("pages", "Cards and PINs"),
    "library",
    Late("desktop.views.codes:CodesPage"),
    at(Group.DOORS, 50, (Role.MANAGER,)),
)
