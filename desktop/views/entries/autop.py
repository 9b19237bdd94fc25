"""Entry of the page AutoP."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.autop import AutopPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "autop",
    lambda: QCoreApplication.translate("pages", "AutoP"),
    AutopPage.icon,
    AutopPage,
    at(Group.LIBRARY, 30),
)
