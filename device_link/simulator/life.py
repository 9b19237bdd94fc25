"""A device's life: its ports, its phases, its restarts, its memory on disk, and what it sends by itself.

What a request means is the front end's; what a person does to the device is `device`'s.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

import msgspec

from device_link.simulator import action_url, autop, sntp
from device_link.simulator.call import Effect
from device_link.simulator.config_map import ACTION_URL
from device_link.simulator.frontend import Frontend
from device_link.simulator.relays import relay_name
from device_link.simulator.server import HttpPort, Manners
from device_link.simulator.storage import Storage
from device_link.simulator.tasks import Tasks
from device_link.simulator.unit import Phase, Unit


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a device takes, in seconds: to write firmware, to boot, and from an answer until it goes down."""

    flash: float = 0.4
    boot: float = 0.6
    shutdown: float = 0.05


class Life:
    """Runs one unit on its ports. `connected` is the cable: without it connections are refused, the device goes on."""

    def __init__(
        self, unit: Unit, timing: Timing, storage: Storage | None, tls: ssl.SSLContext | None
    ) -> None:
        self._unit = unit
        self._timing = timing
        self._storage = storage
        self._tasks = Tasks()
        self._saving = asyncio.Lock()
        self.connected = True
        self.restarts = 0
        handler = Frontend(unit, self.save, self.follow_up, timing.flash).handle
        manners = Manners(
            silent=lambda: unit.faults.has("half-reboot"),
            single=lambda: unit.faults.has("one-connection"),
            stall_expect=lambda: unit.faults.has("stall-expect"),
        )
        self._ports = [HttpPort(handler, manners=manners)]
        if tls is not None:
            self._ports.append(HttpPort(handler, tls=tls, manners=manners))

    def reserve(self, ip: str, port: int) -> None:
        """Take the device's address, and any free port for https if it has that. Raises `PortTakenError`."""
        self._ports[0].reserve(ip, port)
        self._unit.ip, self._unit.port = self._ports[0].ip, self._ports[0].port
        for further in self._ports[1:]:
            further.reserve(ip, 0)
            self._unit.tls_port = further.port

    async def start(self) -> None:
        """Power on. A flash that was going on when the simulator was killed is finished first."""
        self._unit.finish_flash()
        await self.settle_ports()
        await self.save()

    async def stop(self) -> None:
        """Power off and give the addresses back; memory stays on disk, if it is kept there."""
        await self._tasks.aclose()
        for port in self._ports:
            await port.aclose()
        await self.save()

    async def settle_ports(self) -> None:
        """Open or close the ports, as cable, phase and faults have it."""
        down = self._unit.phase is Phase.DOWN or self._unit.faults.has("offline")
        for port in self._ports:
            if self.connected and not down:
                await port.open()
            else:
                port.close()

    def drop_connections(self) -> None:
        """Drop the connections that are open now."""
        for port in self._ports:
            port.drop_connections()

    async def save(self) -> None:
        """Write the memory to disk if it changed. A later call waits for an earlier one."""
        if self._storage is None:
            self._unit.dirty = False
            return
        async with self._saving:
            if self._unit.dirty:
                self._unit.dirty = False
                await self._storage.save(self._unit.mac, msgspec.json.encode(self._unit.state))

    def follow_up(self, effect: Effect) -> None:
        """Do what follows an answer or an act: send queued action URLs, close relays in time, restart."""
        mac = self._unit.mac
        method = "POST" if self._unit.config.get(f"{ACTION_URL}.Method").upper() == "POST" else "GET"
        while self._unit.outgoing:
            url, times = self._unit.outgoing.popleft(), self._unit.faults.number("url-again", 1)
            if self._unit.faults.has("url-lost"):
                continue
            self._tasks.spawn(_deliver(url, method, times), f"action URL of {mac}")
        while self._unit.people.fetches:
            self._tasks.spawn(self._fetch_face(*self._unit.people.fetches.popleft()), f"face of {mac}")
        while self._unit.closings:
            self._tasks.spawn(self._close_later(*self._unit.closings.popleft()), f"relay of {mac}")
        if effect is Effect.REBOOT:
            self._tasks.spawn(self._restart(), f"restart of {mac}")
        elif effect is Effect.UPGRADE:
            self._tasks.spawn(self._upgrade(), f"upgrade of {mac}")

    async def settled(self) -> None:
        """Wait until nothing goes on any more."""
        await self._tasks.drain()

    async def _upgrade(self) -> None:
        unit = self._unit
        await unit.clock.sleep(self._timing.flash)
        if unit.phase is not Phase.FLASHING:
            return
        if unit.faults.strike("upgrade-failed"):
            unit.state.pending = unit.state.slot = None
            unit.phase, unit.upgrade_failed, unit.dirty = Phase.RUNNING, True, True
            await self.save()
            return
        await self._restart()

    async def _restart(self) -> None:
        unit = self._unit
        await unit.clock.sleep(self._timing.shutdown)
        if unit.phase is Phase.DOWN:
            return
        unit.phase = Phase.DOWN
        await self.settle_ports()
        unit.finish_flash()
        await self.save()
        if unit.faults.has("never-back"):
            self.connected = False
        await unit.clock.sleep(self._timing.boot + unit.faults.number("reboot-outage") / 1000)
        unit.start()
        unit.phase = Phase.RUNNING
        self.restarts += 1
        await self.settle_ports()
        unit.notify("SetupCompleted", {})
        self.follow_up(Effect.NONE)
        await self.save()
        if server := sntp.server_of(unit):
            await sntp.ask(unit, *server)
        if source := autop.source_of(unit):
            await autop.pull(unit, source)
            await self.save()

    async def _fetch_face(self, record_id: str, url: str) -> None:
        if self._unit.faults.has("face-unfetched"):
            return
        self._unit.people.face_fetched(record_id, await autop.fetch(url))
        self._unit.dirty = True
        await self.save()

    async def _close_later(self, relay: int, seconds: float) -> None:
        await self._unit.clock.sleep(seconds)
        if not self._unit.relays.is_open(relay):
            self._unit.notify(f"Relay{relay_name(relay)}Closed", {"relay_id": str(relay)})
            self.follow_up(Effect.NONE)


async def _deliver(url: str, method: str, times: int) -> None:
    for _ in range(times):
        await action_url.call(url, method)
