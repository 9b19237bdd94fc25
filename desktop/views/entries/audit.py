"""Entry of the page Audit."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import EVERYBODY, Group, Late, PageEntry, at

ENTRY = PageEntry(
    "audit",
    lambda: QCoreApplication.translate("pages", "Audit"),
    "history",
    Late("desktop.views.audit:AuditPage"),
    at(Group.ACCOUNT, 90, EVERYBODY),
)
