"""Entry of the page Moves."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.receipts import ReceiptsPage

ENTRY = PageEntry(
    "receipts",
    lambda: QCoreApplication.translate("pages", "Moves"),
    ReceiptsPage.icon,
    ReceiptsPage,
    at(Group.DESK, 40, (Role.MANAGER,)),
)
