"""Refused and conflicting edits over whole rounds: what ends in the tray, and what a person can do about it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import UserError
from core.cloud import admin
from core.entities.device import DEVICE
from core.entities.organisation import ORGANISATION
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import APARTMENT, SITE
from core.store import outbox, tray
from core.store.reader import Reader
from core.store.tables import OUTBOX, table_of
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


# ---------------------------------------------------------------------------------------------------- refused, waiting


async def test_f19_a_refused_creation_stays_visible_and_what_builds_on_it_waits(
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


async def test_f18_a_mac_of_another_firm_ends_in_the_tray(anna: Desk, home: Home, w: World) -> None:
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


async def test_f18_a_pin_that_was_given_elsewhere_meanwhile_is_refused(
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


async def test_f16_a_conflict_keeps_both_values_and_says_who(anna: Desk, home: Home, ben: Desk) -> None:
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


async def test_f26_a_change_of_a_row_that_was_removed_can_bring_it_back(
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


async def test_f26_a_removal_of_a_row_that_was_changed_comes_back_to_be_confirmed(
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
