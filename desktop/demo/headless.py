"""`gatewright demo --headless`: the whole main job by itself, then a report, screenshots and one JSON document."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.errors import GatewrightError
from desktop.demo import main_job, report
from desktop.demo.processes import run_once
from desktop.demo.stage import Stage

Say = Callable[[str], None]
SHOTS_LIMIT_S = 120
"""Taking all pictures takes some twenty seconds on two busy cores."""


async def run_headless(root: Path, shots: Path | None, say: Say) -> dict[str, Any]:
    """Run the main job in `root`; returns the document of the demo. `shots` None: no screenshots."""
    began = time.monotonic()
    stage = Stage(root)
    helped = stage.unlock()
    if helped:
        say(helped)
    try:
        document = await _play(stage, say)
    finally:
        await stage.stop()
    document["screenshots"] = await _shots(stage, shots, say) if shots else []
    document["seconds"] = round(time.monotonic() - began, 1)
    return document


async def _play(stage: Stage, say: Say) -> dict[str, Any]:
    say("Starting the cloud core and a simulated LAN.")
    url = await stage.start_cloud()
    await stage.start_lan()
    station = await stage.open(stage.station)
    try:
        await main_job.sign_in(station, url)
        site = await main_job.prepare(station, stage, say)
        await stage.stop_cloud()
        if not await main_job.stays_offline(station):
            raise GatewrightError("demo.online", "The cloud still answers though it was stopped.")
        await main_job.on_site(station, stage, site, say)
        await main_job.back_online(station, stage, say)
        devices = await report.device_documents(station, site.id)
        second = await _second(stage, station, say)
        cloud = await stage.cloud_counts()
    finally:
        await station.close()
    for line in report.lines(devices):
        say(line)
    say(f"The cloud holds {cloud['devices']} devices and {cloud['residents']} residents.")
    same = "equal to the first" if second["equal"] else "NOT equal to the first"
    say(
        f"A second workstation holds {second['devices']} devices and {second['residents']} residents, {same}."
    )
    return {"devices": devices, "cloud": cloud, "second_workstation": second}


async def _second(stage: Stage, first: Any, say: Say) -> dict[str, Any]:
    say("A second workstation of the same installer signs in.")
    second = await stage.open(stage.second)
    try:
        await main_job.sign_in(second, str(stage.cloud.ready["url"]) if stage.cloud else "")
        await second.require_engine().sync_once()
        return await report.second_document(first, second)
    finally:
        await second.close()


async def _shots(stage: Stage, folder: Path, say: Say) -> list[str]:
    say(f"Taking pictures of the window into {folder}.")
    arguments = ["--profile", str(stage.station.root), "shots", "--out", str(folder)]
    try:
        async with asyncio.timeout(SHOTS_LIMIT_S):
            document = await run_once(arguments, environment=stage.environment)
    except TimeoutError:
        say("The program that takes the pictures did not end in time; those that it wrote are listed.")
        return [str(path) for path in await asyncio.to_thread(_pictures, folder)]
    return list(document["screenshots"])


def _pictures(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))
