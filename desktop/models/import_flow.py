"""The import studio's flow without widgets: one plan at a time, fixes that can be taken back, apply, rejects.

Every step is a coroutine over the use cases; `changed` is told after each. Plans are immutable, so going back is the
plan of before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.base.errors import UserError
from core.usecases import imports
from core.usecases.context import Context
from core.usecases.imports import CellFault, Decision, ImportPlan, ImportReceipt, KindChoice

MOST_BACK = 50
"""Plans of before that are kept; each shares its rows with the next."""


class ImportFlow(QObject):
    """Signal `changed()`: another plan, or a receipt."""

    changed = Signal()

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self._ctx = ctx
        self.plan: ImportPlan | None = None
        self.receipt: ImportReceipt | None = None
        self._before: list[ImportPlan] = []

    @staticmethod
    def kinds() -> tuple[KindChoice, ...]:
        """What can be imported."""
        return imports.kinds()

    @property
    def can_go_back(self) -> bool:
        """Whether a fix can be taken back."""
        return bool(self._before)

    @property
    def fixed_count(self) -> int:
        """How many cells were changed here."""
        return len(self.plan.fixes) if self.plan is not None else 0

    def open_doubles(self) -> int:
        """How many rows may be somebody who is here and were not decided."""
        return sum(1 for row in self.plan.doubles if row.decision is None) if self.plan is not None else 0

    def reason(self) -> str:
        """Why nothing can be applied now; empty when it can."""
        if self.plan is None:
            return "Open a file first."
        if self.receipt is not None:
            return "It is applied already."
        if self.plan.table.pages:
            return "Say first in which code page the file is written."
        return "" if self.plan.applicable else "No row of this file would change anything."

    async def open(self, path: Path, kind: str, site_id: str) -> None:
        """Read a file and check it whole; nothing is written."""
        plan = await imports.plan(self._ctx, path=path, kind=kind, site_id=site_id)
        self._before.clear()
        self.receipt = None
        self._take(plan)

    async def fix(self, row: int, field: str, text: str) -> None:
        """Put another text into a cell; the file is checked again."""
        self._step(await imports.fix(self._ctx, self._need(), row=row, column=field, text=text))

    async def take_all_suggestions(self) -> int:
        """Take every suggestion that follows from its fault; gives how many there were."""
        plan = self._need()
        wanted = [(f.row, f.field, f.suggestion) for f in plan.faults if f.suggestion and f.field]
        if wanted:
            self._step(await imports.fix_many(self._ctx, plan, wanted))
        return len(wanted)

    async def decide(self, row: int, decision: Decision | None) -> None:
        """Say of a row whether it is the same person, another one, or left out."""
        self._step(await imports.decide(self._ctx, self._need(), row=row, decision=decision))

    async def skip_faulty(self) -> None:
        """Leave out every row that has a fault."""
        plan = self._need()
        for row in dict.fromkeys(f.row for f in plan.faults):
            plan = await imports.decide(self._ctx, plan, row=row, decision=Decision.SKIP)
        self._step(plan)

    async def read_as(self, page: str) -> None:
        """Read the file in the code page that a person said; what was fixed stays fixed."""
        self._step(await imports.choose(self._ctx, self._need(), page=page))

    async def recheck(self) -> None:
        """Check against what is here now."""
        self._step(await imports.recheck(self._ctx, self._need()))

    def back(self) -> None:
        """The plan before the last step."""
        if self._before:
            self.plan = self._before.pop()
            self.changed.emit()

    async def apply(self, progress: Callable[[int, int], None]) -> ImportReceipt:
        """Write the good rows; the receipt says what came of it."""
        plan = self._need()
        receipt = await imports.apply(self._ctx, plan, progress=progress)
        self.receipt = receipt
        self._before.clear()
        self.changed.emit()
        return receipt

    async def write_rejects(self, path: Path) -> int:
        """Write the rows that were left out, with a reason column; gives how many."""
        return await imports.rejects(self._ctx, self._need(), path, self.receipt)

    def close_file(self) -> None:
        """Forget the file; what was written stays."""
        self.plan = self.receipt = None
        self._before.clear()
        self.changed.emit()

    def fault_of(self, row: int) -> CellFault | None:
        """The first fault of a row."""
        return next((f for f in self.plan.faults if f.row == row), None) if self.plan is not None else None

    def _need(self) -> ImportPlan:
        if self.plan is None:
            raise UserError("import.none", "No file is open.", remedy="Open one first.")
        return self.plan

    def _step(self, plan: ImportPlan) -> None:
        if self.plan is not None:
            self._before = [*self._before[-MOST_BACK:], self.plan]
        self._take(plan)

    def _take(self, plan: ImportPlan) -> None:
        self.plan = plan
        self.changed.emit()
