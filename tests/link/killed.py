"""A workstation in a process of its own, to be killed: `python -m tests.link.killed FOLDER ACT`.

`furnish`: make the site of the LAN that `FOLDER/lan.json` describes. `rollout`, `later`, `reset` and `push`: begin that
work, or take up what an earlier life left, until everything is over; prints one JSON document of what the rows say.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.base.clock import SystemClock
from core.base.paths import Profile
from core.entities.device import DEVICE, RELAY
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT, ROLLOUT_TARGET, RolloutState
from core.entities.organisation import ORGANISATION, Role
from core.entities.proof import PROOF
from core.entities.record import JOB
from core.entities.site import BUILDING, SITE
from core.jobs.job import Handler
from core.jobs.runner import JobRunner
from core.ports.device import Part
from core.ports.lan import Login
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import open_mirror
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import firmware
from core.usecases.context import Actor, Context
from core.usecases.firmware import FirmwareHandler, RolloutHandler, RolloutOptions
from core.usecases.provision import ProvisionHandler, submit
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from tests.factories import plant
from tests.link.world import KEY, NEW, R29, NoScanner, put_people, quick

PEOPLE = 6


def context(folder: Path) -> Context:
    """The core of the workstation whose profile is in `folder`."""
    clock = SystemClock()
    profile = Profile(folder / "station").make()
    ctx = Context(
        clock=clock,
        mirror=open_mirror(profile.mirror, KEY, clock, backups=profile.backups),
        blobs=BlobStore(profile.blobs),
        gateway=AkuvoxGateway(clock, pacing=quick),
        scanner=NoScanner(),
        workstation="killed station",
        factory_logins=(Login("admin", "admin", factory=True),),
        restart_limit_s=4.0,
    )
    handlers: dict[str, Handler] = {
        h.kind: h for h in (ProvisionHandler(ctx), FirmwareHandler(ctx), RolloutHandler(ctx))
    }
    ctx.attach(JobRunner(ctx.mirror, clock, handlers))
    return ctx


async def sign_in(ctx: Context) -> None:
    """As the installer of the only firm."""
    org = await ctx.mirror.read(lambda r: r.first(ORGANISATION))
    assert org is not None
    ctx.actor = Actor("a" * 32, org.id, Role.INSTALLER, "Tor Ostby")


async def furnish(ctx: Context, folder: Path) -> None:
    """The site, its doors, its people and the firmware file."""
    units = json.loads((folder / "lan.json").read_text("utf-8"))

    def rows(tx: Tx) -> None:
        org = plant(tx, ORGANISATION, name="Hanley Installations")
        site = plant(tx, SITE, org_id=org.id, name="Tamarind Court", time_zone="Europe/Madrid")
        building = plant(tx, BUILDING, site_id=site.id, name="Building A")
        for unit in units:
            device = plant(
                tx,
                DEVICE,
                site_id=site.id,
                building_id=building.id,
                mac=unit["mac"].replace(":", "").upper(),
                name=unit["url"],
                model=unit["model"],
                address=unit["url"],
                firmware=unit["firmware"],
            )
            plant(tx, RELAY, device_id=device.id, number=1, name="Door")
        put_people(tx, site, building, PEOPLE)

    await ctx.mirror.write(rows, origin=Origin.USER)
    await sign_in(ctx)
    await firmware.add_release(ctx, folder / f"{NEW}.rom", model=R29)


async def rollout(ctx: Context, *, reset: bool, later: bool) -> None:
    """One rollout of all devices, begun by whichever life comes to it first."""

    def look(reader: Reader) -> tuple[Any, Any, Any]:
        return reader.first(SITE), reader.first(FIRMWARE_RELEASE), reader.first(ROLLOUT)

    site, release, present = await ctx.mirror.read(look)
    if present is None:
        options = RolloutOptions(
            waves=("1", "0"),
            reset_after=reset,
            reset_confirmed=reset,
            starts_at=ctx.clock.now() + timedelta(seconds=1) if later else None,
        )
        present = await firmware.start_rollout(ctx, site_id=site.id, release_id=release.id, options=options)
        if later:
            await ctx.clock.sleep(1.2)
    if present.state is not RolloutState.DONE:
        await firmware.run_rollout(ctx, present.id)


async def push(ctx: Context) -> None:
    """Settings and people of all devices."""
    devices = await ctx.mirror.read(lambda r: r.find(DEVICE))
    known = {j.inputs["device_id"] for j in await ctx.mirror.read(lambda r: r.find(JOB))}
    await submit(ctx, [d for d in devices if d.id not in known], parts=frozenset(Part))
    await ctx.jobs.wait_all()


async def document(ctx: Context) -> dict[str, Any]:
    """What the rows say."""

    def look(reader: Reader) -> dict[str, Any]:
        return {
            "devices": {d.mac: d.firmware for d in reader.find(DEVICE)},
            "targets": sorted([t.end.value, t.verdict.value, t.said] for t in reader.find(ROLLOUT_TARGET)),
            "rollouts": [r.state.value for r in reader.find(ROLLOUT)],
            "proofs": sorted([p.kind.value, p.verdict.value, p.title, p.said] for p in reader.find(PROOF)),
            "jobs": sorted([j.kind, j.state.value, j.said] for j in reader.find(JOB)),
        }

    return await ctx.mirror.read(look)


async def main(folder: Path, act: str) -> None:
    """See the module's text."""
    ctx = context(folder)
    try:
        if act == "furnish":
            await furnish(ctx, folder)
            return
        await sign_in(ctx)
        await ctx.jobs.recover()
        await (push(ctx) if act == "push" else rollout(ctx, reset=act == "reset", later=act == "later"))
        await ctx.jobs.wait_all()
        sys.stdout.write(json.dumps(await document(ctx)))
    finally:
        await ctx.jobs.close()
        await ctx.mirror.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
