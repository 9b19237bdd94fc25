"""Two workstations of one firm and one cloud: only one of them works on a device, offline or not (W4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.ids import is_id
from core.cloud.admin import create_distributor, create_installer
from core.entities.organisation import Role
from core.entities.site import SITE, Site
from core.entities.task import LEASE, lease_id
from core.jobs.runner import JobRunner
from core.rules.lease import Held, in_the_way, parse_held
from core.store import tray
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import leases
from core.usecases.context import Actor, Context
from core.usecases.session import current_actor
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from tests.factories import make
from tests.fixtures_core import START
from tests.history.world import PASSWORD, Station, World
from tests.history.world import world as cloud_world
from tests.link.world import NoScanner

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
        gateway=AkuvoxGateway(world.clock),
        scanner=NoScanner(),
        actor=Actor(actor.account_id, actor.org_id, Role.INSTALLER, name),
        workstation=name,
    )
    ctx.attach(JobRunner(station.mirror, world.clock, {}))
    made = Desk(station, ctx)
    ctx.confirm = made.confirm
    return made


@dataclass
class Two:
    """Two desks that both know the site."""

    first: Desk
    second: Desk
    site: Site


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with cloud_world(tmp_path / "cloud") as world:
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
        yield Two(first, second, site)


async def test_with_a_network_the_first_has_it_and_the_other_sees_whose_it_is(two: Two) -> None:
    answer = await leases.take(two.first.ctx, two.site.id, DEVICE_ID)
    assert (answer.mine, answer.sure) == (True, True)
    assert await two.second.confirm()
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert not answer.mine
    assert answer.other is not None
    assert answer.other.name == "Van 1"
    await leases.give_back(two.first.ctx, DEVICE_ID)
    assert await two.first.confirm()
    assert await two.second.confirm()
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert (answer.mine, answer.sure) == (True, True)


async def test_who_has_not_heard_of_the_other_is_told_by_the_cloud(two: Two) -> None:
    """The second has not synced since, so it takes the lease in good faith; the cloud keeps the first."""
    assert (await leases.take(two.first.ctx, two.site.id, DEVICE_ID)).sure
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert not answer.mine
    assert answer.other is not None
    assert answer.other.name == "Van 1"
    assert await two.second.tray() == 0


async def test_without_a_network_it_is_a_warning_and_settled_later(two: Two) -> None:
    for one in (two.first, two.second):
        one.station.wire.online = False
        answer = await leases.take(one.ctx, two.site.id, DEVICE_ID)
        assert (answer.mine, answer.sure) == (True, False)
    for one in (two.second, two.first):
        one.station.wire.online = True
        assert await leases.confirmed(one.ctx)
    assert [await two.first.holder(), await two.second.holder()] == ["Van 2", "Van 2"]
    assert [await two.first.tray(), await two.second.tray()] == [0, 0]
    assert not (await leases.take(two.first.ctx, two.site.id, DEVICE_ID)).mine


@given(st.text(max_size=40), st.text(max_size=30))
def test_a_lease_of_any_text_is_read_without_a_fault(text: str, name: str) -> None:
    assert parse_held(text) is None or in_the_way(text, "me", START) is None or parse_held(text) is not None
    again = parse_held(Held(START, "f" * 32, name).text())
    assert again is not None
    assert (again.until, again.holder) == (START, "f" * 32)
    assert is_id(lease_id(text))
