"""Entry of the page AutoP."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "autop",
    lambda: QCoreApplication.translate("pages", "AutoP"),
    "terminal",
    Late("desktop.views.autop:AutopPage"),
    at(Group.LIBRARY, 30),
)
