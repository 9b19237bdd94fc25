"""Claim tickets of a job pack: what the cloud keeps for a trip, on real sockets, and from the network's end to its
return (issue 3, sync.md 3.9).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from sqlalchemy import select

from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.cloud import admin, retention, tickets
from core.cloud.db import CLAIM, TICKET_BOOK
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.organisation import Role
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import APARTMENT, BUILDING, SITE
from core.schema.entity import EntitySpec
from core.store import sealed as sealed_module
from core.store import syncmeta, tray
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.usecases import exchange, pack
from core.usecases.context import Actor, Context
from core.usecases.session import sign_in
from sync.engine import SyncEngine, SyncReport
from sync.transport import HttpTransport
from tests.cloud.served import LIMIT_S, Served, served
from tests.factories import plant
from tests.history.world import PASSWORD, opened

PASSPHRASE = "three words and a number 7"
MACS = ["0C1105000001", "0C1105000002", "0C1105000003"]

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_module, "COST", (1, 8, 1))


@pytest.fixture(autouse=True)
async def _files_end() -> AsyncIterator[None]:
    """Use cases read and write files in the loop's own threads; those end with the test."""
    yield
    await asyncio.get_running_loop().shutdown_default_executor()


@dataclass
class Laptop:
    """One workstation, on a real socket."""

    mirror: Mirror
    door: HttpTransport
    engine: SyncEngine
    ctx: Context

    async def sync(self) -> SyncReport:
        return await self.engine.sync_once()

    async def put(self, spec: EntitySpec[Any], **fields: Any) -> Any:
        return await self.mirror.write(lambda tx: plant(tx, spec, **fields), origin=Origin.USER)

    async def tray(self) -> list[tuple[str, str]]:
        return [(e.code, e.message) for e in await self.mirror.read(tray.entries)]

    async def pack(self, file: Path, site: str, **wanted: Any) -> pack.PackReport:
        return await pack.pack(self.ctx, site, file, PASSPHRASE, door=self.door, wanted=pack.Wanted(**wanted))


def fresh(folder: Path, world: Served) -> Mirror:
    """An empty mirror in a new folder."""
    folder.mkdir()
    return opened(folder, world.clock)


@asynccontextmanager
async def laptop(world: Served, folder: Path, user: str) -> AsyncIterator[Laptop]:
    """A signed-in workstation that has synced once."""
    mirror, blobs, unused = fresh(folder, world), BlobStore(folder / "blobs"), cast("Any", None)
    door = HttpTransport(world.url, mirror, clock=world.clock)
    try:
        async with asyncio.timeout(LIMIT_S):
            await sign_in(mirror, door, user=user, password=PASSWORD)
            engine = SyncEngine(mirror, door, blobs, world.clock, rng=Random(7))
            await engine.sync_once()
        session = await mirror.read(syncmeta.session_of)
        assert session is not None
        actor = Actor(session.account_id, session.org_id, Role(session.role), session.full_name)
        yield Laptop(mirror, door, engine, Context(world.clock, mirror, blobs, unused, unused, actor=actor))
    finally:
        await door.close()
        await mirror.close()


@dataclass
class Trip:
    """Anna packs a site for Ben's van; Nina's firm is beside hers, below the same distributor; Carl's is far away."""

    world: Served
    folder: Path
    stack: AsyncExitStack
    anna: Laptop
    site: Any
    resident: Any
    file: Path

    async def desk(self, user: str, name: str = "") -> Laptop:
        return await self.stack.enter_async_context(laptop(self.world, self.folder / (name or user), user))

    async def van(self) -> Laptop:
        """Ben, who opened the pack; from here on nobody asks the network for him."""
        ben = await self.desk("ben")
        await pack.unpack(ben.ctx, self.file, PASSPHRASE)
        return ben

    async def give_pin(self, at: Laptop, code: str) -> None:
        await at.put(
            CREDENTIAL, person_id=self.resident.id, scope_id=self.site.id, kind=CredentialKind.PIN, code=code
        )

    def reserved(self) -> int:
        with self.world.cloud.database.read() as c:
            return len(c.execute(select(CLAIM).where(CLAIM.c.until.is_not(None))).all())


