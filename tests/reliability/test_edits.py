"""Faults of people and rules: the same row at several desks, refusals, roles (rows 15 to 20, 25, 26 of the table)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.base.ids import is_id, new_id
from core.cloud import db
from core.cloud.judge import Judge
from core.entities.organisation import ACCOUNT, Role
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import BUILDING
from core.store import tray
from core.store.tx import Tx
from tests.history.world import World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home, desk


async def test_f15_clocks_that_jump_ten_years_change_nothing(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    ids: set[str] = set()
    for years in (0, 10, -10, 3):
        w.clock.moment += timedelta(days=365 * years)
        ids.update(new_id() for _ in range(50))
        for d in (anna, ben):
            await d.station.sign_in()
        made = await anna.put(BUILDING, site_id=home.site.id, name=f"In {years} years")
        await anna.sync()
        await ben.sync()
        assert await ben.get(BUILDING, made.id) is not None
    assert len(ids) == 200
    assert all(map(is_id, ids))
    await hold(w, home.site.org_id, anna, ben)


async def test_f16_a_field_that_three_edit_offline_for_days(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    third = await desk(w, "ben", "ben2")
    for d, word in ((anna, "Anna's"), (ben, "Ben's"), (third, "the third's")):
        d.station.wire.online = False
        w.clock.moment += timedelta(days=2)
        await d.patch(RESIDENT, home.resident, remark=word)
    for d in (ben, anna, third):
        d.station.wire.online = True
        await d.sync()
    assert [(await d.must(RESIDENT, home.resident.id)).remark for d in (ben, anna, third)] == ["Ben's"] * 3
    assert await ben.tray() == []
    for d, mine in ((anna, "Anna's"), (third, "the third's")):
        [entry] = await d.tray()
        assert (entry.mine["remark"], (entry.theirs or {})["remark"], entry.their_name) == (
            mine,
            "Ben's",
            "Ben Oak",
        )
    await hold(w, home.site.org_id, anna, ben, third)


async def test_f17_different_fields_of_one_row_are_all_kept(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    await anna.patch(RESIDENT, home.resident, remark="from Anna")
    await ben.patch(RESIDENT, home.resident, mobile="5550001")
    await hold(w, home.site.org_id, anna, ben)
    row = await anna.must(RESIDENT, home.resident.id)
    assert (row.remark, row.mobile) == ("from Anna", "5550001")
    assert (await anna.tray(), await ben.tray()) == ([], [])


async def test_f18_two_pins_change_places_in_a_group(anna: Desk, home: Home, ben: Desk, w: World) -> None:
    add = partial(anna.put, CREDENTIAL, scope_id=home.site.id, kind=CredentialKind.PIN)
    one = await add(person_id=home.resident.id, code="1111")
    two = await add(person_id=home.resident.id, code="2222")
    await anna.sync()

    def swap(tx: Tx) -> None:
        tx.grouped()
        tx.patch(CREDENTIAL, tx.require(CREDENTIAL, one.id), code="3333")
        tx.patch(CREDENTIAL, tx.require(CREDENTIAL, two.id), code="1111")
        tx.patch(CREDENTIAL, tx.require(CREDENTIAL, one.id), code="2222")

    await anna.act(swap)
    await hold(w, home.site.org_id, anna, ben, replayed=False)
    codes = [(await ben.must(CREDENTIAL, i)).code for i in (one.id, two.id)]
    assert (codes, await anna.tray()) == (["2222", "1111"], [])


@pytest.mark.allow_logs("could not be judged")
async def test_f20_an_edit_that_makes_the_cloud_raise_holds_nothing_up(
    anna: Desk, home: Home, ben: Desk, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I8: one refused, the rest goes through, and news arrive meanwhile."""
    await ben.patch(RESIDENT, home.resident, mobile="7")
    await ben.sync()
    poison = await anna.put(BUILDING, site_id=home.site.id, name="poison")
    rest = [await anna.put(BUILDING, site_id=home.site.id, name=f"B{i}") for i in range(5)]
    whole = Judge._check_rows

    def explode(self: Judge, judged: Any) -> None:
        if any(j.held.id == poison.id for j in judged):
            raise RuntimeError("a fault of the service")
        whole(self, judged)

    monkeypatch.setattr(Judge, "_check_rows", explode)
    report = await anna.sync()
    assert (report.pushed, report.refused) == (5, 1)
    assert (await anna.must(RESIDENT, home.resident.id)).mobile == "7"
    [entry] = await anna.tray()
    assert (entry.code, entry.entity_id) == ("internal", poison.id)
    await ben.sync()
    assert {b.id for b in rest} <= await ben.ids(BUILDING)
    await hold(w, home.site.org_id, anna, ben)


async def test_f25_a_role_that_was_lowered_between_edit_and_push(anna: Desk, home: Home, w: World) -> None:
    await anna.patch(BUILDING, home.building, name="Elsewhere")
    people = db.table_of(ACCOUNT)
    with w.cloud.database.write() as c:
        c.execute(people.update().where(people.c.user_name == "anna").values(role=Role.MANAGER.value))
        c.execute(db.SITE_ACCESS.update().values(principal=await _account(anna)))
    report = await anna.sync()
    assert (report.pushed, report.refused) == (0, 1)
    [entry] = await anna.tray()
    assert (entry.code, entry.mine) == ("not_allowed", {"name": "Elsewhere"})
    assert "role" in entry.message


async def _account(d: Desk) -> str:
    from core.store import syncmeta  # noqa: PLC0415

    session = await d.station.mirror.read(syncmeta.session_of)
    assert session is not None
    return session.account_id


async def test_f26_removed_by_both_edited_after_and_brought_back(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    await anna.remove(RESIDENT, home.resident.id)
    await ben.remove(RESIDENT, home.resident.id)
    assert ((await anna.sync()).refused, (await ben.sync()).refused) == (0, 0), "gone is gone"
    await hold(w, home.site.org_id, anna, ben)
    second = await anna.put(RESIDENT, site_id=home.site.id, apartment_id=home.apartment.id, first_name="Eve")
    await anna.sync()
    await ben.sync()
    await anna.remove(RESIDENT, second.id)
    await anna.sync()
    await ben.patch(RESIDENT, await ben.must(RESIDENT, second.id), remark="still here")
    await ben.sync()
    [entry] = await ben.tray()
    await ben.settle(tray.keep_mine, entry.id)
    await hold(w, home.site.org_id, ben, anna)
    assert (await anna.must(RESIDENT, second.id)).remark == "still here"
