"""GRP-01 and GRP-03 in bulk, third-party locks, and what a lock cannot take (CRED-05, INT-02, DEV-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities.access import GROUP_DOOR, RELAY_SCHEDULE
from core.entities.credential import CredentialKind
from core.entities.device import RELAY
from core.entities.lock import GROUP_LOCK, LOCK, LockBrand
from core.entities.site import AccessReach
from core.rules.locks import code_fault, compile_lock
from core.usecases.desired import site_rows
from core.usecases.devices import remove_device
from core.usecases.doors import hold_open, set_group_doors
from core.usecases.groups import NewGroup, add_group, change_group, list_groups, remove_group
from core.usecases.locks import add_lock, link_lock, list_locks, offered_locks, remove_lock, rename_lock
from core.usecases.people import add_credential
from core.usecases.sites import change_site
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk


async def test_grp_01_the_doors_of_a_group_are_set_with_a_dry_run_and_an_undo(desk: Desk) -> None:
    street, inner = desk.relays
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Store", brand=LockBrand.ITEC)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Cleaners", [street.id], [desk.ada.id]))
    wanted: dict[str, Any] = {"relay_ids": [inner.id, "0" * 32], "lock_ids": [lock.id]}
    dry = await set_group_doors(desk.ctx, group_id=group.id, **wanted, check=True)
    assert [line.title for line in dry.changed] == [
        "Main entrance · Inner",
        "Main entrance · Street (taken out)",
        "Store",
    ]
    assert [line.why for line in dry.cannot] == ["It is no door of this site."]
    assert {d.relay_id for d in await desk.read(GROUP_DOOR, group_id=group.id)} == {street.id}
    done = await set_group_doors(desk.ctx, group_id=group.id, **wanted)
    assert (done.changed, done.cannot) == (dry.changed, dry.cannot)
    assert {d.relay_id for d in await desk.read(GROUP_DOOR, group_id=group.id)} == {inner.id}
    again = await set_group_doors(desk.ctx, group_id=group.id, relay_ids=[inner.id], check=True)
    assert (len(again.changed), len(again.already)) == (0, 1)
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert {d.relay_id for d in await desk.read(GROUP_DOOR, group_id=group.id)} == {street.id}
    assert await desk.read(GROUP_LOCK) == []


async def test_grp_01_removing_a_group_says_first_what_goes_and_is_taken_back(desk: Desk) -> None:
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Night", [desk.relays[0].id], [desk.ada.id]))
    dry = await remove_group(desk.ctx, group.id, check=True)
    assert (len(dry.changed), dry.undo_id, dry.check) == (3, "", True)
    assert len(await list_groups(desk.ctx, desk.site.id, keyword="night")) == 1, "a dry run touches nothing"
    done = await remove_group(desk.ctx, group.id)
    assert await list_groups(desk.ctx, desk.site.id, keyword="night") == []
    await undo(desk.ctx, done.undo_id)
    [shown] = await list_groups(desk.ctx, desk.site.id, keyword="night")
    assert (shown.doors, shown.people) == (1, 1)


async def test_grp_01_groups_are_found_by_name_person_device_and_lock(desk: Desk) -> None:
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Store room", brand=LockBrand.ITEC)
    new = NewGroup(desk.site.id, "Cleaners", [desk.relays[1].id], [desk.ada.id], lock_ids=[lock.id])
    group = await add_group(desk.ctx, new)
    every = {"Cleaners", "Resident-Building Building A"}
    for by, word, names in (
        ("name", "clean", {"Cleaners"}),
        ("name", str(group.code), {"Cleaners"}),
        ("person", "byron", every),
        ("device", "main", every),
        ("lock", "store", {"Cleaners"}),
        ("lock", "cellar", set()),
    ):
        found = await list_groups(desk.ctx, desk.site.id, keyword=word, by=by)
        assert {c.group.name for c in found} == names, (by, word)
    with pytest.raises(UserError, match="searched by"):
        await list_groups(desk.ctx, desk.site.id, by="colour")
    assert (await change_group(desk.ctx, group_id=group.id, name="Cleaning")).name == "Cleaning"


async def test_grp_03_hold_open_has_a_dry_run_and_an_undo(desk: Desk) -> None:
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Office hours"))
    asked: dict[str, Any] = {"relay_id": desk.relays[0].id, "group_ids": [group.id]}
    assert len((await hold_open(desk.ctx, **asked, check=True)).changed) == 1
    assert await desk.read(RELAY_SCHEDULE) == []
    done = await hold_open(desk.ctx, **asked)
    assert len(await desk.read(RELAY_SCHEDULE)) == 1
    assert len((await hold_open(desk.ctx, **asked, check=True)).already) == 1
    await undo(desk.ctx, done.undo_id)
    assert await desk.read(RELAY_SCHEDULE) == []


async def test_grp_05_with_only_public_area_no_group_gets_a_private_door_from_a_manager(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    _, [private] = await desk.add_device("Monitor", apartment_id=desk.home.id)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Cleaners"))
    await change_site(desk.ctx, site_id=desk.site.id, pm_access=AccessReach.PUBLIC_AREA)
    as_manager()
    report = await set_group_doors(desk.ctx, group_id=group.id, relay_ids=[private.id, desk.relays[0].id])
    assert [line.row_id for line in report.cannot] == [private.id]
    assert [line.row_id for line in report.changed] == [desk.relays[0].id]


async def test_grp_01_dev_10_a_lock_linked_to_a_door_phone_follows_it_and_is_not_offered(desk: Desk) -> None:
    await change_site(desk.ctx, site_id=desk.site.id, itec=True)
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Side door", brand=LockBrand.ITEC)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Night", lock_ids=[lock.id]))
    [line] = await list_locks(desk.ctx, desk.site.id)
    assert (line.groups, line.people) == (("Night",), 0)
    await link_lock(desk.ctx, lock_id=lock.id, device_id=desk.device.id)
    assert await offered_locks(desk.ctx, desk.site.id) == []
    assert await desk.read(GROUP_LOCK) == []
    [line] = await list_locks(desk.ctx, desk.site.id)
    assert (line.groups, line.follows, line.people) == (("Resident-Building Building A",), "Main entrance", 1)
    report = await set_group_doors(desk.ctx, group_id=group.id, lock_ids=[lock.id])
    assert "linked to a door phone" in report.cannot[0].why
    with pytest.raises(UserError, match="linked to a door phone"):
        await add_group(desk.ctx, NewGroup(desk.site.id, "Other", lock_ids=[lock.id]))
    await remove_device(desk.ctx, desk.device.id)
    assert [one.device_id for one in await desk.read(LOCK)] == [None]
    assert await desk.read(RELAY) == []


async def test_cred_05_a_code_that_does_not_fit_a_lock_is_listed_and_not_cut(desk: Desk) -> None:
    await change_site(desk.ctx, site_id=desk.site.id, dormakaba=True)
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Vault", brand=LockBrand.DORMAKABA)
    await add_group(desk.ctx, NewGroup(desk.site.id, "Vault", [], [desk.ada.id], lock_ids=[lock.id]))
    [line] = await list_locks(desk.ctx, desk.site.id)
    assert line.people == 0
    assert sorted(line.faults) == [
        "Ada Byron, PIN: A dormakaba lock takes PINs of exactly 6 digits.",
        "Ada Byron, card: A dormakaba lock takes cards of exactly 20 characters.",
    ]
    await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.CARD, code="AB" * 10)
    await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.PIN, code="135790")
    rows = await desk.ctx.mirror.read(lambda r: site_rows(r, desk.site.id))
    [person] = compile_lock(rows, rows.locks[0], desk.ctx.clock.now()).people
    assert {c.code for c in person.codes} == {"AB" * 10, "135790"}
    assert "135790" not in repr(person)
    later = desk.ctx.clock.now() + timedelta(days=1)
    await change_site(desk.ctx, site_id=desk.site.id, dormakaba=False)
    rows = await desk.ctx.mirror.read(lambda r: site_rows(r, desk.site.id))
    assert "switched off" in compile_lock(rows, rows.locks[0], later).faults[0].why


@pytest.mark.parametrize(
    ("brand", "kind", "code", "fits"),
    [
        (LockBrand.DORMAKABA, CredentialKind.PIN, "123456", True),
        (LockBrand.DORMAKABA, CredentialKind.PIN, "1234567", False),
        (LockBrand.ITEC, CredentialKind.PIN, "123", False),
        (LockBrand.ITEC, CredentialKind.PIN, "1234", True),
        (LockBrand.ITEC, CredentialKind.PIN, "12345678", True),
        (LockBrand.ITEC, CredentialKind.CARD, "A" * 16, True),
        (LockBrand.ITEC, CredentialKind.CARD, "A" * 17, False),
        (LockBrand.SALTO, CredentialKind.PIN, "1234", False),
    ],
)
def test_cred_05_int_02_what_fits_which_lock(
    brand: LockBrand, kind: CredentialKind, code: str, fits: bool
) -> None:
    assert (code_fault(brand, kind, code) == "") == fits


async def test_dev_10_locks_are_the_installers_to_add_and_the_managers_to_name(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Store", brand=LockBrand.SALTO)
    as_manager()
    assert (await rename_lock(desk.ctx, lock_id=lock.id, name="Store room")).name == "Store room"
    with pytest.raises(NotAllowedError):
        await add_lock(desk.ctx, site_id=desk.site.id, name="Other", brand=LockBrand.SALTO)
    with pytest.raises(NotAllowedError):
        await remove_lock(desk.ctx, lock.id)
