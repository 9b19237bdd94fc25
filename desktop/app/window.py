"""Runs the window over a workstation: Qt, the loop, the crash hooks, and the order in which everything ends.

Order at the end: jobs, sync, devices, mirror, Qt (style: every task has an owner that cancels and awaits it).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.base.errors import GatewrightError
from core.base.paths import Profile
from core.ports.cloud import AccountDoor
from core.usecases import account, session
from core.usecases.context import Context
from core.usecases.due import keep_due
from core.wire.accounts import Policy
from desktop.app.joined_window import open_joined
from desktop.app.workstation import Surroundings, Workstation, open_workstation
from desktop.models.desk import Desk
from desktop.models.firms import DoorBook
from desktop.models.joined import JoinedFirm
from desktop.models.preferences import Preferences
from desktop.qt import crash, dialogs, language, video
from desktop.qt.focus import FocusRing
from desktop.qt.garbage import Garbage
from desktop.qt.language import spoken
from desktop.qt.run import tasks
from desktop.qt.theme import Density, Mode, Theme
from desktop.views.frame import NETWORK_AFTER_S
from desktop.views.main_window import MainWindow
from desktop.views.registry import load_pages
from sync.engine import SyncMood, SyncState

STREAMS_END_MS = 3_000
TURN_S = 0.0005
"""How long a thread keeps Python's lock while others wait for it. The window's thread gives the lock away at many calls
of Qt, and waits for it again while rows are fetched: with Python's own 5 ms it was up to 20 ms late.
"""
T = TypeVar("T")
Guide = Callable[[MainWindow], Awaitable[None]]
"""Something that goes along with the window, e.g. the demo's guided path; cancelled when the window closes."""


