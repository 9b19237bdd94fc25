"""Work that waits beside other work of its kind, and is done together with it: a group commit, in general terms."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.base.tasks import TaskOwner

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Q, A]):
    question: Q
    answer: asyncio.Future[A]


class Together(Generic[Q, A]):
    """Questions of one key are answered in the order they came, by `work(key, questions)`, which tells an answer for
    each. At most `lanes` calls of a key run at once, so what comes meanwhile gathers, and the next call gets up to
    `most` of it. Nobody waits for company: alone, a question is worked on at once.

    Belongs to one event loop. What `work` raises goes to everybody of that call.
    """

    def __init__(
        self, work: Callable[[str, Sequence[Q]], Awaitable[Sequence[A]]], *, lanes: int, most: int
    ) -> None:
        self._work = work
        self._lanes = lanes
        self._most = most
        self._owner = TaskOwner()
        self._waiting: dict[str, deque[_Waiting[Q, A]]] = {}
        self._running: dict[str, int] = {}

    async def ask(self, key: str, question: Q) -> A:
        """The answer to one question. Who gives up waiting leaves the work to go on."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(_Waiting(question, answer))
        running = self._running.get(key, 0)
        if running < self._lanes:
            self._running[key] = running + 1
            self._owner.keep(self._lane(key), name="together")
        return await answer

    async def close(self) -> None:
        """Wait for what is on its way."""
        await self._owner.settle()

    async def _lane(self, key: str) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                taken = [waiting.popleft() for _ in range(min(len(waiting), self._most))]
                await self._answer(key, taken)
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key], self._waiting[key]

    async def _answer(self, key: str, taken: Sequence[_Waiting[Q, A]]) -> None:
        try:
            answers = await self._work(key, [one.question for one in taken])
        except Exception as fault:  # noqa: BLE001  it is raised again where the answer is awaited
            for one in taken:
                if not one.answer.done():
                    one.answer.set_exception(fault)
            return
        for one, answer in zip(taken, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
