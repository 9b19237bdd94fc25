"""Every bulk act the same way: dry run first, then the act, then a word with the way to take it back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from core.usecases.bulk import BulkReport, Line
from desktop.models.desk import Desk
from desktop.models.words import number_word
from desktop.qt.language import spoken
from desktop.views.widgets.dry_run import DryGroup, DryRow, DryRunSheet

MOST_ROWS = 300


def _tr(text: str) -> str:
    return QCoreApplication.translate("bulk", text)


class Verb(Protocol):
    """A bulk verb of the use cases: with `check` it only says what it would do."""

    def __call__(self, *, check: bool) -> Coroutine[Any, Any, BulkReport]:
        """Judge, or judge and do."""
        ...


@dataclass(frozen=True, slots=True)
class BulkAct:
    """`title` of the sheet, the button's words with `{0}` for the number, the verb, what to know before."""

    title: str
    primary: str
    verb: Verb
    note: str = ""
    danger: bool = False
    done: Callable[[BulkReport], object] = lambda _report: None


async def do_bulk(widget: QWidget, desk: Desk, act: BulkAct) -> BulkReport | None:
    """Show what would happen and do it when the person says so; None when they did not. Errors pass through."""
    report = await act.verb(check=True)
    sheet = DryRunSheet(
        act.title,
        act.note,
        dry_groups(report),
        primary=act.primary.format(number_word(len(report.changed))),
        kind="danger" if act.danger else "primary",
        undo=_tr("Can be taken back afterwards."),
        parent=widget.window(),
    )
    if not await sheet.ask():
        return None
    made = await act.verb(check=False)
    way = " " + _tr("Ctrl Z takes it back.") if made.undo_id else ""
    desk.notice("accepted", act.title, spoken(made.sentence) + way)
    act.done(made)
    return made


def dry_groups(report: BulkReport) -> list[DryGroup]:
    """Will change, cannot and why, already so."""
    groups = [
        DryGroup("differs", len(report.changed), _tr("will change"), _rows(report.changed), unfolded=True)
    ]
    if report.cannot:
        groups.append(
            DryGroup("refused", len(report.cannot), _tr("cannot"), _rows(report.cannot), unfolded=True)
        )
    if report.already:
        groups.append(DryGroup("check", len(report.already), _tr("already so"), _rows(report.already)))
    return groups


def _rows(lines: Sequence[Line]) -> list[DryRow]:
    return [DryRow(line.title, None, spoken(line.why)) for line in lines[:MOST_ROWS]]
