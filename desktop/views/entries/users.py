"""Entry of the page Users."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, PageEntry, at
from desktop.views.users import UsersPage

ENTRY = PageEntry(
    "users",
    lambda: QCoreApplication.translate("pages", "Users"),
    UsersPage.icon,
    UsersPage,
    at(Group.ACCOUNT, 10),
)
