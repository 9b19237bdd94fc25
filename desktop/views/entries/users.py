"""Entry of the page Users."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "users",
    lambda: QCoreApplication.translate("pages", "Users"),
    "square-user",
    Late("desktop.views.users:UsersPage"),
    at(Group.ACCOUNT, 10),
)
