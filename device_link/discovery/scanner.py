"""The scanner: sweep, announcements and neighbour table together, every address asked once, told as soon as known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.base.errors import DataError
from core.base.tasks import TaskOwner
from core.ports.lan import LanScanner, Login, NeighbourTable, Sighted
from device_link.discovery.fingerprint import Fingerprint, Hint
from device_link.discovery.mdns import Announced, MdnsListener
from device_link.discovery.sweep import Sweep
from device_link.discovery.targets import Target, own_networks, parse_targets
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder

_LOOKS = 16
"""Addresses asked side by side: a look is two to ten small requests, most of its time is waiting."""

Place = tuple[str, int]


class Scanner(LanScanner):
    """Finds devices. `neighbours` and `mdns` None: those ways are left out. `pool`: shared with the drivers."""

    def __init__(
        self,
        clock: Clock,
        *,
        neighbours: NeighbourTable | None = None,
        mdns: MdnsListener | None = None,
        sweep: Sweep | None = None,
        pool: DevicePool | None = None,
        pacing: PacingOf = real_pacing,
        recorder: FlightRecorder | None = None,
    ) -> None:
        self._clock = clock
        self._neighbours = neighbours
        self._mdns = mdns
        self._sweep = sweep or Sweep()
        self._fingerprint = Fingerprint(clock, pool or DevicePool(), pacing, recorder)

    def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncGenerator[Sighted, None]:
        """See `LanScanner.scan`. A caller that stops before the end closes the iterator (`contextlib.aclosing`)."""
        return self._found(parse_targets(targets or own_networks()), logins)

    async def _found(
        self, targets: Sequence[Target], logins: Sequence[Login]
    ) -> AsyncGenerator[Sighted, None]:
        run = _Run(self._clock, self._fingerprint, self._neighbours, logins)
        await run.read_table()
        owner = TaskOwner()
        work = owner.start(run.all(targets, self._sweep, self._mdns), name="scan")
        try:
            while (sighted := await run.results.get()) is not None:
                yield sighted
            await work
        finally:
            await owner.close()


@dataclass(slots=True)
class _Run:
    """One scan."""

    clock: Clock
    fingerprint: Fingerprint
    neighbours: NeighbourTable | None
    logins: Sequence[Login]
    results: asyncio.Queue[Sighted | None] = field(default_factory=asyncio.Queue)
    _methods: dict[Place, set[str]] = field(default_factory=dict)
    _opened_at: dict[Place, float] = field(default_factory=dict)
    _claims: dict[Place, Announced] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LOOKS))
    _table: Mapping[str, str] = field(default_factory=dict)
    _table_at: float = float("-inf")
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self, targets: Sequence[Target], sweep: Sweep, mdns: MdnsListener | None) -> None:
        """Everything; ends the results with None, also when it fails."""
        try:
            async with asyncio.TaskGroup() as group:

                def opened(host: str, port: int, scheme: str, method: str = "sweep") -> None:
                    known = (host, port) in self._methods
                    self._methods.setdefault((host, port), set()).add(method)
                    if not known:
                        self._opened_at[host, port] = self.clock.monotonic()
                        group.create_task(self._look(host, port, scheme))

                def heard(claim: Announced) -> None:
                    if claim.port is None:
                        target = [Target(claim.host)]
                        group.create_task(sweep.run(target, lambda h, p, s: opened(h, p, s, "mdns")))
                        return
                    self._claims[claim.host, claim.port] = claim
                    opened(claim.host, claim.port, "", "mdns")

                group.create_task(sweep.run(targets, opened))
                if mdns is not None:
                    group.create_task(mdns.run(heard))
        finally:
            self.results.put_nowait(None)

    async def _look(self, host: str, port: int, scheme: str) -> None:
        async with self._gate:
            mac = await self._neighbour(host, port)
            claim = self._claims.get((host, port), Announced(host, port))
            hint = Hint(mac or claim.mac, claim.model, claim.firmware)
            name = f"[{host}]" if ":" in host else host
            url = f"{scheme or ('https' if port == 443 else 'http')}://{name}:{port}"
            seen = await self.fingerprint.look(url, self.logins, hint)
        methods = set(self._methods[host, port])
        if mac:
            methods.add("neighbour")
        self._tell(replace(seen, methods=tuple(sorted(methods))))

    def _tell(self, seen: Sighted) -> None:
        """Each device once: the same MAC at the same host is one device with two ports or two names."""
        before = self._told.get(seen.mac) if seen.mac else None
        if before is not None and _host(before) == _host(seen.url):
            return
        if before is not None:
            reason = f"{seen.reason} The same MAC answered at {before} too.".strip()
            seen = replace(seen, reason=reason)
        self._told[seen.mac or seen.url] = seen.url
        self.results.put_nowait(seen)

    async def read_table(self) -> None:
        """Read the neighbour table; DataError when it is a damaged file."""
        if self.neighbours is not None:
            self._table_at, self._table = self.clock.monotonic(), await self.neighbours.read()

    async def _neighbour(self, host: str, port: int) -> str:
        """The link layer's MAC. A connection puts its address into the table, so an older table is read anew."""
        async with self._reading:
            if not self._known(host, port) and self._table_at <= self._opened_at[host, port]:
                try:
                    await self.read_table()
                except DataError:
                    self._table = {}
        return self._known(host, port)

    def _known(self, host: str, port: int) -> str:
        return self._table.get(f"{host}:{port}") or self._table.get(host, "")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
