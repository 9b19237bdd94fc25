"""report: papers for people outside of the program."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from core.base.errors import UserError
from core.base.words import clean
from core.usecases.handover import Handover, handover
from desktop.app.workstation import Workstation
from desktop.cli.demo_commands import has_display
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    reports = commands.group("report", "papers for people outside of the program")
    site = reports.add("site", _site, "the hand-over report of a site for its owner, as a PDF")
    site.add_argument("--site", required=True, help="id or name")
    site.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")


async def _site(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    facts = await handover(station.ctx, site.id)
    pages = _write(args, facts)
    counts = {"devices": len(facts.devices), "proved": facts.proved, "open": facts.open}
    out.document({"path": str(args.out), "pages": pages, **counts})
    out.line(f"{args.out}: {pages} pages, {facts.proved} items proved, {facts.open} open.")
    return 0


def _write(args: argparse.Namespace, facts: Handover) -> int:
    """Draw it in the window's language; UserError with one sentence when the file cannot be written."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Late: Qt costs a tenth of a second and system libraries, and the line above must come first.
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from desktop.models.preferences import Preferences  # noqa: PLC0415
    from desktop.qt import language  # noqa: PLC0415
    from desktop.reports.handover import write_handover  # noqa: PLC0415

    app = QApplication.instance() or QApplication(["gatewright"])
    app.setApplicationName("Gatewright")
    preferences = Preferences(args.profile.settings)
    preferences.load()
    language.install(preferences.text("language"))
    try:
        return write_handover(args.out, facts)
    except OSError as fault:
        why = fault.strerror or str(fault)
        words = f"{clean(args.out.name, limit=80)} cannot be written: {clean(why, limit=120)}."
        raise UserError("report.not_written", words, remedy="Choose another folder.") from fault
