"""Entry of the page Proof matrix."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.entry import Group, Late, PageEntry, at

ENTRY = PageEntry(
    "matrix",
    lambda: QCoreApplication.translate("pages", "Proof matrix"),
    "grid-3x3",
    Late("desktop.views.proof_matrix:MatrixPage"),
    at(Group.SITE, 60) | at(Group.WORK, 50, (Role.MANAGER,)),
)
