"""Rounds of sync between real mirrors and the real service: what arrives, what is refused, what conflicts, what is lost
(nothing), and what happens when anything is cut off in the middle (sync.md 3.14 and 6).
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import UnreachableError
from core.cloud import admin
from core.cloud.lineage import begin_lineage
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import filing, syncmeta
from core.store.mirror import open_mirror
from core.store.reader import Reader
from core.store.tables import OUTBOX, table_of
from sync import pull
from sync.push import Pushed
from tests.history import oracle
from tests.history.world import KEY, Fault, World
from tests.sync.conftest import Desk, Home


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


async def test_two_workstations_of_one_firm_agree(anna: Desk, home: Home, ben: Desk) -> None:
    assert await ben.must(RESIDENT, home.resident.id) == home.resident
    await ben.patch(RESIDENT, home.resident, remark="from Ben")
    report = await ben.sync()
    assert (report.pushed, report.refused, report.conflicts, report.pending) == (1, 0, 0, 0)
    assert (await anna.sync()).pulled == 1
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "from Ben"
    assert (await anna.sync()).document() == dict.fromkeys(
        ("pushed", "pulled", "refused", "conflicts", "pending", "blobs"), 0
    )


async def test_counts_follow_an_edit_from_the_laptop_to_the_cloud(anna: Desk, home: Home) -> None:
    async def counts() -> syncmeta.SyncCounts:
        return await anna.station.mirror.read(syncmeta.counts)

    before = await counts()
    await anna.patch(RESIDENT, home.resident, remark="x")
    assert ((await counts()).laptop, (await counts()).sent) == (1, 0)
    anna.station.wire.next_fault = lambda: Fault.LOSE_ANSWER
    with pytest.raises(UnreachableError):
        await anna.sync()
    assert ((await counts()).laptop, (await counts()).sent, (await counts()).pending) == (0, 1, 1)
    anna.station.wire.next_fault = lambda: Fault.NONE
    await anna.sync()
    after = await counts()
    assert (after.pending, after.confirmed - before.confirmed, after.tray) == (0, 1, 0)
    assert after.last_ok is not None


async def test_f27_an_edit_made_while_others_edits_arrive_stays_in_view(
    anna: Desk, home: Home, ben: Desk
) -> None:
    """Fault 27: the pending field stays the person's own, the others become the cloud's; then both are sent right."""
    await ben.patch(RESIDENT, home.resident, mobile="5")
    await ben.sync()
    anna.station.wire.next_fault = iter([Fault.LOSE_REQUEST, *[Fault.NONE] * 99]).__next__
    await anna.patch(RESIDENT, home.resident, remark="mine")
    with pytest.raises(UnreachableError):
        await anna.sync()
    await anna.station.engine._puller.run()
    row = await anna.must(RESIDENT, home.resident.id)
    assert (row.remark, row.mobile) == ("mine", "5")
    assert await flag(anna, RESIDENT, row.id) == 1
    assert (await anna.sync()).pushed == 1
    assert await flag(anna, RESIDENT, row.id) == 0


async def test_offline_work_goes_on_and_arrives_later(anna: Desk, home: Home, ben: Desk) -> None:
    anna.station.wire.online = False
    for number in range(5):
        await anna.patch(RESIDENT, home.resident, remark=f"note {number}")
        with pytest.raises(UnreachableError):
            await anna.sync()
    anna.station.wire.online = True
    assert (await anna.sync()).pushed == 5
    await ben.sync()
    assert (await ben.must(RESIDENT, home.resident.id)).remark == "note 4"


async def test_f15_clocks_decide_nothing(anna: Desk, home: Home, ben: Desk, w: World) -> None:
    """Fault 15: the first to arrive stays, whatever the clocks say."""
    await ben.patch(RESIDENT, home.resident, remark="first")
    await ben.sync()
    w.clock.moment -= timedelta(days=3650)
    await anna.patch(RESIDENT, home.resident, remark="second, ten years earlier")
    await anna.station.engine._pusher.run(Pushed())
    assert [e.kind for e in await anna.tray()] == ["conflict"]
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "first"


# -------------------------------------------------------------------------------------------------- cut off, repeated


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.LOSE_REQUEST, Fault.CUT_ANSWER])
async def test_f03_a_push_that_is_cut_off_has_one_effect(anna: Desk, home: Home, fault: Fault) -> None:
    await anna.patch(RESIDENT, home.resident, remark="x")
    anna.station.wire.next_fault = lambda: fault
    for _ in range(3):
        with pytest.raises(UnreachableError):
            await anna.sync()
    anna.station.wire.next_fault = lambda: Fault.NONE
    await anna.station.restart()
    assert (await anna.sync()).pushed == 1
    assert (await anna.must(RESIDENT, home.resident.id)).ver == 2
    admin_check(anna.station.world)


async def test_a_crash_while_answers_are_filed_repeats_the_batch(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.patch(RESIDENT, home.resident, remark="x")
    await anna.put(BUILDING, site_id=home.site.id, name="B")

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(filing, "_settle", crash)
        with pytest.raises(KeyboardInterrupt):
            await anna.sync()
    assert [row.state for row in await outbox_rows(anna)] == ["sent", "sent"]
    assert (await anna.sync()).pushed == 2
    assert (await anna.must(RESIDENT, home.resident.id)).ver == 2


async def test_f28_a_first_sync_that_is_killed_goes_on_from_its_last_page(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 28 in small: rows and position are one transaction, so at most the page in flight is fetched again."""
    for number in range(2, 12):
        await anna.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number=str(number))
    await anna.sync()
    monkeypatch.setattr(pull, "PAGE", 2)
    ben = Desk(await w.station("ben", "ben"))
    budget = 4

    def run_out() -> Fault:
        nonlocal budget
        budget -= 1
        return Fault.NONE if budget > 0 else Fault.LOSE_ANSWER

    kills = 0
    ben.station.wire.next_fault = run_out
    while kills < 20:
        try:
            await ben.sync()
        except UnreachableError:
            kills += 1
            budget = 4
            await ben.station.restart()
        else:
            break
    assert 2 <= kills < 20
    fills = [line for line in ben.station.wire.seen if line.endswith("/fill")]
    rows = sum([len(await ben.ids(spec)) for spec in (SITE, BUILDING, APARTMENT, RESIDENT)])
    assert len(fills) <= rows // 2 + 8 + 2 * kills
    await oracle.check_converged(w, ben.station, home.site.org_id)


