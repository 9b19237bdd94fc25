"""Rounds of sync between real mirrors and the real service: what arrives, what is refused, what conflicts, what is lost
(nothing), and what happens when anything is cut off in the middle (sync.md 3.14 and 6).
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import UnreachableError, UserError
from core.base.ids import new_id
from core.cloud import admin
from core.entities.device import DEVICE
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.organisation import ORGANISATION
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import apply, filing, outbox, syncmeta, tray
from core.store.changes import Origin
from core.store.mirror import open_mirror
from core.store.reader import Reader
from core.store.tables import OUTBOX, SHADOW, SYNC_SCOPE, table_of
from sync import pull
from tests.history import oracle
from tests.history.world import KEY, Fault, World
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


async def test_an_edit_made_while_others_edits_arrive_stays_in_view(
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


async def test_clocks_decide_nothing(anna: Desk, home: Home, ben: Desk, w: World) -> None:
    """Fault 15: the first to arrive stays, whatever the clocks say."""
    await ben.patch(RESIDENT, home.resident, remark="first")
    await ben.sync()
    w.clock.moment -= timedelta(days=3650)
    await anna.patch(RESIDENT, home.resident, remark="second, ten years earlier")
    await anna.station.engine._pusher.run()
    assert [e.kind for e in await anna.tray()] == ["conflict"]
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "first"


# -------------------------------------------------------------------------------------------------- cut off, repeated


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.LOSE_REQUEST, Fault.CUT_ANSWER])
async def test_a_push_that_is_cut_off_has_one_effect(anna: Desk, home: Home, fault: Fault) -> None:
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
        broken.setattr(filing, "_file_rows", crash)
        with pytest.raises(KeyboardInterrupt):
            await anna.sync()
    assert [row.state for row in await outbox_rows(anna)] == ["sent", "sent"]
    assert (await anna.sync()).pushed == 2
    assert (await anna.must(RESIDENT, home.resident.id)).ver == 2


async def test_a_first_sync_that_is_killed_goes_on_from_its_last_page(
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


async def test_a_copied_profile_finds_out_and_both_sides_arrive_once(
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


async def test_a_cloud_that_came_back_from_nowhere_is_filled_anew(anna: Desk, home: Home, w: World) -> None:
    from core.cloud import db  # noqa: PLC0415

    with w.cloud.database.write() as c:
        c.execute(db.TENANT_CLOCK.update().values(epoch=new_id()))
    await anna.patch(RESIDENT, home.resident, remark="kept")
    report = await anna.sync()
    assert report.pushed == 1
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "kept"
    await oracle.check_converged(w, anna.station, home.site.org_id)


# ---------------------------------------------------------------------------------------------------- refused, waiting


async def test_a_refused_creation_stays_visible_and_what_builds_on_it_waits(
    anna: Desk, home: Home, ben: Desk
) -> None:
    """Fault 19: unrelated edits go through; correcting the one lets the others go."""
    await ben.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="2")
    await ben.sync()
    mine = await anna.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="2")
    people = [
        await anna.put(RESIDENT, site_id=home.site.id, apartment_id=mine.id, first_name=f"P{i}")
        for i in range(10)
    ]
    pin = await anna.put(
        CREDENTIAL, person_id=people[0].id, scope_id=home.site.id, kind=CredentialKind.PIN, code="1111"
    )
    await anna.patch(RESIDENT, home.resident, remark="unrelated")
    report = await anna.sync()
    assert (report.pushed, report.refused, report.pending) == (1, 1, 11)
    [entry] = await anna.tray()
    assert (entry.kind, entry.op, entry.entity_id) == ("refused", "create", mine.id)
    assert "already an apartment" in entry.message
    assert entry.context["place"] == "Home"
    assert entry.mine["number"] == "2"
    assert await anna.get(APARTMENT, mine.id) is not None
    assert await flag(anna, APARTMENT, mine.id) == 2
    later = await anna.put(
        CREDENTIAL, person_id=people[1].id, scope_id=home.site.id, kind=CredentialKind.PIN, code="2222"
    )
    assert (await anna.sync()).pending == 12
    await anna.settle(tray.edit, entry.id, number="3")
    assert await anna.tray() == []
    report = await anna.sync()
    assert (report.pushed, report.refused, report.pending) == (13, 0, 0)
    await ben.sync()
    assert {mine.id, pin.id, later.id, *[p.id for p in people]} <= (
        await ben.ids(APARTMENT) | await ben.ids(RESIDENT) | await ben.ids(CREDENTIAL)
    )
    assert (await ben.must(APARTMENT, mine.id)).number == "3"
    admin_check(anna.station.world)


async def test_dropping_a_refused_creation_takes_along_what_was_built_on_it(
    anna: Desk, home: Home, ben: Desk
) -> None:
    await ben.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="2")
    await ben.sync()
    mine = await anna.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="2")
    person = await anna.put(RESIDENT, site_id=home.site.id, apartment_id=mine.id)
    await anna.patch(RESIDENT, home.resident, apartment_id=mine.id, remark="moved")
    await anna.sync()
    [entry] = await anna.tray()
    assert await anna.settle(tray.drop, entry.id) == 3
    assert await anna.get(APARTMENT, mine.id) is None
    assert await anna.get(RESIDENT, person.id) is None
    row = await anna.must(RESIDENT, home.resident.id)
    assert (row.apartment_id, row.remark) == (home.apartment.id, "old")
    assert await anna.tray() == []
    settled = await anna.station.mirror.read(partial(tray.entries, settled=True))
    assert {e.resolution for e in settled} == {"dropped"}
    assert len(settled) == 3
    await anna.sync()
    await oracle.check_converged(anna.station.world, anna.station, home.site.org_id)


async def test_a_mac_of_another_firm_ends_in_the_tray(anna: Desk, home: Home, w: World) -> None:
    """Fault 18: registered offline on two laptops of two firms; one owner, the other learns nothing about it."""
    carl = await desk(w, "carl")
    org = await carl.station.mirror.read(lambda r: r.find(ORGANISATION)[0])
    site = await carl.put(SITE, org_id=org.id, time_zone="UTC")
    await carl.put(DEVICE, site_id=site.id, mac="0C1105000001", name="Carl's own name")
    await carl.sync()
    mine = await anna.put(DEVICE, site_id=home.site.id, mac="0C1105000001", name="Main entrance")
    assert (await anna.sync()).refused == 1
    [entry] = await anna.tray()
    assert (entry.code, entry.field) == ("mac_claimed", "mac")
    assert "Carl" not in entry.message
    assert (await anna.must(DEVICE, mine.id)).name == "Main entrance"
    await anna.settle(tray.edit, entry.id, mac="0C1105000002")
    assert (await anna.sync()).pushed == 1


async def test_a_pin_that_was_given_elsewhere_meanwhile_is_refused_and_shows_the_clouds(
    anna: Desk, home: Home, ben: Desk
) -> None:
    second = await anna.put(RESIDENT, site_id=home.site.id, apartment_id=home.apartment.id)
    add = partial(anna.put, CREDENTIAL, scope_id=home.site.id, kind=CredentialKind.PIN)
    one = await add(person_id=home.resident.id, code="1111")
    two = await add(person_id=second.id, code="2222")
    await anna.sync()
    await ben.sync()
    await ben.patch(CREDENTIAL, one, code="3333")
    await ben.sync()
    await anna.patch(CREDENTIAL, two, code="3333")
    assert (await anna.sync()).refused == 1
    [entry] = await anna.tray()
    assert (entry.code, entry.mine["code"]) == ("credentials.pin.taken", "3333")
    assert "code" in entry.secrets
    assert (await anna.must(CREDENTIAL, two.id)).code == "2222", "no door is programmed with a refused PIN"
    assert await flag(anna, CREDENTIAL, two.id) == 2
    await ben.patch(CREDENTIAL, await ben.must(CREDENTIAL, one.id), code="4444")
    await ben.sync()
    await anna.sync()
    await anna.settle(tray.retry, entry.id)
    assert (await anna.sync()).pushed == 1
    assert await flag(anna, CREDENTIAL, two.id) == 0


# ------------------------------------------------------------------------------------------------------------ conflicts


async def both_edit(anna: Desk, home: Home, ben: Desk) -> Any:
    await ben.patch(RESIDENT, home.resident, remark="Ben's")
    await ben.sync()
    await anna.patch(RESIDENT, home.resident, remark="Anna's", mobile="7")
    assert (await anna.sync()).conflicts == 1
    [entry] = await anna.tray()
    return entry


async def test_a_conflict_keeps_both_values_and_says_who(anna: Desk, home: Home, ben: Desk) -> None:
    entry = await both_edit(anna, home, ben)
    assert entry.kind == "conflict"
    assert (entry.mine, entry.theirs, entry.base) == (
        {"remark": "Anna's"},
        {"remark": "Ben's"},
        {"remark": "old"},
    )
    assert entry.their_name == "Ben Oak"
    assert "Remark" in entry.message
    row = await anna.must(RESIDENT, home.resident.id)
    assert (row.remark, row.mobile) == ("Ben's", "7"), "the other field of the same edit was taken"
    assert await flag(anna, RESIDENT, row.id) == 4


async def test_keeping_mine_puts_it_over_the_other_value(anna: Desk, home: Home, ben: Desk) -> None:
    entry = await both_edit(anna, home, ben)
    await anna.settle(tray.keep_mine, entry.id)
    assert (await anna.sync()).pushed == 1
    await ben.sync()
    assert (await ben.must(RESIDENT, home.resident.id)).remark == "Anna's"
    assert await flag(anna, RESIDENT, home.resident.id) == 0


async def test_keeping_theirs_closes_the_entry_and_keeps_it_readable(
    anna: Desk, home: Home, ben: Desk
) -> None:
    entry = await both_edit(anna, home, ben)
    await anna.settle(tray.keep_theirs, entry.id)
    assert await anna.tray() == []
    [settled] = await anna.station.mirror.read(partial(tray.entries, settled=True))
    assert (settled.mine, settled.resolution) == ({"remark": "Anna's"}, "kept theirs")
    assert (await anna.sync()).pushed == 0
    with pytest.raises(UserError):
        await anna.settle(tray.keep_mine, entry.id)


async def test_an_edit_behind_a_conflict_does_not_slip_past_the_other_value(
    anna: Desk, home: Home, ben: Desk
) -> None:
    """The second edit was made after a pull, but its author never saw the other value: the first edit covered it."""
    await ben.patch(RESIDENT, home.resident, remark="Ben's")
    await ben.sync()
    await anna.patch(RESIDENT, home.resident, remark="Anna's first")
    await anna.station.engine._puller.run()
    await anna.patch(RESIDENT, await anna.must(RESIDENT, home.resident.id), remark="Anna's second")
    assert (await anna.sync()).conflicts == 2
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "Ben's"
    assert [e.mine["remark"] for e in await anna.tray()] == ["Anna's first", "Anna's second"]


async def test_an_edit_behind_a_conflict_in_another_batch_neither(
    anna: Desk, home: Home, ben: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 1)
    anna.station.engine._pusher._limit = 1
    await test_an_edit_behind_a_conflict_does_not_slip_past_the_other_value(anna, home, ben)
    assert len(await anna.tray()) == 2


async def test_a_change_of_a_row_that_was_removed_can_bring_it_back(
    anna: Desk, home: Home, ben: Desk
) -> None:
    await ben.remove(RESIDENT, home.resident.id)
    await ben.sync()
    await anna.patch(RESIDENT, home.resident, remark="still here")
    assert (await anna.sync()).refused == 1
    [entry] = await anna.tray()
    assert entry.kind == "gone"
    assert await anna.get(RESIDENT, home.resident.id) is None
    await anna.settle(tray.keep_mine, entry.id)
    assert (await anna.sync()).pushed == 1
    await ben.sync()
    back = await ben.must(RESIDENT, home.resident.id)
    assert (back.first_name, back.remark) == ("Ada", "still here")
    admin_check(anna.station.world)


async def test_a_removal_of_a_row_that_was_changed_comes_back_to_be_confirmed(
    anna: Desk, home: Home, ben: Desk
) -> None:
    await ben.patch(RESIDENT, home.resident, remark="important")
    await ben.sync()
    await anna.remove(RESIDENT, home.resident.id)
    assert (await anna.sync()).conflicts == 1
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "important"
    [entry] = await anna.tray()
    await anna.settle(tray.keep_mine, entry.id)
    assert (await anna.sync()).pushed == 1
    await ben.sync()
    assert await ben.get(RESIDENT, home.resident.id) is None


async def test_acts_that_do_not_fit_an_entry_are_refused_and_change_nothing(
    anna: Desk, home: Home, ben: Desk
) -> None:
    entry = await both_edit(anna, home, ben)
    with pytest.raises(UserError):
        await anna.settle(tray.edit, entry.id, colour="red")
    with pytest.raises(UserError):
        await anna.settle(tray.edit, entry.id, remark="x" * 999)
    with pytest.raises(UserError):
        await anna.settle(tray.retry, 999)
    assert [e.id for e in await anna.tray()] == [entry.id]
    assert await outbox_rows(anna) == []


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


async def test_a_site_that_is_taken_away_goes_and_unsent_edits_stay_readable(
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


async def test_taken_away_and_given_back_between_two_pulls_leaves_no_gap(
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


async def test_losing_most_sites_at_once_is_asked_twice(anna: Desk, home: Home, w: World) -> None:
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


async def test_a_scope_list_that_is_merely_shorter_drops_nothing(anna: Desk, home: Home, w: World) -> None:
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
