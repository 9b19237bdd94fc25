"""A workstation with everything on it, without a network: two buildings, 40 residents, ten devices with proofs.

Devices are a fake gateway in memory that fulfils the port; everything in the mirror was written by use cases and jobs.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.clock import Clock, SystemClock
from core.base.ids import new_id
from core.base.paths import Profile
from core.entities.device import Device
from core.entities.organisation import ORGANISATION, Organisation, OrgKind, Role
from core.entities.person import Resident
from core.entities.site import Apartment, Building, Site, SiteKind
from core.jobs.job import Handler
from core.jobs.runner import JobRunner
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from core.store.tx import Author
from core.usecases.autop import OnceHandler
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
from device_link.simulator.image import make_image
from tests.desktop.fakes_window import FakeDevice, FakeGateway, FakeScanner, fake_devices

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
        OnceHandler.kind: OnceHandler(ctx),
    }
    runner = JobRunner(mirror, clock, handlers)
    ctx.attach(runner)
    return ctx, runner


async def furnish(folder: Path, clock: Clock | None = None) -> Furnished:
    """Everything, by use cases."""
    devices = fake_devices()
    ctx, runner = bare_context(folder / "profile", devices, clock)
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


async def sign_in_locally(ctx: Context, role: str = Role.INSTALLER) -> None:
    """Somebody is signed in, an installer if not said otherwise; the rows are what a first sync would have brought."""
    org = Organisation(id=new_id(), scope_id="", name="Ostby Doorworks", kind=OrgKind.INSTALLER)
    org = Organisation(id=org.id, scope_id=org.id, name=org.name, kind=org.kind)
    await ctx.mirror.write(lambda tx: tx.put(ORGANISATION, org), origin=Origin.PULL, act="Fill")
    ctx.actor = Actor(new_id(), org.id, Role(role), "Tor Ostby")
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