async def test_f11_a_copied_profile_finds_out_and_both_sides_arrive_once(
    anna: Desk, home: Home, w: World, tmp_path: Path
) -> None:
    """Fault 11: the same file on two machines, both with unsent edits under the same numbers."""
    await anna.patch(RESIDENT, home.resident, remark="before the copy")
    folder = anna.station.folder
    await anna.station.close()
    shutil.copytree(folder, tmp_path / "w" / "copy")
    await anna.station.restart()
    twin = await _opened(w, "copy")
    await anna.put(BUILDING, site_id=home.site.id, name="Of the first")
    await twin.put(BUILDING, site_id=home.site.id, name="Of the copy")
    await anna.sync()
    await twin.sync()
    await anna.sync()
    await twin.sync()
    names = {b.name for b in await anna.station.mirror.read(lambda r: r.find(BUILDING))}
    assert names == {"A", "Of the first", "Of the copy"}
    assert (await twin.must(RESIDENT, home.resident.id)).ver == 2
    ids = {await d.station.mirror.read(lambda r: syncmeta.get(r, syncmeta.REPLICA)) for d in (anna, twin)}
    assert len(ids) == 2
    admin_check(w)


async def _opened(w: World, name: str) -> Desk:
    from tests.history.world import Station, Wire, _doors  # noqa: PLC0415

    folder = w.folder / name
    mirror = open_mirror(folder / "mirror.db", KEY, w.clock, backups=folder / "backups")
    wire = Wire(lambda: w.app)
    from core.store.blobs import BlobStore  # noqa: PLC0415

    transport, engine = _doors(w, mirror, wire, BlobStore(folder / "blobs"))
    station = Station(w, name, "anna", folder, wire, mirror, transport, engine)
    w.stations.append(station)
    return Desk(station)


async def test_f10_a_cloud_that_came_back_from_nowhere_is_filled_anew(
    anna: Desk, home: Home, w: World
) -> None:
    begin_lineage(w.cloud)
    await anna.patch(RESIDENT, home.resident, remark="kept")
    report = await anna.sync()
    assert report.pushed == 5, "the new edit, and the four accepted ones of the weeks before, offered again"
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "kept"
    await oracle.check_converged(w, anna.station, home.site.org_id)
