"""Entry of the page Sites."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "sites",
    lambda: QCoreApplication.translate("pages", "Sites"),
    "building-2",
    Late("desktop.views.sites:SitesPage"),
    at(Group.SITE, 10),
)
