"""Entry of the page Sync."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import EVERYBODY, Group, PageEntry, at
from desktop.views.sync import SyncPage

ENTRY = PageEntry(
    "sync",
    lambda: QCoreApplication.translate("pages", "Sync"),
    SyncPage.icon,
    SyncPage,
    at(Group.ACCOUNT, 80, EVERYBODY),
)
