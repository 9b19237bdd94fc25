"""What leaves the outbox, in which company, and what has to wait (sync.md 3.5, 3.7)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, Apartment, Building, Site
from core.schema.entity import EntitySpec
from core.store import outbox, tray
from core.store.changes import Origin
from core.store.filing import Filed, file_answers
from core.store.mirror import Mirror
from core.store.tables import OUTBOX, OUTBOX_DONE, table_of
from core.store.tx import Tx
from core.wire.messages import Clash, Mutation, MutationAnswer
from tests.factories import plant
from tests.fixtures_core import HandClock, Planter


class Line:
    """The way to a cloud that answers as the test says."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror

    async def batch(self, limit: int = 500) -> list[Mutation]:
        return await self.mirror.write(partial(outbox.next_batch, limit=limit), origin=Origin.JOB)

    async def answer(self, *answers: MutationAnswer) -> Filed:
        return await self.mirror.write(partial(file_answers, answers=answers), origin=Origin.PULL)

    async def accept(self, *muts: Mutation, ver: int = 1) -> Filed:
        return await self.answer(*[MutationAnswer(m.n, m.mut_id, "ok", ver) for m in muts])

    async def clear(self) -> None:
        while batch := await self.batch():
            await self.accept(*batch)

    async def states(self) -> list[tuple[str, str]]:
        def read(r: Any) -> list[tuple[str, str]]:
            query = select(OUTBOX.c.op, OUTBOX.c.state).order_by(OUTBOX.c.n)
            return [(row[0], row[1]) for row in r.connection.execute(query)]

        return await self.mirror.read(read)

    async def patch(self, row: Any, **fields: Any) -> Any:
        spec: EntitySpec[Any] = next(s for s in (RESIDENT, APARTMENT, BUILDING) if s.row is type(row))
        return await self.mirror.write(lambda tx: tx.patch(spec, row, **fields), origin=Origin.USER)


@pytest.fixture
def line(mirror: Mirror) -> Line:
    return Line(mirror)


@pytest.fixture
async def person(line: Line, resident: Resident) -> Resident:
    """A resident that the cloud has accepted."""
    await line.clear()
    return await line.mirror.read(lambda r: r.require(RESIDENT, resident.id))


async def test_edits_leave_in_order_and_are_marked_before(line: Line, person: Resident) -> None:
    for word in ("a", "b", "c"):
        await line.patch(person, remark=word)
    first = await line.batch(limit=2)
    assert [m.fields["remark"] for m in first] == ["a", "b"]
    assert [s for _, s in await line.states()] == ["sent", "sent", "pending"]
    assert [m.mut_id for m in await line.batch(limit=2)] == [m.mut_id for m in first], (
        "the same until it is answered"
    )
    await line.accept(*first, ver=3)
    assert [m.fields["remark"] for m in await line.batch()] == ["c"]


async def test_a_group_is_not_cut(line: Line, person: Resident, site: Site) -> None:
    def many(tx: Tx) -> None:
        tx.grouped()
        for number in range(5):
            plant(tx, BUILDING, site_id=site.id, name=f"B{number}")

    await line.patch(person, remark="before")
    await line.mirror.write(many, origin=Origin.USER)
    await line.patch(person, remark="after")
    batch = await line.batch(limit=2)
    assert [m.op for m in batch] == ["patch", *["create"] * 5]
    assert len({m.group for m in batch[1:]}) == 1


