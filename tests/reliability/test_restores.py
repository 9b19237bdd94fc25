"""Faults of files: cloud or mirror from a backup, long absence, altered rows (rows 9 to 11, 29 to 31)."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from core.base.ids import new_id
from core.cloud import db
from core.cloud.lineage import begin_lineage
from core.cloud.sweep import sweep
from core.entities.person import RESIDENT
from core.entities.site import BUILDING, SITE
from core.store import checking
from core.store.changes import Origin
from core.store.tables import table_of
from core.store.tx import Tx
from tests.history.world import World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home

pytestmark = pytest.mark.timeout(240)


def copy_of(file: Path, to: Path) -> None:
    """A backup of an SQLite file that is in use."""
    with sqlite3.connect(file) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()


async def restore(w: World, backup: Path) -> None:
    """What an operator does: stop the service, put the backup in place, begin a lineage, start."""
    await w.stop_cloud()
    for end in ("", "-wal", "-shm"):
        (w.folder / f"cloud.db{end}").unlink(missing_ok=True)
    shutil.copyfile(backup, w.folder / "cloud.db")
    await w.start_cloud()
    begin_lineage(w.cloud)


async def test_f10_accepted_and_lost_edits_come_again_once(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    copy_of(w.folder / "cloud.db", tmp_path / "yesterday.db")
    made = await anna.put(BUILDING, site_id=home.site.id, name="Since the backup")
    await anna.patch(RESIDENT, home.resident, remark="since the backup")
    await anna.sync()
    await ben.sync()
    await ben.patch(RESIDENT, await ben.must(RESIDENT, home.resident.id), mobile="7")
    await ben.sync()
    await restore(w, tmp_path / "yesterday.db")
    await anna.patch(RESIDENT, await anna.must(RESIDENT, home.resident.id), last_name="Unsent")
    await hold(w, home.site.org_id, anna, ben, replayed=False)
    for d in (anna, ben):
        row = await d.must(RESIDENT, home.resident.id)
        assert (row.remark, row.mobile, row.last_name) == ("since the backup", "7", "Unsent")
        assert (await d.must(BUILDING, made.id)).name == "Since the backup"
        assert await d.tray() == []


async def test_f10_what_nobody_can_offer_again_leaves_no_ghost(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    """A row of a workstation that is lost goes from the others; an edit of it is kept in the tray."""
    copy_of(w.folder / "cloud.db", tmp_path / "yesterday.db")
    gone = await anna.put(BUILDING, site_id=home.site.id, name="Of a laptop that was stolen")
    edited = await anna.put(BUILDING, site_id=home.site.id, name="Edited by Ben")
    await anna.sync()
    await ben.sync()
    await ben.patch(BUILDING, edited, name="Ben's name")
    await restore(w, tmp_path / "yesterday.db")
    await ben.sync()
    await ben.sync()
    assert await ben.get(BUILDING, gone.id) is None
    [entry] = await ben.tray()
    assert (entry.kind, entry.mine) == ("gone", {"name": "Ben's name"})
    assert (entry.base or {})["name"] == "Edited by Ben"


async def test_f10_an_edit_based_on_a_lost_version_does_not_slip_past(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    """I7: versions of another lineage prove nothing about what was seen."""
    copy_of(w.folder / "cloud.db", tmp_path / "yesterday.db")
    row = home.resident
    for word in ("a", "b", "c"):
        row = await anna.patch(RESIDENT, row, remark=word)
        await anna.sync()
    await ben.sync()
    await ben.patch(RESIDENT, await ben.must(RESIDENT, row.id), remark="on top of c")
    await restore(w, tmp_path / "yesterday.db")
    await anna.sync()
    await ben.sync()
    assert (await anna.must(RESIDENT, row.id)).remark == "c"
    [entry] = await ben.tray()
    assert (entry.kind, entry.mine["remark"]) == ("conflict", "on top of c")


async def test_f09_a_replica_that_lags_takes_over(
    anna: Desk, home: Home, ben: Desk, w: World, tmp_path: Path
) -> None:
    """The cursor is ahead of the head: told at the push already, before anything is judged."""
    copy_of(w.folder / "cloud.db", tmp_path / "lagging.db")
    made = await anna.put(BUILDING, site_id=home.site.id, name="Not replicated")
    await anna.sync()
    await w.stop_cloud()
    for end in ("", "-wal", "-shm"):
        (w.folder / f"cloud.db{end}").unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "lagging.db", w.folder / "cloud.db")
    await w.start_cloud()
    await anna.put(BUILDING, site_id=home.site.id, name="Unsent")
    await hold(w, home.site.org_id, anna, ben)
    assert {b.name for b in await ben.station.mirror.read(lambda r: r.find(BUILDING))} == {
        "A",
        "Not replicated",
        "Unsent",
    }
    assert (await ben.must(BUILDING, made.id)).ver == 1


async def test_f11_a_mirror_from_an_old_copy(anna: Desk, home: Home, w: World, tmp_path: Path) -> None:
    """Numbers were used for other edits since: a fork; under a new mark both sides' edits arrive once."""
    folder = anna.station.folder
    await anna.station.close()
    shutil.copytree(folder, tmp_path / "copy")
    await anna.station.restart()
    await anna.put(BUILDING, site_id=home.site.id, name="After the copy")
    await anna.sync()
    await anna.station.close()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    await anna.station.restart()
    await anna.put(BUILDING, site_id=home.site.id, name="In the old copy")
    await hold(w, home.site.org_id, anna)
    names = {b.name for b in await anna.station.mirror.read(lambda r: r.find(BUILDING))}
    assert names == {"A", "After the copy", "In the old copy"}


