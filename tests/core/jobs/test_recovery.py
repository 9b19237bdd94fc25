"""The end of the program, expected or not: jobs are interrupted, found again and resumed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import core
from core.base.errors import UserError
from core.base.paths import Profile
from core.entities.record import JOB, JobState
from core.jobs.job import JobContext, JobOutcome, RepeatableHandler
from core.jobs.rows import MAX_TRIES
from core.jobs.runner import JobRunner
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from tests.core.jobs.helpers import Build, Gate, Scripted, stored, submit
from tests.factories import make
from tests.fixtures_core import HandClock


async def test_closing_interrupts_at_the_safe_point_and_the_next_start_resumes(
    runners: Build, mirror: Mirror
) -> None:
    at_work, closing = asyncio.Event(), asyncio.Event()

    async def begin(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        await ctx.save(sent=3)
        at_work.set()
        await closing.wait()
        ctx.check_cancel()
        raise AssertionError

    async def go_on(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        return JobOutcome(said=f"went on after {ctx.journal['sent']} for {inputs['name']}")

    runner = runners(begin)
    job_id = await submit(runner, "one", "door")
    waiting = await submit(runner, "two", "door")
    await at_work.wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.close(grace_s=5))
        closing.set()
    assert (await stored(mirror, job_id)).state is JobState.INTERRUPTED
    assert (await stored(mirror, waiting)).state is JobState.WAITING
    with pytest.raises(UserError, match="closing"):
        await submit(runner, "late")

    gate = Gate()
    gate.let("two")
    second = runners(gate, go_on)
    assert await second.recover() == [job_id]
    assert (await second.wait(job_id)).said == "went on after 3 for one"
    assert (await second.wait(waiting)).said == "two done"


async def test_closing_cancels_what_reaches_no_safe_point(runners: Build, mirror: Mirror) -> None:
    begun = asyncio.Event()
    cleaned: list[str] = []

    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        ctx.point_of_no_return("The device is flashing.")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("yes")
        raise AssertionError

    runner = runners(work)
    job_id = await submit(runner, "one")
    await begun.wait()
    await runner.close(grace_s=0.01)
    await runner.close()
    record = await stored(mirror, job_id)
    assert record.state is JobState.INTERRUPTED
    assert not record.stoppable
    assert cleaned == ["yes"]


async def test_whoever_waits_is_released_when_the_runner_closes(runners: Build) -> None:
    gate = Gate()
    runner = runners(gate)
    await submit(runner, "one", "door")
    waiting = await submit(runner, "two", "door")
    await gate.until(1)
    async with asyncio.TaskGroup() as group:
        wait = group.create_task(runner.wait(waiting))
        await asyncio.sleep(0)
        await runner.close(grace_s=0)
    assert wait.result().state is JobState.WAITING


async def test_a_dead_process_leaves_running_rows_that_are_resumed_in_order(
    runners: Build, mirror: Mirror
) -> None:
    dead = [
        make(JOB, kind="scripted", lane="door", state=JobState.RUNNING, inputs={"name": n}, stoppable=False)
        for n in ("one", "two")
    ]
    old = make(JOB, kind="retired", lane="x", state=JobState.RUNNING)
    poison = make(JOB, kind="scripted", lane="y", state=JobState.RUNNING, tries=MAX_TRIES - 1)
    done = make(JOB, kind="scripted", lane="z", state=JobState.DONE)
    await mirror.write(lambda tx: [tx.put(JOB, r) for r in (*dead, old, poison, done)], origin=Origin.JOB)

    async def never(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        raise AssertionError

    gate = Gate()
    runner = runners(never, gate)
    assert await runner.recover() == [r.id for r in dead]
    await gate.until(1)
    with pytest.raises(UserError, match="gone too far"):
        await runner.cancel(dead[1].id)
    gate.let("one")
    gate.let("two")
    assert [r.tries for r in await runner.wait_all()] == [1, 1]
    assert gate.begun == ["one", "two"]
    assert "does not know" in (await stored(mirror, old.id)).said
    assert "5 times" in (await stored(mirror, poison.id)).said
    assert await stored(mirror, done.id) == done


async def test_a_waiting_push_does_not_replace_one_that_is_to_be_resumed(
    runners: Build, mirror: Mirror
) -> None:
    first = make(JOB, kind="scripted", lane="door", state=JobState.RUNNING, inputs={"name": "hold"})
    dead = make(
        JOB, kind="scripted", lane="door", key="people", state=JobState.RUNNING, inputs={"name": "dead"}
    )
    await mirror.write(lambda tx: [tx.put(JOB, r) for r in (first, dead)], origin=Origin.JOB)
    gate = Gate()
    runner = runners(gate)
    await runner.recover()
    await submit(runner, "new", "door", key="people")
    for name in ("hold", "dead", "new"):
        gate.let(name)
    assert {r.state for r in await runner.wait_all()} == {JobState.DONE}
    assert gate.begun == ["hold", "dead", "new"]


async def test_repeatable_work_is_done_again(mirror: Mirror, hand_clock: HandClock) -> None:
    class Again(RepeatableHandler):
        kind = "again"

        async def run(self, ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
            return JobOutcome(said="from the beginning")

    row = make(JOB, kind="again", state=JobState.RUNNING)
    await mirror.write(lambda tx: tx.put(JOB, row), origin=Origin.JOB)
    runner = JobRunner(mirror, hand_clock, {"again": Again()})
    await runner.recover()
    assert (await runner.wait(row.id)).said == "from the beginning"
    await runner.close()


CHILD = """
import asyncio, pathlib, sys
from core.base.clock import SystemClock
from core.jobs.runner import JobRunner
from core.store.mirror import open_mirror

class Push:
    kind = "scripted"
    async def run(self, ctx, inputs):
        await ctx.save(sent=["a", "b"])
        ctx.point_of_no_return("It flashes.")
        await asyncio.Event().wait() if inputs["name"] == "hang" else None
    resume = run

async def main():
    root = pathlib.Path(sys.argv[1])
    mirror = open_mirror(root / "mirror.db", sys.argv[2], SystemClock(), backups=root / "backups")
    runner = JobRunner(mirror, SystemClock(), {"scripted": Push()})
    await runner.submit("scripted", "door", "Hang", {"name": "hang"})
    await runner.submit("scripted", "door", "Next", {"name": "next"})
    while not (await mirror.read(lambda r: r.connection.exec_driver_sql(
            "SELECT count(*) FROM jobs WHERE stoppable = 0").scalar())):
        await asyncio.sleep(0.005)
    print("at work", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_process_is_gone_on_with_from_its_journal(
    profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    command = [sys.executable, "-c", CHILD, str(profile.root), mirror_secret]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, cwd=Path(core.__file__).parents[1]
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"at work\n"
    process.kill()
    await process.wait()
    seen: list[tuple[str, str, bool]] = []

    async def run(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        seen.append(("run", inputs["name"], bool(ctx.journal)))
        return JobOutcome()

    async def resume(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        seen.append(("resume", inputs["name"], ctx.journal["sent"] == ["a", "b"]))
        return JobOutcome(said="asked the device first")

    mirror = open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    runner = JobRunner(mirror, hand_clock, {"scripted": Scripted(run, resume)})
    assert len(await runner.recover()) == 1
    records = await runner.wait_all()
    await runner.close()
    await mirror.close()
    assert seen == [("resume", "hang", True), ("run", "next", False)]
    assert [(r.state, r.tries) for r in records] == [(JobState.DONE, 1), (JobState.DONE, 0)]
