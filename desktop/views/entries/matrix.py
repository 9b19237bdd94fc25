"""Entry of the page Proof matrix."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, PageEntry, at
from desktop.views.proof_matrix import MatrixPage

ENTRY = PageEntry(
    "matrix",
    lambda: QCoreApplication.translate("pages", "Proof matrix"),
    MatrixPage.icon,
    MatrixPage,
    at(Group.SITE, 60) | at(Group.WORK, 50, (Role.MANAGER,)),
)
