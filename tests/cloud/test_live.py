"""Pokes at the cloud: what a push tells listeners of its own node and of others, without waiting for a look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from anyio import to_thread

from core.cloud import live
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import TENANT_CLOCK
from core.cloud.live import Live
from core.cloud.relay import CHANNEL, Relay
from core.wire.messages import Poke
from tests.cloud.bench import Hand, installer
from tests.cloud.postgres import Postgres
from tests.cloud.test_migrations import settings

LIMIT_S = 60.0


@pytest.fixture(autouse=True)
def no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look that a listener's coming causes is the last one: what is heard after it, was told."""
    monkeypatch.setattr(live, "LOOK_S", 10 * LIMIT_S)


@asynccontextmanager
async def node(cloud: Cloud) -> AsyncIterator[Live]:
    """One node's listeners, as the app puts them together."""
    made = Live(cloud.database)
    made.open()
    cloud.has_moved = made.nudge
    try:
        yield made
    finally:
        await made.wait()


@asynccontextmanager
async def ear(of: Live, tenant: str) -> AsyncIterator[Callable[[], AsyncIterator[int]]]:
    """A listener that has heard the present head."""

    async def still_in() -> bool:
        return True

    stream = of.pokes(tenant, still_in)

    async def heads() -> AsyncIterator[int]:
        async for event in stream:
            yield msgspec.json.decode(event.removeprefix(b"data: "), type=Poke).head

    async with aclosing(stream):
        yield heads


async def heard(heads: Callable[[], AsyncIterator[int]], wanted: int) -> list[int]:
    """What comes until `wanted` does."""
    found = []
    async with asyncio.timeout(LIMIT_S):
        async for head in heads():
            found.append(head)
            if head == wanted:
                break
    return found


def head_of(hand: Hand) -> int:
    with hand.cloud.database.read() as c:
        query = TENANT_CLOCK.select().where(TENANT_CLOCK.c.tenant == hand.who.tenant)
        return int(c.execute(query).one().seq)


def push_one(hand: Hand) -> int:
    hand.must(hand.resident())
    return head_of(hand)


async def test_a_push_is_told_at_once_on_its_node(cloud: Cloud, anna: Hand, carl: Hand) -> None:
    async with node(cloud) as here, ear(here, anna.who.tenant) as heads:
        await heard(heads, head_of(anna))
        head = await to_thread.run_sync(push_one, anna)
        await to_thread.run_sync(push_one, carl)
        assert await heard(heads, head) == [head], "nothing of another firm, and nothing twice"


async def test_a_push_that_changes_nothing_pokes_nobody(cloud: Cloud, anna: Hand) -> None:
    told: list[int] = []
    cloud.has_moved = lambda _tenant, head: told.append(head)
    edit = anna.resident()
    anna.must(edit)
    assert told == [head_of(anna)]
    anna.must(edit)
    assert len(told) == 1, "a repeated batch was answered from the log"


async def test_a_smaller_head_after_a_restore_is_told(
    cloud: Cloud, anna: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    async with node(cloud) as here, ear(here, anna.who.tenant) as heads:
        await heard(heads, head_of(anna))
        with cloud.database.write() as c:
            c.execute(TENANT_CLOCK.update().values(seq=1))
        assert await heard(heads, 1) == [1]


async def test_two_nodes_poke_each_other_without_looking(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        async with AsyncExitStack() as stack:
            one, two = [open_cloud(settings(url, tmp_path / name)) for name in ("one", "two")]
            stack.callback(one.close)
            stack.callback(two.close)
            anna = await to_thread.run_sync(installer, one, "anna")
            ben = Hand.of(two, "anna")
            ben.site, ben.apartment = anna.site, anna.apartment
            at_one = await stack.enter_async_context(node(one))
            at_two = await stack.enter_async_context(node(two))
            heads_one = await stack.enter_async_context(ear(at_one, anna.who.tenant))
            heads_two = await stack.enter_async_context(ear(at_two, anna.who.tenant))
            await heard(heads_one, head_of(anna))
            await heard(heads_two, head_of(anna))
            await asyncio.gather(listens(one), listens(two))
            for hand, other in ((anna, heads_two), (ben, heads_one)):
                head = await to_thread.run_sync(push_one, hand)
                assert await heard(other, head) == [head]


async def listens(cloud: Cloud) -> None:
    """Wait until both nodes' connections hear the channel."""
    with cloud.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
        async with asyncio.timeout(LIMIT_S):
            while int(c.exec_driver_sql(query).scalar_one()) < 2:  # noqa: ASYNC110  the database's own state
                await asyncio.sleep(0.01)


async def test_what_others_write_on_the_channel_is_looked_at(postgres: Postgres, tmp_path: Path) -> None:
    """Anybody with access to the database may notify."""
    news: list[tuple[str, int]] = []
    with postgres.database() as url:
        cloud = open_cloud(settings(url, tmp_path))
        relay = Relay(cloud.database.engine, lambda *told: news.append(told))
        relay.start()
        try:
            with cloud.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                async with asyncio.timeout(LIMIT_S):
                    while not news:  # until the ear is open
                        for word in ("", "t", "t x", "t " + "9" * 30, "t -3", "t 7"):
                            c.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, word))
                        await asyncio.sleep(0.02)
        finally:
            await relay.close()
            cloud.close()
    assert set(news) == {("t", 7)}
