"""A workstation with everything on it, without a network: two buildings, 40 residents, 12 devices with proofs.

Devices are a fake gateway in memory that fulfils the port; everything in the mirror was written by use cases and jobs.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.base.clock import Clock, SystemClock
from core.base.errors import RefusedError, UnreachableError
from core.base.ids import new_id
from core.base.paths import Profile
from core.base.verdict import Verdict
from core.entities.device import Device
from core.entities.organisation import ORGANISATION, Organisation, OrgKind, Role
from core.entities.person import Resident
from core.entities.site import Apartment, Building, Site, SiteKind
from core.jobs.job import Handler
from core.jobs.runner import JobRunner
from core.ports.device import DoorEvent, FirmwareStage, Link, Part
from core.ports.lan import AccessState, Login, Sighted
from core.rules.desired import (
    Desired,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Identity,
    Observed,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)
from core.rules.plan import Act, ItemResult, Plan
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from core.store.tx import Author
from core.usecases.context import Actor, Context
from core.usecases.devices import NewDevice, add_device
from core.usecases.firmware import FirmwareHandler, add_release
from core.usecases.lan import scan
from core.usecases.maclib import add_macs
from core.usecases.people import NewResident, add_resident
from core.usecases.places import add_apartment, add_building, add_site
from core.usecases.provision import ProvisionHandler, submit
from core.usecases.rollout_drive import RolloutHandler
from core.usecases.rollouts import start_rollout
from desktop.models.desk import Desk
from desktop.models.preferences import Preferences
from desktop.qt.garbage import Garbage
from desktop.qt.run import tasks
from desktop.qt.theme import Density, Mode, Theme
from desktop.views.frame import Frame
from desktop.views.main_window import MainWindow
from device_link.simulator.image import make_image

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)


@dataclass(slots=True)
class FakeDevice:
    """What one device holds, and how it misbehaves: `drops`: takes each n-th person and forgets it."""

    mac: str
    model: str
    firmware: str
    url: str
    blocked: bool = False
    away: bool = False
    drops: int = 0
    refuses: str = ""
    foreign: tuple[HeldPerson, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    people: dict[str, HeldPerson] = field(default_factory=dict)
    schedules: dict[str, HeldSchedule] = field(default_factory=dict)
    taken: int = 0
    open_relays: set[int] = field(default_factory=set)


class FakeGateway:
    """DeviceGateway over `FakeDevice`s by their address."""

    def __init__(self, devices: Sequence[FakeDevice]) -> None:
        self.by_url = {d.url: d for d in devices}
        self.gate: asyncio.Event | None = None
        """Set by a test that wants to look at a push while it runs."""

    def _find(self, link: Link) -> FakeDevice:
        device = self.by_url[link.url]
        if device.away:
            raise UnreachableError("device.no_answer", f"Nothing answers at {link.url}.")
        if device.blocked:
            raise RefusedError(
                "device.blocked",
                "The device answers 403: its HTTP API is off for this computer.",
                remedy="On its web page, Setting > HTTP API, add this computer's address to the allow-list.",
                said="403 Forbidden",
            )
        return device

    async def identify(self, link: Link) -> Identity:
        device = self._find(link)
        return Identity(device.mac, device.model, device.firmware, "29.0.3.0.1")

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        device = self._find(link)
        people = (*device.people.values(), *device.foreign)
        held = {s.name: HeldSetting(s.name, device.settings.get(s.name, "")) for s in desired.settings}
        return Observed(
            Identity(device.mac, device.model, device.firmware),
            held if Part.SETTINGS in parts else None,
            tuple(device.schedules.values()) if Part.PEOPLE in parts else None,
            people if Part.PEOPLE in parts else None,
        )

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        device, results = self._find(link), []
        for item in plan.changes:
            check_cancel()
            if (
                self.gate is not None and results
            ):  # the first item goes through, so that the job says what it does
                await self.gate.wait()
            await asyncio.sleep(0)
            result = self._take(device, item)
            results.append(result)
            report(result)
        return results

    def _take(self, device: FakeDevice, item: Any) -> ItemResult:
        wanted = item.wanted
        if device.refuses and item.subject == device.refuses:
            return ItemResult(item.kind, item.subject, Verdict.REFUSED, "HoldDelayB: out of range 1-10")
        if item.act is Act.REMOVE:
            device.people.pop(item.subject, None)
        elif isinstance(wanted, WantedSetting):
            device.settings[wanted.name] = wanted.value
        elif isinstance(wanted, WantedSchedule):
            device.schedules[wanted.key] = HeldSchedule(
                "1", "1001", wanted.key, wanted.repeat, wanted.days, wanted.from_time, wanted.to_time
            )
        elif isinstance(wanted, WantedPerson):
            device.taken += 1
            if not device.drops or device.taken % device.drops:
                ref = str(device.taken)
                device.people[wanted.user_id] = HeldPerson(
                    ref, wanted.user_id, wanted.name, wanted.pins, wanted.cards, wanted.grants, wanted.floors
                )
        return ItemResult(item.kind, item.subject, Verdict.ACCEPTED)

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        device = self._find(link)
        for name in (FirmwareStage.PREPARE, FirmwareStage.UPLOAD, FirmwareStage.UPGRADE):
            stage(name, 1, 1)
            if self.gate is not None:
                await self.gate.wait()
        head = await asyncio.to_thread(image.read_bytes)
        device.firmware = head[:80].split()[3].decode()

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        return await self.identify(link)

    async def reboot(self, link: Link) -> None:
        self._find(link)

    async def reset(self, link: Link) -> None:
        self._find(link)

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        self._find(link).open_relays.add(number)

    async def relay_states(self, link: Link) -> dict[int, bool]:
        return dict.fromkeys(self._find(link).open_relays, True)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        self._find(link)
        at = datetime(2026, 11, 24, 9, 11, 20)  # noqa: DTZ001  a device's own wall clock has no zone
        return [
            DoorEvent("3", at, "Mirela Castan", "g1", "card", "A", success=True),
            DoorEvent("2", at, "", "", "pin", "A", success=False),
        ]

    async def device_time(self, link: Link) -> datetime:
        self._find(link)
        return NOW

    async def snapshot(self, link: Link) -> bytes:
        self._find(link)
        return b"\xff\xd8\xff"


class FakeScanner:
    """LanScanner that finds the fake devices, and two strangers."""

    def __init__(self, devices: Sequence[FakeDevice]) -> None:
        self.devices = list(devices)
        self.gate: asyncio.Event | None = None

    async def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncIterator[Sighted]:
        for device in self.devices:
            if self.gate is not None:
                await self.gate.wait()
            if device.away:
                continue
            state = AccessState.BLOCKED if device.blocked else AccessState.OPEN
            reason = (
                "The API answers 403: its allow-list does not hold this computer." if device.blocked else ""
            )
            yield Sighted(
                device.url, device.mac, device.model, device.firmware, "", state, reason, ("tcp", "mdns")
            )
        yield Sighted(
            "http://192.168.10.1",
            access=AccessState.OTHER,
            reason="A web page of another maker.",
            methods=("tcp",),
        )


MODELS = (
    ("X915 V2", "2915.30.10.524"),
    ("R29", "29.30.10.438"),
    ("R29", "29.30.10.123"),
    ("X915 V2", "2915.30.10.524"),
    ("R29", "29.30.10.123"),
    ("R29", "29.30.10.438"),
    ("A03", "103.30.11.3"),
    ("A03", "103.30.11.3"),
    ("C319", "119.30.10.203"),
    ("C319", "119.30.10.203"),
    ("R29", "29.30.10.123"),
    ("E12", "312.0.201.103"),
)
NAMES = (
    "Main entrance",
    "Courtyard gate",
    "Bicycle room",
    "Main entrance B",
    "Garage ramp",
    "Roof terrace",
    "Gym",
    "Parcel room",
    "Monitor A-0101",
    "Monitor B-0102",
)
FIRST = (
    "Mirela",
    "Teodor",
    "Ilsa",
    "Oren",
    "Juno",
    "Caspar",
    "Nadia",
    "Piet",
    "Rosa",
    "Hamid",
    "Lena",
    "Bruno",
    "Yara",
)
LAST = (
    "Castan",
    "Brandt",
    "Talvi",
    "Pereda",
    "Lindt",
    "Orsolo",
    "Elgueta",
    "Tavaro",
    "Kostrin",
    "Sarrail",
    "Denning",
)


@dataclass(slots=True)
class Furnished:
    """An open workstation's parts and what was put into it."""

    ctx: Context
    mirror: Mirror
    gateway: FakeGateway
    scanner: FakeScanner
    site: Site
    buildings: list[Building]
    apartments: list[Apartment]
    residents: list[Resident]
    devices: list[Device]
    runner: JobRunner

    async def close(self) -> None:
        """Stop jobs, close the mirror."""
        await self.runner.close()
        await self.mirror.close()


