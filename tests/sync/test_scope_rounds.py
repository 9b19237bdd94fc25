"""Sites given and taken away, files, and bookkeeping, over whole rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import UserError
from core.cloud import admin
from core.entities.device import DEVICE
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import apply, syncmeta, tray
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tables import OUTBOX, SHADOW, SYNC_SCOPE, table_of
from tests.history import oracle
from tests.history.world import World
from tests.sync.conftest import Desk, Home, desk


async def flag(d: Desk, spec: Any, row_id: str) -> int:
    table = table_of(spec)
    query = select(table.c.flag).where(table.c.id == row_id)
    return int(await d.station.mirror.read(lambda r: r.connection.execute(query).scalar_one()))


def admin_check(w: World) -> None:
    assert admin.check(w.cloud) == []


async def outbox_rows(d: Desk) -> list[Any]:
    def read(r: Reader) -> list[Any]:
        return list(r.connection.execute(select(OUTBOX).order_by(OUTBOX.c.n)).all())

    return await d.station.mirror.read(read)


# ---------------------------------------------------------------------------------------------------- the plain case


# --------------------------------------------------------------------------------------------------- given and taken


async def managed(anna: Desk, home: Home, w: World) -> Desk:
    maya = await desk(w, "maya")
    session = await maya.station.mirror.read(syncmeta.session_of)
    assert session is not None
    assign(w, session.account_id, home.site.id, active=True)
    await maya.sync()
    assert await maya.ids(RESIDENT) == {home.resident.id}
    return maya


def assign(w: World, account: str, site: str, *, active: bool) -> None:
    admin.assign_manager(w.cloud, account_id=account, site_id=site, active=active)


async def account(d: Desk) -> str:
    session = await d.station.mirror.read(syncmeta.session_of)
    assert session is not None
    return session.account_id


async def everything(d: Desk) -> str:
    """All rows of the mirror's synced tables, shadows and scopes, as one text."""

    def read(r: Reader) -> str:
        tables = [table_of(spec) for spec in (SITE, BUILDING, APARTMENT, RESIDENT, CREDENTIAL, DEVICE)]
        return str([r.connection.execute(select(t)).all() for t in (*tables, SHADOW, SYNC_SCOPE)])

    return await d.station.mirror.read(read)


async def test_f21_a_site_that_is_taken_away_goes_and_unsent_edits_stay_readable(
    anna: Desk, home: Home, w: World
) -> None:
    """Fault 21."""
    maya = await managed(anna, home, w)
    await maya.patch(RESIDENT, home.resident, remark="unsent")
    assign(w, await account(maya), home.site.id, active=False)
    report = await maya.sync()
    assert (report.refused, report.pending) == (1, 0)
    left = await everything(maya)
    for word in (home.site.id, home.resident.id, "Ada", "Home"):
        assert word not in left
    [entry] = await maya.tray()
    assert (entry.code, entry.mine, entry.context["place"]) == ("scope_denied", {"remark": "unsent"}, "Home")
    with pytest.raises(UserError):
        await maya.settle(tray.retry, entry.id)
    assign(w, await account(maya), home.site.id, active=True)
    await maya.sync()
    assert await maya.ids(RESIDENT) == {home.resident.id}
    await maya.settle(tray.retry, entry.id)
    assert (await maya.sync()).pushed == 1
    await oracle.check_converged(w, maya.station, home.site.org_id)


async def test_f24_taken_away_and_given_back_between_two_pulls_leaves_no_gap(
    anna: Desk, home: Home, w: World
) -> None:
    """Fault 24: the compacted feed shows only that the site is there; the generation says to fill it again."""
    maya = await managed(anna, home, w)
    assign(w, await account(maya), home.site.id, active=False)
    await anna.patch(RESIDENT, home.resident, remark="while away")
    await anna.sync()
    assign(w, await account(maya), home.site.id, active=True)
    await maya.sync()
    assert (await maya.must(RESIDENT, home.resident.id)).remark == "while away"
    await oracle.check_converged(w, maya.station, home.site.org_id)


