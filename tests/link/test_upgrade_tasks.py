"""The upgrade task and the list of tasks of the distributor's guide (FW-02, FW-03), by use case and command."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.entities.device import DEVICE
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT, ROLLOUT_TARGET, RolloutState, TargetEnd
from core.entities.site import APARTMENT, SITE, SiteKind
from core.store.changes import ChangeSet
from core.store.tx import Tx
from core.usecases import firmware
from core.usecases.firmware import RolloutFilter, RolloutOptions
from core.usecases.undo import undo
from tests.factories import plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import NEW, OLD, specs


async def test_fw_02_a_task_shows_what_it_is_about_and_the_connected_devices_of_the_model(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """FW-02: project type, site, model, version, change log; name, owner, MAC, current version and status of each."""
    made = await make_world(specs(4))
    release = await made.release(tmp_path)
    home, same, away, other = made.devices

    def furnish(tx: Tx) -> None:
        flat = plant(tx, APARTMENT, site_id=made.site.id, building_id=made.building.id, number="12B")
        tx.patch(FIRMWARE_RELEASE, tx.require(FIRMWARE_RELEASE, release.id), notes="Faster start.")
        tx.patch(DEVICE, home, seen_at=tx.now, apartment_id=flat.id)
        tx.patch(DEVICE, same, seen_at=tx.now, firmware=NEW)
        tx.patch(DEVICE, other, seen_at=tx.now, model="X916")

    await made.write(furnish)
    words = ("firmware", "rollout", "--site", made.site.name, "--model", "R29", "--version", NEW, "--check")
    code, told = await command(made, *words)
    assert (code, told["site"], told["kind"]) == (0, "Tamarind Court", SiteKind.COMMUNITY.value)
    assert (told["model"], told["version"], told["change_log"]) == ("R29", NEW, "Faster start.")
    shown = [(d["name"], d["owner"], d["has"], d["status"]) for d in told["will_change"]]
    assert shown == [
        (home.name, "12B", OLD, "connected"),
        (away.name, "Tamarind Court", OLD, "not connected"),
    ], "neither the one that runs it nor another model"
    assert told["will_change"][0]["mac"].replace(":", "") == home.mac
    assert await made.read(lambda r: r.find(ROLLOUT)) == [], "a look makes no task"
    _, lines = await command(made, *words, "--connected")
    assert [d["name"] for d in lines["will_change"]] == [home.name]
    with pytest.raises(UserError, match="none of the devices"):
        await command(made, *words, "--device", same.mac)


async def test_fw_02_a_reset_after_the_upgrade_is_warned_of_and_a_time_can_be_set(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(1))
    await made.release(tmp_path)
    words = ("firmware", "rollout", "--site", made.site.name, "--model", "R29", "--version", NEW, "--later")
    with pytest.raises(UserError, match="cannot be brought back"):
        await command(made, *words, "--reset-after")
    assert await made.read(lambda r: r.find(ROLLOUT)) == []
    code, told = await command(made, *words, "--reset-after", "--yes", "--at", "2126-05-01T22:00")
    assert (code, told["state"], told["reset_after"]) == (0, "pending", True)
    assert told["starts_at"] == "2126-05-01T20:00:00+00:00", "22:00 in Madrid"


async def test_fw_03_tasks_are_found_by_status_kind_site_and_version(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(2))
    release = await made.release(tmp_path)
    office = await made.write(lambda tx: plant(tx, SITE, name="Quay 4", kind=SiteKind.OFFICE))

    def tasks(tx: Tx) -> None:
        for site, state in (
            *((made.site, RolloutState.PENDING), (made.site, RolloutState.RUNNING)),
            *((made.site, RolloutState.DONE), (office, RolloutState.DONE)),
        ):
            name = f"{site.name} {state.value}"
            plant(tx, ROLLOUT, site_id=site.id, release_id=release.id, name=name, state=state, waves=("0",))

    await made.write(tasks)

    async def found(*words: str) -> list[str]:
        _, told = await command(made, "firmware", "status", *words)
        return sorted(row["name"] for row in told["rollouts"])

    assert await found("--status", "pending") == ["Tamarind Court pending"]
    assert await found("--status", "processing") == ["Tamarind Court running"]
    assert await found("--status", "executed") == ["Quay 4 done", "Tamarind Court done"]
    assert await found("--kind", "office") == await found("--site", "Quay 4") == ["Quay 4 done"]
    assert len(await found("--version", NEW)) == 4
    assert await found("--version", OLD) == []
    rows = await firmware.list_rollouts(made.ctx)
    assert [r.rollout.id for r in rows] == sorted((r.rollout.id for r in rows), reverse=True), "newest first"


async def test_fw_03_any_record_is_deleted_and_comes_back_as_it_was(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await make_world(specs(2))
    release = await made.release(tmp_path)
    later = made.ctx.clock.now() + timedelta(hours=3)
    tasks = [
        await firmware.start_rollout(
            made.ctx,
            site_id=made.site.id,
            release_id=release.id,
            device_ids=[device.id],
            options=RolloutOptions(starts_at=later if n else None),
        )
        for n, device in enumerate(made.devices)
    ]
    await firmware.run_rollout(made.ctx, tasks[0].id)
    before = await made.read(lambda r: (r.find(ROLLOUT), r.find(ROLLOUT_TARGET), r.find(DEVICE)))
    code, told = await command(made, "firmware", "delete", *(t.id for t in tasks))
    assert code == 0
    gone = await made.read(lambda r: (r.find(ROLLOUT), r.find(ROLLOUT_TARGET), r.find(DEVICE)))
    assert gone[:2] == ([], [])
    assert [d.wanted_firmware for d in gone[2]] == [NEW, ""], "what waited is wanted no more"
    report = await undo(made.ctx, told["undo"])
    assert report.cannot == ()
    after = await made.read(lambda r: (r.find(ROLLOUT), r.find(ROLLOUT_TARGET), r.find(DEVICE)))
    assert [sorted(rows, key=lambda row: row.id) for rows in after] == [
        sorted(rows, key=lambda row: row.id) for rows in before
    ]


async def test_fw_03_a_record_at_work_is_not_deleted(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(1))
    release = await made.release(tmp_path)
    task = await firmware.start_rollout(made.ctx, site_id=made.site.id, release_id=release.id)

    def at_work(tx: Tx) -> None:
        [target] = tx.find(ROLLOUT_TARGET, rollout_id=task.id)
        tx.patch(ROLLOUT_TARGET, target, end=TargetEnd.RUNNING)

    await made.write(at_work)
    with pytest.raises(UserError, match="being worked on"):
        await firmware.delete_rollouts(made.ctx, [task.id])
    assert len(await made.read(lambda r: r.find(ROLLOUT))) == 1


async def test_fw_03_a_pending_task_is_edited_until_it_begins(make_world: MakeWorld, tmp_path: Path) -> None:
    made = await make_world(specs(1))
    await made.release(tmp_path)
    words = ("--site", made.site.name, "--model", "R29", "--version", NEW, "--later")
    _, task = await command(made, "firmware", "rollout", *words, "--at", "2126-05-01T22:00")
    _, told = await command(
        made, "firmware", "edit", task["id"], "--at", "2126-06-01T22:00", "--at-once", "2"
    )
    assert (told["starts_at"], told["at_once"]) == ("2126-06-01T20:00:00+00:00", 2)
    await made.write(
        lambda tx: tx.patch(ROLLOUT, tx.require(ROLLOUT, task["id"]), state=RolloutState.RUNNING)
    )
    with pytest.raises(UserError, match="only a pending rollout"):
        await command(made, "firmware", "edit", task["id"], "--at-once", "3")


async def test_fw_03_the_status_refreshes_by_itself(make_world: MakeWorld, tmp_path: Path) -> None:
    """FW-03: whoever shows the list is told of each step; nobody has to ask the devices or press a button."""
    made = await make_world(specs(1))
    release = await made.release(tmp_path)
    task = await firmware.start_rollout(made.ctx, site_id=made.site.id, release_id=release.id)
    seen: list[str] = []
    told: asyncio.Queue[bool] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def hear(changes: ChangeSet) -> None:
        if changes.touches("rollouts", "rollout_targets"):
            loop.call_soon_threadsafe(told.put_nowait, True)

    stop = made.mirror.feed.subscribe(hear)
    run = loop.create_task(firmware.run_rollout(made.ctx, task.id))
    async with asyncio.timeout(60):
        while not seen or seen[-1] != "executed":
            await told.get()
            [row] = await firmware.list_rollouts(made.ctx, RolloutFilter(site_id=made.site.id))
            seen.append(row.status)
    await run
    stop()
    assert set(seen) == {"processing", "executed"}
