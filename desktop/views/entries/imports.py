"""Entry of the page Import."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.import_studio import ImportPage

ENTRY = PageEntry(
    "import",
    lambda: QCoreApplication.translate("pages", "Import"),
    ImportPage.icon,
    ImportPage,
    at(Group.SITE, 90) | at(Group.ACCOUNT, 10, (Role.MANAGER,)),
)
