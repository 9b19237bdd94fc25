"""Entry of the page Dashboard."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "dashboard",
    lambda: QCoreApplication.translate("pages", "Dashboard"),
    "layout-dashboard",
    Late("desktop.views.dashboard:DashboardPage"),
    at(Group.WORK, 0),
)
