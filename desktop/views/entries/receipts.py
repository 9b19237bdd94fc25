"""Entry of the page Moves."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "receipts",
    lambda: QCoreApplication.translate("pages", "Moves"),
    "receipt-text",
    Late("desktop.views.receipts:ReceiptsPage"),
    at(Group.DESK, 40, (Role.MANAGER,)),
)
