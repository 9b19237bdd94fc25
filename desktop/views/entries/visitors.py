"""Entry of the page Visitors."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "visitors",
    lambda: QCoreApplication.translate("pages", "Visitors"),
    "ticket",
    Late("desktop.views.visitors:VisitorsPage"),
    at(Group.DESK, 10, (Role.MANAGER,)),
)
