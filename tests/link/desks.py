"""Two workstations of one firm at one cloud, in one process; the network of each can be cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.base.clock import SystemClock
from core.cloud.admin import create_distributor, create_installer
from core.entities.organisation import Role
from core.entities.site import SITE, Site
from core.entities.task import LEASE, lease_id
from core.jobs.runner import JobRunner
from core.ports.lan import Login
from core.rules.lease import parse_held
from core.store import tray
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Actor, Context
from core.usecases.provision import ProvisionHandler
from core.usecases.session import current_actor
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from tests.factories import make
from tests.history.world import PASSWORD, Station, World
from tests.history.world import world as cloud_world
from tests.link.world import NoScanner, quick

DEVICE_ID = "d" * 32


@dataclass
class Desk:
    """One workstation with its use cases."""

    station: Station
    ctx: Context

    async def confirm(self) -> bool:
        return await self.station.sync() is not None

    async def holder(self) -> str:
        row = await self.ctx.mirror.read(lambda r: r.get(LEASE, lease_id(DEVICE_ID)))
        held = parse_held(row.held) if row else None
        return held.name if held else ""

    async def tray(self) -> int:
        return len(await self.ctx.mirror.read(tray.entries))


async def desk(world: World, name: str) -> Desk:
    station = await world.station(name, "hanley")
    actor = await current_actor(station.mirror)
    assert actor is not None
    ctx = Context(
        clock=world.clock,
        mirror=station.mirror,
        blobs=BlobStore(station.folder / "blobs"),
        gateway=AkuvoxGateway(SystemClock(), pacing=quick),
        scanner=NoScanner(),
        actor=Actor(actor.account_id, actor.org_id, Role.INSTALLER, name),
        workstation=name,
        factory_logins=(Login("admin", "admin", factory=True),),
        restart_limit_s=4.0,
    )
    ctx.attach(JobRunner(station.mirror, world.clock, {ProvisionHandler.kind: ProvisionHandler(ctx)}))
    made = Desk(station, ctx)
    ctx.confirm = made.confirm
    return made


@dataclass
class Two:
    """Two desks that both know the site."""

    first: Desk
    second: Desk
    site: Site


@asynccontextmanager
async def two_desks(folder: Path) -> AsyncIterator[Two]:
    """Both have synced the site."""
    async with cloud_world(folder / "cloud") as world:
        above = create_distributor(world.cloud, name="Distributor", user="dist", password=PASSWORD)
        create_installer(
            world.cloud, name="Hanley", user="hanley", password=PASSWORD, distributor_id=above.org_id
        )
        first, second = await desk(world, "Van 1"), await desk(world, "Van 2")
        await first.confirm()

        def work(tx: Tx) -> Site:
            return tx.put(
                SITE, make(SITE, org_id=first.ctx.me.org_id, name="Tamarind Court", time_zone="Europe/Madrid")
            )

        site = await first.ctx.mirror.write(work, origin=Origin.USER)
        assert await first.confirm()
        assert await second.confirm()
        try:
            yield Two(first, second, site)
        finally:
            await first.ctx.jobs.close()
            await second.ctx.jobs.close()
