"""Entry of the page Visitors."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.visitors import VisitorsPage

ENTRY = PageEntry(
    "visitors",
    lambda: QCoreApplication.translate("pages", "Visitors"),
    VisitorsPage.icon,
    VisitorsPage,
    at(Group.DESK, 10, (Role.MANAGER,)),
)
