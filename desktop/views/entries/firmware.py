"""Entry of the page Firmware."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, PageEntry, at
from desktop.views.firmware import FirmwarePage

ENTRY = PageEntry(
    "firmware",
    lambda: QCoreApplication.translate("pages", "Firmware"),
    FirmwarePage.icon,
    FirmwarePage,
    at(Group.LIBRARY, 20),
)
