"""Entry of the page Lock codes."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "lock_codes",
    lambda: QCoreApplication.translate("pages", "Lock codes"),
    "lock",
    Late("desktop.views.lock_codes:LockCodesPage"),
    at(Group.DOORS, 60, (Role.MANAGER,)),
)
