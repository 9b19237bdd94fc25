"""Faults of access and of versions: sites that come, go and move, old and new programs (rows 21 to 24, 30)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from core.cloud import admin, db, feed
from core.cloud.access import SITE_KIND, Grant
from core.entities import SYNCED
from core.entities.organisation import ORGANISATION
from core.entities.person import RESIDENT
from core.entities.plan import FLOOR_PLAN
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import reconcile, syncmeta
from core.store.changes import Origin
from core.store.tables import OUTBOX, SYNC_META, table_of
from core.store.tx import Tx
from core.wire import convert
from core.wire.messages import Mutation
from sync import pull
from tests.factories import plant
from tests.history.world import PASSWORD, Fault, World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home, desk

pytestmark = pytest.mark.timeout(240)


async def account(d: Desk) -> str:
    session = await d.station.mirror.read(syncmeta.session_of)
    assert session is not None
    return session.account_id


def assign(w: World, who: str, site: str, *, active: bool) -> None:
    admin.assign_manager(w.cloud, account_id=who, site_id=site, active=active)


# ----------------------------------------------------------------------------------------------------- 21: withdrawn


async def test_f21_nothing_of_a_withdrawn_site_is_left_in_any_file(anna: Desk, home: Home, w: World) -> None:
    """I4, looked for in all tables, and in the bytes of the file and its log."""
    maya = await desk(w, "maya")
    assign(w, await account(maya), home.site.id, active=True)
    await maya.sync()
    assign(w, await account(maya), home.site.id, active=False)
    await maya.sync()

    def everything(tx: Tx) -> str:
        names = [
            r[0] for r in tx.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        ]
        return str([tx.connection.execute(select(text("*")).select_from(text(n))).all() for n in names])

    left = await maya.station.mirror.write(everything, origin=Origin.PULL)
    for word in (home.site.id, home.resident.id, home.building.id, "'Ada'"):
        assert word not in left
    files = b"".join(f.read_bytes() for f in maya.station.folder.glob("mirror.db*"))
    # Long words only: megabytes of an encrypted file hold any three letters by chance.
    for word in (home.site.id, home.resident.id, home.building.id):
        assert word.encode() not in files


# --------------------------------------------------------------------------------------------- 22: granted under way


@pytest.mark.parametrize("rows", [60, pytest.param(50_000, marks=pytest.mark.soak)])
@pytest.mark.timeout(600)
async def test_f22_a_site_granted_during_live_traffic_and_cut_in_the_fill(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Complete, nothing twice; what is here already stays usable."""
    await anna.act(partial(_apartments, home=home, count=rows))
    small = await anna.put(SITE, org_id=home.site.org_id, name="Small")
    await anna.sync()
    maya = await desk(w, "maya")
    assign(w, await account(maya), small.id, active=True)
    await maya.sync()
    monkeypatch.setattr(pull, "PAGE", max(5, rows // 12))
    assign(w, await account(maya), home.site.id, active=True)
    faults = iter([*([Fault.NONE] * 4), Fault.LOSE_ANSWER, *([Fault.NONE] * 3), Fault.CUT_ANSWER])
    maya.station.wire.next_fault = lambda: next(faults, Fault.NONE)
    cuts, turns = 0, iter(range(1000))

    async def traffic() -> None:
        if next(turns) % 3 == 0:
            row = await anna.must(RESIDENT, home.resident.id)
            await anna.patch(RESIDENT, row, remark=f"live {cuts} {row.ver}")
            await anna.sync()

    maya.station.wire.meanwhile = traffic
    while await maya.station.sync() is None:
        cuts += 1
        assert await maya.get(SITE, small.id) is not None
        await maya.station.restart()
    maya.station.wire.meanwhile = None
    assert cuts == 2
    await maya.sync()
    await hold(w, home.site.org_id, anna, maya)
    assert len(await maya.ids(APARTMENT)) == rows + 1


def _apartments(tx: Tx, home: Home, count: int) -> None:
    for number in range(count):
        plant(tx, APARTMENT, site_id=home.site.id, building_id=home.building.id, number=f"{number + 10}")


# ------------------------------------------------------------------------------------------------------- 23: moved


async def test_f23_a_site_moves_to_another_installer_and_back(w: World, tmp_path: Path) -> None:
    """Its rows are not numbered anew; each installer has it whole, its files too, or not at all."""
    top = admin.create_distributor(w.cloud, name="Top", user="dora", password=PASSWORD)
    left = admin.create_installer(
        w.cloud, name="Left", user="lena", password=PASSWORD, distributor_id=top.org_id
    )
    right = admin.create_installer(
        w.cloud, name="Right", user="rolf", password=PASSWORD, distributor_id=top.org_id
    )
    lena, rolf, dora = [await desk(w, name) for name in ("lena", "rolf", "dora")]
    site = await lena.put(SITE, org_id=left.org_id, name="Moving")
    building = await lena.put(BUILDING, site_id=site.id, name="A")
    (tmp_path / "floor.png").write_bytes(b"a drawing of the ground floor")
    drawing = lena.station.blobs.add(tmp_path / "floor.png").sha256
    await lena.put(FLOOR_PLAN, site_id=site.id, name="Ground floor", picture=drawing)
    await lena.sync()
    for to, away in ((right, left), (left, right), (right, left)):
        grants = [Grant(site.id, to.org_id, SITE_KIND), Grant(site.id, away.org_id, SITE_KIND, active=False)]
        with w.cloud.database.write() as c:
            w.cloud.publisher.publish(c, top.tenant, [], at=0, grants=grants)
        if to is left:
            continue  # moved on before anybody looked
        for d in (lena, rolf, dora):
            await d.sync()
        assert await lena.ids(BUILDING) == set()
        assert await rolf.ids(BUILDING) == await dora.ids(BUILDING) == {building.id}
        assert rolf.station.blobs.has(drawing)
    await hold(w, top.tenant, lena, rolf, dora)


async def test_f23_a_row_moves_between_sites(anna: Desk, home: Home, w: World) -> None:
    """Left one scope, entered the other: who holds both keeps it, who holds one loses or gains it."""
    other = await anna.put(SITE, org_id=home.site.org_id, name="Other")
    await anna.sync()
    maya = await desk(w, "maya")
    assign(w, await account(maya), home.site.id, active=True)
    await maya.sync()
    await maya.patch(RESIDENT, home.resident, remark="unsent")
    tenant = home.site.org_id
    with w.cloud.database.write() as c:
        held = w.cloud.rows.by_ids(c, RESIDENT, tenant, [home.resident.id])[home.resident.id]
        w.cloud.publisher.publish(c, tenant, [_moved(held, other.id)], at=0)
        c.execute(
            db.FEED.update()
            .where(db.FEED.c.entity_id == held.id, db.FEED.c.scope == home.site.id)
            .values(op="l", body=b"", seq=select(db.TENANT_CLOCK.c.seq).scalar_subquery() + 1)
        )
        c.execute(db.TENANT_CLOCK.update().values(seq=db.TENANT_CLOCK.c.seq + 1))
    await anna.sync()
    assert (await anna.must(RESIDENT, home.resident.id)).scope_id == other.id
    await maya.sync()
    assert await maya.get(RESIDENT, home.resident.id) is None
    [entry] = await maya.tray()
    assert (entry.mine, entry.code) == ({"remark": "unsent"}, "row_gone")


def _moved(held: Any, scope: str) -> Any:
    moved = held.copy()
    moved.scope, moved.values["site_id"], moved.ver = scope, scope, held.ver + 1
    return moved


# ---------------------------------------------------------------------------------------------------- 30: versions


async def test_f30_after_an_update_new_fields_come_from_where_they_were_kept(anna: Desk, home: Home) -> None:
    """The mirror as a program left it that knew one field less of a building; a full outbox goes along."""
    last = BUILDING.columns[-1]
    before = {str(s.number): len(s.names) - (1 if s is BUILDING else 0) for s in SYNCED}
    table = table_of(BUILDING)

    def as_older(tx: Tx) -> None:
        tx.connection.execute(
            SYNC_META.update().where(SYNC_META.c.k == "widths").values(v=json.dumps(before))
        )
        kept = json.dumps(["kept for later", "and of the version after"])
        tx.connection.execute(
            table.update()
            .where(table.c.id == home.building.id)
            .values({"extra": kept, last.name: last.store(last.default)})
        )

    await anna.put(BUILDING, site_id=home.site.id, name="Unsent")
    await anna.station.mirror.write(as_older, origin=Origin.PULL)
    await anna.station.restart()

    def read(tx: Tx) -> Any:
        columns = (table.c[last.name], table.c.extra)
        return tx.connection.execute(select(*columns).where(table.c.id == home.building.id)).one()

    assert tuple(await anna.station.mirror.write(read, origin=Origin.PULL)) == (
        "kept for later",
        '["and of the version after"]',
    )
    assert (await anna.sync()).pushed == 1


async def test_f30_kinds_that_an_update_brings_are_fetched(anna: Desk, home: Home) -> None:
    await anna.station.mirror.write(
        lambda tx: syncmeta.put(tx, syncmeta.SKIPPED, json.dumps([BUILDING.number, 999])), origin=Origin.PULL
    )
    table = table_of(BUILDING)
    await anna.station.mirror.write(lambda tx: tx.connection.execute(table.delete()), origin=Origin.PULL)
    assert await anna.station.mirror.write(reconcile.take_in_new_kinds, origin=Origin.PULL)
    await anna.sync()
    assert await anna.ids(BUILDING) == {home.building.id}
    assert await anna.station.mirror.read(lambda r: syncmeta.get(r, syncmeta.SKIPPED)) == "[999]"


async def test_f30_what_an_older_cloud_does_not_know_waits_for_its_update(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New rows go without the field that holds its default; an edit of the field itself waits, others do not."""
    last = RESIDENT.columns[-1]
    widths = {s.number: len(s.names) - (1 if s is RESIDENT else 0) for s in SYNCED}
    del widths[ORGANISATION.number]
    with monkeypatch.context() as older:
        older.setattr(feed, "_own_schema", lambda _asked: {"schema": 1, "widths": widths})
        await anna.sync()
        plain = await anna.put(RESIDENT, site_id=home.site.id, apartment_id=home.apartment.id)
        second = await anna.put(RESIDENT, site_id=home.site.id, apartment_id=home.apartment.id)
        await anna.patch(RESIDENT, second, **{last.name: True})
        await anna.patch(RESIDENT, home.resident, remark="unrelated")
        report = await anna.sync()
        assert (report.pushed, report.refused, report.pending) == (3, 0, 1)
        query = select(OUTBOX.c.state)
        states = await anna.station.mirror.read(lambda r: r.connection.execute(query).scalars().all())
        assert states == ["blocked"]
    await anna.sync()
    assert (await anna.sync()).pending == 0
    assert getattr(await anna.must(RESIDENT, second.id), last.name) is True
    await hold(w, home.site.org_id, anna, replayed=False)
    assert (await anna.must(RESIDENT, plain.id)).ver == 1


def test_f30_edits_of_older_programs_are_converted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(old: str, new: str, m: Mutation) -> Mutation:
        return msgspec.structs.replace(m, fields={new if k == old else k: v for k, v in m.fields.items()})

    monkeypatch.setitem(convert.STEPS, 1, partial(renamed, "note", "remark"))
    monkeypatch.setitem(convert.STEPS, 3, partial(renamed, "remark", "comment"))
    made = Mutation(1, "m", None, RESIDENT.number, "i", "s", "patch", 1, {"note": "x"}, 0)
    assert convert.upgraded(made, 1, to=1).fields == {"note": "x"}
    assert convert.upgraded(made, 1, to=2).fields == {"remark": "x"}
    assert convert.upgraded(made, 1, to=4).fields == {"comment": "x"}
    assert convert.upgraded(msgspec.structs.replace(made, schema=2), 1, to=4).fields == {"note": "x"}
