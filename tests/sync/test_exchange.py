"""Job packs and exchanges between real workstations, and later by either way to the cloud."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import DataError, GatewrightError, UserError
from core.cloud import admin
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.organisation import Role
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import BUILDING, SITE
from core.store import sealed as sealed_module
from core.store import syncmeta
from core.store.sealed import PIECE, SealedReader, SealedWriter
from core.store.tables import OUTBOX, SYNC_SCOPE
from core.usecases import exchange, pack
from core.usecases.context import Actor, Context
from tests.history import oracle
from tests.history.world import World
from tests.sync.conftest import Desk, Home, desk

PASSPHRASE = "three words and a number 7"


@pytest.fixture(autouse=True)
async def _files_end() -> AsyncIterator[None]:
    """Use cases read and write files in the loop's own threads; those end with the test."""
    yield
    await asyncio.get_running_loop().shutdown_default_executor()


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_module, "COST", (1, 8, 1))


async def context(d: Desk) -> Context:
    """What the use cases are given at this desk; neither devices nor a LAN are asked."""
    station: Any = d.station
    nothing: Any = None
    session = await station.mirror.read(syncmeta.session_of)
    assert session is not None
    actor = Actor(session.account_id, session.org_id, Role(session.role), session.full_name)
    return Context(station.world.clock, station.mirror, station.blobs, nothing, nothing, actor=actor)


async def unsent(d: Desk) -> list[Any]:
    return list(
        await d.station.mirror.read(lambda r: r.connection.execute(select(OUTBOX).order_by(OUTBOX.c.n)).all())
    )


@asynccontextmanager
async def offline(*desks: Desk) -> AsyncIterator[None]:
    for d in desks:
        d.station.wire.online = False
    yield
    for d in desks:
        d.station.wire.online = True


async def furnished(anna: Desk, home: Home, folder: Path) -> str:
    """A site with a door phone, a PIN, firmware with its file, and two MAC addresses, one of them free."""
    content = b"firmware of a door phone" * 5000
    (folder / "file.rom").write_bytes(content)
    digest = anna.station.blobs.add(folder / "file.rom").sha256
    await anna.put(DEVICE, site_id=home.site.id, mac="0C1105000001", name="Main entrance")
    await anna.put(
        CREDENTIAL, person_id=home.resident.id, scope_id=home.site.id, kind=CredentialKind.PIN, code="4711"
    )
    for mac in ("0C1105000001", "0C1105000002"):
        await anna.put(MAC_ENTRY, scope_id=home.site.org_id, mac=mac)
    await anna.put(FIRMWARE_RELEASE, scope_id=home.site.org_id, sha256=digest)
    await anna.sync()
    return digest


# -------------------------------------------------------------------------------------------------------------- packs


