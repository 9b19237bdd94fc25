"""Runs sync: one round at a time, by due times and early wake-ups, with a state that the window can name (sync.md 3).

Local work never waits for it. A failed round is tried again later and later, with jitter, so that five hundred laptops
do not come back in the same second.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from core.base.clock import Clock
from core.base.errors import (
    DataError,
    GatewrightError,
    NotAllowedError,
    RefusedError,
    SignInError,
    UnreachableError,
)
from core.base.tasks import TaskOwner
from core.entities import SYNCED
from core.ports.cloud import BusyError, CloudTransport, ForkError, ResyncError, TooOldError
from core.store import outbox, reconcile, syncmeta
from core.store.blobs import BlobStore
from core.store.changes import ChangeSet, Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from sync.blobs import BlobSync
from sync.check import Checked, Checker
from sync.live import LiveChannel
from sync.pull import Puller
from sync.push import Pushed, Pusher

log = logging.getLogger(__name__)

POLL_S = 15.0
"""Between two rounds when nothing happens."""
BLIND_S = 3.0
"""The same while the live channel is not heard: others' changes are seen so late at most (sync.md 6, fault 32)."""
CHECK_S = 900.0
"""Between two comparisons of the mirror with the cloud's sums."""
LEAD_S = 0.02
"""After an edit in a quiet moment: what one act writes in several transactions comes within it."""
QUIET_S = 0.2
"""Between two rounds for edits while they keep coming: those of it travel together."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
AWAY = 2
"""Failed rounds after which work goes on without the cloud for a while: what a broken first fill has brought gets its
indexes, which a fill that goes on at once would only write again and again.
"""
_SYNCED_NAMES = tuple(spec.name for spec in SYNCED)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one round came to. `pending`: edits that the cloud has not confirmed, tray aside; `blobs`: files moved."""

    pushed: int
    pulled: int
    refused: int
    conflicts: int
    pending: int
    blobs: int

    def document(self) -> dict[str, int]:
        """The members of the command line's document."""
        return {
            "pushed": self.pushed,
            "pulled": self.pulled,
            "refused": self.refused,
            "conflicts": self.conflicts,
            "pending": self.pending,
            "blobs": self.blobs,
        }