@pytest.fixture
async def trip(tmp_path: Path) -> AsyncIterator[Trip]:
    async with served(tmp_path / "cloud") as world, AsyncExitStack() as stack:
        cloud = world.cloud
        top = admin.create_distributor(cloud, name="Top", user="dora", password=PASSWORD)
        north = admin.create_installer(
            cloud,
            name="North",
            user="anna",
            password=PASSWORD,
            full_name="Anna Berg",
            distributor_id=top.org_id,
        )
        admin.create_account(
            cloud, org_id=north.org_id, user="ben", password=PASSWORD, role=Role.SUB_INSTALLER
        )
        admin.create_account(cloud, org_id=north.org_id, user="maya", password=PASSWORD, role=Role.MANAGER)
        admin.create_installer(
            cloud, name="Beside", user="nina", password=PASSWORD, distributor_id=top.org_id
        )
        admin.create_installer(cloud, name="Far", user="carl", password=PASSWORD)
        anna = await stack.enter_async_context(laptop(world, tmp_path / "anna", "anna"))
        site = await anna.put(SITE, org_id=north.org_id, name="Harbour", time_zone="UTC")
        building = await anna.put(BUILDING, site_id=site.id, name="A")
        flat = await anna.put(APARTMENT, site_id=site.id, building_id=building.id, number="1")
        person = await anna.put(RESIDENT, site_id=site.id, apartment_id=flat.id, first_name="Ada")
        for mac in MACS:
            await anna.put(MAC_ENTRY, scope_id=north.org_id, mac=mac)
        await anna.sync()
        yield Trip(world, tmp_path, stack, anna, site, person, tmp_path / "job.pack")


@pytest.fixture(autouse=True)
def _folder_of_cloud(tmp_path: Path) -> None:
    (tmp_path / "cloud").mkdir()


async def own_site(of: Laptop, name: str) -> Any:
    assert of.ctx.actor is not None
    site = await of.put(SITE, org_id=of.ctx.actor.org_id, name=name, time_zone="UTC")
    await of.sync()
    return site


async def test_what_was_reserved_is_bound_offline_and_used_up_on_return(trip: Trip) -> None:
    report = await trip.anna.pack(trip.file, trip.site.id, pins=2)
    assert report.book is not None
    assert (sorted(report.book.macs), report.not_kept) == (MACS, "")
    assert (report.document()["reserved"], trip.reserved()) == (5, 5)
    ben = await trip.van()
    (here,) = await pack.tickets_here(ben.ctx)
    assert (here.book.usable, sorted(here.free_macs), len(here.free_pins)) == (True, MACS, 2)
    # In the basement: no request leaves until the sync below.
    await ben.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Gate")
    await trip.give_pin(ben, here.free_pins[0])
    (here,) = await pack.tickets_here(ben.ctx)
    assert sorted(here.free_macs) == MACS[1:]
    assert here.free_pins == (here.book.pins[1],)
    back = await ben.sync()
    assert (back.pushed, back.refused, await ben.tray()) == (2, 0, [])
    assert trip.reserved() == 3, "what was used is the row's from now on"
    (book,) = (await pack.tickets_of_firm(trip.anna.door)).books
    assert (book.left, book.site_name) == (3, "Harbour")
    assert report.book.id not in repr(book), "the list does not give away what the tickets are used with"
    said = await pack.give_back(trip.anna.door, book.mark)
    assert (said.message, trip.reserved()) == ("3 tickets were given back.", 0)
    await trip.anna.put(DEVICE, site_id=trip.site.id, mac=MACS[1], name="Free again")
    assert (await trip.anna.sync()).refused == 0


async def test_everybody_else_is_refused_meanwhile_in_words_that_name_the_reservation(trip: Trip) -> None:
    """The packer's own desk, the firm beside, one of another tenant; a MAC, and a PIN at the front desk."""
    report = await trip.anna.pack(trip.file, trip.site.id, pins=1)
    assert report.book is not None
    await trip.anna.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Mine")
    await trip.give_pin(trip.anna, report.book.pins[0])
    assert (await trip.anna.sync()).refused == 2
    told = await trip.anna.tray()
    assert [code for code, _ in told] == ["mac_reserved", "pin_reserved"]
    assert all("by Anna Berg for the trip to 'Harbour' until 2" in words for _, words in told)
    for user in ("nina", "carl"):
        other = await trip.desk(user)
        site = await own_site(other, "Elsewhere")
        await other.put(DEVICE, site_id=site.id, mac=MACS[0], name="Theirs")
        assert (await other.sync()).refused == 1
        ((code, words),) = await other.tray()
        assert code == "mac_reserved"
        assert "reserved by another firm until 2" in words
        assert "Harbour" not in words
        assert "Anna" not in words
    ben = await trip.van()
    await ben.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Gate")
    assert ((await ben.sync()).refused, await ben.tray()) == (0, [])


