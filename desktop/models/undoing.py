"""What can be taken back and done again: the acts of this workstation that were kept for it (core.usecases.undo)."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.store.changes import ChangeSet
from core.usecases.bulk import BulkReport
from core.usecases.context import Context
from core.usecases.undo import next_redo, next_undo, undo, undo_entries
from core.usecases.undo_log import TAKEN_BACK
from desktop.models.latest import Latest
from desktop.models.words import translate
from desktop.qt.bridge import Crossing
from desktop.qt.language import spoken


class Undoing(QObject):
    """Signal `changed()`: another act is the next one to take back, or to do again."""

    changed = Signal()

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing) -> None:
        super().__init__()
        self._ctx = ctx
        self.back: UndoEntry | None = None
        self.again: UndoEntry | None = None
        self._latest = Latest(tasks, self._load, failed=self._failed)
        feed.delivered.connect(self._on_changes)

    def refresh(self) -> None:
        """Read again."""
        self._latest.ask()

    def close(self) -> None:
        """Read nothing any more."""
        self._latest.close()

    @property
    def back_words(self) -> str:
        """`Undo: Move out`; without an act, `Undo`."""
        return translate("Undo: {0}").format(spoken(self.back.act)) if self.back else translate("Undo")

    @property
    def again_words(self) -> str:
        """`Redo: Move out`."""
        if self.again is None:
            return translate("Redo")
        return translate("Redo: {0}").format(spoken(self.again.act.removeprefix(TAKEN_BACK)))

    def why_not_back(self) -> str:
        """Why nothing can be taken back now; empty when it can."""
        words = translate(
            "No act of this laptop can be taken back. Bulk acts, move-ins and move-outs can be."
        )
        return "" if self.back else words

    def why_not_again(self) -> str:
        """Why nothing can be done again now; empty when it can."""
        return "" if self.again else translate("Nothing was taken back since the last act.")

    async def take_back(self) -> BulkReport:
        """Take the last act back. UserError when there is none any more."""
        return await undo(self._ctx, self.back.id if self.back else "")

    async def do_again(self) -> BulkReport:
        """Do again what was taken back last. UserError when there is nothing any more."""
        return await undo(self._ctx, self.again.id if self.again else "")

    async def _load(self) -> None:
        if self._ctx.actor is None:
            return
        found = await undo_entries(self._ctx)
        before = (self.back, self.again)
        self.back, self.again = next_undo(found), next_redo(found)
        if (self.back, self.again) != before:
            self.changed.emit()

    def _failed(self, fault: GatewrightError) -> None:
        del fault  # a role that may take nothing back has nothing to take back
        self.back = self.again = None

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        if any(c.touches(UNDO_ENTRY.name) for c in changes):
            self.refresh()
