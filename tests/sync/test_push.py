"""How a push overlaps its own work: what is done while a batch is with the cloud, and what has to wait for the answers
(docs/decisions/0036-one-batch-with-the-cloud.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import UnreachableError
from core.cloud.db import MUT_LOG
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import outbox, reconcile
from core.store.apply import position
from core.store.changes import Origin
from core.store.tables import OUTBOX
from core.wire.messages import PullPage, PullRequest, PushAnswer, PushBatch
from tests.history.world import Fault
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home, desk

Push = Callable[[PushBatch], Awaitable[PushAnswer]]


@pytest.fixture
def by_one(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each edit is a batch of its own."""
    monkeypatch.setattr(outbox, "BATCH", 1)
    anna.station.engine._pusher._limit = 1


def wrap(d: Desk, monkeypatch: pytest.MonkeyPatch, around: Callable[[Push, PushBatch], Any]) -> None:
    """Something around each push of a workstation."""
    real = d.station.transport.push
    monkeypatch.setattr(d.station.transport, "push", lambda batch: around(real, batch))


async def states(d: Desk) -> list[str]:
    query = select(OUTBOX.c.state).order_by(OUTBOX.c.n)
    return await d.station.mirror.read(lambda r: list(r.connection.execute(query).scalars()))


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await what():  # noqa: ASYNC110  what is asked is in the database
            await asyncio.sleep(0)


async def cursor(d: Desk) -> int:
    return (await d.station.mirror.read(position)).seq