def fake_devices() -> list[FakeDevice]:
    """Twelve: ten of the site, one new and free, one new but of another installer; with the faults of the demo."""
    made = [
        FakeDevice(f"0C11052A7F{n:02X}", model, firmware, f"http://192.168.10.{11 + n}")
        for n, (model, firmware) in enumerate(MODELS)
    ]
    made[1].drops = 7
    made[2].refuses = "relay_b_hold"
    made[3].foreign = (HeldPerson("99", "", "", (), ("008A4F11",), ()),)
    made[5].blocked = True
    made[4].away = True
    return made


KEY = secrets.token_hex(32)
"""The key of every mirror of these tests, so that a furnished one can be copied."""


def bare_context(
    folder: Path, devices: Sequence[FakeDevice], clock: Clock | None = None
) -> tuple[Context, JobRunner]:
    """A context over the mirror of a folder, empty when there is none; nobody is signed in."""
    clock = clock or SystemClock()
    profile = Profile(folder).make()
    mirror = open_mirror(profile.mirror, KEY, clock, backups=profile.backups)
    ctx = Context(
        clock=clock,
        mirror=mirror,
        blobs=BlobStore(profile.blobs),
        gateway=FakeGateway(devices),
        scanner=FakeScanner(devices),
        workstation="Van 3",
        restart_limit_s=1.0,
    )
    handlers: dict[str, Handler] = {
        ProvisionHandler.kind: ProvisionHandler(ctx),
        FirmwareHandler.kind: FirmwareHandler(ctx),
        RolloutHandler.kind: RolloutHandler(ctx),
    }
    runner = JobRunner(mirror, clock, handlers)
    ctx.attach(runner)
    return ctx, runner


