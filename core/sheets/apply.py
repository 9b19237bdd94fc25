"""Writes the good rows of a plan, in transactions of some thousand, and gives back the others as a file (TPL-08)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import CancelledByPerson
from core.sheets.kinds import kind_of
from core.sheets.layout import REASON
from core.sheets.makers import Makers
from core.sheets.rows import Fault, RowPlan, RowVerdict, SheetPlan
from core.sheets.write import write_table
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx

_log = logging.getLogger(__name__)

PER_TRANSACTION = 2000


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import. `late`: rows that were fine in the plan and were refused when they were written.

    `untouched`: rows that were not reached because a person stopped the import; importing the file again does them.
    """

    new: int
    changed: int
    unchanged: int
    refused: int
    untouched: int
    late: Mapping[int, Fault]

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "untouched": self.untouched,
            "late": {str(row): fault.reason for row, fault in self.late.items()},
        }


Late = Mapping[int, Fault]
Around = Callable[[Tx, Callable[[], Late]], Late]


def _just(tx: Tx, work: Callable[[], Late]) -> Late:
    del tx
    return work()


async def apply_plan(
    mirror: Mirror,
    plan: SheetPlan,
    makers: Makers,
    *,
    progress: Callable[[int, int], None] | None = None,
    around: Around = _just,
) -> ImportResult:
    """Write NEW and CHANGED rows. Applying a plan twice writes nothing twice.

    `around` runs each transaction's work; it is where an undo entry is kept.

    `progress(done, total)` is called between transactions and may raise CancelledByPerson: what is written stays, and
    the result says how much was not reached. DataError when the disk fails: then the last transaction is not written.
    """
    kind = kind_of(plan.kind)
    good = (row for row in plan.rows if row.verdict in {RowVerdict.NEW, RowVerdict.CHANGED})
    todo = sorted(good, key=lambda row: row.rank)
    late: dict[int, Fault] = {}
    done = 0
    try:
        for start in range(0, len(todo), PER_TRANSACTION):
            if progress is not None:
                progress(start, len(todo))
            piece = todo[start : start + PER_TRANSACTION]

            def work(tx: Tx, piece: list[RowPlan] = piece) -> Mapping[int, Fault]:
                return around(tx, lambda: kind.apply(tx, piece, plan.into, makers))

            late |= await mirror.write(work, origin=Origin.IMPORT, act=f"Import {plan.file}"[:120])
            done = start + len(piece)
        if progress is not None:
            progress(len(todo), len(todo))
    except CancelledByPerson:
        _log.info("the import of %s was stopped after %d of %d rows", plan.file, done, len(todo))
    return _result(plan, todo[:done], todo[done:], late)


def _result(
    plan: SheetPlan, done: list[RowPlan], untouched: list[RowPlan], late: Mapping[int, Fault]
) -> ImportResult:
    written = [row for row in done if row.number not in late]
    return ImportResult(
        new=sum(row.verdict is RowVerdict.NEW for row in written),
        changed=sum(row.verdict is RowVerdict.CHANGED for row in written),
        unchanged=plan.counts[RowVerdict.UNCHANGED],
        refused=plan.counts[RowVerdict.REFUSED] + len(late),
        untouched=len(untouched),
        late=late,
    )


def write_rejects(path: Path, plan: SheetPlan, late: Mapping[int, Fault] | None = None) -> int:
    """Write the refused rows as they were, in the file's own columns, with a reason behind; returns how many.

    Mended, the file can be imported as it is. It holds the cells of the person's own file, PINs included.
    """
    layout = kind_of(plan.kind).layout
    heads = list(plan.heads or layout.heads)
    old = [i for i, head in enumerate(heads) if head == REASON]
    for place in reversed(old):
        del heads[place]
    rows = (
        (*_cells(row, len(plan.heads or layout.heads), old), reason)
        for row, reason in _rejected(plan, late or {})
    )
    return write_table(path, [*heads, REASON], rows, title=layout.title)


def _cells(row: RowPlan, width: int, leave_out: list[int]) -> list[str]:
    padded = [*row.cells[:width], *[""] * (width - len(row.cells))]
    return [text for i, text in enumerate(padded) if i not in leave_out]


def _rejected(plan: SheetPlan, late: Mapping[int, Fault]) -> Iterator[tuple[RowPlan, str]]:
    for row in plan.rows if late else (row for _, row in plan.judged):
        faults = (*row.faults, *((late[row.number],) if row.number in late else ()))
        if faults:
            yield row, " ".join(dict.fromkeys(_with_cell(fault) for fault in faults))


def _with_cell(fault: Fault) -> str:
    return (
        f"{fault.column}: {fault.reason}"
        if fault.column and fault.column not in fault.reason
        else fault.reason
    )
