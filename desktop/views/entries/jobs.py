"""Entry of the page Jobs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "jobs",
    lambda: QCoreApplication.translate("pages", "Jobs"),
    "list-checks",
    Late("desktop.views.jobs:JobsPage"),
    at(Group.WORK, 30) | at(Group.DOORS, 20, (Role.MANAGER,)),
)
