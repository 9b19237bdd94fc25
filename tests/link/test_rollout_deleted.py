"""A rollout that is deleted while this workstation drives it: stopped, told by whom and what became of each device, and
nothing is flashed afterwards (FW-03).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from core.base.clock import SystemClock
from core.base.errors import UserError
from core.base.tasks import TaskOwner
from core.base.verdict import Verdict
from core.entities.device import DEVICE
from core.entities.firmware import ROLLOUT, ROLLOUT_TARGET, Rollout, TargetEnd
from core.entities.proof import PROOF, ItemKind
from core.entities.record import JobRecord, JobState
from core.jobs.runner import JobRunner
from core.store.changes import Origin
from core.store.tables import OUTBOX, SHADOW, table_of
from core.store.tx import Author, Tx
from core.usecases import firmware, firmware_push, leases
from core.usecases.context import Context
from core.usecases.firmware import FirmwareHandler, RolloutHandler, RolloutOptions
from core.usecases.lan import open_link
from core.usecases.rollout_drive import targets_of
from core.usecases.undo import undo
from device_link.simulator import SimLan
from device_link.simulator.image import make_image
from device_link.simulator.life import Timing
from tests.factories import plant
from tests.link.conftest import MakeWorld
from tests.link.desks import Desk, Two
from tests.link.test_rollouts import begin, until, uploads
from tests.link.world import FLASH, NEW, OLD, R29, World, specs

WATCHED = RolloutOptions(waves=("1", "0"), watch_s=3600)
"""The canary is looked at for an hour before the others begin."""


@pytest.fixture(autouse=True)
async def _no_threads_of_the_loop() -> AsyncIterator[None]:
    yield
    await asyncio.get_running_loop().shutdown_default_executor()


async def gone(made: World, rollout: Rollout, *, by: str = "") -> None:
    """What is left when a colleague has deleted it: its rows are away, and its lease says by whom."""

    def work(tx: Tx) -> None:
        for spec in (ROLLOUT, ROLLOUT_TARGET):
            for table, column in (
                (table_of(spec), None),
                (OUTBOX, OUTBOX.c.entity),
                (SHADOW, SHADOW.c.entity),
            ):
                here = delete(table) if column is None else delete(table).where(column == spec.number)
                tx.connection.execute(here)

    if by:
        colleague = replace(made.ctx, actor=replace(made.ctx.me, name=by))
        await leases.note_deleted(colleague, [rollout.id])
    await made.mirror.write(work, origin=Origin.PULL)


async def canary_done(ctx: Context) -> None:
    """Wait until the work on the first device has ended; call it before anything else is awaited."""
    come, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard(record: JobRecord) -> None:
        if record.kind == FirmwareHandler.kind and record.ended_at is not None:
            loop.call_soon_threadsafe(come.set)

    stop = ctx.jobs.subscribe(heard)
    try:
        async with asyncio.timeout(60):
            await come.wait()
    finally:
        stop()


def words_of(record: JobRecord) -> dict[str, str]:
    return {one["name"]: one["end"] for one in record.result["devices"]}


async def test_deleted_here_between_two_waves(make_world: MakeWorld, tmp_path: Path) -> None:
    """Who did it and what became of each; brought back, it goes on where it was."""
    made = await make_world(specs(3))
    made.mirror.author = Author(made.ctx.me.name)
    rollout = await begin(made, tmp_path, WATCHED)
    job = await firmware.submit_rollout(made.ctx, rollout)
    await canary_done(made.ctx)
    report = await firmware.delete_rollouts(made.ctx, [rollout.id])
    record = await made.ctx.jobs.wait(job)
    assert record.state is JobState.CANCELLED
    assert record.said == "Stopped: deleted by Tor Ostby. 1 proved, 2 not begun."
    assert sorted(words_of(record).values()) == ["not begun", "not begun", "proved"]
    assert sorted(unit.firmware for unit in made.lan.devices) == [OLD, OLD, NEW]
    await undo(made.ctx, report.undo_id)
    targets = await targets_of(made.ctx, rollout.id)
    assert [t.end for t in targets] == [TargetEnd.PROVED, TargetEnd.OPEN, TargetEnd.OPEN]
    assert (await leases.take(made.ctx, made.site.id, rollout.id)).mine, "its lease keeps nobody from it"


async def test_deleted_elsewhere_while_a_file_is_sent(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(2, "slow:300", "slow:300"))
    rollout = await begin(made, tmp_path)
    job = await firmware.submit_rollout(made.ctx, rollout)
    await until(made, "prepare")
    await gone(made, rollout, by="Ines Vidal")
    record = await made.ctx.jobs.wait(job)
    assert record.said == "Stopped: deleted by Ines Vidal. 1 not changed, 1 not begun."
    await made.ctx.jobs.wait_all()
    assert all(unit.firmware == OLD and unit.restarts == 0 for unit in made.lan.devices)
    assert await made.read(lambda r: r.find(ROLLOUT_TARGET)) == []


async def test_a_device_that_is_being_written_ends_as_it_ends(make_world: MakeWorld, tmp_path: Path) -> None:
    """Its version is read back and kept though nobody asks for it any more; the next one is not begun."""
    made = await make_world(specs(2), timing=Timing(flash=0.6, boot=0.1, shutdown=0.01))
    rollout = await begin(made, tmp_path)
    owner = TaskOwner()
    running = owner.start(firmware.run_rollout(made.ctx, rollout.id), name="run")
    await until(made, "restart")
    await gone(made, rollout)
    with pytest.raises(
        UserError, match=r"^Stopped: deleted at another workstation\. 1 proved, 1 not begun\.$"
    ):
        await running
    await owner.close()
    assert sorted(unit.firmware for unit in made.lan.devices) == [OLD, NEW]
    assert uploads(made) == 1
    [flashed] = [d for d in await made.read(lambda r: r.find(DEVICE)) if made.unit(d).firmware == NEW]
    assert flashed.firmware == NEW
    [proof] = await made.read(lambda r: r.find(PROOF, kind=ItemKind.FIRMWARE))
    assert (proof.device_id, proof.verdict) == (flashed.id, Verdict.PROVED)


async def test_work_on_a_device_that_begins_after_the_deletion_sends_nothing(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No driver is needed for that: the work looks itself, at its begin and before it sends."""
    made = await make_world(specs(1))
    rollout = await begin(made, tmp_path)
    [target] = await targets_of(made.ctx, rollout.id)

    async def deleted_meanwhile(*args: Any, **more: Any) -> Any:
        found = await open_link(*args, **more)
        await gone(made, rollout)
        return found

    monkeypatch.setattr(firmware_push, "open_link", deleted_meanwhile)
    for _ in range(2):
        job = await made.ctx.jobs.submit(
            FirmwareHandler.kind, "device:x", "Firmware of Door 0", {"target_id": target.id}
        )
        record = await made.ctx.jobs.wait(job)
        assert "The upgrade was deleted before anything was sent" in record.said
    assert uploads(made) == 0
    assert await made.read(lambda r: r.find(PROOF)) == []


