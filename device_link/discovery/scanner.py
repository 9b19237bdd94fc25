"""The scanner: sweep, announcements and neighbour table together, every address asked once, told as soon as known."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from core.base.clock import Clock
from core.base.tasks import TaskOwner
from core.ports.lan import LanScanner, Login, NeighbourTable, ScanReport, Sighted
from device_link.discovery.announced import Listener
from device_link.discovery.fingerprint import Fingerprint
from device_link.discovery.mdns import MdnsListener
from device_link.discovery.pnp import PnpListener
from device_link.discovery.run import Run
from device_link.discovery.ssdp import SsdpListener
from device_link.discovery.sweep import Sweep
from device_link.discovery.targets import Target, own_networks, parse_targets
from device_link.discovery.wsd import WsdListener
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder


def all_listeners(clock: Clock, *, listen_s: float = 3.0) -> tuple[Listener, ...]:
    """Every way of hearing devices, on every network card."""
    return (
        MdnsListener(clock, listen_s=listen_s),
        WsdListener(clock, listen_s=listen_s),
        SsdpListener(clock, listen_s=listen_s),
        PnpListener(clock, listen_s=listen_s),
    )


class Scanner(LanScanner):
    """Finds devices. `neighbours` None: without the link layer. `listeners`: the ways of hearing (`all_listeners`);
    `mdns` is one more of them. `pool`: shared with the drivers.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        neighbours: NeighbourTable | None = None,
        mdns: MdnsListener | None = None,
        listeners: Sequence[Listener] = (),
        sweep: Sweep | None = None,
        pool: DevicePool | None = None,
        pacing: PacingOf = real_pacing,
        recorder: FlightRecorder | None = None,
    ) -> None:
        self._clock = clock
        self._neighbours = neighbours
        self._listeners: tuple[Listener, ...] = (*((mdns,) if mdns else ()), *listeners)
        self._sweep = sweep or Sweep()
        self._fingerprint = Fingerprint(clock, pool or DevicePool(), pacing, recorder)
        self._last_report: ScanReport | None = None

    @property
    def last_report(self) -> ScanReport | None:
        """See `ReportsScan.last_report`."""
        return self._last_report

    def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncGenerator[Sighted, None]:
        """See `LanScanner.scan`. A caller that stops before the end closes the iterator (`contextlib.aclosing`)."""
        wanted = list(targets) or own_networks()
        return self._found(wanted, parse_targets(wanted), logins)

    async def _found(
        self, wanted: Sequence[str], targets: Sequence[Target], logins: Sequence[Login]
    ) -> AsyncGenerator[Sighted, None]:
        run = Run(self._clock, self._fingerprint, self._neighbours, self._listeners, logins)
        started = self._clock.now()
        await run.read_table()
        owner = TaskOwner()
        work = owner.start(run.all(targets, self._sweep), name="scan")
        complete = False
        try:
            while (sighted := await run.results.get()) is not None:
                yield sighted
            await work
            complete = True
        finally:
            await owner.close()
            self._last_report = ScanReport(
                started_at=started,
                ended_at=self._clock.now(),
                ways=run.report(wanted, targets),
                heard=run.heard(),
                places=frozenset(t.host if t.port is None else f"{t.host}:{t.port}" for t in targets),
                complete=complete,
            )
