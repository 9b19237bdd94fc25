"""What every page is given: the context of use cases, the crossings, the chosen site, jobs, sync, preferences.

Built once by the composition root (desktop.app.window). Pages never get the window; what they want of it they ask for
by the signals here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.base.errors import DataError, GatewrightError
from core.base.tasks import TaskOwner
from core.entities.record import JobRecord, JobState
from core.ports.cloud import AccountDoor
from core.usecases.context import Context
from core.wire.accounts import Policy
from desktop.models.counts import Counts
from desktop.models.drafts import DraftKeeper
from desktop.models.jobs import JobsModel, verdict_mark
from desktop.models.latest import Latest
from desktop.models.nav_badges import NavBadges
from desktop.models.notices import Notice, NoticeBook
from desktop.models.preferences import Preferences
from desktop.models.record_draft import RecordDraft
from desktop.models.site_choice import SiteChoice
from desktop.models.standings import Standings
from desktop.models.sync_state import SyncState
from desktop.models.undoing import Undoing
from desktop.qt.bridge import bridge_feed, bridge_jobs
from desktop.qt.language import spoken


class Station(Protocol):
    """What the window needs of the workstation beyond the context: its session and its sync."""

    @property
    def ctx(self) -> Context:
        """The context of use cases; its actor changes with the session."""
        ...

    @property
    def cloud(self) -> str:
        """Address of the cloud core; empty when none was named yet."""
        ...

    async def sign_in(
        self, cloud: str, user: str, password: str, *, code: str = "", agreed: Mapping[str, int] | None = None
    ) -> None:
        """Sign in at a cloud core. SignInError, also where a code or an agreement is missing; UnreachableError."""
        ...

    async def policies(self, cloud: str) -> list[Policy]:
        """The texts to agree to (ACC-03). UnreachableError."""
        ...

    async def open_door(self, cloud: str) -> AccountDoor:
        """Where that cloud is asked about an account; nobody needs to be signed in. UserError for no address."""
        ...

    async def wants(self) -> list[str]:
        """What the cloud asked for at the sign-in: `email` (ACC-04), `password` (ACC-06)."""
        ...

    async def sign_out(self) -> None:
        """Sign out; the mirror stays, locked away."""
        ...

    async def sync_now(self) -> str:
        """Send and fetch once; gives what came of it in words. UnreachableError."""
        ...


class Desk(QObject):
    """The window's models and crossings.

    Signals: `going(page, target)` show a page, perhaps at something; `noticed(Notice)` say something for a
    moment; `signed()` somebody signed in or out; `ending()` the window goes.
    """

    going = Signal(str, object)
    noticed = Signal(object)
    signed = Signal()
    ending = Signal()

    def __init__(self, station: Station, preferences: Preferences) -> None:
        super().__init__()
        self.station = station
        self.ctx = station.ctx
        self.preferences = preferences
        self.tasks = TaskOwner()
        self.feed = bridge_feed(self.ctx.mirror.feed, self)
        self.job_feed = bridge_jobs(self.ctx.jobs, self)
        self.sites = SiteChoice(self.ctx, self.tasks, self.feed, wanted=preferences.text("site"))
        self.jobs = JobsModel(self.ctx, self.tasks, self.feed, self.job_feed)
        self.sync = SyncState(self.ctx, self.tasks, self.feed)
        self.counts = Counts(self.ctx, self.tasks, self.feed, self.sites)
        self.standings = Standings(self.ctx, self.tasks, self.feed)
        self.undoing = Undoing(self.ctx, self.tasks, self.feed)
        self.badges = NavBadges()
        self.notices = NoticeBook(self.ctx.clock.now)
        self._ended: set[str] = set()
        self.keeper = DraftKeeper(self.ctx, self.tasks)
        self.drafts = self.keeper.drafts
        """Edits that were begun and not saved; kept in the mirror, since they may hold codes."""
        self._saver = Latest(self.tasks, self._write_preferences, failed=self._not_saved)
        self.sites.chosen.connect(self._keep_site)
        self.jobs.progressed.connect(self._job_told)
        preferences.changed.connect(self._save_preferences)

    async def begin(self) -> None:
        """Read what the frame shows before the first page is shown."""
        await self.sites.load()
        await self.restore_drafts()
        self.jobs.refresh()
        self.sync.refresh()
        self.counts.refresh()
        self.undoing.refresh()

    async def restore_drafts(self) -> None:
        """Bring back what was typed and not saved before the program ended, and say so."""
        await self.keeper.restore()
        if count := self.keeper.kept:
            title = (
                self.tr("1 draft was kept") if count == 1 else self.tr("{0} drafts were kept").format(count)
            )
            text = self.tr("What was typed and not saved is in its form again, as soon as that is opened.")
            self.notices.add("waiting", title, text)

    def draft(self, key: str, fresh: RecordDraft) -> RecordDraft:
        """The draft of something: the one that was begun, brought up to what is saved now, or else the fresh one."""
        return self.keeper.draft(key, fresh)

    def go(self, page: str, target: object = None) -> None:
        """Ask for a page."""
        self.going.emit(page, target)

    def notice(
        self, verdict: str, title: str, text: str = "", *, page: str = "", target: object = None
    ) -> Notice:
        """Say something for a moment, and keep it in the notice centre; never more than the verdict says.

        `page` and `target`: what it is about, for whoever wants to look.
        """
        notice = self.notices.add(verdict, title, text, page, target)
        self.noticed.emit(notice)
        return notice

    def hush(self) -> None:
        """Stop listening and fetch nothing any more."""
        self.ending.emit()
        models = (self.sites, self.jobs, self.sync, self.counts, self.standings, self.undoing)
        for part in (*models, self.keeper, self._saver):
            part.close()
        self.feed.close()
        self.job_feed.close()

    async def end(self) -> None:
        """Stop listening and wait for what runs."""
        await self.keeper.flush()
        self.hush()
        await self.tasks.close(grace_s=2.0)

    def _job_told(self, record: JobRecord) -> None:
        """A job that ended unproved is kept in the notice centre; the lists themselves show the rest."""
        if record.state not in {JobState.DONE, JobState.FAILED} or record.id in self._ended:
            return
        self._ended.add(record.id)
        mark = verdict_mark(record)
        if mark != "proved":
            device = record.inputs.get("device_id")
            page = "devices" if device else "jobs"
            self.notices.add(mark, record.title, record.said, page, device)

    def _keep_site(self) -> None:
        if self.sites.site_id:
            self.preferences.set("site", self.sites.site_id)

    def _save_preferences(self, key: str) -> None:
        del key
        self._saver.ask()

    async def _write_preferences(self) -> None:
        try:
            await asyncio.to_thread(self.preferences.save)
        except OSError as fault:
            words = f"What you chose could not be kept: {fault.strerror}."
            raise DataError("settings.not_saved", words) from fault

    def _not_saved(self, fault: GatewrightError) -> None:
        self.notice("refused", self.tr("Settings were not kept"), spoken(fault))
