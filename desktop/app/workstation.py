"""Builds a workstation from a profile: mirror, device link, jobs, sync, and the context that use cases are given."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.base.clock import Clock, SystemClock
from core.base.errors import GatewrightError, UserError
from core.base.logs import start_logs
from core.base.paths import Profile
from core.base.tasks import TaskOwner
from core.jobs.job import Handler
from core.jobs.runner import JobRunner
from core.ports.lan import Login, NeighbourTable
from core.store.blobs import BlobStore
from core.store.keys import mirror_key
from core.store.lock import ProfileLock
from core.store.mirror import Mirror, open_mirror
from core.store.tx import Author
from core.usecases.autop import OnceHandler
from core.usecases.context import Context
from core.usecases.firmware import FirmwareHandler, RolloutHandler
from core.usecases.provision import ProvisionHandler
from core.usecases.recordings import RecordingSink
from core.usecases.session import current_actor, current_cloud
from device_link.discovery.neighbours import FileNeighbours, SystemNeighbours
from device_link.discovery.scanner import Scanner, all_listeners
from device_link.drivers.akuvox.pacing import PacingOf, fast_pacing, real_pacing
from device_link.gateways import MakerGateway
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder
from sync.engine import SyncEngine
from sync.transport import HttpTransport

FACTORY_LOGINS = (
    Login("admin", "admin", factory=True),
    Login("admin", "httpapi", factory=True),
    Login("admin", "2n", factory=True),
)
"""Published defaults of the devices' API (device API 1.2, 8)."""

FLUSH_S = 20.0
"""Between two writes of the flight recorder."""
ALONE_S = 30.0
"""How long a cloud that did not answer is not asked again by work that would like its word."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a workstation is told by its environment; the demo and tests pass their own."""

    pacing: PacingOf = real_pacing
    neighbours: NeighbourTable | None = None
    restart_limit_s: float = 600.0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Surroundings:
        """GATEWRIGHT_DEVICE_PACING=fast for simulated devices, GATEWRIGHT_NEIGHBOURS=FILE for a simulated LAN."""
        fast = environment.get("GATEWRIGHT_DEVICE_PACING", "") == "fast"
        table = environment.get("GATEWRIGHT_NEIGHBOURS", "")
        neighbours = FileNeighbours(Path(table)) if table else None
        return cls(fast_pacing if fast else real_pacing, neighbours, 30.0 if fast else 600.0)


@dataclass(slots=True)
class Workstation:
    """An open profile. `engine` is None until somebody has signed in here."""

    profile: Profile
    mirror: Mirror
    ctx: Context
    clock: Clock
    engine: SyncEngine | None
    transport: HttpTransport | None
    _lock: ProfileLock
    _recordings: RecordingSink
    _tasks: TaskOwner = field(default_factory=TaskOwner)
    _alone_until: float = float("-inf")

    async def keep_recordings(self) -> None:
        """Write what was said to devices from time to time, so that a crash loses little of it."""
        while True:
            await self.clock.sleep(FLUSH_S)
            await self._recordings.flush()

    def start_recording(self) -> None:
        """Begin `keep_recordings` in the background."""
        self._tasks.keep(self.keep_recordings(), name="flight recorder")

    async def close(self) -> None:
        """Stop jobs, sync, and the mirror, in this order."""
        await self.ctx.jobs.close()
        await self._tasks.close()
        await self._recordings.flush()
        if self.engine is not None:
            await self.engine.close()
        if self.transport is not None:
            await self.transport.close()
        await self.mirror.close()
        self._lock.__exit__(None, None, None)

    async def connect(self, base_url: str) -> HttpTransport:
        """Point the workstation at a cloud core; the engine begins with the next `refresh`."""
        if self.engine is not None:
            await self.engine.close()
            self.engine = None
        if self.transport is not None:
            await self.transport.close()
        self.transport = HttpTransport(base_url, self.mirror, clock=self.clock)
        return self.transport

    async def refresh(self) -> None:
        """Read anew who is signed in, and build the sync engine for that session."""
        self.ctx.actor = await current_actor(self.mirror)
        self.mirror.author = _author(self.ctx)
        url = await current_cloud(self.mirror)
        if self.ctx.actor is None or not url:
            return
        if self.transport is None or self.transport.base_url != url:
            await self.connect(url)
        if self.engine is None and self.transport is not None:
            self.engine = SyncEngine(self.mirror, self.transport, self.ctx.blobs, self.clock, live=True)
        self.ctx.confirm, self.ctx.door = self._confirm, self.transport

    async def _confirm(self) -> bool:
        """One round of sync; False, for half a minute without trying again, when there is no cloud to be reached."""
        if self.engine is None or self.clock.monotonic() < self._alone_until:
            return False
        try:
            await self.engine.sync_once()
        except GatewrightError:
            self._alone_until = self.clock.monotonic() + ALONE_S
            return False
        return True

    def require_engine(self) -> SyncEngine:
        """The sync engine, or a refusal that says to sign in."""
        if self.engine is None:
            raise UserError(
                "session.none", "Nobody is signed in on this workstation.", remedy="Sign in first."
            )
        return self.engine