async def test_time_ends_by_the_clouds_clock_whatever_the_laptops_says(trip: Trip) -> None:
    """Over at the cloud: free for anybody, also before the hourly round; and still good where nobody came."""
    await trip.anna.pack(trip.file, trip.site.id, hours=2)
    ben = await trip.van()
    await ben.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Gate")
    await ben.put(DEVICE, site_id=trip.site.id, mac=MACS[1], name="Door")
    nina = await trip.desk("nina")
    site = await own_site(nina, "Elsewhere")
    trip.world.clock.moment += timedelta(minutes=119)
    await nina.put(DEVICE, site_id=site.id, mac=MACS[0], name="Too early")
    assert (await nina.sync()).refused == 1
    trip.world.clock.moment += timedelta(minutes=1)
    (entry,) = await nina.mirror.read(tray.entries)
    await nina.mirror.write(lambda tx: tray.retry(tx, entry.id), origin=Origin.USER)
    assert (await nina.sync()).refused == 0
    late = await ben.sync()
    assert (late.pushed, late.refused) == (1, 1)
    assert [code for code, _ in await ben.tray()] == ["mac_claimed"]
    assert [one.over for one in await pack.tickets_here(ben.ctx)] == [True]
    assert retention.run(trip.world.cloud)["tickets"] == 1
    with trip.world.cloud.database.read() as c:
        assert c.execute(select(TICKET_BOOK)).all() == []


async def test_whoever_carries_the_edits_of_the_trip_may_use_its_tickets(trip: Trip) -> None:
    """The van never comes online: its edits go home by an exchange file, and the tickets with them."""
    await trip.anna.pack(trip.file, trip.site.id, macs=())
    ben = await trip.van()
    await ben.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Gate")
    edits = trip.folder / "edits.gwx"
    await exchange.export(ben.ctx, trip.site.id, edits, PASSPHRASE)
    await exchange.take_in(trip.anna.ctx, edits, PASSPHRASE)
    home = await trip.anna.sync()
    assert (home.refused, await trip.anna.tray()) == (0, [])
    assert trip.reserved() == 2
    again = await ben.sync()
    assert (again.refused, await ben.tray()) == (0, [])


async def test_two_holders_of_one_book_do_not_both_get_an_address(trip: Trip) -> None:
    """The pack was opened twice: the first to arrive has it."""
    await trip.anna.pack(trip.file, trip.site.id)
    ben = await trip.van()
    await pack.unpack(trip.anna.ctx, trip.file, PASSPHRASE)
    for one, name in ((ben, "Gate"), (trip.anna, "Door")):
        await one.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name=name)
    first, second = await asyncio.gather(ben.sync(), trip.anna.sync())
    assert first.refused + second.refused == 1
    assert [c for c, _ in await ben.tray() + await trip.anna.tray()] == ["devices.mac.taken"]


async def test_what_cannot_be_reserved_and_a_pack_without_tickets(trip: Trip) -> None:
    """No network; a file that cannot be written; what somebody has; what is in no library. The pack says so."""
    anna = trip.anna
    dead = HttpTransport("http://127.0.0.1:1", anna.mirror, clock=trip.world.clock)
    try:
        report = await pack.pack(anna.ctx, trip.site.id, trip.file, PASSPHRASE, door=dead)
    finally:
        await dead.close()
    assert (report.book, report.tickets) == (None, 3)
    assert report.not_kept.startswith("Nothing is reserved: ")
    assert (await pack.unpack(anna.ctx, trip.file, PASSPHRASE)).rows == report.rows
    with pytest.raises(UserError, match="passphrase"):
        await pack.pack(anna.ctx, trip.site.id, trip.file, "short", door=anna.door)
    assert trip.reserved() == 0, "given back at once"
    await anna.put(DEVICE, site_id=trip.site.id, mac=MACS[0], name="Bound")
    await anna.sync()
    first = await anna.pack(trip.file, trip.site.id, macs=(MACS[1],))
    assert first.book is not None
    assert first.book.macs == [MACS[1]]
    second = await anna.pack(trip.file, trip.site.id, macs=(*MACS, "0C1105FFFFFF"))
    assert second.book is not None
    assert second.book.macs == [MACS[2]]
    assert second.not_kept == "3 of 4 could not be reserved."
    third = await anna.pack(trip.file, trip.site.id, macs=(MACS[1],))
    assert third.book is None
    assert third.not_kept == "1 of 1 could not be reserved."


async def test_tickets_are_an_installers_of_the_site_and_a_books_of_its_own_firm(
    trip: Trip, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await trip.anna.pack(trip.file, trip.site.id)
    assert report.book is not None
    nina, maya = await trip.desk("nina"), await trip.desk("maya")
    assert (await pack.tickets_of_firm(nina.door)).books == []
    for mark in (report.book.id, (await pack.tickets_of_firm(trip.anna.door)).books[0].mark):
        with pytest.raises(NotFoundError):
            await pack.give_back(nina.door, mark)
    with pytest.raises(NotAllowedError):
        await pack.tickets_of_firm(maya.door)
    long = await trip.anna.pack(trip.file, trip.site.id, hours=5000)
    assert (long.book, long.not_kept[-24:]) == (None, "between 1 and 336 hours.")
    monkeypatch.setattr(tickets, "BOOKS", 2)
    await trip.anna.pack(trip.file, trip.site.id, free_macs=0, pins=1)
    more = await trip.anna.pack(trip.file, trip.site.id, free_macs=0, pins=1)
    assert more.not_kept == "Nothing is reserved: There are 2 books of tickets already."
