"""The ear for pokes by itself, order and progress of a first sync, and quiet moments that are used for checks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from core.base.errors import SignInError, UnreachableError
from core.entities.person import RESIDENT
from core.entities.site import BUILDING, SITE
from core.store import apply
from core.store.changes import Origin
from core.store.tables import table_of
from sync import live, pull
from sync.engine import CHECK_S, POLL_S, SyncEngine, SyncState
from sync.live import LiveChannel
from tests.fixtures_core import HandClock
from tests.history.world import World
from tests.sync.conftest import Desk, Home


class Lines:
    """A transport of which only the live channel is asked: each call plays the next script."""

    def __init__(self, *scripts: list[int | Exception]) -> None:
        self._scripts = list(scripts)
        self.calls = 0

    async def pokes(self) -> AsyncGenerator[int, None]:
        self.calls += 1
        for one in self._scripts.pop(0) if self._scripts else [UnreachableError("gone", "Gone.")]:
            if isinstance(one, Exception):
                raise one
            yield one


@asynccontextmanager
async def ear(lines: Any, clock: HandClock) -> AsyncIterator[tuple[LiveChannel, list[int]]]:
    heard: list[int] = []
    channel = LiveChannel(lines, clock, heard.append, rng=Random(1))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(channel.run())
        yield channel, heard
        running.cancel()


async def test_pokes_are_passed_on_and_an_orderly_end_is_followed_soon() -> None:
    clock, lines = HandClock(), Lines([3, 4], [9])
    async with ear(lines, clock) as (channel, heard):
        await clock.until_asleep()
        assert (heard, channel.proven) == ([3, 4], False)
        clock.advance(live.FIRST_WAIT_S)
        await clock.until_asleep()
        assert heard == [3, 4, 9]


async def test_each_failure_waits_longer_with_jitter_up_to_two_minutes() -> None:
    clock, lines, waits = HandClock(), Lines(), []
    async with ear(lines, clock):
        for _ in range(12):
            await clock.until_asleep()
            before, calls = clock.monotonic(), lines.calls
            while lines.calls == calls:
                clock.advance(0.5)
                await asyncio.sleep(0)
            waits.append(clock.monotonic() - before)
    assert waits[0] <= 2.5
    assert max(waits) <= live.LONGEST_WAIT_S + 0.5
    assert waits[-1] > 10 * waits[0]


async def test_without_a_session_it_does_not_knock() -> None:
    clock, lines = HandClock(), Lines([SignInError("session.none", "Nobody is signed in.")], [1])
    async with ear(lines, clock) as (_, heard):
        await clock.until_asleep()
        clock.advance(live.LONGEST_WAIT_S / 2 - 1)
        await asyncio.sleep(0)
        assert (lines.calls, heard) == (1, [])


async def test_a_line_on_which_nothing_is_heard_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FIRST_S", 0.01)

    class Silent(Lines):
        async def pokes(self) -> AsyncGenerator[int, None]:
            self.calls += 1
            await asyncio.Event().wait()
            yield 0

    clock, lines = HandClock(), Silent()
    async with ear(lines, clock) as (channel, heard):
        await clock.until_asleep()
        assert (lines.calls, channel.proven, heard) == (1, False, [])


# ------------------------------------------------------------------------------------------------ a usable screen early


async def test_the_site_in_view_is_filled_first_then_small_ones_and_progress_is_told(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The firm's rows, then the preferred site, then by size; a site is usable as soon as it is live."""
    monkeypatch.setattr(pull, "PAGE", 2)
    big = await anna.put(SITE, org_id=home.site.org_id, name="Big")
    for number in range(6):
        await anna.put(BUILDING, site_id=big.id, name=f"B{number}")
    small = await anna.put(SITE, org_id=home.site.org_id, name="Small")
    await anna.sync()
    ben = Desk(await w.station("fresh", "ben"))
    await ben.station.engine.prefer(big.id)
    states: list[SyncState] = []
    ben.station.engine.listen(states.append)
    order: list[str] = []
    fill = apply.apply_fill

    def noted(tx: Any, scope: str, page: Any, then: Any = ()) -> int:
        done = fill(tx, scope, page, then)
        order.extend(s.scope for s in apply.scopes(tx, "live") if s.scope not in order)
        return done

    monkeypatch.setattr(apply, "apply_fill", noted)
    await ben.sync()
    assert order == [home.site.org_id, big.id, small.id, home.site.id]
    progress = [(s.filled, s.to_fill) for s in states if s.to_fill]
    assert progress == sorted(progress)
    assert len(progress) > 3
    assert progress[-1][0] <= progress[-1][1]
    assert states[-1].to_fill == 0


# ------------------------------------------------------------------------------------------------------- quiet moments


@pytest.mark.allow_logs("differs from the cloud")
async def test_a_quiet_moment_is_used_for_a_check_and_a_difference_is_fetched(anna: Desk, home: Home) -> None:
    clock, station = HandClock(), anna.station
    engine = SyncEngine(station.mirror, station.transport, station.blobs, clock, rng=Random(1))
    seen = station.wire.seen
    engine.start()
    try:
        await clock.until_asleep()
        assert seen.count("POST /v1/sync/check") == 1
        clock.advance(POLL_S + 1)
        await clock.until_asleep()
        assert seen.count("POST /v1/sync/check") == 1, "not with each round"
        table = table_of(RESIDENT)
        await station.mirror.write(lambda tx: tx.connection.execute(table.delete()), origin=Origin.PULL)
        clock.advance(CHECK_S)
        async with asyncio.timeout(30):
            while await anna.get(RESIDENT, home.resident.id) is None:
                await clock.until_asleep()
                clock.advance(1)
                await asyncio.sleep(0)
    finally:
        await engine.close()
    assert seen.count("POST /v1/sync/check") >= 2
