"""What the sync pill and the sync centre say: edits on this laptop, sent, confirmed; what needs a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.store import syncmeta
from core.store.changes import ChangeSet
from core.usecases.context import Context
from desktop.models.latest import Latest
from desktop.qt.bridge import Crossing
from desktop.qt.language import spoken


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """Counts of edits: `here` not sent, `sent` without an answer, `confirmed` by the cloud, `needs` a person.

    `offline_since` None: the last round reached the cloud, or none was run. `fault`: why sync does not go on, in words.
    `filled` of `to_fill` rows of a first fill are here, about; 0 of 0 when none is on its way.
    """

    here: int = 0
    sent: int = 0
    confirmed: int = 0
    needs: int = 0
    confirmed_at: datetime | None = None
    offline_since: datetime | None = None
    busy: bool = False
    fault: str = ""
    filled: int = 0
    to_fill: int = 0


class SyncState(QObject):
    """The state of the sync. Signal `changed()`. The composition root tells what it hears from the engine by `tell`."""

    changed = Signal()

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing) -> None:
        super().__init__()
        self._ctx = ctx
        self.figures = SyncFigures()
        self._latest = Latest(tasks, self._load, failed=self._failed)
        feed.delivered.connect(self._on_changes)

    def refresh(self) -> None:
        """Count again."""
        self._latest.ask()

    def close(self) -> None:
        """Count nothing any more."""
        self._latest.close()

    def tell(
        self,
        *,
        offline_since: datetime | None,
        busy: bool = False,
        fault: str = "",
        fill: tuple[int, int] = (0, 0),
    ) -> None:
        """What the engine says: since when there is no network, whether it works now, what stops it, how far a first
        fill is.
        """
        filled, to_fill = fill
        told = replace(self.figures, offline_since=offline_since, busy=busy, fault=fault)
        self._show(replace(told, filled=min(filled, to_fill), to_fill=to_fill))
        self.refresh()

    async def _load(self) -> None:
        counts = await self._ctx.mirror.read(syncmeta.counts)
        self._show(
            replace(
                self.figures,
                here=counts.laptop,
                sent=counts.sent,
                confirmed=counts.confirmed,
                needs=counts.tray,
                confirmed_at=counts.last_ok,
            )
        )

    def _show(self, figures: SyncFigures) -> None:
        if figures != self.figures:
            self.figures = figures
            self.changed.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self._show(replace(self.figures, fault=spoken(fault)))

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        del (
            changes
        )  # any commit may have filled or emptied the outbox; the counts cost less than a millisecond
        self.refresh()