class _Shifted(SystemClock):
    """The real clock, set to the day of the cloud and the mirrors."""

    def __init__(self, today: datetime) -> None:
        self._off = today - SystemClock().now()

    def now(self) -> datetime:
        return super().now() + self._off


def driving(desk: Desk) -> Context:
    """The desk with the jobs of rollouts, by a clock that runs."""
    ctx = replace(desk.ctx, clock=_Shifted(desk.ctx.clock.now()), _jobs=None)
    handlers = (FirmwareHandler(ctx), RolloutHandler(ctx))
    ctx.attach(JobRunner(desk.station.mirror, ctx.clock, {one.kind: one for one in handlers}))
    return ctx


async def test_deleted_by_a_colleague_whose_edit_comes_by_sync(two: Two, tmp_path: Path) -> None:
    """Between the canary and the next wave, at another workstation of the firm, through a real cloud."""
    path = tmp_path / "new.rom"
    path.write_bytes(make_image("29", NEW, 70_000))
    van, office = two.first, two.second
    async with await SimLan.start(specs(2), timing=FLASH) as lan:
        ctx = driving(van)

        def plan(tx: Tx) -> None:
            for n, unit in enumerate(lan.devices):
                plant(
                    tx,
                    DEVICE,
                    site_id=two.site.id,
                    mac=unit.mac,
                    name=f"Door {n}",
                    model=R29,
                    firmware=OLD,
                    address=unit.url,
                )

        await ctx.mirror.write(plan, origin=Origin.USER)
        release = await firmware.add_release(ctx, path, model=R29)
        rollout = await firmware.start_rollout(
            ctx, site_id=two.site.id, release_id=release.id, options=WATCHED
        )
        try:
            job = await firmware.submit_rollout(ctx, rollout)
            await canary_done(ctx)
            for desk in (van, office):
                assert await desk.confirm()
            assert (await firmware.delete_rollouts(office.ctx, [rollout.id])).changed
            for desk in (office, van):
                assert await desk.confirm()
            record = await ctx.jobs.wait(job)
            assert record.said == f"Stopped: deleted by {office.ctx.me.name}. 1 proved, 1 not begun."
            assert sorted(unit.firmware for unit in lan.devices) == [OLD, NEW]
            assert [await desk.tray() for desk in (van, office)] == [0, 0]
        finally:
            await ctx.jobs.close()