class WindowStation:
    """The workstation as the window sees it: its session, and a sync that runs by itself while signed in."""

    def __init__(self, station: Workstation, cloud: str = "") -> None:
        self._station = station
        self._cloud = cloud
        self._desk: Desk | None = None
        self._unlisten: Callable[[], None] | None = None
        self._preferred = ""

    @property
    def ctx(self) -> Context:
        """See `Station.ctx`."""
        return self._station.ctx

    @property
    def cloud(self) -> str:
        """See `Station.cloud`."""
        return self._station.transport.base_url if self._station.transport else self._cloud

    @property
    def firms(self) -> DoorBook | None:
        """The distributor's installers at the cloud; None without a cloud."""
        return DoorBook(self._station.transport) if self._station.transport else None

    def follow(self, desk: Desk) -> None:
        """Tell the desk what the engine says, and let the engine run."""
        self._desk = desk
        desk.sites.chosen.connect(self._prefer)
        self._listen()

    @property
    def door(self) -> AccountDoor | None:
        """Where the cloud is asked about accounts; None without a cloud."""
        return self._station.transport

    async def policies(self, cloud: str) -> list[Policy]:
        """See `Station.policies`."""
        return (await account.policies(await self.open_door(cloud))).policies

    async def open_door(self, cloud: str) -> AccountDoor:
        """See `Station.open_door`. While somebody is signed in it is their cloud: connecting would end their sync."""
        transport = self._station.transport
        if transport is not None and (self.ctx.actor is not None or transport.base_url == cloud):
            return transport
        return await self._station.connect(cloud)

    async def wants(self) -> list[str]:
        """See `Station.wants`."""
        return await session.wants(self._station.mirror)

    async def sign_in(
        self, cloud: str, user: str, password: str, *, code: str = "", agreed: Mapping[str, int] | None = None
    ) -> None:
        """See `Station.sign_in`."""
        self._end_listening()
        transport = await self._station.connect(cloud)
        mirror = self._station.mirror
        await session.sign_in(mirror, transport, user=user, password=password, code=code, agreed=agreed)
        await self._station.refresh()
        self._listen()

    async def sign_out(self) -> None:
        """See `Station.sign_out`."""
        self._end_listening()
        station = self._station
        if station.engine is not None:
            await station.engine.close()
            station.engine = None
        await session.sign_out(station.mirror, station.transport)
        await station.refresh()

    async def open_joined(self, firm: JoinedFirm, site: str) -> None:
        """See `OpensJoined`."""
        await open_joined(self._station.profile, self._station.transport, firm, site)

    async def sync_now(self) -> str:
        """See `Station.sync_now`."""
        report = await self._station.require_engine().sync_once()
        parts = [f"{value} {key}" for key, value in report.document().items() if value]
        return ", ".join(parts) or "Nothing had to be sent or fetched."

    def _listen(self) -> None:
        engine = self._station.engine
        if engine is None or self._desk is None:
            return
        self._unlisten = engine.listen(self._on_state)
        engine.start()

    def _prefer(self) -> None:
        """The site that is looked at comes first in a fill."""
        engine, desk = self._station.engine, self._desk
        site = desk.sites.site_id if desk is not None else ""
        if engine is not None and desk is not None and site and site != self._preferred:
            self._preferred = site
            desk.tasks.keep(engine.prefer(site), name="prefer the site")

    def _end_listening(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None

    def _on_state(self, state: SyncState) -> None:
        if self._desk is None:
            return
        fine = state.mood in {SyncMood.UP_TO_DATE, SyncMood.SYNCING, SyncMood.NEVER}
        offline = state.since if state.mood is SyncMood.OFFLINE else None
        self._desk.sync.tell(
            offline_since=offline,
            busy=state.mood is SyncMood.SYNCING,
            fault="" if fine else state.said,
            fill=(state.filled, state.to_fill),
        )


def application(argv: Sequence[str] | None = None) -> QApplication:
    """The one QApplication of the process, with the product's name."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(list(argv or sys.argv[:1]))
    app.setApplicationName("Gatewright")
    app.setApplicationDisplayName("Gatewright")
    app.setQuitOnLastWindowClosed(False)
    return app


def run_window(
    profile: Profile,
    surroundings: Surroundings | None = None,
    *,
    guide: Guide | None = None,
) -> int:
    """Open the window on a profile and run it until it is closed; gives the exit code.

    Must be called outside of a running event loop. A profile that cannot be opened is told in a dialog, exit code 1.
    """
    return _on_loop(lambda app: _show(app, profile, surroundings, guide), profile)


def take_pictures(
    profile: Profile,
    folder: Path,
    size: tuple[int, int] = (1280, 800),
    scale: float = 1.0,
    *,
    themes: Sequence[str] = ("light", "dark"),
) -> list[Path]:
    """A picture of every page on a profile, light and dark, without a display; gives the files.

    Must be called outside of a running event loop. Raises what opening the profile raises.
    """
    # Late: pictures know most pages, which a start does not need.
    from desktop.views.shots import picture_station  # noqa: PLC0415

    async def work(_app: QApplication) -> list[Path]:
        station = await open_workstation(profile)
        try:
            return await picture_station(
                WindowStation(station), _preferences(profile), folder, size=size, scale=scale, themes=themes
            )
        finally:
            await station.close()

    return _on_loop(work, profile)


def _on_loop(work: Callable[[QApplication], Awaitable[T]], profile: Profile) -> T:
    app = application()
    preferences = _preferences(profile)
    language.install(preferences.text("language"))
    theme = Theme.install(app, Mode(preferences.text("theme")))
    theme.set_density(Density(preferences.text("density")))
    theme.set_scale(int(preferences.get("text_percent")) / 100)
    tasks().open()

    async def whole() -> T:
        undo = crash.install(asyncio.get_running_loop())
        garbage, turn_s = Garbage(app), sys.getswitchinterval()
        sys.setswitchinterval(TURN_S)
        try:
            return await work(app)
        finally:
            sys.setswitchinterval(turn_s)
            garbage.close()
            garbage.deleteLater()
            undo()

    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        return runner.run(whole())


def _preferences(profile: Profile) -> Preferences:
    preferences = Preferences(profile.settings)
    preferences.load()
    return preferences


async def _show(
    app: QApplication, profile: Profile, surroundings: Surroundings | None, guide: Guide | None
) -> int:
    FocusRing(app)
    try:
        station = await open_workstation(profile, surroundings=surroundings)
    except GatewrightError as fault:
        await dialogs.tell(None, "Gatewright", spoken(fault))
        return fault.exit_code
    preferences = _preferences(profile)
    try:
        await _run(WindowStation(station, preferences.text("cloud")), preferences, guide)
    finally:
        await asyncio.to_thread(video.wait_ended, STREAMS_END_MS)
        await station.close()
    return 0


async def _run(station: WindowStation, preferences: Preferences, guide: Guide | None) -> None:
    desk = Desk(station, preferences)
    await desk.begin()
    window = MainWindow(desk)
    closed = asyncio.get_running_loop().create_future()
    window.closed.connect(lambda: closed.set_result(None) if not closed.done() else None)
    await station.ctx.jobs.recover()
    desk.tasks.keep(keep_due(station.ctx), name="what is due")
    window.begin()
    window.show()
    desk.tasks.keep(_follow_later(station, desk), name="sync")
    desk.tasks.keep(load_pages(), name="pages")
    if guide is not None:
        desk.tasks.keep(_go_along(guide, window), name="guide")
    await closed
    await window.end()


async def _follow_later(station: WindowStation, desk: Desk) -> None:
    await asyncio.sleep(NETWORK_AFTER_S)
    station.follow(desk)


async def _go_along(guide: Guide, window: MainWindow) -> None:
    await guide(window)
