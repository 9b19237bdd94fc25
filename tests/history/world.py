"""A cloud core and some workstations in one process: real mirror files, the real engine, the real service by ASGI, and
a wire between them that loses, repeats and delays requests on demand.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from core.base import ids
from core.base.errors import UnreachableError
from core.cloud.app import create_app
from core.cloud.cloud import Cloud
from core.cloud.db import Database
from core.cloud.migrations import migrate
from core.cloud.settings import CloudSettings, PasswordCost
from core.store.blobs import BlobStore
from core.store.mirror import Mirror, open_mirror
from core.usecases.session import sign_in
from sync.engine import SyncEngine, SyncReport
from sync.transport import HttpTransport

KEY = "11" * 32
PASSWORD = "correct horse battery"
CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)


class ManualClock:
    """Each look at the wall clock is a millisecond later than the one before; a sleep takes no time."""

    def __init__(self) -> None:
        self._ticks = itertools.count()
        self.moment = datetime(2026, 3, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment + timedelta(milliseconds=next(self._ticks))

    def monotonic(self) -> float:
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Fault(StrEnum):
    """What may happen to one request."""

    NONE = "none"
    LOSE_REQUEST = "lose_request"
    LOSE_ANSWER = "lose_answer"
    TWICE = "twice"
    GHOST = "ghost"
    CUT_ANSWER = "cut_answer"


class Wire(httpx.AsyncBaseTransport):
    """The network of one workstation. `next_fault` is asked for each sync request."""

    def __init__(self, app: Callable[[], FastAPI | None]) -> None:
        self._app = app
        self.online = True
        self.next_fault: Callable[[], Fault] = lambda: Fault.NONE
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What the person does while a request is on its way."""
        self.ghosts: list[tuple[httpx.URL, dict[str, str], bytes]] = []
        self.seen: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._app()
        if self.meanwhile is not None and "/sync/" in request.url.path:
            await self.meanwhile()
        if not self.online or app is None:
            raise httpx.ConnectError("no network", request=request)
        body = await request.aread()
        self.seen.append(f"{request.method} {request.url.path}")
        fault = self.next_fault() if "/sync/" in request.url.path else Fault.NONE
        if request.url.path.endswith("/push"):
            # A lost request may arrive after all, much later: it comes as a ghost.
            self.ghosts = [(request.url, dict(request.headers), body), *self.ghosts[:3]]
        if fault is Fault.LOSE_REQUEST:
            raise httpx.ConnectError("lost", request=request)
        if fault is Fault.TWICE:
            await self._send(app, request.method, request.url, dict(request.headers), body)
        if fault is Fault.GHOST and self.ghosts:
            await self._send(app, "POST", *self.ghosts[-1])
        answer = await self._send(app, request.method, request.url, dict(request.headers), body)
        if fault is Fault.LOSE_ANSWER:
            raise httpx.ReadError("answer lost", request=request)
        content = await answer.aread()
        if fault is Fault.CUT_ANSWER:
            content = content[: len(content) // 2]
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        stream = httpx.ByteStream(content)
        return httpx.Response(answer.status_code, headers=headers, stream=stream, request=request)

    async def _send(
        self, app: FastAPI, method: str, url: httpx.URL, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        inner = httpx.ASGITransport(app=app)
        return await inner.handle_async_request(httpx.Request(method, url, headers=headers, content=body))


@dataclass
class Station:
    """One workstation of one account."""

    world: World
    name: str
    user: str
    folder: Path
    wire: Wire
    mirror: Mirror
    transport: HttpTransport
    engine: SyncEngine
    noted: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def blobs(self) -> BlobStore:
        return BlobStore(self.folder / "blobs")

    async def sign_in(self) -> None:
        await sign_in(self.mirror, self.transport, user=self.user, password=PASSWORD)

    async def sync(self) -> SyncReport | None:
        """One round; None when the network failed it."""
        try:
            return await self.engine.sync_once()
        except UnreachableError:
            return None

    async def restart(self) -> None:
        """Close and open, as after the end of the program."""
        await self.close()
        self.mirror = opened(self.folder, self.world.clock)
        self.transport, self.engine = _doors(self.world, self.mirror, self.wire, self.blobs)

    async def close(self) -> None:
        await self.transport.close()
        await self.mirror.close()


def _doors(world: World, mirror: Mirror, wire: Wire, blobs: BlobStore) -> tuple[HttpTransport, SyncEngine]:
    transport = HttpTransport("http://cloud.localhost", mirror, clock=world.clock, wire=wire)
    engine = SyncEngine(mirror, transport, blobs, world.clock, rng=Random(7))
    return transport, engine


class SeededIds:
    """Ids of a history come from its seed, so that a red seed is red again. Stands in for `secrets` and `time`."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self.randbits = self._rng.getrandbits
        self.token_bytes = self._rng.randbytes
        self._ticks = itertools.count(1_772_323_200_000 + seed * 10_000_000)

    def randbelow(self, bound: int) -> int:
        return self._rng.randrange(bound)

    def time_ns(self) -> int:
        return next(self._ticks) * 1_000_000

    @contextmanager
    def used(self) -> Iterator[None]:
        ours: dict[str, Any] = {"secrets": self, "time": self, "_sequence": ids._Sequence()}
        if "_noise" in vars(ids):
            ours["_noise"] = vars(ids)["_Noise"]()
        before = {name: getattr(ids, name) for name in ours}
        vars(ids).update(ours)
        try:
            yield
        finally:
            vars(ids).update(before)


class Compiled:
    """SQL texts that SQLAlchemy made once, for all engines of a kind: a history opens a dozen mirrors, and making the
    same texts anew for each took half of its time. The cache's key holds the dialect, so that is shared too.
    """

    def __init__(self) -> None:
        self._first: dict[str, Engine] = {}

    def share(self, kind: str, *engines: Engine) -> None:
        for number, engine in enumerate(engines):
            first = self._first.setdefault(f"{kind} {number}", engine)
            engine.dialect = first.dialect
            engine._compiled_cache = first._compiled_cache


COMPILED = Compiled()


def opened(folder: Path, clock: ManualClock) -> Mirror:
    """The mirror of a workstation's folder."""
    mirror = open_mirror(folder / "mirror.db", KEY, clock, backups=folder / "backups")
    COMPILED.share("mirror", mirror._write_engine, mirror._read_engine)
    return mirror


class Templates:
    """An empty mirror and an empty cloud database, made once and copied: making them costs more than a history."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="templates-", dir=Path.home()))
        self._made: set[str] = set()

    def mirror(self, to: Path) -> None:
        def make(file: Path) -> None:
            open_mirror(file, KEY, ManualClock(), backups=file.parent).close_now()

        self._copy("mirror.db", to, make)

    def cloud(self, to: Path) -> None:
        def make(file: Path) -> None:
            database = Database(f"sqlite:///{file}")
            migrate(database)
            database.close()

        self._copy("cloud.db", to, make)

    def _copy(self, name: str, to: Path, make: Callable[[Path], None]) -> None:
        if name not in self._made:
            make(self._folder / name)
            self._made.add(name)
        shutil.copyfile(self._folder / name, to)


TEMPLATES = Templates()


class World:
    """The cloud core and its workstations. Use as `async with world(folder) as w`. What is in the folder is opened."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.clock = ManualClock()
        self.settings = CloudSettings(
            database_url=database_url or f"sqlite:///{folder / 'cloud.db'}",
            blobs=folder / "cloud-blobs",
            key=b"k" * 32,
            password_cost=CHEAP,
            clock=self.clock,
        )
        if not database_url and not (folder / "cloud.db").exists():
            TEMPLATES.cloud(folder / "cloud.db")
        self.app: FastAPI | None = None
        self.stations: list[Station] = []
        self._life: Any = None

    @property
    def cloud(self) -> Cloud:
        assert self.app is not None, "the cloud is down"
        cloud = self.app.state.cloud
        assert isinstance(cloud, Cloud)
        return cloud

    async def start_cloud(self) -> None:
        app = create_app(self.settings)
        self._life = app.router.lifespan_context(app)
        await self._life.__aenter__()
        self.app = app
        engine = self.cloud.database.engine
        COMPILED.share(f"cloud on {engine.dialect.name}", engine)

    async def stop_cloud(self) -> None:
        if self.app is not None:
            self.app = None
            await self._life.__aexit__(None, None, None)

    async def station(self, name: str, user: str, *, signed_in: bool = True) -> Station:
        folder = self.folder / name
        if not folder.exists():
            folder.mkdir()
            TEMPLATES.mirror(folder / "mirror.db")
        mirror = opened(folder, self.clock)
        wire = Wire(lambda: self.app)
        transport, engine = _doors(self, mirror, wire, BlobStore(folder / "blobs"))
        station = Station(self, name, user, folder, wire, mirror, transport, engine)
        self.stations.append(station)
        if signed_in:
            await station.sign_in()
        return station


@asynccontextmanager
async def world(folder: Path, database_url: str = "") -> AsyncIterator[World]:
    """A world with its cloud running; everything is closed at the end. SQLite in the folder without another address."""
    made = World(folder, database_url)
    await made.start_cloud()
    try:
        yield made
    finally:
        for station in made.stations:
            await station.close()
        await made.stop_cloud()
