"""Entry of the page Apartments."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.apartments import ApartmentsPage
from desktop.views.entry import Group, PageEntry, at

ENTRY = PageEntry(
    "apartments",
    lambda: QCoreApplication.translate("pages", "Apartments"),
    ApartmentsPage.icon,
    ApartmentsPage,
    at(Group.WORK, 30, (Role.MANAGER,)),
)
