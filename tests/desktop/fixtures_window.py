"""Fixtures of the tests of the window: a copied workstation, Qt's own loop, and scenes in a window."""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.base.errors import UnreachableError
from core.ports.cloud import AccountDoor
from core.store.tx import Author
from core.usecases.context import Context
from core.wire.accounts import Policy
from desktop.models.desk import Desk
from desktop.models.listing import Listing
from desktop.models.preferences import Preferences
from desktop.qt import language
from desktop.qt.garbage import Garbage
from desktop.qt.run import tasks
from desktop.qt.theme import Density, Mode, Theme
from desktop.views.frame import Frame
from desktop.views.main_window import MainWindow
from tests.desktop.fakes_window import FakeDevice, FakeGateway, FakeScanner
from tests.desktop.furnish_window import Furnished, bare_context, furnish

T = TypeVar("T")
Drive = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture
def english_afterwards(qapp: QApplication) -> Iterator[None]:
    """A test that changes the window's language leaves English and the locale as it found them."""
    before = QLocale()
    yield
    language.install("en")
    QLocale.setDefault(before)


@pytest.fixture
def drive(qapp: QApplication) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine to its end on Qt's own loop, as the program does."""
    garbage = Garbage(freeze=False)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
        yield runner.run
    garbage.close()


async def until(check: Callable[[], object], *, limit_s: float = 30.0, what: str = "") -> None:
    """Let the loop run until `check` is true; AssertionError with `what` after `limit_s`."""
    deadline = asyncio.get_running_loop().time() + limit_s
    while not check():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(what or f"this did not become true in {limit_s} s: {check}")
        await asyncio.sleep(0.005)


@dataclass(slots=True)
class Snapshot:
    """A furnished workstation on disk, and what its devices hold; to be copied, not used."""

    folder: Path
    made: Furnished
    devices: list[FakeDevice]

    def copy(self, folder: Path) -> Furnished:
        """A workstation of its own that begins as the furnished one."""
        shutil.copytree(self.folder / "profile", folder / "profile")
        devices = copy.deepcopy(self.devices)
        ctx, runner = bare_context(folder / "profile", devices)
        actor = self.made.ctx.actor
        assert actor is not None
        ctx.actor = actor
        ctx.mirror.author = Author(actor.name, actor.account_id)
        gateway, scanner = ctx.gateway, ctx.scanner
        assert isinstance(gateway, FakeGateway)
        assert isinstance(scanner, FakeScanner)
        made = self.made
        return Furnished(
            ctx,
            ctx.mirror,
            gateway,
            scanner,
            made.site,
            made.buildings,
            made.apartments,
            made.residents,
            made.devices,
            runner,
        )


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Furnished once for all tests: use cases and jobs take a second, a copy takes some milliseconds."""
    folder = tmp_path_factory.mktemp("furnished")

    async def work() -> Furnished:
        made = await furnish(folder)
        await made.close()
        return made

    made = asyncio.run(work())
    return Snapshot(folder, made, list(made.gateway.by_url.values()))


@pytest.fixture
def furnished(drive: Drive[Any], snapshot: Snapshot, tmp_path: Path) -> Iterator[Furnished]:
    """A furnished workstation."""
    made = snapshot.copy(tmp_path)
    yield made
    drive(made.close())


class QuietStation:
    """A station without a cloud: what it is asked for is kept in `asked`; `refusal` is raised by the next sign-in."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.cloud = "https://core.northmost.example"
        self.asked: list[tuple[str, ...]] = []
        self.given: list[tuple[str, dict[str, int]]] = []
        """Codes and agreements of the sign-ins."""
        self.refusal: Exception | None = None
        self.door: AccountDoor | None = None
        self.wanted: list[str] = []
        """What the cloud asks for at the next sign-in."""
        self._actor = ctx.actor

    async def policies(self, cloud: str) -> list[Policy]:
        """The two texts."""
        self.asked.append(("policies", cloud))
        return [Policy(kind=kind, version=3, text=f"The {kind} text.", at=0) for kind in ("privacy", "terms")]

    async def open_door(self, cloud: str) -> AccountDoor:
        """The door of the test."""
        self.asked.append(("door", cloud))
        if self.door is None:
            raise UnreachableError("cloud.away", "The cloud core does not answer.")
        return self.door

    async def wants(self) -> list[str]:
        """What the test set."""
        return list(self.wanted)

    async def sign_in(
        self, cloud: str, user: str, password: str, *, code: str = "", agreed: Mapping[str, int] | None = None
    ) -> None:
        """Whoever was signed in before is signed in again."""
        self.given.append((code, dict(agreed or {})))
        self.asked.append(("sign_in", cloud, user))
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        self.ctx.actor = self._actor

    async def sign_out(self) -> None:
        """Nobody is signed in any more."""
        self.asked.append(("sign_out",))
        self.ctx.actor = None

    async def sync_now(self) -> str:
        """Nothing to send."""
        self.asked.append(("sync",))
        return "nothing"


@dataclass(slots=True)
class Opened:
    """A window over a furnished workstation."""

    made: Furnished
    station: QuietStation
    desk: Desk
    window: MainWindow

    @property
    def frame(self) -> Frame:
        """The frame; there is one while somebody is signed in."""
        assert self.window.frame is not None
        return self.window.frame

    async def page(self, key: str, target: object = None) -> Any:
        """Show a page and wait until it has fetched what it shows."""
        self.frame.show_page(key, target)
        page = self.frame.page_of(key)
        await until(lambda: page.is_settled and not len(tasks()), what=f"the page {key} does not settle")
        return page

    async def settle(self) -> None:
        """Wait until the shown page has fetched and no task of a slot runs."""
        page = self.frame.page
        assert page is not None
        await until(lambda: page.is_settled and not len(tasks()))


Scene = Callable[[Opened], Coroutine[Any, Any, None]]


async def play(made: Furnished, scene: Scene, *, size: tuple[int, int] = (1280, 800)) -> None:
    """Open the window, play a scene in it, and end everything."""
    tasks().open()
    station = QuietStation(made.ctx)
    desk = Desk(station, Preferences())
    await desk.begin()
    window = MainWindow(desk)
    window.resize(*size)
    try:
        window.begin()
        window.show()
        window.activateWindow()
        await until(window.isActiveWindow)
        await scene(Opened(made, station, desk, window))
    finally:
        await window.end()
        await (
            made.runner.close()
        )  # here: after the scene, Qt's timers would wake a job without a running loop
        await asyncio.sleep(0)
        tasks().open()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The design's theme on the application of the tests."""
    qapp.setQuitOnLastWindowClosed(False)
    made = Theme.install(qapp, Mode.LIGHT)
    made.set_reduce_motion(reduce=True)
    yield made
    made.set_mode(Mode.LIGHT)
    made.set_density(Density.DENSE)
    made.set_scale(1.0)


@pytest.fixture
def stage(theme: Theme, drive: Drive[Any], furnished: Furnished) -> Callable[[Scene], None]:
    """Plays a scene in a window over a furnished workstation: `stage(scene)`."""

    def run_scene(scene: Scene) -> None:
        drive(play(furnished, scene))

    return run_scene


def lines_of(table: Listing) -> list[Any]:
    """Everything that a short list shows, in its order."""
    rows = (table.object_at(number) for number in range(table.rowCount()))
    return [row for row in rows if row is not None]