async def test_a_drop_goes_on_after_a_crash(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = await managed(anna, home, w)
    assign(w, await account(maya), home.site.id, active=False)
    monkeypatch.setattr(apply, "DROP_PIECE", 1)
    pieces = 0
    whole = apply.drop_piece

    def crash(tx: Any, scope: str) -> apply.Dropped:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise KeyboardInterrupt
        return whole(tx, scope)

    with monkeypatch.context() as broken:
        broken.setattr(apply, "drop_piece", crash)
        with pytest.raises(KeyboardInterrupt):
            await maya.sync()
    assert home.site.id in await everything(maya)
    await maya.station.restart()
    await maya.sync()
    assert home.site.id not in await everything(maya)


async def test_f24_losing_most_sites_at_once_is_asked_twice(anna: Desk, home: Home, w: World) -> None:
    maya = await managed(anna, home, w)
    second = await anna.put(SITE, org_id=home.site.org_id, time_zone="UTC", name="Second")
    await anna.sync()
    me = await account(maya)
    assign(w, me, second.id, active=True)
    await maya.sync()
    for site in (home.site.id, second.id):
        assign(w, me, site, active=False)
    before = len([line for line in maya.station.wire.seen if line.endswith("/pull")])
    await maya.sync()
    assert len([line for line in maya.station.wire.seen if line.endswith("/pull")]) == before + 2
    assert await maya.ids(SITE) == set()


async def test_f24_a_scope_list_that_is_merely_shorter_drops_nothing(
    anna: Desk, home: Home, w: World
) -> None:
    from core.cloud import db  # noqa: PLC0415

    with w.cloud.database.write() as c:
        c.execute(db.SITE_ACCESS.delete().where(db.SITE_ACCESS.c.scope == home.site.id))
        c.execute(db.TENANT_CLOCK.update().values(access_seq=db.TENANT_CLOCK.c.access_seq + 1))
    await anna.sync()
    assert home.site.id in await anna.ids(SITE)


# --------------------------------------------------------------------------------------------------------------- files


async def test_a_file_is_in_the_cloud_before_its_row_and_comes_ahead_of_the_trip(
    anna: Desk, home: Home, ben: Desk, tmp_path: Path
) -> None:
    rom = tmp_path / "R29.rom"
    rom.write_bytes(b"firmware" * 5000)
    facts = anna.station.blobs.add(rom)
    await anna.put(
        FIRMWARE_RELEASE,
        scope_id=home.site.org_id,
        sha256=facts.sha256,
        md5=facts.md5,
        size=facts.size,
        model="R29",
    )
    anna.station.wire.seen.clear()
    assert (await anna.sync()).blobs == 1
    seen = anna.station.wire.seen
    assert seen.index(f"PUT /v1/blobs/{facts.sha256}") < seen.index("POST /v1/sync/push")
    assert (await ben.sync()).blobs == 1
    assert ben.station.blobs.path(facts.sha256).read_bytes() == rom.read_bytes()
    assert (await ben.sync()).blobs == 0


async def test_a_file_that_nobody_sent_yet_holds_nothing_up_and_comes_later(
    anna: Desk, home: Home, ben: Desk, tmp_path: Path
) -> None:
    rom = tmp_path / "R29.rom"
    rom.write_bytes(b"firmware")
    facts = anna.station.blobs.add(rom)
    anna.station.blobs.path(facts.sha256).unlink()
    release = await anna.put(FIRMWARE_RELEASE, scope_id=home.site.org_id, sha256=facts.sha256, model="R29")
    await anna.sync()
    assert (await ben.sync()).blobs == 0
    assert await ben.get(FIRMWARE_RELEASE, release.id) is not None
    anna.station.blobs.add(rom)
    await anna.patch(
        FIRMWARE_RELEASE, await anna.must(FIRMWARE_RELEASE, release.id), notes="now with its file"
    )
    await anna.station.transport.put_blob(facts.sha256, anna.station.blobs.path(facts.sha256))
    assert (await ben.sync()).blobs == 1


async def test_a_big_batch_that_is_refused_whole_is_halved(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.cloud import service  # noqa: PLC0415

    monkeypatch.setattr(service, "MAX_MUTATIONS", 3)
    for number in range(2, 12):
        await anna.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number=str(number))
    assert (await anna.sync()).pushed == 10
    assert await outbox_rows(anna) == []


async def test_bookkeeping_is_no_edit(anna: Desk, home: Home) -> None:
    """What sync writes into the mirror is not sent back."""
    await anna.station.mirror.write(lambda tx: syncmeta.put(tx, "x", "y"), origin=Origin.JOB)
    assert (await anna.sync()).pushed == 0


@pytest.mark.allow_logs("does not take the file")
async def test_a_file_that_the_cloud_refuses_holds_nothing_up(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    """I8: the row goes without it, and so does everything behind."""
    (tmp_path / "large.rom").write_bytes(bytes(5000))
    w.cloud.blobs._max_bytes = 1000
    digest = anna.station.blobs.add(tmp_path / "large.rom").sha256
    await anna.put(FIRMWARE_RELEASE, scope_id=home.site.org_id, sha256=digest)
    await anna.patch(RESIDENT, home.resident, remark="behind it")
    report = await anna.sync()
    assert (report.pushed, report.pending, report.blobs) == (2, 0, 0)
