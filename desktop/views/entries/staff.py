"""Entry of the page Staff."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "staff",
    lambda: QCoreApplication.translate("pages", "Staff"),
    "id-card",
    Late("desktop.views.team:StaffPage"),
    at(Group.DESK, 30, (Role.MANAGER,)),
)
