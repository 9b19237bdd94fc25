"""The hand-driven clock of the tests keeps the contract of Clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.base.clock import Clock
from tests.fixtures_core import START, HandClock


async def test_it_stands_still_until_it_is_moved(hand_clock: HandClock) -> None:
    clock: Clock = hand_clock
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    hand_clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=90), 90.0)
    await clock.sleep(0)


async def test_sleepers_wake_in_the_order_of_their_time(hand_clock: HandClock) -> None:
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await hand_clock.sleep(seconds)
        woken.append(f"{name} {hand_clock.monotonic():g}")

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 30), ("early", 10), ("middle", 20), ("also early", 10)):
            group.create_task(sleeper(name, seconds))
        await hand_clock.until_asleep(4)
        hand_clock.advance(9.5)
        await asyncio.sleep(0)
        assert woken == []
        await hand_clock.run_for(15)
        assert woken == ["early 10", "also early 10", "middle 20"]
        assert hand_clock.sleeping == 1
        hand_clock.advance(100)
    assert woken[-1] == "late 124.5"


async def test_sleepers_of_sleepers_run_within_one_stretch(hand_clock: HandClock) -> None:
    ticks: list[float] = []

    async def tick() -> None:
        while len(ticks) < 5:
            await hand_clock.sleep(1)
            ticks.append(hand_clock.monotonic())

    async with asyncio.TaskGroup() as group:
        group.create_task(tick())
        await hand_clock.until_asleep()
        await hand_clock.run_for(10)
    assert ticks == [1, 2, 3, 4, 5]


async def test_waiting_for_sleepers_that_never_come_ends(hand_clock: HandClock) -> None:
    with pytest.raises(TimeoutError):
        await hand_clock.until_asleep(limit_s=0.01)
