"""Entry of the page Sites."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, PageEntry, at
from desktop.views.sites import SitesPage

ENTRY = PageEntry(
    "sites",
    lambda: QCoreApplication.translate("pages", "Sites"),
    SitesPage.icon,
    SitesPage,
    at(Group.SITE, 10),
)