class SyncMood(StrEnum):
    """What can be said about sync; a closed list."""

    NEVER = "never"
    """No round has been run since the program started."""
    SYNCING = "syncing"
    UP_TO_DATE = "up_to_date"
    OFFLINE = "offline"
    SIGNED_OUT = "signed_out"
    """The session has ended: local work goes on, sync waits for a sign-in."""
    DISABLED = "disabled"
    """The account was switched off; the edits stay here."""
    TOO_OLD = "too_old"
    FAILED = "failed"
    """A fault that is not the network's; the next round is tried all the same."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """For the window: the mood, since when, what was said, and when a round came through last."""

    mood: SyncMood = SyncMood.NEVER
    since: datetime | None = None
    said: str = ""
    last_ok: datetime | None = None
    filled: int = 0
    to_fill: int = 0
    """Rows of a first fill that are here, and how many there are, about; 0 of 0 when none is on its way."""


_SPECIAL: tuple[tuple[type[GatewrightError], SyncMood], ...] = (
    (SignInError, SyncMood.SIGNED_OUT),
    (TooOldError, SyncMood.TOO_OLD),
    (NotAllowedError, SyncMood.DISABLED),
    (UnreachableError, SyncMood.OFFLINE),
)


class SyncEngine:
    """One workstation's sync. `sync_once` for the command line and tests, `run` for the window."""

    def __init__(
        self,
        mirror: Mirror,
        transport: CloudTransport,
        blobs: BlobStore,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        live: bool = False,
    ) -> None:
        self.state = SyncState()
        self._settled = self.state
        self.idle = asyncio.Event()
        """Set while no round runs and no edit waits for its due time."""
        self._mirror = mirror
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._files = BlobSync(mirror, transport, blobs)
        self._pusher = Pusher(mirror, transport, self._files)
        self._puller = Puller(mirror, transport, self._note_progress)
        self._checker = Checker(mirror, transport)
        self._checked_at: float | None = None
        self._live = LiveChannel(transport, clock, self._on_head, rng=self._rng) if live else None
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._urgent = False
        self._edited = False
        self._poked = False
        self._gathered_at = -QUIET_S
        self._listeners: list[Callable[[SyncState], None]] = []
        self._owner = TaskOwner()
        self._is_first = True
        self._head = 0
        self.idle.set()

    def listen(self, listener: Callable[[SyncState], None]) -> Callable[[], None]:
        """Be told each new state, on the loop's thread; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def request(self) -> None:
        """Run a round now, whatever the waiting time is; from the loop's thread."""
        self._urgent = True
        self._wake.set()

    async def prefer(self, site_id: str) -> None:
        """Fill this site before the others: it is in view. Holds for a fill that is on its way, and for later ones."""
        self._puller.prefer(site_id)
        await self._mirror.write(
            lambda tx: syncmeta.put(tx, syncmeta.FIRST_SCOPE, site_id), origin=Origin.JOB
        )

    async def check(self) -> Checked:
        """Compare the mirror with the cloud; what differs is fetched again by the next round. Raises as `sync_once`."""
        async with self._turn:
            self._checked_at = self._clock.monotonic()
            return await self._checker.run()

    def start(self) -> None:
        """Run until `close`, in the background."""
        self._owner.keep(self.run(), name="sync")

    async def close(self) -> None:
        """End what `start` began. A round that is on its way is cut off; nothing is lost by that."""
        await self._owner.close()

    # ------------------------------------------------------------------------------------------------------ one round

    async def sync_once(self) -> SyncReport:
        """Push, pull, fill, drop, fetch files. Raises SignInError, UnreachableError, RefusedError; `state` says it too.

        Rounds do not run side by side: a second caller waits for the first.
        """
        async with self._turn:
            self.idle.clear()
            self._become(SyncMood.SYNCING)
            try:
                report = await self._round()
            except asyncio.CancelledError:
                self._become(SyncMood.OFFLINE, "Sync was stopped.")
                raise
            except GatewrightError as fault:
                self._become(_mood_of(fault), str(fault))
                raise
            except Exception:
                self._become(SyncMood.FAILED, "Sync failed by a fault of the program; the log says more.")
                raise
            finally:
                if not (self._edited or self._urgent):
                    self.idle.set()
            now = self._clock.now()
            self._become(SyncMood.UP_TO_DATE, last_ok=now)
            return report

    async def _round(self) -> SyncReport:
        pushed = Pushed()
        try:
            pulled = await self._exchange(pushed)
        except ResyncError as fault:
            # The cloud came back from a backup, or has forgotten as far back as this workstation was away.
            again = partial(reconcile.begin_again, lost=fault.code != "sync.horizon")
            await self._mirror.write(again, origin=Origin.PULL)
            pulled = await self._exchange(pushed)
        fetched = 0
        if self._puller.names_files or not self._files.complete:
            fetched = await self._files.fetch_missing()
            self._puller.names_files = False
        now = self._clock.now()
        pending = await self._mirror.write(partial(_finish, now=now), origin=Origin.PULL)
        return SyncReport(
            pushed=pushed.accepted,
            pulled=pulled,
            refused=pushed.refused,
            conflicts=pushed.conflicts,
            pending=pending,
            blobs=pushed.files + fetched,
        )

    async def _exchange(self, pushed: Pushed) -> int:
        await self._mirror.write(reconcile.take_in_new_kinds, origin=Origin.PULL) if self._is_first else None
        self._is_first = False
        try:
            start = await self._pusher.run(pushed)
        except ForkError:
            # The mirror is a copy, or came back from a backup. Under a mark of its own its edits arrive, once.
            await self._mirror.write(syncmeta.new_replica, origin=Origin.JOB)
            start = await self._pusher.run(pushed)
        if self._pusher.at_head:
            # The cloud said so a moment ago: to ask it would take as long as the push of an edit.
            self._puller.seq = start.here.seq
            return 0
        return await self._puller.run(start)

    def _note_progress(self, filled: int, to_fill: int) -> None:
        self.state = replace(self.state, filled=filled, to_fill=max(filled, to_fill))
        for listener in list(self._listeners):
            listener(self.state)

    # -------------------------------------------------------------------------------------------------- again and again

    async def run(self) -> None:
        """Rounds until cancelled: at once, soon after each edit, on request, and at least every POLL_S seconds."""
        loop = asyncio.get_running_loop()
        unsubscribe = self._mirror.feed.subscribe(lambda changes: self._on_change(loop, changes))
        failures = 0
        if self._live is not None:
            self._owner.keep(self._live.run(), name="live")
        try:
            while True:
                self._wake.clear()
                self._urgent = self._edited = self._poked = False
                try:
                    report = await self.sync_once()
                    failures = 0
                    wait = await self._wait_after(report)
                except GatewrightError as fault:
                    failures += 1
                    wait = self._pause(failures, fault)
                except Exception:
                    log.exception("A round of sync failed")
                    failures += 1
                    wait = self._pause(failures, None)
                if failures == AWAY:
                    await self._settle()
                await self._until_due(wait, patient=failures > 0)
        finally:
            unsubscribe()

    async def _settle(self) -> None:
        try:
            await self._puller.settle()
        except GatewrightError as fault:
            log.warning("What a first fill has brought is without indexes until the next one: %s", fault.code)

    async def _wait_after(self, report: SyncReport) -> float:
        """Until when nothing needs to be asked. A quiet moment is used for comparing the mirror with the cloud."""
        now = self._clock.monotonic()
        due = self._checked_at is None or now - self._checked_at >= CHECK_S
        if due and not report.pulled and not report.pushed and not report.pending:
            checked = await self.check()
            if checked.differs:
                return 0.0
        return POLL_S if self._live is None or self._live.proven else BLIND_S

    def _on_head(self, head: int) -> None:
        """A poke: a number that is not here yet is fetched at once. That of an own edit mostly is here by then."""
        if head != self._head:
            self._head = head
            self._poked = True
            self._wake.set()

    @property
    def _is_called(self) -> bool:
        """Whether somebody, or a number that is not here yet, wants a round at once."""
        return self._urgent or (self._poked and self._head != self._puller.seq)

    def _on_change(self, loop: asyncio.AbstractEventLoop, changes: ChangeSet) -> None:
        """On the writer's thread."""
        if changes.origin is not Origin.PULL and changes.touches(*_SYNCED_NAMES) and not loop.is_closed():
            loop.call_soon_threadsafe(self._note_edit)

    def _note_edit(self) -> None:
        self._edited = True
        self.idle.clear()
        self._wake.set()

    async def _until_due(self, wait: float, *, patient: bool) -> None:
        """Sleep until the next round. An edit shortens the sleep, but not the pause after a failure: an offline
        laptop would otherwise knock with each key press. A request or a poke ends both.
        """
        sleeps = [self._owner.start(self._clock.sleep(wait), name="sync-due")]
        try:
            while not (self._is_called or any(sleep.done() for sleep in sleeps)):
                woken = self._owner.start(_wait(self._wake), name="sync-wake")
                await asyncio.wait({*sleeps, woken}, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
                self._wake.clear()
                if self._edited and not patient and len(sleeps) == 1:
                    sleeps.append(self._owner.start(self._clock.sleep(self._gathering()), name="sync-gather"))
        finally:
            for sleep in sleeps:
                sleep.cancel()

    def _gathering(self) -> float:
        """How long more edits are waited for: hardly, but not more than one round comes of them each QUIET_S."""
        now = self._clock.monotonic()
        pause = max(LEAD_S, self._gathered_at + QUIET_S - now)
        self._gathered_at = now + pause
        return pause

    def _pause(self, failures: int, fault: GatewrightError | None) -> float:
        """Doubling, with jitter, up to a minute; longer where the cloud says so, or where waiting does not help."""
        wait = min(FIRST_WAIT_S * float(1 << min(failures - 1, 10)), LONGEST_WAIT_S)
        if isinstance(fault, BusyError):
            wait = max(wait, fault.retry_after_s)
        elif isinstance(fault, (SignInError, RefusedError, NotAllowedError, DataError)):
            wait = LONGEST_WAIT_S
        return wait * self._rng.uniform(0.5, 1.0)

    def _become(self, mood: SyncMood, said: str = "", *, last_ok: datetime | None = None) -> None:
        """`since` stays when the mood returns after a mere attempt: offline since Monday, not since the last try."""
        last = self._settled
        since = last.since if last.mood is mood and last.since else self._clock.now()
        self.state = replace(self.state, mood=mood, since=since, said=said, last_ok=last_ok or last.last_ok)
        if mood is not SyncMood.SYNCING:
            self._settled = self.state
        for listener in list(self._listeners):
            listener(self.state)


def _mood_of(fault: GatewrightError) -> SyncMood:
    return next((mood for kind, mood in _SPECIAL if isinstance(fault, kind)), SyncMood.FAILED)


def _finish(tx: Tx, now: datetime) -> int:
    syncmeta.note_ok(tx, now)
    return outbox.count(tx)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
