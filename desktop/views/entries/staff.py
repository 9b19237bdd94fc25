"""Entry of the page Staff."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.team import StaffPage

ENTRY = PageEntry(
    "staff",
    lambda: QCoreApplication.translate("pages", "Staff"),
    StaffPage.icon,
    StaffPage,
    at(Group.DESK, 30, (Role.MANAGER,)),
)
