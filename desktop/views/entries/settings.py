"""Entry of the page Settings."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import EVERYBODY, Group, Late, PageEntry, at

ENTRY = PageEntry(
    "settings",
    lambda: QCoreApplication.translate("pages", "Settings"),
    "settings",
    Late("desktop.views.settings:SettingsPage"),
    at(Group.ACCOUNT, 99, EVERYBODY),
)
