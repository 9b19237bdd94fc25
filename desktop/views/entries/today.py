"""Entry of the page Today."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "today",
    lambda: QCoreApplication.translate("pages", "Today"),
    "layout-dashboard",
    Late("desktop.views.today:TodayPage"),
    at(Group.WORK, 0, (Role.MANAGER,)),
)
