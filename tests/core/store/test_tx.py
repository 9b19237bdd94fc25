"""Transactions: rules, outbox, shadow, audit, groups, savepoints, bulk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable

from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, Repeat
from core.entities.device import DEVICE, MAC_ENTRY, RELAY
from core.entities.organisation import ORGANISATION, Organisation
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind, PersonKind, Resident
from core.entities.record import AUDIT_ENTRY
from core.entities.site import BUILDING, SITE, Building, Site, SiteKind
from core.store.changes import ChangeSet, Origin
from core.store.mirror import Mirror
from core.store.tables import OUTBOX, SHADOW, table_of
from core.store.tx import Author, Tx
from tests.factories import make, plant
from tests.fixtures_core import Planter


async def outbox(mirror: Mirror) -> Sequence[Any]:
    query = OUTBOX.select().order_by(OUTBOX.c.n)
    return await mirror.read(lambda r: r.connection.execute(query).mappings().all())


async def do(mirror: Mirror, work: Callable[[Tx], Any], origin: Origin = Origin.USER) -> Any:
    return await mirror.write(work, origin=origin, act="Test")


async def sql(mirror: Mirror, *statements: Executable) -> None:
    """Do to the mirror what only the sync does."""

    def work(tx: Tx) -> None:
        for statement in statements:
            tx.connection.execute(statement)

    await do(mirror, work, Origin.PULL)


async def test_an_edit_says_what_it_is_based_on(mirror: Mirror, planted: Planter) -> None:
    entry = await planted(MAC_ENTRY, mac="0C11052A7F31")
    await sql(mirror, table_of(MAC_ENTRY).update().values(ver=7, flag=0))
    await do(mirror, lambda tx: tx.patch(MAC_ENTRY, entry, note="a", model="R29"))
    await do(mirror, lambda tx: tx.remove(MAC_ENTRY, entry.id))
    create, patch, delete = await outbox(mirror)
    assert (create["op"], create["base_ver"], json.loads(create["old"])) == ("create", 0, {})
    assert json.loads(create["fields"])["mac"] == "0C11052A7F31"
    assert (patch["op"], patch["base_ver"], json.loads(patch["fields"])) == (
        "patch",
        7,
        {"note": "a", "model": "R29"},
    )
    assert json.loads(patch["old"]) == {"note": "", "model": ""}
    assert (delete["op"], delete["base_ver"], json.loads(delete["fields"])) == ("delete", 7, {})
    assert json.loads(delete["old"])["note"] == "a"
    assert [m["n"] for m in (create, patch, delete)] == [1, 2, 3]
    assert len({m["mut_id"] for m in (create, patch, delete)}) == 3
    assert create["label"] == "MAC entry 0C:11:05:2A:7F:31"


async def test_a_patch_without_a_difference_writes_nothing(mirror: Mirror, planted: Planter) -> None:
    entry = await planted(MAC_ENTRY, note="same")
    heard: list[ChangeSet] = []
    mirror.feed.subscribe(heard.append)
    assert await do(mirror, lambda tx: tx.patch(MAC_ENTRY, entry, note="same")) == entry
    assert (len(await outbox(mirror)), heard) == (1, [])


async def test_a_patch_is_compared_with_the_mirror_not_with_an_old_copy(
    mirror: Mirror, planted: Planter
) -> None:
    old = await planted(MAC_ENTRY, note="1")
    await do(mirror, lambda tx: tx.patch(MAC_ENTRY, old, note="2"))
    now = await do(mirror, lambda tx: tx.patch(MAC_ENTRY, old, model="R29"))
    assert (now.note, now.model) == ("2", "R29")
    assert json.loads((await outbox(mirror))[-1]["fields"]) == {"model": "R29"}


async def test_the_shadow_keeps_the_clouds_image_before_the_first_edit(
    mirror: Mirror, planted: Planter
) -> None:
    new = await planted(MAC_ENTRY)
    known = await planted(MAC_ENTRY, note="cloud")
    await sql(
        mirror,
        OUTBOX.delete().where(OUTBOX.c.entity_id == known.id),
        SHADOW.delete().where(SHADOW.c.entity_id == known.id),
    )
    for note in ("one", "two"):
        await do(mirror, partial(Tx.patch, spec=MAC_ENTRY, row=known, note=note))
    rows = await mirror.read(lambda r: r.connection.execute(SHADOW.select()).mappings().all())
    images = {row["entity_id"]: row["image"] for row in rows}
    assert images[new.id] is None
    assert json.loads(images[known.id])["note"] == "cloud"


async def test_what_the_cloud_sends_and_what_is_local_leaves_no_edit(mirror: Mirror) -> None:
    await do(mirror, lambda tx: plant(tx, MAC_ENTRY), Origin.PULL)
    assert await outbox(mirror) == []
    for number, origin in enumerate((Origin.USER, Origin.IMPORT, Origin.JOB, Origin.DEVICE), 1):
        await do(mirror, lambda tx: plant(tx, MAC_ENTRY), origin)
        assert len(await outbox(mirror)) == number


async def test_numbers_are_never_given_twice(mirror: Mirror, planted: Planter) -> None:
    """sync.md 5.5: not even when the outbox has become empty."""
    for _ in range(3):
        await planted(MAC_ENTRY)
    await sql(mirror, OUTBOX.delete())
    await planted(MAC_ENTRY)
    assert [m["n"] for m in await outbox(mirror)] == [4]


async def test_an_edit_names_the_creation_that_it_builds_on(mirror: Mirror) -> None:
    def build(tx: Tx) -> tuple[Site, Building]:
        site = plant(tx, SITE)
        return site, plant(tx, BUILDING, site_id=site.id)

    site, building = await do(mirror, build)
    await do(mirror, lambda tx: tx.patch(BUILDING, building, name="Later"))
    await do(mirror, lambda tx: plant(tx, RESIDENT, site_id=site.id))
    numbers = {m["entity_id"]: m["n"] for m in await outbox(mirror) if m["op"] == "create"}
    needs = [(m["label"].split()[0], m["needs"]) for m in await outbox(mirror)]
    org_id = site.org_id
    assert needs[0] == ("Organisation", None)
    assert needs[1] == ("Site", numbers[org_id])
    assert needs[2] == ("Building", numbers[site.id])
    assert needs[3] == ("Building", numbers[building.id])
    assert all(m["needs"] is None or m["needs"] < m["n"] for m in await outbox(mirror))
    await sql(mirror, OUTBOX.delete().where(OUTBOX.c.op == "create"))
    await do(mirror, lambda tx: tx.patch(SITE, site, name="Free"))
    assert (await outbox(mirror))[-1]["needs"] is None


async def test_grouped_edits_share_a_group(mirror: Mirror) -> None:
    def work(tx: Tx) -> None:
        plant(tx, MAC_ENTRY)
        tx.grouped()
        plant(tx, MAC_ENTRY)
        tx.grouped()
        plant(tx, MAC_ENTRY)

    await do(mirror, work)
    first, second, third = (m["grp"] for m in await outbox(mirror))
    assert first is None
    assert second == third is not None


async def test_a_savepoint_undoes_its_part_only(mirror: Mirror) -> None:
    def work(tx: Tx) -> None:
        before = plant(tx, MAC_ENTRY, mac="0C1105000001")

        def part() -> None:
            with tx.savepoint():
                plant(tx, MAC_ENTRY, mac="0C1105000002")
                tx.patch(MAC_ENTRY, before, note="undone")
                plant(tx, MAC_ENTRY, mac="0C1105000001", scope_id=before.scope_id)

        with pytest.raises(UserError):
            part()
        with tx.savepoint():
            plant(tx, MAC_ENTRY, mac="0C1105000003")
            plant(tx, MAC_ENTRY, mac="0C1105000004")
        plant(tx, MAC_ENTRY, mac="0C1105000005")

    heard: list[ChangeSet] = []
    mirror.feed.subscribe(heard.append)
    await do(mirror, work)
    rows = await mirror.read(lambda r: r.find(MAC_ENTRY))
    assert [r.mac[-1] + r.note for r in rows] == ["1", "3", "4", "5"]
    assert heard[0].touched[MAC_ENTRY.name].ids() == {r.id for r in rows}
    made = await outbox(mirror)
    assert [m["n"] for m in made] == [1, 2, 3, 4]
    assert [m["entity_id"] for m in made] == [r.id for r in rows]
    assert made[0]["grp"] is made[3]["grp"] is None
    assert made[1]["grp"] == made[2]["grp"] is not None
    assert len(await mirror.read(lambda r: r.find(AUDIT_ENTRY))) == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "buildings.name.missing"),
        ({"name": "x" * 129}, "buildings.name.bounds"),
        ({"site_id": "0" * 32}, "buildings.site_id.unknown"),
        ({"scope_id": ""}, "buildings.scope"),
        ({"name": "Building A"}, "buildings.name.taken"),
    ],
)
async def test_rules_hold_for_new_rows(
    mirror: Mirror, site: Site, building: Building, change: dict[str, Any], code: str
) -> None:
    values = {"site_id": site.id, "scope_id": site.id, "name": "Building B"} | change
    with pytest.raises(UserError) as caught:
        await do(mirror, lambda tx: tx.put(BUILDING, make(BUILDING, **values)))
    assert caught.value.code == code
    assert caught.value.field in {*BUILDING.names, "scope_id"}
    assert isinstance(caught.value, NotFoundError) == code.endswith(".unknown")


async def test_rules_hold_for_changed_rows(
    mirror: Mirror, site: Site, building: Building, planted: Planter
) -> None:
    other = await planted(BUILDING, site_id=site.id, name="Building B")
    with pytest.raises(UserError, match="already a building of this name"):
        await do(mirror, lambda tx: tx.patch(BUILDING, other, name=building.name))
    with pytest.raises(NotFoundError, match="no building with the id"):
        await do(mirror, lambda tx: tx.patch(BUILDING, make(BUILDING), name="x"))


async def test_what_was_not_changed_is_not_judged_again(mirror: Mirror, site: Site, planted: Planter) -> None:
    device = await planted(DEVICE, site_id=site.id)
    relay = await planted(RELAY, device_id=device.id, scope_id=site.id)
    await sql(mirror, table_of(RELAY).update().values(device_id="f" * 32))
    now = await do(mirror, lambda tx: tx.patch(RELAY, relay, name="Renamed"))
    assert now.name == "Renamed"


async def test_removal_rules(mirror: Mirror, site: Site, building: Building, planted: Planter) -> None:
    group = await planted(
        ACCESS_GROUP, site_id=site.id, building_id=building.id, repeat=Repeat.DAILY, name="Default"
    )
    with pytest.raises(UserError, match="default group"):
        await do(mirror, lambda tx: tx.remove(ACCESS_GROUP, group.id))
    entry = await planted(MAC_ENTRY, mac="0C11052A7F31")
    device = await planted(DEVICE, site_id=site.id, mac="0C11052A7F31")
    with pytest.raises(UserError, match="bound to"):
        await do(mirror, lambda tx: tx.remove(MAC_ENTRY, entry.id))
    await do(mirror, lambda tx: tx.remove(DEVICE, device.id))
    await do(mirror, lambda tx: tx.remove(MAC_ENTRY, entry.id))
    with pytest.raises(NotFoundError):
        await do(mirror, lambda tx: tx.remove(MAC_ENTRY, entry.id))


async def test_secrets_are_in_no_audit_entry(mirror: Mirror, resident: Resident) -> None:
    code = "38115522"
    row = make(
        CREDENTIAL, scope_id=resident.site_id, person_id=resident.id, kind=CredentialKind.PIN, code=code
    )
    await do(mirror, lambda tx: tx.put(CREDENTIAL, row))
    await do(mirror, lambda tx: tx.patch(CREDENTIAL, row, code="38115523"))
    await do(mirror, lambda tx: tx.remove(CREDENTIAL, row.id))
    entries = [e for e in await mirror.read(lambda r: r.find(AUDIT_ENTRY)) if e.entity_id == row.id]
    assert [e.op for e in entries] == ["add", "change", "remove"]
    assert [e.changes["code"] for e in entries] == [[None, "••••"], ["••••", "••••"], ["••••", None]]
    assert not any("3811552" in str(e) for e in entries)


async def test_the_audit_says_who_when_what_and_under_which_act(mirror: Mirror, org: Organisation) -> None:
    mirror.author = Author("Marta Gil", "account")
    await mirror.write(
        lambda tx: tx.patch(ORGANISATION, org, name="New"), origin=Origin.USER, act="Rename firm"
    )
    entry = (await mirror.read(lambda r: r.find(AUDIT_ENTRY)))[-1]
    assert (entry.who, entry.act, entry.op) == ("Marta Gil", "Rename firm", "change")
    assert (entry.entity, entry.entity_id, entry.title) == ("organisations", org.id, "Organisation New")
    assert entry.changes == {"name": [org.name, "New"]}
    assert entry.at.year == 2026


async def test_many_rows_are_judged_like_one_by_one(mirror: Mirror, site: Site, planted: Planter) -> None:
    await planted(BUILDING, site_id=site.id, name="there")
    names = ["a", "b", "a", "there", "", "c", "x" * 200, "b"]
    rows = [make(BUILDING, site_id=site.id, scope_id=site.id, name=name) for name in names]
    rows.append(make(BUILDING, site_id=new_id(), scope_id=site.id, name="lost"))

    def many(tx: Tx) -> list[str]:
        faults = tx.check_many(BUILDING, rows)
        return [faults[r.id].code if r.id in faults else "" for r in rows]

    def single(tx: Tx) -> list[str]:
        found = []
        for row in rows:
            try:
                tx.put(BUILDING, row)
                found.append("")
            except UserError as fault:
                found.append(fault.code)
        return found

    by_many = await do(mirror, many)
    assert by_many == await do(mirror, single)
    assert by_many[2:5] == ["buildings.name.taken", "buildings.name.taken", "buildings.name.missing"]


KIND = st.sampled_from([CredentialKind.PIN, CredentialKind.CARD])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(KIND, st.integers(10, 16).map(str)), min_size=1, max_size=8), st.data())
async def test_codes_in_bulk_are_judged_like_one_by_one(
    mirror: Mirror, resident: Resident, codes: list[tuple[CredentialKind, str]], data: st.DataObject
) -> None:
    rows = [
        make(CREDENTIAL, scope_id=resident.site_id, person_id=resident.id, kind=kind, code=code)
        for kind, code in codes
    ]
    before = data.draw(st.integers(0, len(rows) - 1))

    def compare(tx: Tx) -> None:
        good = [tx.put(CREDENTIAL, row) for row in rows[:before] if not tx.check_many(CREDENTIAL, [row])]
        faults = tx.check_many(CREDENTIAL, rows[before:])
        for row in rows[before:]:
            one = tx.check_many(CREDENTIAL, [row])
            assert (row.id in faults) == (row.id in one)
            if not one:
                tx.put(CREDENTIAL, row)
                good.append(row)
        for row in good:
            tx.remove(CREDENTIAL, row.id)

    await do(mirror, compare)


async def test_rows_in_bulk_are_written_whole_or_not_at_all(mirror: Mirror, site: Site) -> None:
    rows = [make(BUILDING, site_id=site.id, scope_id=site.id, name=name) for name in ("a", "b", "b")]
    before = len(await outbox(mirror))
    with pytest.raises(UserError, match="already a building"):
        await do(mirror, lambda tx: tx.put_many(BUILDING, rows))
    assert await mirror.read(lambda r: r.find(BUILDING)) == []
    await do(mirror, lambda tx: tx.put_many(BUILDING, rows[:2], groups=["g" * 32, "h" * 32]))
    assert [m["grp"] for m in (await outbox(mirror))[before:]] == ["g" * 32, "h" * 32]
    await do(mirror, lambda tx: tx.put_many(BUILDING, []))


async def test_what_passed_is_judged_again_once_something_else_was_written(
    mirror: Mirror, site: Site
) -> None:
    row = make(BUILDING, site_id=site.id, scope_id=site.id, name="a")

    def work(tx: Tx) -> None:
        other = tx.put(BUILDING, make(BUILDING, site_id=site.id, scope_id=site.id, name="b"))
        assert tx.check_many(BUILDING, [row]) == {}
        tx.patch(BUILDING, other, name="a")
        tx.put_many(BUILDING, [row])

    with pytest.raises(UserError, match="already a building"):
        await do(mirror, work)


async def test_rules_of_a_changed_row_see_what_the_same_act_changed_before(
    mirror: Mirror, site: Site, resident: Resident
) -> None:
    """Rows that rules ask for are remembered within an act, and forgotten when something of their kind changes."""
    office = {"kind": PersonKind.OFFICE_USER, "number": "1"}

    def change(tx: Tx, kind: SiteKind) -> None:
        tx.patch(RESIDENT, resident, remark="asks for the site")
        tx.patch(SITE, site, kind=kind)
        tx.patch(RESIDENT, resident, **office)

    with pytest.raises(UserError, match="belong to an office"):
        await do(mirror, partial(change, kind=SiteKind.HOUSE))
    await do(mirror, partial(change, kind=SiteKind.OFFICE))

    def undone(tx: Tx) -> None:
        with suppress(UserError), tx.savepoint():
            tx.patch(SITE, site, kind=SiteKind.COMMUNITY)
            tx.patch(RESIDENT, resident, remark="refused: no office any more")
        tx.patch(RESIDENT, resident, kind=PersonKind.OFFICE_USER, remark="still an office")

    await do(mirror, undone)
    assert (await mirror.read(lambda r: r.require(RESIDENT, resident.id))).remark == "still an office"
