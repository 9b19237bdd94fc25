"""Work that waits beside other work is done together with it; nobody waits for company, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from core.base.together import Together


class Counter:
    """Adds ten to numbers; each call waits until it is let go, and is noted."""

    def __init__(self, *, lanes: int = 1, most: int = 3) -> None:
        self.calls: list[tuple[str, list[int]]] = []
        self.gate = asyncio.Semaphore(0)
        self.together: Together[int, int] = Together(self._work, lanes=lanes, most=most)
        self._asked: list[asyncio.Task[int]] = []

    async def _work(self, key: str, numbers: Sequence[int]) -> list[int]:
        self.calls.append((key, [*numbers]))
        await self.gate.acquire()
        if -1 in numbers:
            raise ValueError("less than nothing")
        return [n + 10 for n in numbers]

    async def ask(self, *numbers: int, key: str = "k") -> list[asyncio.Task[int]]:
        """Ask without waiting for answers; what can begin has begun."""
        made = [asyncio.get_running_loop().create_task(self.together.ask(key, n)) for n in numbers]
        self._asked += made
        for _ in range(3):
            await asyncio.sleep(0)
        return made

    async def let_go(self, calls: int) -> None:
        for _ in range(calls):
            self.gate.release()
        await asyncio.gather(*self._asked, return_exceptions=True)
        await self.together.close()


async def test_a_question_alone_is_worked_on_at_once() -> None:
    counter = Counter()
    [one] = await counter.ask(1)
    assert counter.calls == [("k", [1])]
    await counter.let_go(1)
    assert one.result() == 11


async def test_what_comes_meanwhile_is_answered_together_in_order() -> None:
    counter = Counter()
    asked = [*await counter.ask(1), *await counter.ask(2, 3, 4, 5)]
    await counter.let_go(3)
    assert counter.calls == [("k", [1]), ("k", [2, 3, 4]), ("k", [5])]
    assert [t.result() for t in asked] == [11, 12, 13, 14, 15]


async def test_so_many_lanes_as_are_allowed_run_at_once() -> None:
    counter = Counter(lanes=2)
    for number in (1, 2, 3):
        await counter.ask(number)
    assert counter.calls == [("k", [1]), ("k", [2])]
    await counter.let_go(3)
    assert counter.calls[2:] == [("k", [3])]


async def test_keys_do_not_wait_for_each_other() -> None:
    counter = Counter()
    await counter.ask(1)
    [other] = await counter.ask(2, key="j")
    assert counter.calls == [("k", [1]), ("j", [2])]
    await counter.let_go(2)
    assert other.result() == 12


async def test_a_fault_is_told_to_everybody_of_that_call_and_to_nobody_else() -> None:
    counter = Counter()
    first, *beside = [*await counter.ask(1), *await counter.ask(-1, 2, 3)]
    [after] = await counter.ask(4)
    await counter.let_go(3)
    assert (first.result(), after.result()) == (11, 14)
    for one in beside:
        with pytest.raises(ValueError, match="less than nothing"):
            one.result()


async def test_who_gives_up_waiting_takes_nobody_along() -> None:
    counter = Counter()
    await counter.ask(1)
    gone, stays = await counter.ask(2, 3)
    gone.cancel()
    await counter.let_go(2)
    assert gone.cancelled()
    assert stays.result() == 13


async def test_nothing_is_kept_of_a_key_that_rests() -> None:
    counter = Counter()
    for turn in (1, 2):
        [one] = await counter.ask(turn)
        await counter.let_go(1)
        assert one.result() == turn + 10
        assert vars(counter.together)["_waiting"] == {}