def _author(ctx: Context) -> Author:
    return Author(ctx.actor.name, ctx.actor.account_id) if ctx.actor else Author("nobody signed in")


async def open_workstation(
    profile: Profile,
    *,
    surroundings: Surroundings | None = None,
    environment: Mapping[str, str] | None = None,
) -> Workstation:
    """Open a profile; UserError when it is open elsewhere or locked, DataError when its mirror cannot be read."""
    environment = os.environ if environment is None else environment
    around = surroundings or Surroundings.of(environment)
    clock = SystemClock()
    profile.make()
    lock = ProfileLock(profile).__enter__()
    try:
        start_logs(profile)
        mirror = open_mirror(profile.mirror, mirror_key(profile, environment), clock, backups=profile.backups)
    except BaseException:
        lock.__exit__(None, None, None)
        raise
    recordings = RecordingSink(mirror)
    ctx = _context(profile, mirror, clock, around, FlightRecorder(sink=recordings))
    station = Workstation(profile, mirror, ctx, clock, None, None, lock, recordings)
    station.start_recording()
    await station.refresh()
    return station


def photo_in(blobs: BlobStore, digest: str) -> Path | None:
    """The file of a photo, when it is on this workstation."""
    return blobs.path(digest) if blobs.has(digest) else None


def _context(
    profile: Profile, mirror: Mirror, clock: Clock, around: Surroundings, recorder: FlightRecorder
) -> Context:
    pool = DevicePool()
    blobs = BlobStore(profile.blobs)
    # A simulated LAN on loopback has nothing to announce itself to.
    listeners = () if around.neighbours else all_listeners(clock)
    ctx = Context(
        clock=clock,
        mirror=mirror,
        blobs=blobs,
        gateway=MakerGateway(
            clock, pacing=around.pacing, pool=pool, recorder=recorder, photos=partial(photo_in, blobs)
        ),
        scanner=Scanner(
            clock,
            neighbours=around.neighbours or SystemNeighbours(),
            listeners=listeners,
            pool=pool,
            pacing=around.pacing,
        ),
        workstation=socket.gethostname()[:60],
        factory_logins=FACTORY_LOGINS,
        restart_limit_s=around.restart_limit_s,
    )
    handlers: dict[str, Handler] = {
        ProvisionHandler.kind: ProvisionHandler(ctx),
        FirmwareHandler.kind: FirmwareHandler(ctx),
        RolloutHandler.kind: RolloutHandler(ctx),
        OnceHandler.kind: OnceHandler(ctx),
    }
    ctx.attach(JobRunner(mirror, clock, handlers))
    return ctx
