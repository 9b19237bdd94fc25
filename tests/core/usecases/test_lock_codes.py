"""Codes of third-party locks: what is to be entered at their makers, said by people, never called proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.lock import LOCK_CODE, Lock, LockBrand
from core.entities.record import AUDIT_ENTRY
from core.rules.lock_codes import Todo
from core.sheets.read import read_table
from core.usecases.doors import set_group_doors
from core.usecases.groups import NewGroup, add_group
from core.usecases.lock_codes import (
    lock_work,
    note_lock_items,
    note_lock_work,
    show_lock_code,
    write_lock_sheet,
)
from core.usecases.locks import add_lock, remove_lock
from core.usecases.people import add_credential, change_code, remove_resident
from core.usecases.sites import change_site
from core.usecases.today import today
from core.usecases.undo import undo
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk


async def store_lock(desk: Desk, brand: LockBrand = LockBrand.ITEC) -> Lock:
    """A lock that a group with Ada opens, at a site whose codes go to iTec locks."""
    await change_site(desk.ctx, site_id=desk.site.id, itec=True)
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Store", brand=brand)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Cellar", [], [desk.ada.id]))
    await set_group_doors(desk.ctx, group_id=group.id, relay_ids=[], lock_ids=[lock.id])
    return lock


async def todo(desk: Desk) -> list[tuple[str, str, str]]:
    items = await lock_work(desk.ctx, site_id=desk.site.id)
    return [(one.kind.value, one.todo.value, one.verdict.value) for one in items]


async def test_set_03_int_02_a_code_waits_until_somebody_says_that_it_is_entered(desk: Desk) -> None:
    lock = await store_lock(desk)
    assert await todo(desk) == [("card", "enter", "waiting"), ("pin", "enter", "waiting")]
    dry = await note_lock_work(desk.ctx, lock_id=lock.id, check=True)
    assert (len(dry.changed), dry.undo_id) == (2, "")
    assert await desk.read(LOCK_CODE) == [], "a dry run touches nothing"
    done = await note_lock_work(desk.ctx, lock_id=lock.id)
    # No lock is read from here, so the best word is `accepted`.
    assert await todo(desk) == [("card", "nothing", "accepted"), ("pin", "nothing", "accepted")]
    again = await note_lock_work(desk.ctx, lock_id=lock.id)
    assert (len(again.changed), len(again.already)) == (0, 2)
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert await todo(desk) == [("card", "enter", "waiting"), ("pin", "enter", "waiting")]
    [pin] = await desk.read(CREDENTIAL, person_id=desk.ada.id, kind=CredentialKind.PIN)
    noted = str(await desk.read(LOCK_CODE)) + str(await desk.read(AUDIT_ENTRY, entity="lock_codes"))
    assert not stands_in(pin.code, noted)


async def test_set_03_a_changed_code_is_taken_away_and_entered_anew(desk: Desk) -> None:
    lock = await store_lock(desk)
    await note_lock_work(desk.ctx, lock_id=lock.id)
    [pin] = await desk.read(CREDENTIAL, person_id=desk.ada.id, kind=CredentialKind.PIN)
    await change_code(desk.ctx, credential_id=pin.id, code="556677")
    assert await todo(desk) == [
        ("pin", "take away", "waiting"),
        ("pin", "enter", "waiting"),
        ("card", "nothing", "accepted"),
    ]
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert {word for _, word, _ in await todo(desk)} == {"nothing"}
    assert len(await desk.read(LOCK_CODE)) == 2


async def test_set_03_what_a_person_who_left_has_in_a_lock_stays_until_it_is_said_to_be_gone(
    desk: Desk,
) -> None:
    lock = await store_lock(desk)
    await note_lock_work(desk.ctx, lock_id=lock.id)
    await remove_resident(desk.ctx, desk.ada.id)
    left = await lock_work(desk.ctx, site_id=desk.site.id, lock_id=lock.id)
    assert [(one.todo, one.name) for one in left] == [(Todo.TAKE, "Ada Byron")] * 2
    failed = await note_lock_work(desk.ctx, lock_id=lock.id, failed="The program does not answer.")
    assert len(failed.changed) == 2
    assert len(await desk.read(LOCK_CODE)) == 2
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert await lock_work(desk.ctx, site_id=desk.site.id) == []


async def test_int_02_cred_05_what_does_not_fit_and_what_was_refused_is_listed(desk: Desk) -> None:
    lock = await store_lock(desk)
    await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.PIN, code="123")
    refused = await note_lock_work(
        desk.ctx, lock_id=lock.id, person_ids=[desk.ada.id], failed="Duplicate card"
    )
    assert len(refused.cannot) == 1
    assert "4 to 8 digits" in refused.cannot[0].why
    items = await lock_work(desk.ctx, site_id=desk.site.id)
    assert [(one.todo, one.verdict) for one in items].count((Todo.ADD, Verdict.REFUSED)) == 2
    assert {one.why for one in items if one.todo is Todo.ADD} == {"Duplicate card"}
    with pytest.raises(UserError, match="Nothing at 'Store'"):
        await note_lock_work(desk.ctx, lock_id=lock.id, person_ids=["0" * 32])


async def test_set_03_the_list_for_the_maker_s_program_holds_codes_and_is_audited(
    desk: Desk, tmp_path: Path
) -> None:
    lock = await store_lock(desk)
    path = tmp_path / "codes.xlsx"
    assert await write_lock_sheet(desk.ctx, site_id=desk.site.id, path=path, lock_id=lock.id) == 2
    [pin] = await desk.read(CREDENTIAL, person_id=desk.ada.id, kind=CredentialKind.PIN)
    cells = [str(cell) for row in read_table(path).rows for cell in row]
    assert pin.code in cells
    seen = await desk.read(AUDIT_ENTRY, op="reveal")
    assert {entry.entity_id for entry in seen} == {
        c.id for c in await desk.read(CREDENTIAL, person_id=desk.ada.id)
    }
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert await write_lock_sheet(desk.ctx, site_id=desk.site.id, path=path) == 0
    await remove_lock(desk.ctx, lock.id)
    assert await desk.read(LOCK_CODE) == []


async def test_set_03_single_codes_at_several_locks_are_said_at_once_and_taken_back_together(
    desk: Desk,
) -> None:
    store = await store_lock(desk)
    attic = await add_lock(desk.ctx, site_id=desk.site.id, name="Attic", brand=LockBrand.ITEC)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Attic", [], [desk.ada.id]))
    await set_group_doors(desk.ctx, group_id=group.id, relay_ids=[], lock_ids=[attic.id])
    items = await lock_work(desk.ctx, site_id=desk.site.id)
    keys = [one.key for one in items if one.kind is CredentialKind.PIN]
    assert len(set(keys)) == 2
    dry = await note_lock_items(desk.ctx, site_id=desk.site.id, keys=keys, check=True)
    assert [line.title for line in dry.changed] == [
        "Attic: enter: Ada Byron, PIN",
        "Store: enter: Ada Byron, PIN",
    ]
    assert await desk.read(LOCK_CODE) == []
    done = await note_lock_items(desk.ctx, site_id=desk.site.id, keys=keys)
    stand = [one for one in await lock_work(desk.ctx, site_id=desk.site.id) if one.todo is Todo.KEEP]
    assert sorted(one.lock.name for one in stand) == ["Attic", "Store"]
    assert {one.kind for one in stand} == {CredentialKind.PIN}, "the cards are still to be entered"
    with pytest.raises(UserError, match="in the meantime"):
        await note_lock_items(desk.ctx, site_id=desk.site.id, keys=keys)
    # What was said to stand can turn out not to: then it is to be done again, with the reason.
    gone = next(one.key for one in stand if one.lock.id == store.id)
    await note_lock_items(desk.ctx, site_id=desk.site.id, keys=[gone], failed="The lock was set anew")
    again = await lock_work(desk.ctx, site_id=desk.site.id, lock_id=store.id)
    assert ("The lock was set anew", Todo.ADD) in {(one.why, one.todo) for one in again}
    await undo(desk.ctx, done.undo_id)
    assert [one.lock_id for one in await desk.read(LOCK_CODE)] == [store.id], "what changed since then stays"


async def test_set_03_a_code_is_shown_for_entering_and_the_audit_notes_it(desk: Desk) -> None:
    lock = await store_lock(desk)
    [pin] = await desk.read(CREDENTIAL, person_id=desk.ada.id, kind=CredentialKind.PIN)
    item = next(
        one for one in await lock_work(desk.ctx, site_id=desk.site.id) if one.kind is CredentialKind.PIN
    )
    assert not stands_in(pin.code, repr(item) + item.key)
    assert await show_lock_code(desk.ctx, site_id=desk.site.id, key=item.key) == pin.code
    [seen] = await desk.read(AUDIT_ENTRY, op="reveal")
    assert seen.entity_id == pin.id
    await note_lock_work(desk.ctx, lock_id=lock.id)
    await remove_resident(desk.ctx, desk.ada.id)
    left = await lock_work(desk.ctx, site_id=desk.site.id)
    with pytest.raises(UserError, match="holds this code"):
        await show_lock_code(desk.ctx, site_id=desk.site.id, key=left[0].key)


async def test_set_03_the_day_of_the_desk_counts_what_waits_for_a_lock(desk: Desk) -> None:
    assert (await today(desk.ctx, desk.site.id)).lock_codes == ()
    lock = await store_lock(desk)
    board = await today(desk.ctx, desk.site.id)
    assert [one.title for one in board.lock_codes] == ["Store: Ada Byron, card", "Store: Ada Byron, PIN"]
    assert "2 codes to do at locks" in board.sentence
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert (await today(desk.ctx, desk.site.id)).lock_codes == ()
