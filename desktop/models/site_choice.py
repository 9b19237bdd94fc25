"""The site that everything in the window belongs to, and the list to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.entities.site import BUILDING, SITE, Site, SiteKind
from core.store.changes import ChangeSet
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.latest import Latest
from desktop.models.words import translate
from desktop.qt.bridge import Crossing
from desktop.qt.language import spoken


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site and how many buildings it has."""

    site: Site
    buildings: int

    @property
    def kind_words(self) -> str:
        """`Community · 2 buildings`."""
        words = {
            SiteKind.HOUSE: translate("House"),
            SiteKind.COMMUNITY: translate("Community"),
            SiteKind.OFFICE: translate("Office"),
        }
        kind = words.get(self.site.kind, str(self.site.kind))
        if not self.buildings:
            return kind
        count = (
            translate("1 building")
            if self.buildings == 1
            else translate("{0} buildings").format(self.buildings)
        )
        return f"{kind} · {count}"


class SiteChoice(QObject):
    """The sites of this workstation, by name, and the chosen one.

    Signals: `chosen()` another site, or another version of it; `listed()` the list changed. While nobody is signed in
    there is none.
    """

    chosen = Signal()
    listed = Signal()

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing, *, wanted: str = "") -> None:
        super().__init__()
        self._ctx, self._wanted = ctx, wanted
        self.lines: list[SiteLine] = []
        self.current: SiteLine | None = None
        self.fault = ""
        self._latest = Latest(tasks, self._load, failed=self._failed)
        feed.delivered.connect(self._on_changes)

    @property
    def site(self) -> Site | None:
        """The chosen site."""
        return self.current.site if self.current else None

    @property
    def site_id(self) -> str:
        """The chosen site's id, empty without one."""
        return self.current.site.id if self.current else ""

    @property
    def zone(self) -> str:
        """The chosen site's time zone, empty without one."""
        return self.current.site.time_zone if self.current else ""

    def choose(self, site_id: str) -> None:
        """Work at another site of the list; an unknown id is remembered until its site arrives."""
        self._wanted = site_id
        self._settle()

    def refresh(self) -> None:
        """Read the list again."""
        self._latest.ask()

    async def load(self) -> None:
        """Read the list now."""
        await self._load()

    def close(self) -> None:
        """Read nothing any more."""
        self._latest.close()

    def _on_changes(self, changes: list[ChangeSet]) -> None:
        if any(c.touches(SITE.name, BUILDING.name) for c in changes):
            self.refresh()

    async def _load(self) -> None:
        def work(reader: Reader) -> list[SiteLine]:
            counts: dict[str, int] = {}
            for building in reader.find(BUILDING):
                counts[building.site_id] = counts.get(building.site_id, 0) + 1
            sites = sorted(reader.find(SITE), key=lambda s: s.name.casefold())
            return [SiteLine(s, counts.get(s.id, 0)) for s in sites]

        lines = await self._ctx.mirror.read(work) if self._ctx.actor else []
        self.fault = ""
        if lines != self.lines:
            self.lines = lines
            self.listed.emit()
        self._settle()

    def _settle(self) -> None:
        by_id = {line.site.id: line for line in self.lines}
        # What is shown stays: sites come one after another in a first sync, and each time everything is read anew.
        now = by_id.get(self._wanted) or by_id.get(self.site_id)
        now = now or max(self.lines, key=lambda x: x.buildings, default=None)
        if now != self.current:
            self.current = now
            self.chosen.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self.fault = spoken(fault)