@pytest.mark.usefixtures("by_one")
async def test_the_next_batch_is_taken_and_the_last_one_filed_while_one_is_with_the_cloud(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never is more than one on its way (sync.md 3.7)."""
    flying, rest = 0, 4

    async def around(push: Push, batch: PushBatch) -> PushAnswer:
        nonlocal flying, rest
        flying, rest = flying + 1, rest - 1
        assert flying == 1
        # This one and those behind it are left; the next one is marked, the last one is filed.
        wanted = (["sent", "sent"] + ["pending"] * 4)[: rest + 1] if rest else ["sent"]

        async def is_so() -> bool:
            return await states(anna) == wanted

        await until(is_so)
        answer = await push(batch)
        flying -= 1
        return answer

    for number in range(4):
        await anna.put(BUILDING, site_id=home.site.id, name=f"B{number}")
    wrap(anna, monkeypatch, around)
    assert (await anna.sync()).pushed == 4
    assert await states(anna) == []


async def test_what_is_entered_while_the_last_batch_is_with_the_cloud_leaves_in_the_same_round(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    async def around(push: Push, batch: PushBatch) -> PushAnswer:
        sent.append(len(batch.muts))
        if len(sent) == 1:
            await anna.patch(RESIDENT, home.resident, remark="meanwhile")
        return await push(batch)

    await anna.put(BUILDING, site_id=home.site.id, name="B")
    wrap(anna, monkeypatch, around)
    report = await anna.sync()
    assert (sent, report.pushed, report.pulled, report.pending) == ([1, 1], 2, 0, 0)


@pytest.mark.usefixtures("by_one")
async def test_what_was_taken_ahead_waits_when_the_answers_say_so(anna: Desk, home: Home, ben: Desk) -> None:
    """Fault 19 over two batches: what builds on a refused creation does not reach the cloud, the rest does."""
    await ben.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="7")
    await ben.sync()
    refused = await anna.put(APARTMENT, site_id=home.site.id, building_id=home.building.id, number="7")
    await anna.patch(APARTMENT, refused, number="7", floor=2)
    await anna.patch(RESIDENT, home.resident, remark="unrelated")
    report = await anna.sync()
    assert (report.pushed, report.refused, report.pending) == (1, 1, 1)
    assert await states(anna) == ["blocked"]
    with anna.station.world.cloud.database.read() as c:
        reached = list(c.execute(select(MUT_LOG.c.status).where(MUT_LOG.c.status != "ok")).scalars())
    assert reached == ["refused"]
    await hold(anna.station.world, home.site.org_id, ben)


@pytest.mark.usefixtures("by_one")
async def test_what_was_answered_before_the_network_went_is_filed(anna: Desk, home: Home) -> None:
    for number in range(3):
        await anna.put(BUILDING, site_id=home.site.id, name=f"B{number}")
    faults = iter([Fault.NONE, Fault.NONE, Fault.LOSE_ANSWER])
    anna.station.wire.next_fault = lambda: next(faults, Fault.NONE)
    with pytest.raises(UnreachableError):
        await anna.sync()
    assert await states(anna) == ["sent"]
    assert (await anna.sync()).pushed == 1
    await hold(anna.station.world, home.site.org_id, anna)


@pytest.mark.usefixtures("by_one")
async def test_a_file_that_cannot_be_sent_keeps_no_answer_from_being_filed(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload stands before the second batch: the first is settled all the same, each time (I8)."""
    await anna.put(BUILDING, site_id=home.site.id, name="first")
    await anna.put(BUILDING, site_id=home.site.id, name="second")
    sent = []

    async def send_for(batch: Any) -> int:
        sent.append(batch)
        if len(sent) == 2:
            raise UnreachableError("cloud.parts", "The cloud does not take this file.")
        return 0

    with monkeypatch.context() as broken:
        broken.setattr(anna.station.engine._files, "send_for", send_for)
        with pytest.raises(UnreachableError):
            await anna.sync()
    assert await states(anna) == ["sent"]
    assert (await anna.sync()).pushed == 1


async def test_own_rows_are_not_fetched_again(anna: Desk, home: Home, ben: Desk) -> None:
    """The cursor steps over a batch that was taken as it is; not over what somebody else wrote in between."""
    before = await cursor(anna)
    await anna.patch(RESIDENT, home.resident, remark="mine")
    report = await anna.sync()
    assert (report.pushed, report.pulled) == (1, 0)
    assert await cursor(anna) == before + 1
    await ben.put(BUILDING, site_id=home.site.id, name="Ben's")
    await ben.sync()
    await anna.patch(RESIDENT, home.resident, remark="mine again")
    report = await anna.sync()
    assert (report.pushed, report.pulled) == (1, 2)
    assert await cursor(anna) == before + 3
    await hold(anna.station.world, home.site.org_id, anna, ben)


async def test_who_stands_at_the_head_after_a_push_asks_for_nothing(
    anna: Desk, home: Home, ben: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what somebody else wrote, and where the list of scopes is to be told again."""
    asked: list[PullRequest] = []
    real = anna.station.transport.pull

    async def pull(request: PullRequest) -> PullPage:
        asked.append(request)
        return await real(request)

    monkeypatch.setattr(anna.station.transport, "pull", pull)

    async def asks(remark: str) -> bool:
        await anna.patch(RESIDENT, home.resident, remark=remark)
        asked.clear()
        assert (await anna.sync()).pushed == 1
        return bool(asked)

    assert not await asks("mine")
    await ben.sync()
    await ben.put(BUILDING, site_id=home.site.id, name="Ben's")
    await ben.sync()
    assert await asks("mine again")
    assert not await asks("and again")
    await anna.station.mirror.write(reconcile.refill_all, origin=Origin.JOB)
    assert await asks("all anew")
    asked.clear()
    assert (await anna.sync()).pushed == 0
    assert asked, "without a push the cloud is always asked"
    await hold(anna.station.world, home.site.org_id, anna, ben)


async def test_answers_that_were_given_before_move_no_cursor(anna: Desk, home: Home) -> None:
    before = await cursor(anna)
    await anna.patch(RESIDENT, home.resident, remark="x")
    faults = iter([Fault.LOSE_ANSWER])
    anna.station.wire.next_fault = lambda: next(faults, Fault.NONE)
    with pytest.raises(UnreachableError):
        await anna.sync()
    assert await cursor(anna) == before
    report = await anna.sync()
    assert (report.pushed, report.pulled) == (1, 1)
    await hold(anna.station.world, home.site.org_id, anna)


async def test_a_site_that_was_made_is_fetched_by_the_pull_that_grants_it(anna: Desk, home: Home) -> None:
    """A batch that gives scopes tells no place: the list of scopes stands at its number."""
    await anna.put(SITE, org_id=home.site.org_id, name="New")
    assert (await anna.sync()).pushed == 1
    await anna.sync()
    await hold(anna.station.world, home.site.org_id, anna)
    again = await desk(anna.station.world, "anna", "anna-2")
    assert await again.ids(SITE) == await anna.ids(SITE)
