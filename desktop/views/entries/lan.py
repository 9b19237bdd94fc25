"""Entry of the page LAN."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, PageEntry, at
from desktop.views.lan import LanPage

ENTRY = PageEntry(
    "lan",
    lambda: QCoreApplication.translate("pages", "LAN"),
    LanPage.icon,
    LanPage,
    at(Group.WORK, 20),
)
