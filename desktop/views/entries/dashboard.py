"""Entry of the page Dashboard."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.dashboard import DashboardPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "dashboard",
    lambda: QCoreApplication.translate("pages", "Dashboard"),
    DashboardPage.icon,
    DashboardPage,
    at(Group.WORK, 0),
)
