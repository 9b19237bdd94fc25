"""Entry of the page Audit."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.audit import AuditPage
from desktop.views.entry import EVERYBODY, Group, PageEntry, at

ENTRY = PageEntry(
    "audit",
    lambda: QCoreApplication.translate("pages", "Audit"),
    AuditPage.icon,
    AuditPage,
    at(Group.ACCOUNT, 90, EVERYBODY),
)
