"""Faults of processes and disks: kill -9 at named moments, a full disk, a power cut (rows 1, 2, 12 to 14, 28)."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.base.errors import DataError, UnreachableError
from core.base.killpoints import CLOUD_POINTS, SYNC_POINTS
from core.entities import SYNCED
from core.entities.site import BUILDING, SITE
from core.store import building
from core.store.changes import Origin
from core.store.tables import OUTBOX
from core.store.tx import Tx
from tests.factories import plant
from tests.history import acts
from tests.history.world import World, opened, world
from tests.reliability.invariants import hold
from tests.reliability.lives import begin, killed, node_life, station_life, unix_only
from tests.reliability.nodes import LIMIT_S, point_at
from tests.sync.conftest import Desk, Home

pytestmark = pytest.mark.timeout(240)

EDIT_MOMENTS = (
    "mirror.commit:1",
    "mirror.committed:1",
    "sync.taken:1",
    "cloud.judged:1",
    "cloud.numbered:1",
    "cloud.committed:1",
    "sync.answered:1",
    "sync.halfway:1",
    "sync.filed:1",
)
"""Between an edit and its confirmation (sync.md 3.14)."""
FILL_MOMENTS = ("sync.page:1", "sync.page:2", "sync.indexed:3")
"""Of a first sync into an empty mirror."""


def test_f01_every_moment_of_sync_is_gone_through() -> None:
    moments = {
        m.partition(":")[0] for m in (*EDIT_MOMENTS, *FILL_MOMENTS, "sync.dropping", "mirror.migrated")
    }
    assert moments == {*SYNC_POINTS, *CLOUD_POINTS}


async def closed(w: World, *desks: Desk) -> Path:
    """End what runs in this process, so that another one may open the folder."""
    for d in desks:
        await d.station.close()
    w.stations.clear()
    await w.stop_cloud()
    return w.folder


async def reopened(w: World, user: str) -> Desk:
    station = await w.station(user, user, signed_in=False)
    await acts.note(station)
    return Desk(station)


@unix_only
@pytest.mark.slow
async def test_f01_killed_at_every_moment_between_an_edit_and_its_confirmation(
    anna: Desk, home: Home, w: World
) -> None:
    """One life after the other, each killed later: what was told as saved is there, once, and nothing else broke."""
    folder = await closed(w, anna)
    for number, moment in enumerate(EDIT_MOMENTS):
        assert killed(station_life, str(folder), "anna", moment, f"W{number}"), moment
    await w.start_cloud()
    again = await reopened(w, "anna")
    await hold(w, home.site.org_id, again, replayed=False)
    saved = (folder / "saved").read_text("utf-8").split()
    found = [b.name for b in await again.station.mirror.read(lambda r: r.find(BUILDING))]
    assert set(saved) <= set(found)
    assert len(found) == len(set(found)), "nothing twice"
    assert (await again.must(SITE, home.site.id)).city == saved[-1]
    assert await again.tray() == []


@unix_only
@pytest.mark.slow
async def test_f01_killed_in_a_first_sync_and_while_indexes_are_made(
    anna: Desk, home: Home, w: World
) -> None:
    for number in range(6):
        await anna.put(BUILDING, site_id=home.site.id, name=f"B{number}")
    await anna.sync()
    folder = await closed(w, anna)
    for moment in FILL_MOMENTS:
        assert killed(station_life, str(folder), "ben", moment, ""), moment
    await w.start_cloud()
    ben = await reopened(w, "ben")
    await hold(w, home.site.org_id, ben)
    names = select(text("name")).select_from(text("sqlite_master")).where(text("type = 'index'"))
    there = {r[0] for r in await ben.station.mirror.read(lambda r: r.connection.execute(names).all())}
    assert {str(i.name) for spec in SYNCED for i in building.indexes_of(spec)} <= there


@unix_only
@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_f01_a_thousand_lives(anna: Desk, home: Home, w: World) -> None:
    """1,000 lives, each killed at the n-th passing of some moment; the folder lives on through all of them."""
    from random import Random  # noqa: PLC0415

    rng, folder, kills = Random(1), await closed(w, anna), 0
    lives = int(os.environ.get("GW_LIVES", "1000"))
    names = [m.partition(":")[0] for m in EDIT_MOMENTS]
    for number in range(lives):
        moment = f"{rng.choice(names)}:{rng.randint(1, 4)}"
        kills += killed(station_life, str(folder), "anna", moment, f"W{number}")
    await w.start_cloud()
    again = await reopened(w, "anna")
    await hold(w, home.site.org_id, again, replayed=False)
    saved = (folder / "saved").read_text("utf-8").split()
    found = [b.name for b in await again.station.mirror.read(lambda r: r.find(BUILDING))]
    assert set(saved) <= set(found)
    assert len(found) == len(set(found))
    assert kills > lives // 5


# --------------------------------------------------------------------------------------------------------- 2: a node


@unix_only
@pytest.mark.slow
async def test_f02_a_node_killed_at_every_moment_of_a_push(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    """The workstations live on; a node begins, dies at its moment, and another one answers the repeated push."""
    port = 0
    for number, moment in enumerate((*CLOUD_POINTS, "")):
        theirs, ours = multiprocessing.Pipe()
        node = begin(node_life, str(w.folder), port, moment, ours)
        try:
            assert theirs.poll(LIMIT_S), "the node did not begin"
            url = theirs.recv()
            port = int(url.rpartition(":")[2])
            await point_at(w, anna.station, url)
            if moment:
                await anna.put(BUILDING, site_id=home.site.id, name=f"B{number}")
                with pytest.raises(UnreachableError):
                    await anna.sync()
                node.join(LIMIT_S)
                assert node.exitcode == -9, moment
            else:
                assert (await anna.sync()).pending == 0
        finally:
            node.kill()
            node.join(LIMIT_S)
            node.close()
            theirs.close()
            ours.close()
    await w.stop_cloud()
    await w.start_cloud()
    await anna.station.restart()
    await hold(w, home.site.org_id, anna, ben)
    names = sorted(b.name for b in await ben.station.mirror.read(lambda r: r.find(BUILDING)))
    assert names == ["A", "B0", "B1", "B2"]


# ------------------------------------------------------------------------------------------- 12: power, 13: full disk


async def test_f12_what_a_person_saved_is_flushed_before_it_is_said_to_be_saved(
    anna: Desk, home: Home
) -> None:
    """synchronous: FULL (2) for what people and jobs write, NORMAL (1) for what can be fetched again."""
    levels = {
        origin: await anna.station.mirror.write(
            lambda tx: int(tx.connection.exec_driver_sql("PRAGMA synchronous").scalar_one()), origin=origin
        )
        for origin in Origin
    }
    assert levels.pop(Origin.PULL) == 1
    assert set(levels.values()) == {2}


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler")
async def test_f12_power_is_cut_after_a_commit(tmp_path: Path) -> None:
    """A library between program and system keeps each file as it was at its last flush; after the cut only that is
    there. Every edit that was said to be saved is in it, and numbers go on.
    """
    library = tmp_path / "flushed.so"
    source = Path(__file__).with_name("flushed.c")
    compiler = shutil.which("cc") or "cc"
    build = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    assert await (await asyncio.create_subprocess_exec(*build)).wait() == 0
    folder, kept = tmp_path / "station", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    program = [sys.executable, "-m", "tests.reliability.powered", str(folder)]
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FLUSHED_FROM": str(folder),
        "FLUSHED_TO": str(kept),
    }
    process = await asyncio.create_subprocess_exec(*program, env=environment, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == -9
    said = out.decode().split()
    assert len(said) >= 20
    for file in kept.iterdir():
        # The journal of the first moments was removed, and the folder flushed after it.
        if (folder / file.name).is_file():
            shutil.copy(file, folder / file.name)
    for name in ("mirror.db", "mirror.db-wal"):
        if not (kept / name).exists():
            (folder / name).unlink(missing_ok=True)
    (folder / "mirror.db-shm").unlink(missing_ok=True)
    from tests.history.world import ManualClock  # noqa: PLC0415

    mirror = opened(folder, ManualClock())
    try:
        names = {b.name for b in await mirror.read(lambda r: r.find(SITE))}
        assert set(said) <= names
        numbers = [r[0] for r in await mirror.read(lambda r: r.connection.execute(select(OUTBOX.c.n)).all())]
        assert max(numbers) == len(numbers) >= len(said)
    finally:
        await mirror.close()


def _room(tx: Tx, pages: int) -> None:
    """The disk has room for so many more pages."""
    now = int(tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {now + pages}")


async def test_f13_the_disk_is_full_in_an_edit_and_in_a_page(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    def many(tx: Tx) -> None:
        for number in range(300):
            plant(tx, BUILDING, site_id=home.site.id, name=f"{'x' * 40}{number}")

    await anna.act(many)
    await anna.sync()
    mirror = ben.station.mirror
    await mirror.write(lambda tx: _room(tx, 2), origin=Origin.JOB)
    with pytest.raises(DataError, match="disk is full"):
        await ben.act(many)
    with pytest.raises(DataError, match="disk is full"):
        await ben.sync()
    assert "disk is full" in ben.station.engine.state.said
    assert len(await ben.ids(BUILDING)) == 1, "no half page"
    await mirror.write(lambda tx: _room(tx, 100_000), origin=Origin.JOB)
    await hold(w, home.site.org_id, anna, ben)
    assert len(await ben.ids(BUILDING)) == 301


async def test_f13_the_disk_is_full_while_indexes_are_made(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WORTH", 1)
    monkeypatch.setattr(building, "VERY_MANY", 0)
    names = [f"B{n}" for n in range(300)]
    await anna.act(lambda tx: [plant(tx, BUILDING, site_id=home.site.id, name=name) for name in names])
    await anna.sync()
    ben = Desk(await w.station("ben", "ben"))
    finish = building.finish

    def full(tx: Tx) -> bool:
        # What was given back when indexes were taken away is used first.
        free = int(tx.connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        tx.raw.execute("INSERT OR REPLACE INTO sync_meta VALUES ('hog', zeroblob(?))", (free * 4096,)).close()
        _room(tx, 1)
        return finish(tx)

    with monkeypatch.context() as small:
        small.setattr(building, "finish", full)
        with pytest.raises(DataError, match="disk is full"):
            await ben.sync()
    assert await ben.station.mirror.read(building.is_building)
    await ben.station.mirror.write(lambda tx: _room(tx, 100_000), origin=Origin.JOB)
    await hold(w, home.site.org_id, ben)
    assert not await ben.station.mirror.read(building.is_building)


async def test_f01_killed_while_a_migration_runs_leaves_the_mirror_as_it_was(tmp_path: Path) -> None:
    """In a transaction: the next opening begins it anew."""
    killed_in = tmp_path / "station"
    killed_in.mkdir()
    process = begin(_migrate, str(killed_in))
    process.join(LIMIT_S)
    assert process.exitcode == -9
    process.close()
    async with world(tmp_path / "w") as w:
        mirror = opened(killed_in, w.clock)
        assert await mirror.read(lambda r: r.find(SITE)) == []
        await mirror.close()


def _migrate(folder: str) -> None:
    from core.base import killpoints  # noqa: PLC0415
    from tests.history.world import ManualClock  # noqa: PLC0415

    killpoints.arm("mirror.migrated:25")
    opened(Path(folder), ManualClock())
