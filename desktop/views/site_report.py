"""The hand-over report from the window: where to write it, written off the window's thread, then opened."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core.base.errors import DataError
from core.usecases.handover import handover
from desktop.models.desk import Desk
from desktop.models.words import counted, number_word
from desktop.qt import dialogs


def _tr(text: str) -> str:
    return QCoreApplication.translate("SiteReport", text)


async def ask_report(desk: Desk, parent: QWidget) -> Path | None:
    """Ask where, write it, and open it with the system's program; gives the file, None when nobody chose one."""
    site = desk.sites.site
    if site is None:
        return None
    name = re.sub(r"[^\w .-]+", "_", site.name).strip() or "site"
    path = await dialogs.choose_new_file(
        parent.window(), _tr("Hand-over report"), f"{name}.pdf", [_tr("Documents (*.pdf)")]
    )
    if path is None:
        return None
    made = await make_report(desk, site.id, path.with_suffix(".pdf"))
    await asyncio.to_thread(QDesktopServices.openUrl, QUrl.fromLocalFile(str(made)))
    return made


async def make_report(desk: Desk, site_id: str, path: Path) -> Path:
    """Write the report of a site and say what is in it. DataError when the file cannot be written."""
    # Late: the drawing of papers is not needed before the first report.
    from desktop.reports.handover import write_handover  # noqa: PLC0415

    facts = await handover(desk.ctx, site_id)
    try:
        pages = await asyncio.to_thread(write_handover, path, facts)
    except OSError as fault:
        why = fault.strerror or _tr("the folder does not take it")
        raise DataError("report.not_written", f"{path.name} cannot be written: {why}.") from fault
    words = _tr("{0} items proved, {1} open. {2}").format(
        number_word(facts.proved), number_word(facts.open), counted(pages, "{0} page", "{0} pages")
    )
    desk.notice("accepted", _tr("{0} is written").format(path.name), words)
    return path
