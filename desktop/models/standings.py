"""Where everything of the chosen site stands, found out once for every list that shows it, and again after a change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.base.verdict import SEVERITY, Verdict
from core.store.changes import ChangeSet
from core.store.mirror import Stop
from core.store.query import Facts, ListQuery
from core.usecases.context import Context
from core.usecases.standing import SiteStanding, severity_sql, site_standing
from desktop.models.badges import read_badges
from desktop.models.entity_table import EntityTable
from desktop.qt.bridge import Crossing

TOUCHES = frozenset(
    {
        "devices", "relays", "device_settings", "residents", "credentials", "access_groups", "group_members",
        "group_doors", "door_shares", "relay_schedules", "floor_grants", "firmware_releases", "proofs", "buildings",
        "apartments", "sites",
    }
)  # fmt: skip
"""Everything that decides what a device should hold, and the receipts."""
QUICK_S, MOST_REST_S = 0.3, 30.0
"""One that takes longer is found out again after a rest as long as itself: a push changes receipts without end."""
NAMING = ("buildings", "apartments", "sites")
"""What places are named by, which lists stand in the order of."""
SOON_S = 0.25
"""A list that is sorted by verdict waits so long for the verdicts, and is shown without them after that."""


NOTHING = SiteStanding("")


class Standings:
    """The standing of one site at a time. `known` is the last one, perhaps of a moment ago; None before the first."""

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing) -> None:
        self._ctx, self._tasks = ctx, tasks
        self.known: SiteStanding | None = None
        self._stale = True
        self._running: asyncio.Task[SiteStanding] | None = None
        self._site = ""
        self._stop = Stop()
        self._took_s = 0.0
        feed.delivered.connect(self._on_changes)

    def of(self, site_id: str) -> SiteStanding | None:
        """What is known of a site now; None before the first, and for another than the last site."""
        return self.known if self.known is not None and self.known.site_id == site_id else None

    def fetch(self, site_id: str) -> asyncio.Task[SiteStanding]:
        """The standing as it is now; whoever asks while it is being found out waits for the same."""
        if self._running is None or self._site != site_id or (self._stale and self._running.done()):
            if self._site != site_id:
                self._stop.set()
            self._site, self._stale, self._stop = site_id, False, Stop()
            self._running = self._tasks.start(self._find(site_id, self._stop), name="standing")
            self._running.add_done_callback(_heard)
        return self._running

    def close(self) -> None:
        """Nobody needs what is being found out."""
        self._stop.set()

    async def _find(self, site_id: str, stop: Stop) -> SiteStanding:
        try:
            if self.of(site_id) is not None and self._took_s > QUICK_S:
                await asyncio.sleep(min(MOST_REST_S, self._took_s))
                self._stale = False
            began = time.monotonic()
            found = await site_standing(self._ctx, site_id, stop=stop)
            self._took_s = time.monotonic() - began
        except BaseException:
            self._stale = True
            raise
        if site_id == self._site:
            self.known = found
        return found

    def _on_changes(self, changes: Sequence[ChangeSet]) -> None:
        self._stale = self._stale or any(c.touches(*TOUCHES) for c in changes)


class SiteTable(EntityTable):
    """A table from SQL of one site's rows, with verdicts beside them from the site's standing.

    A list that is not sorted or filtered by them is shown at once and gets them when they are there; one that is,
    waits a moment for them. `badges` are the rows with something under Sync.
    """

    facts_key = ""

    def __init__(self, standings: Standings, *arguments: Any, **named: Any) -> None:
        self.standings = standings
        self.badges: Mapping[str, str] = {}
        self._taken = NOTHING
        self._awaited: asyncio.Task[SiteStanding] | None = None
        super().__init__(*arguments, **named)

    @property
    def site_id(self) -> str:
        """The site whose rows are shown."""
        return str(self._base.get("scope_id", ""))

    @property
    def standing(self) -> SiteStanding:
        """The verdicts that are shown; nobody's while they are being found out for the first time."""
        return self._taken

    def show_site(self, site_id: str) -> None:
        """Show the rows of a site; none without one."""
        if site_id != self.site_id:
            self._taken = NOTHING
        self.set_base({**self._base, "scope_id": site_id})

    def facts_of(self, standing: SiteStanding) -> Facts:
        """Which facts of the standing its columns name."""
        return standing.device_facts

    def query(self) -> ListQuery:
        asked = super().query()
        if not asked.asks_facts:
            return asked
        return replace(asked, facts=self.facts_of(self.standing), facts_key=self.facts_key)

    def order_hangs_on(self, changes: Sequence[ChangeSet]) -> bool:
        return any(c.touches(*NAMING) for c in changes)

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        if any(set(c.touched) & self._touches - {self._spec.name} for c in changes):
            self._forget()  # its lines are made of other rows too
        return super()._take_changes(changes)

    async def read_beside(self) -> None:
        badges = await self.ask(read_badges)
        if badges != self.badges:
            self.badges = badges
            self._anew()

    @property
    def is_settled(self) -> bool:
        return super().is_settled and self._awaited is None

    async def _fetch(self) -> None:
        pending = self.standings.fetch(self.site_id) if self.site_id else None
        if pending is not None and (super().query().asks_facts or self._taken is NOTHING):
            await asyncio.wait({pending}, timeout=SOON_S)
        self._take_standing()
        await super()._fetch()
        self._awaited = pending
        if pending is not None:
            # A callback rather than a wait: somebody may type on while a large site is gone through.
            pending.add_done_callback(self._came)

    def _came(self, task: asyncio.Task[SiteStanding]) -> None:
        if task is not self._awaited:
            return
        self._awaited = None
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, GatewrightError):
            self._on_fault(fault)
        if self._latest_standing() is self._taken or self._latest.closed:
            self.settled.emit()
        elif self._live:
            self._latest.ask()
        else:
            self._stale = True

    def _latest_standing(self) -> SiteStanding:
        return self.standings.of(self.site_id) or NOTHING

    def _take_standing(self) -> None:
        if self._latest_standing() is not self._taken:
            self._taken = self._latest_standing()
            self._anew()

    def _anew(self) -> None:
        """Make the lines again: what they are shown with is another."""
        self._forget()
        self.repaint()


def _heard(task: asyncio.Task[SiteStanding]) -> None:
    """Whoever waits is told of a failure; where nobody does any more, it is no news."""
    if not task.cancelled():
        task.exception()


def verdict_sql(without: Verdict) -> str:
    """Expression for the verdict of a row's fact, of a row without one as given."""
    return worded(severity_sql(without), {rank: verdict.value for rank, verdict in enumerate(SEVERITY)})


def worded(sql: str, words: Mapping[Any, str]) -> str:
    """An expression for the words of a closed list of values, to search in; the words are the catalogue's."""
    cases = " ".join(f"WHEN {_literal(value)} THEN {_literal(text)}" for value, text in words.items())
    return f"CASE {sql} {cases} ELSE '' END"


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
