"""Entry of the page Import."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "import",
    lambda: QCoreApplication.translate("pages", "Import"),
    "file-spreadsheet",
    Late("desktop.views.import_studio:ImportPage"),
    at(Group.SITE, 90) | at(Group.ACCOUNT, 10, (Role.MANAGER,)),
)
