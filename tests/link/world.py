"""A workstation's core with real simulated devices on loopback, for tests of use cases that speak to devices."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from core.base.clock import Clock, SystemClock
from core.base.paths import Profile
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.device import DEVICE, RELAY, Device, Relay
from core.entities.firmware import FirmwareRelease
from core.entities.organisation import ORGANISATION, Role
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Building, Site
from core.jobs.job import Handler
from core.jobs.runner import JobRunner
from core.ports.lan import Login
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.autop import OnceHandler
from core.usecases.context import Actor, Context
from core.usecases.firmware import FirmwareHandler, RolloutHandler, add_release
from core.usecases.provision import ProvisionHandler
from desktop.app.workstation import photo_in
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.pacing import FAST, PacingOf
from device_link.recorder import FlightRecorder
from device_link.simulator import SimDevice, SimLan, SimSpec
from device_link.simulator.clock import SimClock
from device_link.simulator.image import make_image
from device_link.simulator.life import Timing
from tests.factories import plant

KEY = hashlib.sha256(b"tests").hexdigest()
FLASH = Timing(flash=0.05, boot=0.1, shutdown=0.01)
OLD, NEW = "29.30.10.400", "29.30.10.507"
R29 = "R29"


class NoScanner:
    """These devices are known already; nobody looks for others."""

    async def scan(self, _targets: Sequence[str], _logins: Sequence[Login]) -> AsyncIterator[Any]:
        """Finds nothing."""
        none: tuple[Any, ...] = ()
        for nothing in none:
            yield nothing


def quick(_model: str) -> Any:
    """Pacing for simulated devices whose restarts take a tenth of a second."""
    return replace(FAST, restart_grace_s=1.0)


@dataclass(slots=True)
class World:
    """A site of one building, its devices as rows and as simulated units, in the same order."""

    ctx: Context
    lan: SimLan
    site: Site
    building: Building
    devices: list[Device] = field(default_factory=list)
    recorder: FlightRecorder = field(default_factory=FlightRecorder)

    @property
    def mirror(self) -> Mirror:
        """The workstation's mirror."""
        return self.ctx.mirror

    def unit(self, device: Device) -> SimDevice:
        """The simulated unit of a row."""
        return self.lan.device(device.mac)

    async def write(self, work: Callable[[Tx], Any]) -> Any:
        """One transaction of a person."""
        return await self.mirror.write(work, origin=Origin.USER, act="test")

    async def read(self, work: Callable[[Reader], Any]) -> Any:
        """One look."""
        return await self.mirror.read(work, limit_ms=20_000)

    async def release(
        self, folder: Path, version: str = NEW, model: str = R29, size: int = 70_000
    ) -> FirmwareRelease:
        """A firmware file in the library."""
        path = folder / f"{version}.rom"
        path.write_bytes(make_image(version.partition(".")[0], version, size))
        return await add_release(self.ctx, path, model=model)


def specs(count: int, *faults: str, profile: str = "R29", firmware: str | None = OLD) -> list[SimSpec]:
    """So many units of one model; `faults[i]` are those of unit i, several joined by blanks."""
    return [
        SimSpec(
            profile=profile, firmware=firmware, faults=tuple(faults[i].split()) if i < len(faults) else ()
        )
        for i in range(count)
    ]


@asynccontextmanager
async def world(
    folder: Path,
    units: Sequence[SimSpec],
    *,
    clock: Clock | None = None,
    pacing: PacingOf = quick,
    limit_s: float = 3.0,
    confirm: Callable[[], Awaitable[bool]] | None = None,
    timing: Timing = FLASH,
    device_clock: SimClock | None = None,
) -> AsyncIterator[World]:
    """A world that is put away afterwards."""
    profile = Profile(folder / "station").make()
    recorder, blobs = FlightRecorder(), BlobStore(profile.blobs)
    mirror = open_mirror(profile.mirror, KEY, clock or SystemClock(), backups=profile.backups)
    ctx = Context(
        clock=clock or SystemClock(),
        mirror=mirror,
        blobs=blobs,
        gateway=AkuvoxGateway(
            SystemClock(), pacing=pacing, recorder=recorder, photos=partial(photo_in, blobs)
        ),
        scanner=NoScanner(),
        actor=None,
        workstation="test station",
        factory_logins=(Login("admin", "admin", factory=True),),
        restart_limit_s=limit_s,
        confirm=confirm,
    )
    handlers: dict[str, Handler] = {
        h.kind: h
        for h in (ProvisionHandler(ctx), FirmwareHandler(ctx), RolloutHandler(ctx), OnceHandler(ctx))
    }
    ctx.attach(JobRunner(mirror, ctx.clock, handlers))
    async with await SimLan.start(units, timing=timing, clock=device_clock) as lan:
        try:
            yield await _furnish(ctx, lan, recorder)
        finally:
            await ctx.jobs.close()
            await mirror.close()
            await asyncio.get_running_loop().shutdown_default_executor()


async def _furnish(ctx: Context, lan: SimLan, recorder: FlightRecorder) -> World:
    def work(tx: Tx) -> tuple[str, Site, Building, list[Device]]:
        org = plant(tx, ORGANISATION, name="Hanley Installations")
        site = plant(tx, SITE, org_id=org.id, name="Tamarind Court", time_zone="Europe/Madrid")
        building = plant(tx, BUILDING, site_id=site.id, name="Building A")
        rows = []
        for number, unit in enumerate(lan.devices):
            row = plant(
                tx,
                DEVICE,
                site_id=site.id,
                building_id=building.id,
                mac=unit.mac,
                name=f"Door {number}",
                model=unit.profile.model,
                address=unit.url,
                firmware=unit.firmware,
            )
            plant(tx, RELAY, device_id=row.id, number=1, name=f"Relay {number}")
            rows.append(row)
        return org.id, site, building, rows

    org_id, site, building, rows = await ctx.mirror.write(work, origin=Origin.USER)
    ctx.actor = Actor("a" * 32, org_id, Role.INSTALLER, "Tor Ostby")
    return World(ctx, lan, site, building, rows, recorder)


def put_people(tx: Tx, site: Site, building: Building, count: int) -> list[Resident]:
    """Residents of one apartment in a group that opens every relay of the site at any time."""
    flat = plant(tx, APARTMENT, site_id=site.id, building_id=building.id, number="101")
    group = plant(tx, ACCESS_GROUP, site_id=site.id, name="Everybody", code=501)
    relays: list[Relay] = tx.find(RELAY, scope_id=site.id)
    for relay in relays:
        plant(tx, GROUP_DOOR, group_id=group.id, relay_id=relay.id)
    people = []
    for number in range(count):
        person = plant(
            tx,
            RESIDENT,
            site_id=site.id,
            apartment_id=flat.id,
            first_name=f"Ada {number}",
            last_name="Byron",
        )
        plant(tx, GROUP_MEMBER, group_id=group.id, person_id=person.id)
        plant(tx, CREDENTIAL, person_id=person.id, kind=CredentialKind.PIN, code=f"{20_000 + number}")
        people.append(person)
    return people