async def test_a_pack_brings_a_site_to_a_workstation_without_a_network(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    digest = await furnished(anna, home, tmp_path)
    packed = await pack.pack(await context(anna), home.site.id, tmp_path / "job.pack", PASSPHRASE)
    assert (packed.tickets, packed.files, packed.left_here) == (1, 1, 0)
    assert b"Main entrance" not in (tmp_path / "job.pack").read_bytes()
    ben = Desk(await w.station("van", "ben"))
    async with offline(ben):
        opened = await pack.unpack(await context(ben), tmp_path / "job.pack", PASSPHRASE)
        assert (opened.site, opened.rows, opened.files) == ("Home", packed.rows, 1)
        assert (await ben.must(RESIDENT, home.resident.id)).first_name == "Ada"
        assert [d.name for d in await ben.station.mirror.read(lambda r: r.find(DEVICE))] == ["Main entrance"]
        assert [m.mac for m in await ben.station.mirror.read(lambda r: r.find(MAC_ENTRY))] == ["0C1105000002"]
        assert hashlib.sha256(ben.station.blobs.path(digest).read_bytes()).hexdigest() == digest
        made = await ben.put(DEVICE, site_id=home.site.id, mac="0C1105000002", name="Back door")
        again = await pack.unpack(await context(ben), tmp_path / "job.pack", PASSPHRASE)
        assert again.files == 0
    assert (await ben.sync()).pushed == 1
    await ben.sync()
    await oracle.check_converged(w, ben.station, home.site.org_id)
    await anna.sync()
    assert (await anna.must(DEVICE, made.id)).name == "Back door"


async def test_what_the_cloud_does_not_grant_goes_again(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    """A manager may open a pack of a site that is not assigned; the cloud has the last word."""
    await pack.pack(await context(anna), home.site.id, tmp_path / "job.pack", PASSPHRASE)
    maya = await desk(w, "maya")
    await pack.unpack(await context(maya), tmp_path / "job.pack", PASSPHRASE)
    assert await maya.ids(SITE) == {home.site.id}
    held = await maya.station.mirror.read(
        lambda r: r.connection.execute(select(SYNC_SCOPE.c.scope)).scalars().all()
    )
    assert held == [home.site.id], "nothing of the firm: a manager does not see it"
    await maya.sync()
    assert await maya.ids(SITE) == set()
    assert await maya.ids(RESIDENT) == set()


async def test_a_newer_row_is_not_overwritten_by_an_old_pack(
    anna: Desk, home: Home, ben: Desk, tmp_path: Path
) -> None:
    await pack.pack(await context(anna), home.site.id, tmp_path / "old.pack", PASSPHRASE)
    await anna.patch(RESIDENT, home.resident, remark="newer")
    await anna.sync()
    await ben.sync()
    await ben.patch(RESIDENT, await ben.must(RESIDENT, home.resident.id), mobile="7")
    await pack.unpack(await context(ben), tmp_path / "old.pack", PASSPHRASE)
    row = await ben.must(RESIDENT, home.resident.id)
    assert (row.remark, row.mobile) == ("newer", "7")
    assert (await ben.sync()).pushed == 1


async def test_another_firms_pack_and_another_passphrase_are_refused(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    await pack.pack(await context(anna), home.site.id, tmp_path / "job.pack", PASSPHRASE)
    carl = await desk(w, "carl")
    with pytest.raises(UserError, match="another firm"):
        await pack.unpack(await context(carl), tmp_path / "job.pack", PASSPHRASE)
    with pytest.raises(UserError, match="passphrase is another"):
        await pack.unpack(await context(anna), tmp_path / "job.pack", "three words and a number 8")
    with pytest.raises(UserError, match="holds something else"):
        await exchange.take_in(await context(anna), tmp_path / "job.pack", PASSPHRASE)
    with pytest.raises(UserError, match="at least"):
        await pack.pack(await context(anna), home.site.id, tmp_path / "other.pack", "short")
    assert home.site.id not in await carl.ids(SITE)
    assert not (tmp_path / "other.pack").exists()


def sealed(path: Path, content: bytes) -> bytes:
    with SealedWriter(path, PASSPHRASE, "test") as out:
        out.write(content)
    return path.read_bytes()


def opened(path: Path, size: int) -> bytes:
    source = SealedReader(path, PASSPHRASE, "test")
    found = source.read(size)
    source.finish()
    return found


def test_every_harm_to_a_sealed_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Altered, cut, extended, pieces swapped or left out: nothing comes out as if it were whole."""
    monkeypatch.setattr(sealed_module, "PIECE", 100)
    path, content = tmp_path / "file", Random(1).randbytes(350)
    whole = sealed(path, content)
    assert opened(path, len(content)) == content
    head = whole.index(b"\n", len(sealed_module.MAGIC)) + 1
    piece = 4 + 100 + 16
    first, second = whole[head : head + piece], whole[head + piece : head + 2 * piece]
    harms = [whole[:cut] for cut in (0, 5, head, head + 2, head + piece, head + 2 * piece, len(whole) - 1)]
    harms += [whole + b"\0", whole + first]
    harms += [whole[:head] + second + first + whole[head + 2 * piece :], whole[:head] + whole[head + piece :]]
    rng = Random(2)
    for _ in range(6):
        place = rng.randrange(len(whole))
        harms.append(whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :])
    for number, harm in enumerate(harms):
        path.write_bytes(harm)
        with pytest.raises(GatewrightError):
            opened(path, len(content))
        assert isinstance(number, int)


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1])
def test_content_of_any_size_comes_back(tmp_path: Path, size: int) -> None:
    content = Random(size).randbytes(size)
    sealed(tmp_path / "file", content)
    assert opened(tmp_path / "file", size) == content
    with pytest.raises(DataError, match="altered or cut"):
        opened(tmp_path / "file", size + 1)


def test_a_strangers_file_does_not_make_this_machine_work_for_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    monkeypatch.setattr(sealed_module, "COST", (3, 65536, 2))
    whole = sealed(path, b"x")
    assert opened(path, 1) == b"x"
    path.write_bytes(whole.replace(b'"memory_kib":65536', b'"memory_kib":99999999'))
    with pytest.raises(DataError, match="no sealed file"):
        opened(path, 1)


# ---------------------------------------------------------------------------------------------------------- exchanges


async def handed(giver: Desk, taker: Desk, site: str, file: Path) -> exchange.ExchangeReport:
    await exchange.export(await context(giver), site, file, PASSPHRASE)
    return await exchange.take_in(await context(taker), file, PASSPHRASE)


@pytest.mark.parametrize("first", ["maker", "carrier"])
async def test_edits_reach_the_cloud_by_either_laptop_with_the_same_result(
    anna: Desk, home: Home, ben: Desk, w: World, *, tmp_path: Path, first: str
) -> None:
    """Also what the carrier put on top of what it was handed, and what the maker did after."""
    async with offline(anna, ben):
        await anna.patch(RESIDENT, home.resident, remark="Anna's", last_name="Lovelace")
        made = await anna.put(BUILDING, site_id=home.site.id, name="B")
        report = await handed(anna, ben, home.site.id, tmp_path / "edits")
        assert (report.edits, report.new, report.made_by) == (2, 2, "Anna Berg")
        assert (await ben.must(RESIDENT, home.resident.id)).remark == "Anna's"
        assert (await ben.must(BUILDING, made.id)).name == "B"
        await ben.patch(RESIDENT, await ben.must(RESIDENT, home.resident.id), remark="Ben's on top")
        await anna.patch(RESIDENT, await anna.must(RESIDENT, home.resident.id), last_name="Byron")
        twice = await exchange.take_in(await context(ben), tmp_path / "edits", PASSPHRASE)
        assert twice.new == 0
    for d in (anna, ben) if first == "maker" else (ben, anna):
        await d.sync()
    await anna.sync()
    for d in (anna, ben):
        report_ = await d.sync()
        assert (report_.pending, await d.tray()) == (0, [])
        row = await d.must(RESIDENT, home.resident.id)
        assert (row.remark, row.last_name) == ("Ben's on top", "Byron")
        await oracle.check_converged(w, d.station, home.site.org_id)
    assert len([1 for _, _, m, _ in oracle.logged(w.cloud) if m.entity_id == made.id]) == 1
    assert admin.check(w.cloud) == []


async def test_a_whole_new_site_travels_back_and_forth(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    async with offline(anna, ben):
        site = await anna.put(SITE, org_id=home.site.org_id, name="New")
        building = await anna.put(BUILDING, site_id=site.id, name="A")
        assert (await handed(anna, ben, site.id, tmp_path / "there")).new == 2
        extra = await ben.put(BUILDING, site_id=site.id, name="Ben's")
        assert (await handed(ben, anna, site.id, tmp_path / "back")).new == 1, "its own edits are known"
    await anna.sync()
    await ben.sync()
    await anna.sync()
    for d in (anna, ben):
        assert {building.id, extra.id} <= await d.ids(BUILDING)
        assert (await unsent(d), await d.tray()) == ([], [])
    assert admin.check(w.cloud) == []


async def test_what_is_refused_is_refused_for_both(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    carl = await desk(w, "carl")
    site = await carl.put(SITE, org_id=(await carl.station.mirror.read(_own_org)), name="Carl's")
    await carl.put(DEVICE, site_id=site.id, mac="0C1105000009")
    await carl.sync()
    async with offline(anna, ben):
        await anna.put(DEVICE, site_id=home.site.id, mac="0C1105000009", name="Taken")
        await handed(anna, ben, home.site.id, tmp_path / "edits")
    await ben.sync()
    await anna.sync()
    codes = [[e.code for e in await d.tray()] for d in (anna, ben)]
    assert codes == [["mac_claimed"], ["mac_claimed"]]


def _own_org(reader: Any) -> str:
    from core.entities.organisation import ORGANISATION  # noqa: PLC0415

    return str(reader.find(ORGANISATION)[0].id)


async def test_a_carrier_without_the_right_leaves_the_judgement_to_the_maker(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    maya = await desk(w, "maya")
    session = maya.station.transport.session
    assert session is not None
    admin.assign_manager(w.cloud, account_id=session.account_id, site_id=home.site.id)
    await maya.sync()
    async with offline(anna, maya):
        made = await anna.put(BUILDING, site_id=home.site.id, name="B")
        await handed(anna, maya, home.site.id, tmp_path / "edits")
    await maya.sync()
    assert [e.code for e in await maya.tray()] == ["not_allowed"]
    assert (await anna.sync()).pushed == 1
    assert (await anna.must(BUILDING, made.id)).ver == 1


async def test_an_exchange_needs_the_site_here_and_of_one_firm(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    await anna.patch(RESIDENT, home.resident, remark="x")
    await exchange.export(await context(anna), home.site.id, tmp_path / "edits", PASSPHRASE)
    fresh = Desk(await w.station("fresh", "ben"))
    with pytest.raises(UserError, match="not on this workstation"):
        await exchange.take_in(await context(fresh), tmp_path / "edits", PASSPHRASE)
    carl = await desk(w, "carl")
    with pytest.raises(UserError, match="another firm"):
        await exchange.take_in(await context(carl), tmp_path / "edits", PASSPHRASE)
    assert (await unsent(fresh), await unsent(carl)) == ([], [])
    assert [row.state for row in await unsent(anna)] == ["sent"]
