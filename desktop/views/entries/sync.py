"""Entry of the page Sync."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import EVERYBODY, Group, Late, PageEntry, at

ENTRY = PageEntry(
    "sync",
    lambda: QCoreApplication.translate("pages", "Sync"),
    "cloud",
    Late("desktop.views.sync:SyncPage"),
    at(Group.ACCOUNT, 80, EVERYBODY),
)
