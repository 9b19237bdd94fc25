"""The front desk's quick verbs: a visitor's pass in one call, the board of the day, the matrix of people and doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from xml.etree import ElementTree as ET

import pytest

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.entities.access import Repeat
from core.entities.credential import CredentialKind
from core.entities.person import AccountType, PersonKind
from core.entities.proof import PROOF, ItemKind
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.access import explain_access
from core.usecases.apartments import change_apartment
from core.usecases.matrix import matrix
from core.usecases.people import NewResident, add_credential
from core.usecases.places import add_building
from core.usecases.today import today
from core.usecases.turnover import move_in, move_out
from core.usecases.visitor_pass import NewPass, qr_svg, visitor_pass
from core.usecases.visitors import NewKey, Times, add_key, extend_key
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_turnover_and_access import read_back
from tests.fixtures_core import HandClock


async def test_vis_01_a_pass_in_one_call_with_its_qr_code(desk: Desk) -> None:
    made = await visitor_pass(desk.ctx, NewPass(desk.site.id, "Lee Fixit", hours=2, uses=3))
    assert made.sentence == (
        "Lee Fixit may open Main entrance · Street, Main entrance · Inner until Sun 2026-03-01 12:00."
    )
    assert made.device_ids == (desk.device.id,)
    assert (made.key.credential.uses, len(made.code), made.code[0]) == (3, 8, "9")
    assert made.svg == qr_svg(made.code)
    assert ET.fromstring(made.svg).tag.endswith("svg")  # noqa: S314  a picture that was drawn here
    assert made.code not in repr(made) + made.sentence
    now = await explain_access(desk.ctx, person=made.key.visitor.id, door="Street")
    later = await explain_access(
        desk.ctx,
        person=made.key.visitor.id,
        door="Street",
        at=desk.ctx.clock.now() + timedelta(hours=2, minutes=1),
    )
    assert (now.opens, later.opens) == (True, False)


async def test_vis_01_a_pass_needs_a_name_a_time_and_a_building(desk: Desk) -> None:
    for wrong, words in (
        (NewPass(desk.site.id, " "), "visitor's name"),
        (NewPass(desk.site.id, "Lee", hours=0), "hours"),
        (NewPass(desk.site.id, "Lee", hours=721), "hours"),
    ):
        with pytest.raises(UserError, match=words):
            await visitor_pass(desk.ctx, wrong)
    await add_building(desk.ctx, site_id=desk.site.id, name="Building B")
    with pytest.raises(UserError, match="2 buildings"):
        await visitor_pass(desk.ctx, NewPass(desk.site.id, "Lee"))
    made = await visitor_pass(desk.ctx, NewPass(desk.site.id, "Lee", apartment_id=desk.home.id))
    assert made.key.visitor.building_id == desk.building.id


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (datetime(2026, 10, 25, 0, 50, tzinfo=UTC), 1),
        (datetime(2026, 10, 25, 1, 10, tzinfo=UTC), 1),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 1),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), 3),
    ],
)
async def test_vis_01_grp_02_a_pass_opens_through_its_hours_also_on_both_nights_when_clocks_change(
    desk: Desk, hand_clock: HandClock, moment: datetime, hours: int
) -> None:
    hand_clock.advance((moment - hand_clock.now()).total_seconds())
    made = await visitor_pass(desk.ctx, NewPass(desk.site.id, "Lee Fixit", hours=hours))
    for minutes in range(0, hours * 60 + 1, 10):
        at = moment + timedelta(minutes=minutes)
        answer = await explain_access(desk.ctx, person=made.key.visitor.id, door="Street", at=at)
        assert answer.opens, (minutes, answer.sentence)
    over = made.until.astimezone(UTC) + timedelta(minutes=61)
    assert not (await explain_access(desk.ctx, person=made.key.visitor.id, door="Street", at=over)).opens


async def test_today_tells_moves_visitors_doors_receipts_and_what_ends(
    desk: Desk, hand_clock: HandClock
) -> None:
    """VIS-01, SITE-12, and the receipts of move-outs."""
    await read_back(desk)
    now = hand_clock.now()
    await move_in(
        desk.ctx,
        apartment_id=desk.home.id,
        people=[NewResident(desk.home.id, "Kit", "Byron", more={"account_type": AccountType.MEMBER})],
        at=now + timedelta(hours=3),
    )
    tonight = now + timedelta(hours=9)
    await change_apartment(desk.ctx, apartment_id=desk.home.id, valid_until=tonight, delete_members=True)
    door = [desk.relays[0].id]
    week = Times(Repeat.NEVER, from_day=date(2026, 3, 1), to_day=date(2026, 3, 3), to_time=time(18, 0))
    sundays = Times(Repeat.WEEKLY, days="0", from_time=time(14, 0), to_time=time(15, 0))
    await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", door, week))
    await add_key(desk.ctx, NewKey(desk.building.id, "Cy Cleaner", door, sundays))
    await add_key(desk.ctx, NewKey(desk.building.id, "Mo Monday", door, replace(sundays, days="1")))
    await add_credential(
        desk.ctx,
        person_id=desk.ada.id,
        kind=CredentialKind.CARD,
        code="77",
        valid_until=now + timedelta(days=2),
    )
    board = await today(desk.ctx, desk.site.id)
    assert [e.title for e in board.moves_in] == ["Kit Byron"]
    assert [(e.title, e.said) for e in board.moves_out] == [("Lease of 101", "family goes")]
    assert [(e.title, e.said) for e in board.visitors] == [
        ("Lee Fixit", "until 23:59"),
        ("Cy Cleaner", "until 15:00"),
    ]
    assert [(e.title, e.said) for e in board.expiring] == [
        ("Ada Byron", "card"),
        ("Lee Fixit", "temporary key"),
    ]
    assert (board.day, board.offline, board.receipts) == ("2026-03-01", (), ())
    hand_clock.advance(8 * 3600)
    assert [e.title for e in (await today(desk.ctx, desk.site.id)).visitors] == ["Lee Fixit"]


async def test_today_names_doors_that_do_not_answer_and_receipts_that_wait_for_them(
    desk: Desk, hand_clock: HandClock
) -> None:
    await read_back(desk)
    hand_clock.advance(60)
    await move_out(desk.ctx, person=desk.ada.id)

    def away(tx: object) -> None:
        proofs = tx.find(PROOF, kind=ItemKind.PERSON)  # type: ignore[attr-defined]
        for proof in proofs:
            gone = {"verdict": Verdict.UNREACHABLE, "said": "No answer.", "at": hand_clock.now()}
            tx.patch(PROOF, proof, **gone)  # type: ignore[attr-defined]

    await desk.ctx.mirror.write(away, origin=Origin.DEVICE)
    board = await today(desk.ctx, desk.site.id)
    assert [(e.title, e.said) for e in board.offline] == [("Main entrance", "No answer.")]
    assert [(e.title, e.said) for e in board.receipts] == [("Ada Byron", "not proved at Main entrance")]
    assert board.sentence.startswith(
        "0 in, 1 out, 0 visitors expected, 1 doors do not answer, 1 receipts open"
    )


async def test_matrix_is_person_by_door_with_proof_time_and_method(desk: Desk, hand_clock: HandClock) -> None:
    """ACCESS-PUSH: what was compiled, beside what was read back."""
    found = await matrix(desk.ctx, desk.site.id)
    assert [d.name for d in found.doors] == ["Main entrance · Street", "Main entrance · Inner"]
    [line] = found.lines
    cell = line.cells[desk.relays[0].id]
    assert (cell.verdict, cell.methods, cell.at) == (Verdict.WAITING, ("PIN", "card"), None)
    await read_back(desk)
    found = await matrix(desk.ctx, desk.site.id)
    cell = found.lines[0].cells[desk.relays[1].id]
    assert (cell.verdict, cell.at, cell.by) == (Verdict.PROVED, hand_clock.now(), "test")
    assert found.count(Verdict.PROVED) == 2
    assert (await matrix(desk.ctx, desk.site.id, only_open=True)).lines == ()
    assert (await matrix(desk.ctx, desk.site.id, search="kit")).lines == ()
    assert (await matrix(desk.ctx, desk.site.id, kinds=(PersonKind.STAFF,))).lines == ()
    await add_credential(desk.ctx, person_id=desk.ada.id, kind=CredentialKind.CARD, code="77")
    [changed] = (await matrix(desk.ctx, desk.site.id, only_open=True)).lines
    assert changed.verdict is Verdict.WAITING
    assert not stands_in("4711", repr(changed))


async def test_matrix_tells_what_is_nobodys_which_devices_are_away_and_counts_further_records(
    desk: Desk, hand_clock: HandClock
) -> None:
    """A person's second record on a device (behind '#') is that person's, and the worse of both counts."""
    await read_back(desk)

    def found_there(tx: Tx) -> None:
        base = tx.find(PROOF, kind=ItemKind.PERSON)[0]
        more = replace(base, id=new_id(), subject=f"{desk.ada.id}#7", wanted="", verdict=Verdict.REFUSED)
        stray = replace(base, id=new_id(), subject="008A4F11", wanted="", verdict=Verdict.FOREIGN)
        tx.put(PROOF, replace(more, said="Full."))
        tx.put(PROOF, replace(stray, title="card 008A4F11"))

    await desk.ctx.mirror.write(found_there, origin=Origin.DEVICE)
    found = await matrix(desk.ctx, desk.site.id)
    assert [(s.device_id, s.title, s.cell.verdict) for s in found.strays] == [
        (desk.device.id, "card 008A4F11", Verdict.FOREIGN)
    ]
    [line] = found.lines
    assert {(c.verdict, c.said) for c in line.cells.values()} == {(Verdict.REFUSED, "Full.")}
    assert found.away == frozenset()


async def test_vis_01_extending_a_pass_moves_its_end(desk: Desk) -> None:
    made = await visitor_pass(desk.ctx, NewPass(desk.site.id, "Lee Fixit"))
    longer = await extend_key(desk.ctx, visitor_id=made.key.visitor.id, to_day=date(2026, 3, 9))
    assert longer.group.to_day == date(2026, 3, 9)
