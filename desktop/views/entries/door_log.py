"""Entry of the page Door log."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "door_log",
    lambda: QCoreApplication.translate("pages", "Door log"),
    "scroll-text",
    Late("desktop.views.door_log:DoorLogPage"),
    at(Group.DOORS, 40) | at(Group.DOORS, 40, (Role.MANAGER,)),
)
