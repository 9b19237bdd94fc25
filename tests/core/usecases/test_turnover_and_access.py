"""Turnover with receipts, ghosts, undo, and the answers to who may open what (past, now, future)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.base.errors import NotFoundError, UserError
from core.base.verdict import Verdict
from core.entities.access import GROUP_MEMBER
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT, AccountType
from core.entities.proof import PROOF, ItemKind
from core.entities.turnover import TURNOVER, TURNOVER_LINE
from core.rules.compile import device_user_id
from core.rules.explain import Step
from core.rules.plan import Judgement, wanted_only
from core.schema.entity import Row
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.access import explain_access, who_opens
from core.usecases.apartments import change_apartment
from core.usecases.desired import device_target
from core.usecases.due import Due, keep_due, run_due
from core.usecases.ghosts import find_ghosts
from core.usecases.people import NewResident, add_credential
from core.usecases.provision import keep_proof
from core.usecases.turnover import move_in, move_out, receipts, settle_lines
from core.usecases.undo import undo
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock


async def read_back(desk: Desk, *more: Judgement) -> None:
    """What a push does when the device took everything: receipts of all wanted items, then the hook."""
    desired = (await device_target(desk.ctx, desk.device.id)).desired
    found = [
        Judgement(i.kind, i.subject, i.title, Verdict.PROVED, i.fingerprint)
        for i in wanted_only(desired).items
    ]

    def work(tx: Tx) -> None:
        present = {(p.kind, p.subject): p for p in tx.find(PROOF, device_id=desk.device.id)}
        for judgement in (*found, *more):
            keep_proof(
                tx, desk.device, judgement, present.pop((judgement.kind, judgement.subject), None), "test"
            )
        for gone in present.values():
            tx.remove(PROOF, gone.id)
        settle_lines(tx, desk.device, (*found, *more))

    await desk.ctx.mirror.write(work, origin=Origin.DEVICE)


async def test_a_move_out_stays_open_until_the_device_was_read_without_the_person(desk: Desk) -> None:
    await read_back(desk)
    dry = await move_out(desk.ctx, person="Ada Byron", check=True)
    assert ([p.id for p in dry.people], len(dry.lines)) == ([desk.ada.id], 1)
    assert len(await desk.read(RESIDENT)) == 1
    done = await move_out(desk.ctx, person="Ada Byron")
    for spec in (RESIDENT, CREDENTIAL, GROUP_MEMBER):
        assert await desk.read(spec) == []
    [ghost] = await find_ghosts(desk.ctx, site="Tamarind Court")
    assert "removal is not proved yet" in ghost.why
    user_id = device_user_id(desk.site.id, desk.ada.id)
    refused = Judgement(ItemKind.PERSON, user_id, "Ada Byron", Verdict.REFUSED, "", "The device said no.")
    await read_back(desk, refused)
    [(receipt, [line])] = await receipts(desk.ctx, site=desk.site.id, only_open=True)
    assert (receipt.id, line.verdict, line.said) == (done.receipt.id, Verdict.REFUSED, "The device said no.")
    await read_back(desk)
    assert await receipts(desk.ctx, site=desk.site.id, only_open=True) == []
    [(closed, [line])] = await receipts(desk.ctx, site=desk.site.id)
    assert (closed.closed_at, line.verdict) == (desk.ctx.clock.now(), Verdict.PROVED)
    assert await find_ghosts(desk.ctx, site=desk.site.id) == []


async def test_a_whole_apartment_moves_out_at_a_time(desk: Desk, hand_clock: HandClock) -> None:
    kit = await desk.person("Kit", account_type=AccountType.MEMBER, pins=("1357",))
    with pytest.raises(UserError, match="only master"):
        await move_out(desk.ctx, person=desk.ada.id)
    at = hand_clock.now() + timedelta(days=2)
    moved = await move_out(desk.ctx, apartment_id=desk.home.id, at=at)
    assert {p.id for p in moved.people} == {desk.ada.id, kit.id}
    assert len((await device_target(desk.ctx, desk.device.id)).desired.people) == 2
    await read_back(desk)
    assert {line.verdict for line in await desk.read(TURNOVER_LINE)} == {Verdict.WAITING}, "it is not due yet"
    assert await run_due(desk.ctx) == Due()
    hand_clock.advance(timedelta(days=2).total_seconds())
    assert (await device_target(desk.ctx, desk.device.id)).desired.people == ()
    assert "was valid until" in (await find_ghosts(desk.ctx, site=desk.site.id))[0].why
    assert len((await run_due(desk.ctx)).moved_out) == 1
    assert await desk.read(RESIDENT) == []
    await read_back(desk)
    assert (await desk.read(TURNOVER))[0].closed_at == hand_clock.now()


async def test_what_is_due_is_done_again_and_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk.ctx.clock.now() + timedelta(minutes=7)
    await move_out(desk.ctx, person=desk.ada.id, at=at)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.ctx.clock.advance(seconds)  # type: ignore[attr-defined]
        if await desk.read(RESIDENT) == []:
            raise asyncio.CancelledError

    monkeypatch.setattr(type(desk.ctx.clock), "sleep", staticmethod(sleep))
    with pytest.raises(asyncio.CancelledError):
        await keep_due(desk.ctx)
    assert slept == [300.0, 300.0, 300.0]


async def test_a_move_out_is_taken_back_exactly(desk: Desk) -> None:
    before = {
        spec.name: sorted(await desk.read(spec), key=by_id) for spec in (RESIDENT, CREDENTIAL, GROUP_MEMBER)
    }
    moved = await move_out(desk.ctx, person=desk.ada.id)
    report = await undo(desk.ctx, moved.undo_id)
    assert report.cannot == ()
    for spec in (RESIDENT, CREDENTIAL, GROUP_MEMBER):
        assert sorted(await desk.read(spec), key=by_id) == before[spec.name]


def by_id(row: Row) -> str:
    return row.id


async def test_undo_lists_what_changed_since_and_leaves_it(desk: Desk) -> None:
    people = [
        NewResident(desk.home.id, "Kit", "Byron", pins=("1357",)),
        NewResident(desk.home.id, "Lou", "Byron"),
    ]
    moved = await move_in(desk.ctx, apartment_id=desk.home.id, people=people)
    kit = next(p for p in moved.people if p.first_name == "Kit")
    await add_credential(desk.ctx, person_id=kit.id, kind=CredentialKind.CARD, code="77")
    report = await undo(desk.ctx, moved.undo_id)
    assert [(line.row_id, line.why) for line in report.cannot] == [(kit.id, "1 rows were added to it since.")]
    assert {p.first_name for p in await desk.read(RESIDENT)} == {"Ada", "Kit"}


async def test_site_12_a_family_whose_lease_ended_leaves_every_door_with_an_open_receipt(
    desk: Desk, hand_clock: HandClock
) -> None:
    """RES-01 too: the master stays."""
    await desk.person("Kit", account_type=AccountType.MEMBER, pins=("1357",))
    await read_back(desk)
    ends = hand_clock.now() + timedelta(hours=1)
    await change_apartment(desk.ctx, apartment_id=desk.home.id, valid_until=ends, delete_members=True)
    assert (await run_due(desk.ctx)).leases == ()
    hand_clock.advance(3600)
    [receipt] = (await run_due(desk.ctx)).leases
    assert receipt.closed_at is None, "the door still holds Kit"
    await read_back(desk)
    assert (await desk.read(TURNOVER))[0].closed_at == hand_clock.now()


async def test_a_move_in_closes_when_the_door_has_the_person(desk: Desk) -> None:
    people = [NewResident(desk.home.id, "Kit", "Byron", ("1357",))]
    dry = await move_in(desk.ctx, apartment_id=desk.home.id, people=people, check=True)
    assert (dry.check, len(dry.lines), len(await desk.read(RESIDENT))) == (True, 1, 1)
    moved = await move_in(desk.ctx, apartment_id=desk.home.id, people=people)
    assert (moved.receipt.closed_at, len(moved.lines)) == (None, 1)
    await read_back(desk)
    assert (await desk.read(TURNOVER))[0].closed_at is not None


async def test_foreign_people_are_ghosts(desk: Desk) -> None:
    stranger = Judgement(
        ItemKind.PERSON,
        "1001",
        "Old Tenant",
        Verdict.FOREIGN,
        "",
        "On the device, but nobody's at this site.",
    )
    await read_back(desk, stranger)
    [ghost] = await find_ghosts(desk.ctx, site=desk.site.id)
    assert (ghost.name, ghost.device.name) == ("Old Tenant", "Main entrance")


async def test_explain_says_yes_with_the_whole_chain(desk: Desk) -> None:
    await read_back(desk)
    answer = await explain_access(desk.ctx, person="Ada Byron", door="Main entrance/Street")
    assert answer.opens
    assert answer.sentence == (
        "Ada Byron may open Main entrance · Street on Sun 2026-03-01 at 10:00 (Europe/Madrid), by PIN and card, "
        "through 'Resident-Building Building A'."
    )
    assert [link.step for link in answer.chain] == list(Step)
    assert all(link.holds for link in answer.chain)
    assert not stands_in("4711", repr([link.said for link in answer.chain]) + answer.sentence)


async def test_explain_says_no_and_why_and_that_the_device_is_not_proved(desk: Desk) -> None:
    kit = await desk.person("Kit")
    answer = await explain_access(desk.ctx, person=kit.uid, door=desk.relays[0].id)
    assert not answer.opens
    assert answer.sentence.endswith("Kit Byron has no credential.")
    yes = await explain_access(desk.ctx, person=desk.ada.id, door="Street")
    assert yes.opens
    assert not yes.chain[-1].holds
    assert "Not pushed" in yes.chain[-1].said


async def test_explain_knows_the_future_and_the_past(desk: Desk, hand_clock: HandClock) -> None:
    start = hand_clock.now()
    at = start + timedelta(days=2)
    await move_out(desk.ctx, person=desk.ada.id, at=at)
    later = await explain_access(desk.ctx, person=desk.ada.id, door="Street", at=at)
    assert not later.opens
    assert later.sentence.startswith("As things stand now: Ada Byron may not open")
    hand_clock.advance(60)
    [pin] = await desk.read(CREDENTIAL, kind=CredentialKind.PIN)
    [card] = await desk.read(CREDENTIAL, kind=CredentialKind.CARD)

    def take(tx: Tx) -> None:
        for code in (pin, card):
            tx.remove(CREDENTIAL, code.id)

    await desk.ctx.mirror.write(take, origin=Origin.USER)
    assert not (await explain_access(desk.ctx, person=desk.ada.id, door="Street")).opens
    then = await explain_access(desk.ctx, person=desk.ada.id, door="Street", at=start + timedelta(seconds=30))
    assert then.opens
    assert then.sentence.startswith("By what this workstation noted (2 changes since): ")


async def test_who_opens_is_the_reverse(desk: Desk) -> None:
    await desk.person("Kit")
    asked, openers = await who_opens(desk.ctx, door="Main entrance/2")
    assert (asked.relay.name, openers.everybody) == ("Inner", "")
    assert [(o.person.first_name, len(o.ways)) for o in openers.people] == [("Ada", 2)]
    with pytest.raises(NotFoundError):
        await who_opens(desk.ctx, door="No such door")
    with pytest.raises(NotFoundError):
        await explain_access(desk.ctx, person="Nobody Known", door="Street")
