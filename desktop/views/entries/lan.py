"""Entry of the page LAN."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "lan",
    lambda: QCoreApplication.translate("pages", "LAN"),
    "radar",
    Late("desktop.views.lan:LanPage"),
    at(Group.WORK, 20),
)
