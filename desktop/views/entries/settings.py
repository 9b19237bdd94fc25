"""Entry of the page Settings."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import EVERYBODY, Group, PageEntry, at
from desktop.views.settings import SettingsPage

ENTRY = PageEntry(
    "settings",
    lambda: QCoreApplication.translate("pages", "Settings"),
    SettingsPage.icon,
    SettingsPage,
    at(Group.ACCOUNT, 99, EVERYBODY),
)