async def furnish(folder: Path) -> Furnished:
    """Everything, by use cases."""
    devices = fake_devices()
    ctx, runner = bare_context(folder / "profile", devices)
    await sign_in_locally(ctx)
    site = await add_site(ctx, name="Tamarind Court", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    await add_site(ctx, name="Larch Offices", kind=SiteKind.OFFICE, time_zone="Europe/Lisbon")
    buildings = [await add_building(ctx, site_id=site.id, name=name) for name in ("Building A", "Building B")]
    apartments = [
        await add_apartment(ctx, building_id=b.id, number=f"{floor:02}{door:02}", floor=floor)
        for b in buildings
        for floor in range(1, 6)
        for door in (1, 2)
    ]
    await add_macs(
        ctx, [d.mac for d in devices[:11]] + [f"0C11052A80{n:02X}" for n in range(30)], model="R29"
    )
    bound = await _bind(ctx, site, buildings, apartments, devices)
    residents = await _people(ctx, apartments)
    await scan(ctx, [])
    ids = await submit(ctx, bound, commission=True)
    await runner.wait_all(ids)
    await _firmware(ctx, folder, site)
    gateway, scanner = ctx.gateway, ctx.scanner
    assert isinstance(gateway, FakeGateway)
    assert isinstance(scanner, FakeScanner)
    return Furnished(ctx, ctx.mirror, gateway, scanner, site, buildings, apartments, residents, bound, runner)


async def sign_in_locally(ctx: Context) -> None:
    """An installer is signed in; the rows are what a first sync would have brought."""
    org = Organisation(id=new_id(), scope_id="", name="Ostby Doorworks", kind=OrgKind.INSTALLER)
    org = Organisation(id=org.id, scope_id=org.id, name=org.name, kind=org.kind)
    await ctx.mirror.write(lambda tx: tx.put(ORGANISATION, org), origin=Origin.PULL, act="Fill")
    ctx.actor = Actor(new_id(), org.id, Role.INSTALLER, "Tor Ostby")
    ctx.mirror.author = Author("Tor Ostby", ctx.actor.account_id)


async def _bind(
    ctx: Context,
    site: Site,
    buildings: list[Building],
    apartments: list[Apartment],
    devices: list[FakeDevice],
) -> list[Device]:
    bound = []
    for number, name in enumerate(NAMES):
        building = buildings[number % 2]
        home = (
            next(a for a in apartments if a.building_id == building.id)
            if name.startswith("Monitor")
            else None
        )
        new = NewDevice(
            site.id,
            devices[number].mac,
            name,
            model=devices[number].model,
            building_id=building.id,
            apartment_id=home.id if home else None,
            relay_names=("Street door", "Inner door") if devices[number].model == "R29" else (),
        )
        bound.append(await add_device(ctx, new))
    return bound


async def _people(ctx: Context, apartments: list[Apartment]) -> list[Resident]:
    made = []
    names = itertools.islice(itertools.product(LAST, FIRST), 0, 120, 3)
    for number, (last, first) in enumerate(names):
        home = apartments[number % len(apartments)]
        new = NewResident(
            home.id,
            first,
            last,
            pins=(f"{3000 + number * 37}",) if number % 3 != 1 else (),
            cards=(f"0A4F{0x2200 + number:04X}",) if number % 3 != 2 else (),
        )
        made.append(await add_resident(ctx, new))
    return made


async def _firmware(ctx: Context, folder: Path, site: Site) -> None:
    image = folder / "29.30.10.438.rom"
    await asyncio.to_thread(image.write_bytes, make_image("29", "29.30.10.438", 200_000))
    release = await add_release(ctx, image, model="R29", notes="Faster card reading.")
    await start_rollout(ctx, site_id=site.id, release_id=release.id)


Drive = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture
def drive(qapp: QApplication) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine to its end on Qt's own loop, as the program does."""
    garbage = Garbage(freeze=False)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
        yield runner.run
    garbage.close()


async def until(check: Callable[[], object], *, limit_s: float = 8.0, what: str = "") -> None:
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
        self.refusal: Exception | None = None
        self._actor = ctx.actor

    async def sign_in(self, cloud: str, user: str, password: str) -> None:
        """Whoever was signed in before is signed in again."""
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
        await asyncio.sleep(0)


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
