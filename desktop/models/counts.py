"""The counts beside the navigation and in the LAN pill: read after each change, off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.entities.device import DEVICE, MAC_ENTRY, SIGHTING
from core.entities.person import RESIDENT
from core.store.changes import ChangeSet
from core.store.query import ListQuery, count
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.lan import group_of, load_lan
from desktop.models.latest import Latest
from desktop.models.site_choice import SiteChoice
from desktop.qt.bridge import Crossing

TOUCHES = (SIGHTING.name, DEVICE.name, MAC_ENTRY.name, RESIDENT.name, "sites")


@dataclass(frozen=True, slots=True)
class Figures:
    """`seen`: devices that answer on the LAN; `new`: of them not adopted; the others: rows of the site or library."""

    seen: int | None = None
    new: int = 0
    devices: int = 0
    residents: int = 0
    macs: int = 0


class Counts(QObject):
    """Signal `changed()`."""

    changed = Signal()

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing, sites: SiteChoice) -> None:
        super().__init__()
        self._ctx, self._sites = ctx, sites
        self.figures = Figures()
        self._latest = Latest(tasks, self._load, failed=self._failed)
        feed.delivered.connect(self._on_changes)
        sites.chosen.connect(self.refresh)

    def refresh(self) -> None:
        """Count again."""
        self._latest.ask()

    def close(self) -> None:
        """Count nothing any more."""
        self._latest.close()

    async def _load(self) -> None:
        site = self._sites.site_id
        lines = await load_lan(self._ctx, site)

        def work(reader: Reader) -> tuple[int, int, int]:
            here = {"scope_id": site}
            return (
                count(reader, ListQuery(DEVICE, here)),
                count(reader, ListQuery(RESIDENT, here)),
                count(reader, ListQuery(MAC_ENTRY)),
            )

        devices, residents, macs = await self._ctx.mirror.read(work)
        seen = sum(1 for x in lines if x.seen_at is not None and x.state.value not in {"unseen", "other"})
        new = sum(1 for x in lines if group_of(x) == "new")
        figures = Figures(seen, new, devices, residents, macs)
        if figures != self.figures:
            self.figures = figures
            self.changed.emit()

    def _failed(self, fault: GatewrightError) -> None:
        del fault  # the pages that show the rows themselves say what is wrong

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        if any(c.touches(*TOUCHES) for c in changes):
            self.refresh()