@pytest.mark.parametrize("edits", [30, pytest.param(5000, marks=pytest.mark.soak)])
async def test_f29_away_for_longer_than_tombstones_are_kept(
    anna: Desk, home: Home, ben: Desk, w: World, edits: int
) -> None:
    doomed = await anna.put(BUILDING, site_id=home.site.id, name="To be removed")
    await anna.sync()
    await ben.sync()

    def work(tx: Tx) -> None:
        for number in range(edits):
            row = tx.require(RESIDENT, home.resident.id)
            tx.patch(RESIDENT, row, remark=f"note {number}")

    await ben.act(work)
    await anna.remove(BUILDING, doomed.id)
    await anna.sync()
    w.clock.moment += timedelta(days=200)
    await anna.station.sign_in()
    await ben.station.sign_in()
    assert sweep(w.cloud) == 1
    await anna.patch(SITE, await anna.must(SITE, home.site.id), city="Newer")
    await anna.sync()
    report = await ben.sync()
    assert report.pushed == edits
    assert await ben.get(BUILDING, doomed.id) is None, "no row comes back from the dead"
    assert "POST /v1/sync/fill" in ben.station.wire.seen
    await hold(w, home.site.org_id, anna, ben)
    assert (await anna.must(RESIDENT, home.resident.id)).remark == f"note {edits - 1}"


@pytest.mark.allow_logs("differs from the cloud")
@pytest.mark.parametrize("harm", ["value", "version", "removed", "added"])
async def test_f31_a_row_that_was_altered_behind_the_program_is_found_and_only_its_scope_fetched(
    anna: Desk, home: Home, w: World, harm: str
) -> None:
    other = await anna.put(SITE, org_id=home.site.org_id, name="Other")
    await anna.sync()
    engine = anna.station.engine
    scopes = await anna.station.mirror.read(checking.comparable)
    for _ in scopes:
        assert (await engine.check()).differs == ()
    await anna.station.mirror.write(lambda tx: _harm(tx, harm, home), origin=Origin.PULL)
    found = [await engine.check() for _ in scopes]
    assert [d for c in found for d in c.differs] == [home.site.id]
    anna.station.wire.seen.clear()
    await anna.sync()
    assert anna.station.wire.seen.count("POST /v1/sync/fill") == 1
    await hold(w, home.site.org_id, anna)
    assert other.id in await anna.ids(SITE)


def _harm(tx: Tx, harm: str, home: Home) -> None:
    table = table_of(RESIDENT)
    this = table.c.id == home.resident.id
    statements: dict[str, Any] = {
        "value": update(table).where(this).values(remark="oldX"),
        "version": update(table).where(this).values(ver=home.resident.ver ^ 4),
        "removed": table.delete().where(this),
        "added": text(
            "INSERT INTO buildings(id, scope_id, ver, site_id, name) VALUES (:i, :s, 3, :s, 'ghost')"
        ).bindparams(i=new_id(), s=home.site.id),
    }
    tx.connection.execute(statements[harm])


async def test_f31_nothing_is_compared_while_something_is_on_its_way(
    anna: Desk, home: Home, ben: Desk
) -> None:
    await ben.patch(RESIDENT, home.resident, remark="newer")
    await ben.sync()
    assert (await anna.station.engine.check()).compared == 0, "the mirror is behind: not of the same moment"
    await anna.sync()
    await anna.patch(SITE, home.site, city="unsent")
    assert home.site.id not in await anna.station.mirror.read(checking.comparable)


async def test_f30_rows_with_fields_of_a_newer_cloud_compare_equal(anna: Desk, home: Home, w: World) -> None:
    """What this program does not know is kept beside the row, so even its sums are right."""
    import msgspec  # noqa: PLC0415

    with w.cloud.database.write() as c:
        for row in c.execute(db.FEED.select().where(db.FEED.c.entity_id == home.building.id)).all():
            *head, values = msgspec.json.decode(row.body)
            body = [*head, [*values, "of the next version"]]
            this = (db.FEED.c.entity_id == row.entity_id) & (db.FEED.c.scope == row.scope)
            c.execute(db.FEED.update().where(this).values(body=msgspec.json.encode(body)))
    newcomer = Desk(await w.station("fresh", "ben"))
    await newcomer.sync()
    for _ in await newcomer.station.mirror.read(checking.comparable):
        checked = await newcomer.station.engine.check()
        assert (checked.compared, checked.differs) == (2, ())
