"""The world of the walks: a real cloud served on loopback, simulated devices, workstations with and without a window.

Everything runs on Qt's own loop in one process, as `gatewright` composes it; only passwords and pacing are cheap.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.base.paths import Profile
from core.base.tasks import TaskOwner
from core.cloud import admin
from core.cloud.cloud import open_cloud
from core.cloud.run import Service
from core.cloud.settings import CloudSettings, PasswordCost, settings_for
from core.entities.organisation import Role
from core.usecases import session
from desktop.app.window import WindowStation
from desktop.app.workstation import Surroundings, Workstation, open_workstation
from desktop.models.desk import Desk
from desktop.models.preferences import Preferences
from desktop.models.sign_in_flow import Stage
from desktop.qt.run import tasks
from desktop.views.frame import Frame
from desktop.views.main_window import MainWindow
from device_link.discovery.neighbours import FileNeighbours
from device_link.drivers.akuvox.pacing import FAST
from device_link.simulator import SimLan, SimSpec
from tests.desktop.fixtures_window import until

PASSWORD = "Walk-through-2026"
CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)
ENVIRONMENT = {"GATEWRIGHT_PASSPHRASE": "a walk", "GATEWRIGHT_KDF": "cheap"}
PATIENCE_S = 30.0


def quick(_model: str) -> Any:
    """Pacing for simulated devices."""
    return replace(FAST, restart_grace_s=1.0)


@dataclass
class Walk:
    """A cloud with accounts, a LAN, and what has to be ended afterwards."""

    folder: Path
    settings: CloudSettings
    url: str
    stack: AsyncExitStack = field(repr=False)
    lan: SimLan | None = None

    async def make(self, work: Any) -> Any:
        """Operator's work on the cloud's database."""

        def done() -> Any:
            cloud = open_cloud(self.settings)
            try:
                return work(cloud)
            finally:
                cloud.close()

        return await asyncio.to_thread(done)

    async def firms(self) -> tuple[admin.Created, admin.Created]:
        """A distributor `dora` and its installer `ines`."""

        def work(cloud: Any) -> tuple[admin.Created, admin.Created]:
            top = admin.create_distributor(
                cloud, name="Northmost Supply", user="dora", password=PASSWORD, full_name="Dora Lind"
            )
            firm = admin.create_installer(
                cloud,
                name="Ostby Doorworks",
                user="ines",
                password=PASSWORD,
                distributor_id=top.org_id,
                full_name="Ines Ostby",
            )
            return top, firm

        made: tuple[admin.Created, admin.Created] = await self.make(work)
        return made

    async def manager(self, org_id: str, site_id: str) -> None:
        """A property manager `mara` of one site."""

        def work(cloud: Any) -> None:
            made = admin.create_account(
                cloud,
                org_id=org_id,
                user="mara",
                password=PASSWORD,
                role=Role.MANAGER,
                full_name="Mara Vidal",
            )
            admin.assign_manager(cloud, account_id=made.account_id, site_id=site_id)

        await self.make(work)

    async def start_lan(self, units: Sequence[SimSpec]) -> SimLan:
        """Simulated devices, and the neighbour table that a scan finds their MACs in."""
        lan = await self.stack.enter_async_context(await SimLan.start(units))
        self.lan = lan
        table = {unit.url.split("://", 1)[1]: unit.mac for unit in lan.devices}
        (self.folder / "neighbours.json").write_text(json.dumps(table), "utf-8")
        return lan

    def targets(self) -> list[str]:
        """What a scan is told."""
        return [unit.url.split("://", 1)[1] for unit in self.lan.devices] if self.lan else []

    async def station(self, name: str) -> Workstation:
        """A workstation of its own."""
        around = Surroundings(quick, FileNeighbours(self.folder / "neighbours.json"), 5.0)
        made = await open_workstation(
            Profile(self.folder / name), surroundings=around, environment=ENVIRONMENT
        )
        self.stack.push_async_callback(made.close)
        return made

    async def signed_in(self, name: str, user: str) -> Workstation:
        """A workstation without a window, signed in and synced once."""
        made = await self.station(name)
        transport = await made.connect(self.url)
        await session.sign_in(made.mirror, transport, user=user, password=PASSWORD)
        await made.refresh()
        await made.require_engine().sync_once()
        return made

    async def window(self, name: str) -> Person:
        """A workstation with a window, in front of somebody who is not signed in."""
        station = await self.station(name)
        tasks().open()
        of_window = WindowStation(station, self.url)
        desk = Desk(of_window, Preferences())
        await desk.begin()
        window = MainWindow(desk)
        window.resize(1280, 800)
        of_window.follow(desk)
        window.begin()
        window.show()
        window.activateWindow()

        async def end() -> None:
            await window.end()
            await asyncio.sleep(0)
            tasks().open()

        self.stack.push_async_callback(end)
        await until(window.isActiveWindow, limit_s=PATIENCE_S)
        return Person(station, desk, window)


@dataclass
class Person:
    """Somebody at a window; short words for what hands do."""

    station: Workstation
    desk: Desk
    window: MainWindow

    @property
    def frame(self) -> Frame:
        """The frame; there is one once somebody is signed in."""
        assert self.window.frame is not None
        return self.window.frame

    async def sign_in(self, url: str, user: str) -> None:
        """Fill in the sign-in and press Enter; the account has no e-mail address, and gets none today (ACC-06)."""
        view = self.window.sign_in
        for line, words in ((view.cloud, url), (view.user, user), (view.password, PASSWORD)):
            line.clear()
            QTest.keyClicks(line, words)
        QTest.keyClick(view.password, Qt.Key.Key_Return)
        wanted = view.words_steps[Stage.EMAIL]
        await until(
            lambda: view.steps.currentWidget() is wanted, limit_s=PATIENCE_S, what="no address is asked for"
        )
        wanted.leave.click()
        await until(lambda: self.window.frame is not None, limit_s=PATIENCE_S, what="nobody is signed in")

    async def page(self, key: str, target: object = None) -> Any:
        """Go to a page and wait until it shows what it fetched."""
        self.frame.show_page(key, target)
        page = self.frame.page_of(key)
        await self.settled(page)
        return page

    async def settled(self, page: Any) -> None:
        """Wait until a page has fetched and no slot's task runs."""
        await until(
            lambda: page.is_settled and not len(tasks()),
            limit_s=PATIENCE_S,
            what=f"{page.title} does not settle",
        )

    async def wait(self, check: Any, what: str) -> None:
        """Wait until something is true at the window."""
        await until(check, limit_s=PATIENCE_S, what=what)

    async def answer(self, kind: type[Any]) -> Any:
        """The open dialog of a kind; answered by Enter."""
        found: list[Any] = []

        def look() -> bool:
            found[:] = [d for d in self.window.findChildren(kind) if d.isVisible()]
            return bool(found)

        await until(look, limit_s=PATIENCE_S, what=f"no {kind.__name__} opens")
        QTest.keyClick(found[0], Qt.Key.Key_Return)
        await until(lambda: not len(tasks()), limit_s=PATIENCE_S, what="the answer has no end")

    async def sync(self) -> None:
        """One round, until nothing of this workstation waits."""
        await self.station.require_engine().sync_once()


@asynccontextmanager
async def walk(folder: Path) -> AsyncIterator[Walk]:
    """A served cloud without accounts; everything ends in order."""
    (folder / "cloud").mkdir(parents=True)
    settings = settings_for(
        f"sqlite:///{folder / 'cloud' / 'core.db'}", blobs=folder / "blobs", environment={}
    )
    settings = replace(settings, password_cost=CHEAP)
    await asyncio.to_thread(lambda: open_cloud(settings).close())
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    service = Service(settings, "127.0.0.1", 0, ready.set_result)
    owner = TaskOwner()
    serving = owner.start(service.run_here(), name="cloud of the walk")
    async with AsyncExitStack() as stack:
        try:
            url = await asyncio.wait_for(ready, PATIENCE_S)
            yield Walk(folder, settings, url, stack)
        finally:
            await stack.aclose()
            service.stop()
            await serving
