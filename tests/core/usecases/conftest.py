from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from core.base.ids import new_id
from core.base.paths import Profile
from core.entities.device import DEVICE, MAC_ENTRY, RELAY, Device, Relay
from core.entities.organisation import Organisation, Role
from core.entities.person import Resident
from core.entities.site import Apartment, Building, Site, SiteKind
from core.ports.device import DeviceGateway
from core.ports.lan import LanScanner
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Author
from core.usecases.context import Actor, Context
from core.usecases.devices import NewDevice, add_device
from core.usecases.people import NewResident, add_resident
from core.usecases.places import add_apartment, add_building, add_site
from tests.factories import random_mac
from tests.fixtures_core import HandClock, Planter


@pytest.fixture
def ctx(mirror: Mirror, profile: Profile, hand_clock: HandClock, org: Organisation) -> Context:
    """Use cases of a signed-in installer; no device is ever asked."""
    made = Context(
        clock=hand_clock,
        mirror=mirror,
        blobs=BlobStore(profile.blobs),
        gateway=cast("DeviceGateway", None),
        scanner=cast("LanScanner", None),
        actor=Actor(new_id(), org.id, Role.INSTALLER, "Tor Ostby"),
    )
    mirror.author = Author("Tor Ostby")
    return made


@pytest.fixture
def as_manager(ctx: Context) -> Callable[[], None]:
    """Signs a property manager in, in the installer's place."""

    def switch() -> None:
        ctx.actor = Actor(new_id(), ctx.me.org_id, Role.MANAGER, "Pia Manager")

    return switch


@dataclass
class Desk:
    """A community with a building, its door phone with two relays, an apartment and a resident with PIN and card."""

    ctx: Context
    site: Site
    building: Building
    home: Apartment
    device: Device
    relays: list[Relay]
    ada: Resident
    marks: dict[str, list[str]] = field(default_factory=dict)

    async def read(self, spec: Any, **where: Any) -> list[Any]:
        return await self.ctx.mirror.read(lambda r: r.find(spec, **where))

    async def person(self, first: str, **more: Any) -> Resident:
        known = {n: more.pop(n) for n in ("pins", "cards", "group_ids", "fee_accepted") if n in more}
        home = more.pop("apartment_id", self.home.id)
        return await add_resident(self.ctx, NewResident(home, first, "Byron", more=more, **known))

    async def add_device(self, name: str, **more: Any) -> tuple[Device, list[Relay]]:
        mac = random_mac()
        await self.ctx.mirror.write(lambda tx: _library(tx, mac, self.ctx.me.org_id), origin=Origin.USER)
        new = NewDevice(self.site.id, mac, name, model="R29", building_id=self.building.id, **more)
        device = await add_device(self.ctx, new)
        relays = await self.read(RELAY, device_id=device.id)
        return (await self.read(DEVICE, id=device.id))[0], relays


@pytest.fixture
async def desk(ctx: Context, planted: Planter) -> Desk:
    site = await add_site(ctx, name="Tamarind Court", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    building = await add_building(ctx, site_id=site.id, name="Building A")
    home = await add_apartment(ctx, building_id=building.id, number="101", floor=7)
    made = Desk(ctx, site, building, home, cast("Device", None), [], cast("Resident", None))
    made.device, made.relays = await made.add_device("Main entrance", relay_names=("Street", "Inner"))
    made.ada = await made.person("Ada", pins=("4711",), cards=("0A1B2C3D",))
    return made


def _library(tx: Any, mac: str, org_id: str) -> None:
    tx.put(MAC_ENTRY, MAC_ENTRY.row(id=new_id(), scope_id=org_id, mac=mac, model="R29"))
