"""The runner of durable jobs: lanes, order, cancel, faults, progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.base.errors import NotFoundError, RefusedError, UserError
from core.entities.record import JOB, JobRecord, JobState
from core.jobs.job import JobContext, JobOutcome
from core.store.mirror import Mirror
from core.store.tables import OUTBOX, table_of
from tests.core.jobs.helpers import Build, Gate, stored, submit
from tests.fixtures_core import HandClock
from tests.guards.logs import LogGuard


async def test_a_job_runs_and_its_row_tells_the_end(runners: Build, mirror: Mirror) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        assert (await stored(mirror, ctx.job_id)).state is JobState.RUNNING
        return JobOutcome(said="12 of 12 proved", result={"proved": inputs["n"]})

    runner = runners(work)
    job_id = await runner.submit("scripted", "device:0C1105000001", "Push people", {"n": 12})
    record = await runner.wait(job_id)
    assert (record.state, record.said, record.result) == (JobState.DONE, "12 of 12 proved", {"proved": 12})
    assert await stored(mirror, job_id) == record
    assert record.made_at is not None
    assert record.ended_at is not None
    assert runner.current() == []


async def test_jobs_are_local_and_leave_no_outbox_and_no_audit(runners: Build, mirror: Mirror) -> None:
    runner = runners(Gate())
    await submit(runner, "a")
    count = await mirror.read(lambda r: len(r.connection.execute(OUTBOX.select()).all()))
    assert count == 0


async def test_one_at_a_time_per_lane_in_order_and_lanes_side_by_side(runners: Build) -> None:
    gate = Gate()
    runner = runners(gate)
    ids = [await submit(runner, n, lane) for n, lane in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]]
    await gate.until(2)
    assert gate.begun == ["a1", "b1"]
    for name in ("a1", "a2", "a3", "b1"):
        gate.let(name)
    records = await runner.wait_all(ids)
    assert [r.result["name"] for r in records] == ["a1", "a2", "b1", "a3"]
    assert [n for n in gate.begun if n.startswith("a")] == ["a1", "a2", "a3"]


async def test_a_network_takes_only_so_many_and_work_without_a_network_is_not_held_up(runners: Build) -> None:
    gate = Gate()
    runner = runners(gate, per_network=2)
    for name in ("a", "b", "c", "d"):
        await submit(runner, name)
    await submit(runner, "far", network="other")
    await submit(runner, "import", network="")
    await gate.until(4)
    assert gate.begun == ["a", "b", "far", "import"]
    for name in ("a", "b", "c", "d", "far", "import"):
        gate.let(name)
    assert len(await runner.wait_all()) == 6
    assert gate.most == 4


async def test_the_latest_of_a_key_replaces_the_waiting_one_not_the_running_one(runners: Build) -> None:
    gate = Gate()
    runner = runners(gate)
    first = await submit(runner, "one", "door", key="people")
    second = await submit(runner, "two", "door", key="people")
    other = await submit(runner, "keep", "door", key="settings")
    third = await submit(runner, "three", "door", key="people")
    replaced = await runner.wait(second)
    assert replaced.state is JobState.CANCELLED
    assert "newer request" in replaced.said
    for name in ("one", "three", "keep"):
        gate.let(name)
    states = [(await runner.wait(i)).state for i in (first, other, third)]
    assert states == [JobState.DONE] * 3
    assert gate.begun == ["one", "keep", "three"]


async def test_a_waiting_job_is_cancelled_at_once(runners: Build, mirror: Mirror) -> None:
    gate = Gate()
    runner = runners(gate)
    await submit(runner, "one", "door")
    waiting = await submit(runner, "two", "door")
    await runner.cancel(waiting)
    assert (await runner.wait(waiting)).state is JobState.CANCELLED
    assert (await stored(mirror, waiting)).state is JobState.CANCELLED
    gate.let("one")
    await runner.wait_all()
    await runner.cancel(waiting)  # an ended one stays as it is
    assert gate.begun == ["one"]


async def test_a_running_job_is_cancelled_at_its_next_safe_point(runners: Build) -> None:
    gate = Gate()
    runner = runners(gate)
    job_id = await submit(runner, "one")
    await gate.until(1)
    await runner.cancel(job_id)
    gate.let("one")
    record = await runner.wait(job_id)
    assert record.state is JobState.CANCELLED
    assert record.said == "'Job one' was stopped on request."


async def test_after_the_point_of_no_return_a_cancel_is_refused_with_the_reason(runners: Build) -> None:
    gone, go_on = asyncio.Event(), asyncio.Event()

    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        ctx.point_of_no_return("The device is flashing; stopping now would break it.")
        gone.set()
        await go_on.wait()
        ctx.progress(1, 1, "restart")
        return JobOutcome()

    runner = runners(work)
    job_id = await submit(runner, "one")
    await gone.wait()
    with pytest.raises(UserError, match="flashing"):
        await runner.cancel(job_id)
    go_on.set()
    record = await runner.wait(job_id)
    assert record.state is JobState.DONE
    assert not record.stoppable


async def test_unknown_ids_and_kinds(runners: Build) -> None:
    runner = runners(Gate())
    for act in (runner.cancel, runner.wait, runner.get):
        with pytest.raises(NotFoundError):
            await act("0" * 32)
    with pytest.raises(ValueError, match="no handler"):
        await runner.submit("unheard", "lane", "title", {})


async def test_a_worded_error_fails_the_job_with_its_words(runners: Build) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        raise RefusedError("device.blocked", "The device refuses us.", remedy="Open its API.", said="403")

    runner = runners(work)
    record = await runner.wait(await submit(runner, "one"))
    assert record.state is JobState.FAILED
    assert record.said == "The device refuses us. Open its API."
    assert record.result["error"]["code"] == "device.blocked"
    assert record.result["error"]["said"] == "403"


async def test_a_fault_of_ours_fails_the_job_is_logged_and_told(runners: Build, log_guard: LogGuard) -> None:
    crashes: list[Exception] = []
    told = asyncio.Event()

    def on_crash(fault: Exception) -> None:
        crashes.append(fault)
        told.set()

    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        raise ZeroDivisionError

    log_guard.expect(r"job [0-9a-f]{32} \(scripted\) crashed")
    runner = runners(work, on_crash=on_crash)
    record = await runner.wait(await submit(runner, "one"))
    await told.wait()
    assert record.state is JobState.FAILED
    assert "fault in Gatewright" in record.said
    assert [type(c) for c in crashes] == [ZeroDivisionError]


@pytest.mark.allow_logs("crashed")
@pytest.mark.parametrize("bad", [{"when": object()}, {"raw": b"x"}])
async def test_a_result_that_cannot_be_stored_is_a_fault_and_nobody_waits_forever(
    runners: Build, mirror: Mirror, bad: dict[str, Any]
) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        return JobOutcome(result=bad)

    runner = runners(work)
    job_id = await submit(runner, "one")
    assert (await runner.wait(job_id)).state is JobState.FAILED
    assert (await stored(mirror, job_id)).state is JobState.FAILED


@pytest.mark.allow_logs("crashed")
async def test_a_cancellation_that_nobody_asked_for_is_a_fault(runners: Build) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        raise asyncio.CancelledError

    runner = runners(work)
    assert (await runner.wait(await submit(runner, "one"))).state is JobState.FAILED


async def test_progress_is_told_ten_times_a_second_at_most(runners: Build, hand_clock: HandClock) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        for done in range(1000):
            hand_clock.advance(0.001)
            ctx.progress(done, 1000, "sending")
        ctx.progress(1000, 1000)
        return JobOutcome()

    heard: list[JobRecord] = []
    runner = runners(work)
    unsubscribe = runner.subscribe(heard.append)
    await runner.wait(await submit(runner, "one"))
    counts = [r.done for r in heard if r.stage == "sending" and r.state is JobState.RUNNING]
    assert 9 <= len(counts) <= 12
    assert counts[-1] == 1000
    assert heard[0].state is JobState.WAITING
    assert heard[-1].state is JobState.DONE
    unsubscribe()
    before = len(heard)
    await runner.wait(await submit(runner, "two"))
    assert len(heard) == before


async def test_progress_and_cancel_work_from_a_thread(runners: Build) -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def block(ctx: JobContext) -> None:
        ctx.progress(1, 2, "reading")
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(5)
        ctx.progress(2, 2)

    with ThreadPoolExecutor(1) as pool:

        async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
            await loop.run_in_executor(pool, block, ctx)
            return JobOutcome()

        runner = runners(work)
        job_id = await submit(runner, "one")
        await begun.wait()
        await runner.cancel(job_id)
        go_on.set()
        record = await runner.wait(job_id)
    assert record.state is JobState.CANCELLED
    assert (record.done, record.stage) == (2, "reading")


@pytest.mark.allow_logs("listener of the job feed failed")
async def test_a_listener_that_fails_harms_nobody(runners: Build) -> None:
    heard: list[JobRecord] = []

    def broken(record: JobRecord) -> None:
        raise KeyError(record.id)

    gate = Gate()
    gate.let("one")
    runner = runners(gate)
    runner.subscribe(broken)
    runner.subscribe(heard.append)
    assert (await runner.wait(await submit(runner, "one"))).state is JobState.DONE
    assert heard[-1].state is JobState.DONE


async def test_the_journal_is_on_disk_when_save_returns(runners: Build, mirror: Mirror) -> None:
    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        seen = ["a"]
        await ctx.save(sent=seen, step=1)
        seen.append("b")
        await ctx.save(step=2)
        assert (await stored(mirror, ctx.job_id)).journal == {"sent": ["a"], "step": 2} == ctx.journal
        with pytest.raises(TypeError):
            await ctx.save(bad=object())
        assert "bad" not in ctx.journal
        return JobOutcome()

    runner = runners(work)
    assert (await runner.wait(await submit(runner, "one"))).state is JobState.DONE


async def test_a_stage_reaches_the_row_while_the_job_runs(runners: Build, mirror: Mirror) -> None:
    seen = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def work(ctx: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        ctx.progress(0, 5, "upload")
        ctx.point_of_no_return("Too late.")
        await asyncio.wait_for(seen.wait(), 30)
        return JobOutcome()

    def look(_changes: object) -> None:
        with mirror._write_engine.connect() as connection:
            row = connection.execute(table_of(JOB).select()).mappings().one()
        if row["stage"] == "upload" and row["stoppable"] == 0 and row["state"] == "running":
            loop.call_soon_threadsafe(seen.set)

    unsubscribe = mirror.feed.subscribe(look)
    runner = runners(work)
    assert (await runner.wait(await submit(runner, "one"))).state is JobState.DONE
    unsubscribe()


def test_an_outcome_is_an_end() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        JobOutcome(JobState.RUNNING)
