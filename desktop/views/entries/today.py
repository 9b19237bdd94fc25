"""Entry of the page Today."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.today import TodayPage

ENTRY = PageEntry(
    "today",
    lambda: QCoreApplication.translate("pages", "Today"),
    TodayPage.icon,
    TodayPage,
    at(Group.WORK, 0, (Role.MANAGER,)),
)
