"""The files around an import: choosing one, saving an empty template, saving the rows that were left out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from core.usecases.files import save_template
from desktop.models.desk import Desk
from desktop.models.import_flow import ImportFlow
from desktop.models.words import counted
from desktop.qt import dialogs


async def choose_import(page: QWidget, kind: str) -> Path | None:
    """Let the person choose a file of a kind."""
    ending = "*.zip" if kind == "faces" else "*.xlsx *.xls *.csv *.txt *.ods"
    words = [page.tr("Sheets ({0})").format(ending), page.tr("All files (*)")]
    return await dialogs.choose_file(page.window(), page.tr("Import a file"), words)


async def write_template(page: QWidget, desk: Desk, kind: str) -> None:
    """Save the empty template of a kind where the person says (TPL-12)."""
    title = page.tr("Save the empty template")
    path = await dialogs.choose_new_file(page.window(), title, f"{kind}.xlsx")
    if path is not None:
        await save_template(desk.ctx, kind, path, site_id=desk.sites.site_id)
        desk.notice("accepted", page.tr("Template saved"), path.name)


async def write_rejects(page: QWidget, desk: Desk, flow: ImportFlow) -> None:
    """Save the rows that were left out with their reasons (TPL-08)."""
    plan = flow.plan
    name = f"{Path(plan.file).stem}-left-out.xlsx" if plan is not None else "left-out.xlsx"
    path = await dialogs.choose_new_file(page.window(), page.tr("Save the rows left out"), name)
    if path is not None:
        count = await flow.write_rejects(path)
        words = counted(count, "{0} row with its reason", "{0} rows with their reasons")
        desk.notice("accepted", page.tr("Rows back as a file"), f"{words}: {path.name}")