async def test_a_batch_has_a_size(line: Line, person: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH_BYTES", 500)
    for number in range(6):
        await line.patch(person, remark=f"{number}" * 200)
    assert 1 <= len(await line.batch()) < 6


async def test_the_second_edit_of_a_field_is_based_where_the_first_is(line: Line, person: Resident) -> None:
    await line.patch(person, remark="a")
    table = table_of(RESIDENT)
    await line.mirror.write(
        lambda tx: tx.connection.execute(table.update().values(ver=9)), origin=Origin.PULL
    )
    await line.patch(person, remark="b", mobile="1")
    await line.patch(person, mobile="2", email="x@y.example")
    await line.patch(person, email="z@y.example")
    assert [m.base_ver for m in await line.batch()] == [1, 1, 1, 1]
    await line.clear()
    fresh = await line.mirror.read(lambda r: r.require(RESIDENT, person.id))
    await line.patch(fresh, remark="c")
    assert [m.base_ver for m in await line.batch()] == [fresh.ver]


async def test_what_goes_behind_a_batch_is_based_where_its_unanswered_edits_are(
    line: Line, person: Resident
) -> None:
    """As in one batch: what others wrote in between was covered by the own value (sync.md 3.9)."""
    await line.patch(person, remark="a")
    [first] = await line.batch()
    table = table_of(RESIDENT)
    await line.mirror.write(
        lambda tx: tx.connection.execute(table.update().values(ver=9)), origin=Origin.PULL
    )
    await line.patch(person, remark="b", mobile="1")
    await line.patch(person, mobile="2")

    def take(tx: Tx) -> list[Mutation]:
        return outbox.next_batch(tx, 10, behind=[first])

    ahead = await line.mirror.write(take, origin=Origin.JOB)
    assert [(m.fields, m.base_ver) for m in ahead] == [
        ({"remark": "b", "mobile": "1"}, 1),
        ({"mobile": "2"}, 1),
    ]
    assert [m.n for m in await line.batch()] == [first.n, *(m.n for m in ahead)], (
        "all of it again after a crash"
    )


async def test_numbers_are_never_used_again(line: Line, person: Resident) -> None:
    seen: list[int] = []
    for word in ("a", "b", "c"):
        await line.patch(person, remark=word)
        batch = await line.batch()
        seen += [m.n for m in batch]
        await line.accept(*batch, ver=len(seen) + 1)
    assert seen == sorted(set(seen))


async def test_accepted_edits_are_kept_for_thirty_days(
    line: Line, person: Resident, hand_clock: HandClock
) -> None:
    async def kept() -> list[str]:
        query = select(OUTBOX_DONE.c.fields).order_by(OUTBOX_DONE.c.n)
        return await line.mirror.read(lambda r: list(r.connection.execute(query).scalars()))

    before = len(await kept())
    for days, word in ((20, "a"), (20, "b"), (11, "c")):
        hand_clock.advance(days * 86_400)
        await line.patch(person, remark=word)
        await line.clear()
    assert before > 0
    assert await kept() == ['{"remark":"b"}', '{"remark":"c"}']


async def refuse_apartment(line: Line, site: Site, building: Building, planted: Planter) -> Apartment:
    made = await planted(APARTMENT, site_id=site.id, building_id=building.id, number="77")
    [mutation] = await line.batch()
    refusal = MutationAnswer(
        mutation.n, mutation.mut_id, "refused", 0, None, "taken", "There is one already."
    )
    assert (await line.answer(refusal)).refused == 1
    return made


async def test_later_edits_of_a_row_do_not_overtake_one_that_waits(
    line: Line, person: Resident, site: Site, building: Building, planted: Planter
) -> None:
    """The older edit would end on top: all of the row wait, and are let go in their order under new numbers."""
    new_home = await refuse_apartment(line, site, building, planted)
    await line.patch(person, apartment_id=new_home.id)
    await line.patch(person, apartment_id=person.apartment_id, remark="changed my mind")
    await line.patch(building, name="unrelated")
    assert [m.fields for m in await line.batch()] == [{"name": "unrelated"}]
    await line.clear()
    assert await line.states() == [("patch", "blocked"), ("patch", "blocked")]
    [entry] = await line.mirror.read(tray.entries)
    await line.mirror.write(lambda tx: tray.edit(tx, entry.id, number="78"), origin=Origin.USER)
    batch = await line.batch()
    assert [m.op for m in batch] == ["create", "patch", "patch"]
    assert [m.fields.get("remark") for m in batch] == [None, None, "changed my mind"]
    assert [m.needs for m in batch] == [None, batch[0].n, None]
    assert batch[0].supersedes == entry.mut_id


async def test_what_was_edited_after_a_refusal_goes_with_the_row_that_is_dropped(
    line: Line, person: Resident, site: Site, building: Building, planted: Planter
) -> None:
    new_home = await refuse_apartment(line, site, building, planted)
    await line.patch(new_home, name="renamed before it was dropped")
    [entry] = await line.mirror.read(tray.entries)
    assert await line.mirror.write(lambda tx: tray.drop(tx, entry.id), origin=Origin.USER) == 2
    assert await line.states() == []
    assert await line.mirror.read(lambda r: r.get(APARTMENT, new_home.id)) is None


async def test_a_refused_row_that_is_corrected_in_its_form_is_sent_as_it_is_now(
    line: Line, person: Resident, site: Site, building: Building, planted: Planter
) -> None:
    new_home = await refuse_apartment(line, site, building, planted)
    await line.patch(new_home, number="79")
    [entry] = await line.mirror.read(tray.entries)
    await line.mirror.write(lambda tx: tray.retry(tx, entry.id), origin=Origin.USER)
    batch = await line.batch()
    assert [(m.op, m.fields["number"]) for m in batch] == [("create", "79"), ("patch", "79")]


async def test_answers_to_edits_that_are_not_here_are_passed_over(line: Line, person: Resident) -> None:
    await line.patch(person, remark="a")
    [mutation] = await line.batch()
    foreign = MutationAnswer(mutation.n, "0" * 32, "refused", 0, None, "x", "y")
    unknown = MutationAnswer(999, mutation.mut_id, "refused", 0, None, "x", "y")
    assert await line.answer(foreign, unknown) == Filed()
    assert await line.states() == [("patch", "sent")]


async def test_an_old_answer_does_not_undo_what_arrived_since(line: Line, person: Resident) -> None:
    """The answer was given at version 2 and lost; meanwhile version 5 was pulled, which holds that edit already."""
    from core.store.rebase import Image, rebase  # noqa: PLC0415

    await line.patch(person, remark="mine")
    [mutation] = await line.batch()
    newer = {**RESIDENT.store(person), "remark": "theirs after mine"}
    await line.mirror.write(
        lambda tx: rebase(tx, RESIDENT, person.id, Image(5, person.scope_id, newer)), origin=Origin.PULL
    )
    await line.answer(MutationAnswer(mutation.n, mutation.mut_id, "merged", 2, {**newer, "remark": "mine"}))
    row = await line.mirror.read(lambda r: r.require(RESIDENT, person.id))
    assert (row.ver, row.remark) == (5, "theirs after mine")


async def test_a_conflict_in_one_batch_is_remembered_for_the_next(line: Line, person: Resident) -> None:
    await line.patch(person, remark="a")
    [mutation] = await line.batch()
    table = table_of(RESIDENT)
    await line.mirror.write(
        lambda tx: tx.connection.execute(table.update().values(ver=9)), origin=Origin.PULL
    )
    await line.patch(person, remark="b")
    image = {**RESIDENT.store(person), "remark": "theirs"}
    clash = [Clash("remark", "theirs", "Ben", 1)]
    assert (
        await line.answer(MutationAnswer(mutation.n, mutation.mut_id, "conflict", 9, image, clashes=clash))
    ).conflicts == 1
    assert [m.base_ver for m in await line.batch()] == [1]
