"""When edits leave and when pokes are followed: at once in a quiet moment, together while they keep coming."""

from __future__ import annotations

import asyncio

from core.entities.person import RESIDENT
from sync.engine import LEAD_S, QUIET_S, SyncMood
from tests.sync.conftest import Desk, Home
from tests.sync.test_engine import Watch, running


def pushes(watch: Watch) -> int:
    return watch.at.station.wire.seen.count("POST /v1/sync/push")


async def edited(watch: Watch, home: Home, word: str) -> None:
    """An edit of which the engine has taken note: it sleeps until the next round and until more edits have come."""
    row = await watch.at.must(RESIDENT, home.resident.id)
    await watch.at.patch(RESIDENT, row, remark=word)
    await watch.clock.until_asleep(2)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_edit_in_a_quiet_moment_leaves_at_once(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        for count in range(1, 4):
            watch.clock.advance(QUIET_S)
            before = pushes(watch)
            await edited(watch, home, f"word {count}")
            watch.clock.advance(LEAD_S)
            await watch.until(SyncMood.UP_TO_DATE, count + 1)
            assert pushes(watch) == before + 1


async def test_edits_that_keep_coming_leave_together(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        await edited(watch, home, "first")
        watch.clock.advance(LEAD_S)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        before = pushes(watch)
        for word in ("second", "third", "fourth"):
            await edited(watch, home, word)
            watch.clock.advance(QUIET_S / 8)
            await turns()
        assert watch.rounds() == 2, "not one round for each key press"
        watch.clock.advance(QUIET_S)
        await watch.until(SyncMood.UP_TO_DATE, 3)
        assert pushes(watch) == before + 1
        assert watch.engine.idle.is_set()


async def test_a_poke_is_followed_at_once_also_while_edits_are_gathered(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        await edited(watch, home, "mine")
        watch.engine._on_head(watch.engine._puller.seq + 1)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        assert pushes(watch) > 0
        assert watch.engine.idle.is_set()


async def test_a_poke_for_what_is_here_already_costs_no_round(anna: Desk, home: Home) -> None:
    """The cloud tells a workstation of its own push, too."""
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        await edited(watch, home, "mine")
        watch.clock.advance(LEAD_S)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        watch.engine._on_head(watch.engine._puller.seq)
        await turns()
        assert watch.rounds() == 2
        assert watch.engine.idle.is_set()
        watch.engine._on_head(watch.engine._puller.seq - 1)  # the cloud came back from a backup
        await watch.until(SyncMood.UP_TO_DATE, 3)


async def test_a_poke_during_the_round_that_fetches_it_costs_no_second_one(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        head = watch.engine._puller.seq + 1
        told = watch.engine.listen(
            lambda state: watch.engine._on_head(head) if state.mood is SyncMood.SYNCING else None
        )
        await edited(watch, home, "mine")
        watch.clock.advance(LEAD_S)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        await turns()
        told()
        assert (watch.engine._puller.seq, watch.rounds()) == (head, 2)
