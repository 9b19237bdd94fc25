"""The engine over time: when rounds run, how failures are waited out, and what the window can say about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from core.base.errors import SignInError
from core.cloud import auth, db
from core.entities.person import RESIDENT
from core.store import building, syncmeta
from core.store.changes import Origin
from sync.engine import AWAY, POLL_S, QUIET_S, SyncEngine, SyncMood, SyncState
from tests.fixtures_core import HandClock
from tests.history.world import Fault, World
from tests.sync.conftest import Desk, Home


class Watch:
    """An engine that runs on a clock moved by hand, and everything it has said."""

    def __init__(self, at: Desk, clock: HandClock) -> None:
        self.at = at
        self.clock = clock
        station = at.station
        self.engine = SyncEngine(station.mirror, station.transport, station.blobs, clock, rng=Random(1))
        self.states: list[SyncState] = []
        self.engine.listen(self._note)
        self._news = asyncio.Event()

    def _note(self, state: SyncState) -> None:
        self.states.append(state)
        self._news.set()

    async def until(self, mood: SyncMood, count: int = 1) -> SyncState:
        """Wait until the engine has said `mood` so often, and sleeps."""
        async with asyncio.timeout(30):
            while sum(s.mood is mood for s in self.states) < count:
                self._news.clear()
                await self._news.wait()
            await self.clock.until_asleep()
        return [s for s in self.states if s.mood is mood][-1]

    def rounds(self) -> int:
        return sum(s.mood is SyncMood.SYNCING for s in self.states)


@asynccontextmanager
async def running(at: Desk) -> AsyncIterator[Watch]:
    watch = Watch(at, HandClock())
    watch.engine.start()
    try:
        yield watch
    finally:
        await watch.engine.close()


async def test_a_round_runs_at_once_and_then_by_the_clock(anna: Desk) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        assert watch.engine.idle.is_set()
        watch.clock.advance(POLL_S + 1)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        assert watch.rounds() == 2
        assert watch.engine.state.last_ok is not None


async def test_an_edit_is_sent_soon_and_edits_of_one_act_travel_together(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        before = anna.station.wire.seen.count("POST /v1/sync/push")
        row = home.resident
        for word in ("a", "b", "c"):
            row = await anna.patch(RESIDENT, row, remark=word)
        assert not watch.engine.idle.is_set()
        await watch.clock.until_asleep(2)
        watch.clock.advance(QUIET_S)
        await watch.until(SyncMood.UP_TO_DATE, 2)
        assert anna.station.wire.seen.count("POST /v1/sync/push") == before + 1
        assert watch.engine.idle.is_set()


async def test_the_mirrors_own_bookkeeping_wakes_nobody(anna: Desk, home: Home) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        await anna.station.mirror.write(lambda tx: tx.touch("jobs", many=True), origin=Origin.JOB)
        await anna.station.mirror.write(lambda tx: tx.touch("residents", many=True), origin=Origin.PULL)
        await asyncio.sleep(0)
        assert watch.engine.idle.is_set()
        assert watch.rounds() == 1


async def test_without_a_network_it_waits_longer_and_longer_and_says_since_when(
    anna: Desk, home: Home
) -> None:
    anna.station.wire.online = False
    async with running(anna) as watch:
        first = await watch.until(SyncMood.OFFLINE)
        waits, state = [], first
        for count in range(2, 10):
            started = watch.clock.monotonic()
            while watch.rounds() < count:
                watch.clock.advance(0.25)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            waits.append(watch.clock.monotonic() - started)
            state = await watch.until(SyncMood.OFFLINE, count)
        assert waits[0] <= 2
        assert max(waits) <= 61
        assert waits[-1] > waits[1] > 0.4
        assert state.since == first.since, "offline since the first failure, not since the last try"
        assert "cannot be reached" in state.said
        anna.station.wire.online = True
        watch.engine.request()
        await watch.until(SyncMood.UP_TO_DATE)


async def test_a_first_fill_that_breaks_off_gets_its_indexes_when_the_cloud_stays_away(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WORTH", 1)
    ben = Desk(await w.station("ben", "ben"))
    wire = ben.station.wire
    wire.next_fault = lambda: Fault.LOSE_ANSWER if "POST /v1/sync/fill" in wire.seen else Fault.NONE
    async with running(ben) as watch:
        await watch.until(SyncMood.OFFLINE)
        assert await ben.station.mirror.read(building.is_building), "it may go on in a second"
        watch.engine.request()
        await watch.until(SyncMood.OFFLINE, AWAY)
        assert not await ben.station.mirror.read(building.is_building)
        wire.next_fault = lambda: Fault.NONE
        watch.engine.request()
        await watch.until(SyncMood.UP_TO_DATE)
    assert await ben.get(RESIDENT, home.resident.id) is not None


async def test_edits_do_not_make_an_offline_laptop_knock(anna: Desk, home: Home) -> None:
    anna.station.wire.online = False
    async with running(anna) as watch:
        await watch.until(SyncMood.OFFLINE)
        await anna.patch(RESIDENT, home.resident, remark="x")
        async with asyncio.timeout(30):
            while watch.engine.idle.is_set():  # noqa: ASYNC110  the note comes from another thread
                await asyncio.sleep(0)
        await watch.clock.run_for(QUIET_S)
        assert watch.rounds() == 1
        assert (await anna.must(RESIDENT, home.resident.id)).remark == "x", "local work went on"
        anna.station.wire.online = True
        watch.engine.request()
        await watch.until(SyncMood.UP_TO_DATE)
        assert watch.engine.idle.is_set()


async def test_an_ended_session_is_named_and_a_request_tries_again(anna: Desk, w: World) -> None:
    with w.cloud.database.write() as c:
        c.execute(db.SESSION.delete())
    async with running(anna) as watch:
        state = await watch.until(SyncMood.SIGNED_OUT)
        assert "Sign in again" in state.said
        await anna.station.sign_in()
        watch.engine.request()
        await watch.until(SyncMood.UP_TO_DATE)


async def test_acc_01_an_ended_session_keeps_nobody_from_working(anna: Desk, home: Home, w: World) -> None:
    """Ended at the cloud, and without a network: one works on, also after a restart; only sync waits for a sign-in."""
    session = await anna.station.mirror.read(syncmeta.session_of)
    assert session is not None
    with w.cloud.database.write() as c:
        auth.end_sessions(c, session.account_id)
    await anna.patch(RESIDENT, home.resident, remark="after the session")
    with pytest.raises(SignInError):
        await anna.sync()
    anna.station.wire.online = False
    await anna.station.restart()
    assert (await anna.station.mirror.read(syncmeta.session_of)) is not None, "signed in here all the same"
    await anna.patch(RESIDENT, await anna.must(RESIDENT, home.resident.id), remark="without a network")
    anna.station.wire.online = True
    with pytest.raises(SignInError):
        await anna.sync()
    await anna.station.sign_in()
    assert (await anna.sync()).refused == 0
    assert (await anna.sync()).pending == 0
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "without a network"


@pytest.mark.allow_logs("A round of sync failed")
async def test_a_fault_of_ours_is_named_and_does_not_end_it(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)

        async def explode() -> None:
            raise RuntimeError("a fault of ours")

        with monkeypatch.context() as broken:
            broken.setattr(watch.engine, "_round", explode)
            watch.engine.request()
            await watch.until(SyncMood.FAILED)
        watch.engine.request()
        await watch.until(SyncMood.UP_TO_DATE, 2)
        assert watch.engine.state.said == ""


async def test_closing_ends_every_task_and_subscription(anna: Desk) -> None:
    before = anna.station.mirror.feed.listeners
    async with running(anna) as watch:
        await watch.until(SyncMood.UP_TO_DATE)
        assert anna.station.mirror.feed.listeners == before + 1
    assert anna.station.mirror.feed.listeners == before


async def test_rounds_do_not_run_side_by_side(anna: Desk, home: Home) -> None:
    await anna.patch(RESIDENT, home.resident, remark="x")
    engine = anna.station.engine
    reports = await asyncio.gather(engine.sync_once(), engine.sync_once(), engine.sync_once())
    assert [r.pushed for r in reports] == [1, 0, 0]
