"""Handlers that a test writes or holds up, and short ways to submit and to look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core.entities.record import JOB, JobRecord
from core.jobs.job import JobContext, JobOutcome
from core.jobs.runner import JobRunner
from core.store.mirror import Mirror

Body = Callable[[JobContext, Mapping[str, Any]], Awaitable[JobOutcome]]


class Scripted:
    """A handler whose work the test writes."""

    kind = "scripted"

    def __init__(self, body: Body, resume: Body | None = None) -> None:
        self._body = body
        self._resume = resume or body

    async def run(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        return await self._body(ctx, inputs)

    async def resume(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        return await self._resume(ctx, inputs)


class Gate:
    """Work that says when it has begun and goes on when it is let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.most = 0
        self._now = 0
        self._open: dict[str, asyncio.Event] = {}
        self._news = asyncio.Condition()

    async def __call__(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        name = inputs["name"]
        async with self._news:
            self.begun.append(name)
            self._now += 1
            self.most = max(self.most, self._now)
            self._news.notify_all()
        try:
            await self._open.setdefault(name, asyncio.Event()).wait()
            ctx.check_cancel()
        finally:
            self._now -= 1
        return JobOutcome(said=f"{name} done", result={"name": name})

    def let(self, name: str) -> None:
        self._open.setdefault(name, asyncio.Event()).set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: len(self.begun) >= count)


Build = Callable[..., JobRunner]
"""Makes a runner for one body of work; it is closed after the test."""


async def submit(runner: JobRunner, name: str, lane: str = "", **more: Any) -> str:
    return await runner.submit("scripted", lane or name, f"Job {name}", {"name": name}, **more)


async def stored(mirror: Mirror, job_id: str) -> JobRecord:
    return await mirror.read(lambda r: r.require(JOB, job_id))
