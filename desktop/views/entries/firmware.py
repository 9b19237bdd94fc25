"""Entry of the page Firmware."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "firmware",
    lambda: QCoreApplication.translate("pages", "Firmware"),
    "hard-drive-download",
    Late("desktop.views.firmware:FirmwarePage"),
    at(Group.LIBRARY, 20),
)
