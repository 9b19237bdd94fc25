"""Entry of the page Access groups."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "groups",
    lambda: QCoreApplication.translate("pages", "Access groups"),
    "key-round",
    Late("desktop.views.access_groups:GroupsPage"),
    at(Group.SITE, 50) | at(Group.WORK, 40, (Role.MANAGER,)),
)
