"""Writes rows one by one: each whole or not at all, and a refused one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.base.errors import UserError
from core.sheets.rows import Fault, RowPlan
from core.store.tx import Tx


def write_each(tx: Tx, rows: Sequence[RowPlan], write: Callable[[Any], object]) -> dict[int, Fault]:
    """Call `write(row.work)` for each row; gives what was refused by row number. A refused row leaves nothing."""
    faults: dict[int, Fault] = {}
    for row in rows:
        try:
            with tx.savepoint():
                write(row.work)
        except UserError as fault:
            faults[row.number] = Fault("", "", fault.code, fault.message)
    return faults
