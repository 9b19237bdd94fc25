"""The steps of the main job. Each looks at what is there first, so a run that was killed goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.base.errors import UnreachableError
from core.base.words import listed
from core.entities.device import DEVICE, MAC_ENTRY, Device
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT, FirmwareRelease
from core.entities.person import RESIDENT
from core.entities.site import BUILDING, SITE, Site, SiteKind
from core.ports.device import Part
from core.rules.versions import same_version
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import firmware, maclib, places, session
from core.usecases.devices import NewDevice, put_device
from core.usecases.lan import scan
from core.usecases.people import NewResident, put_resident
from core.usecases.provision import submit
from desktop.app.workstation import Workstation
from desktop.demo import story
from desktop.demo.stage import Stage
from device_link.simulator.image import make_image

Say = Callable[[str], None]
SEED = 2026
IMAGE_BYTES = 300_000


async def sign_in(station: Workstation, url: str) -> None:
    """Sign in at the cloud of this run; its port may be another than last time."""
    transport = await station.connect(url)
    await session.sign_in(station.mirror, transport, user=story.USER, password=story.PASSWORD)
    await station.refresh()


async def prepare(station: Workstation, stage: Stage, say: Say) -> Site:
    """Before the trip, with a network: MAC library, site, people, planned devices, firmware; then everything synced."""
    say("Before the trip: sync, MAC library, site, residents, planned devices, firmware.")
    await station.require_engine().sync_once()
    await maclib.add_macs(station.ctx, [d["mac"] for d in stage.devices])
    await _name_models(station, stage)
    site = await _site(station)
    await _people(station, site)
    await _planned(station, stage, site)
    await _releases(station, stage.root / "firmware")
    report = await station.require_engine().sync_once()
    say(f"  in the cloud: {report.pushed} changes sent, {report.refused} refused.")
    return site


async def _name_models(station: Workstation, stage: Stage) -> None:
    """The distributor's library knows what it sold: the model beside each MAC."""
    models = {d["mac"].replace(":", "").upper(): d["model"] for d in stage.devices}

    def work(tx: Tx) -> None:
        for entry in tx.find(MAC_ENTRY, model=""):
            tx.patch(MAC_ENTRY, entry, model=models.get(entry.mac, ""))

    await station.mirror.write(work, origin=Origin.IMPORT, act="MAC library")


async def _site(station: Workstation) -> Site:
    present = await station.mirror.read(lambda r: r.first(SITE, name=story.SITE_NAME))
    if present is not None:
        return present
    return await places.add_site(
        station.ctx, name=story.SITE_NAME, kind=SiteKind.COMMUNITY, time_zone=story.TIME_ZONE, city="Madrid"
    )


async def _people(station: Workstation, site: Site) -> None:
    """Buildings, apartments and residents in one transaction: all there or none."""

    def work(tx: Tx) -> None:
        if tx.first(RESIDENT, site_id=site.id) is not None:
            return
        flats = {}
        for name in story.BUILDINGS:
            places.put_building(tx, site, name)
        buildings = {b.name: b for b in tx.find(BUILDING, site_id=site.id)}
        for building, number, floor in story.flats():
            flats[number] = places.put_apartment(tx, buildings[building], number, floor=floor)
        for person in story.people(SEED):
            flat = flats[person.flat]
            put_resident(tx, NewResident(flat.id, person.first, person.last, person.pins, person.cards))

    await station.mirror.write(work, origin=Origin.IMPORT, act="Import residents")


async def _planned(station: Workstation, stage: Stage, site: Site) -> None:
    """Twelve MACs bound to their places; nothing has been seen of them yet."""
    actor = station.ctx.me

    def work(tx: Tx) -> None:
        buildings = {b.name: b for b in tx.find(BUILDING, site_id=site.id)}
        for plan, simulated in zip(story.DEVICES, stage.devices, strict=True):
            mac = simulated["mac"].replace(":", "").upper()
            if tx.first(DEVICE, mac=mac) is None:
                wanted = story.NEW_FIRMWARE.get(plan.profile, "") or simulated["firmware"]
                place = buildings[plan.building].id
                new = NewDevice(
                    site.id,
                    mac,
                    plan.name,
                    building_id=place,
                    relay_names=plan.relays,
                    wanted_firmware=wanted,
                )
                put_device(tx, new, actor.org_id)

    await station.mirror.write(work, origin=Origin.USER, act="Plan devices")


async def _releases(station: Workstation, folder: Path) -> None:
    for model, version in story.NEW_FIRMWARE.items():
        path = folder / f"{version}.rom"
        await asyncio.to_thread(_write_image, path, model, version)
        await firmware.add_release(
            station.ctx, path, model=model, notes="Reason of a failed opening in the door log."
        )


def _write_image(path: Path, model: str, version: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(make_image(model, version, IMAGE_BYTES))


async def on_site(station: Workstation, stage: Stage, site: Site, say: Say) -> None:
    """In the basement, without a network: find, commission, people, firmware, read back."""
    await station.ctx.jobs.recover()
    await station.ctx.jobs.wait_all()
    say("On site, no network. Scanning the LAN.")
    found = await scan(station.ctx, stage.targets())
    named = sum(1 for s in found if s.mac)
    say(f"  {len(found)} devices answered, {named} told or showed their MAC.")
    devices = await station.mirror.read(lambda r: r.find(DEVICE, scope_id=site.id))
    await _push(station, devices, frozenset({Part.SETTINGS}), say, "Commissioning", commission=True)
    await _push(station, devices, frozenset({Part.PEOPLE}), say, "People")
    await _firmware(station, site, say)
    await _push(station, devices, frozenset(Part), say, "Reading everything back", send=False)


async def _push(
    station: Workstation,
    devices: list[Device],
    parts: frozenset[Part],
    say: Say,
    title: str,
    *,
    send: bool = True,
    commission: bool = False,
) -> None:
    say(f"{title}: {len(devices)} devices.")
    for job_id in await submit(station.ctx, devices, parts=parts, send=send, commission=commission):
        job = await station.ctx.jobs.wait(job_id)
        say(f"  {job.title}: {job.said}")


async def _firmware(station: Workstation, site: Site, say: Say) -> None:
    """One rollout per release: unfinished ones go on, missing ones are made."""

    def work(reader: Reader) -> list[tuple[FirmwareRelease, str | None, list[str]]]:
        jobs = []
        for release in reader.find(FIRMWARE_RELEASE):
            present = reader.first(ROLLOUT, scope_id=site.id, release_id=release.id)
            devices = reader.find(DEVICE, scope_id=site.id, model=release.model)
            old = [d.id for d in devices if d.firmware and not same_version(d.firmware, release.version)]
            jobs.append((release, present.id if present else None, old))
        return jobs

    for release, present_id, old in await station.mirror.read(work):
        rollout_id = present_id
        if rollout_id is None and old:
            say(f"Firmware: {release.model} to {release.version} on {len(old)} devices, one of them first.")
            made = await firmware.start_rollout(
                station.ctx, site_id=site.id, release_id=release.id, device_ids=old
            )
            rollout_id = made.id
        if rollout_id is not None:
            targets = await firmware.run_rollout(station.ctx, rollout_id)
            say(f"  {listed([t.verdict.value for t in targets])}")


async def back_online(station: Workstation, stage: Stage, say: Say) -> None:
    """Later there is a network: one sync brings both sides together."""
    say("Back on a network: sync.")
    url = await stage.start_cloud()
    await sign_in(station, url)
    report = await station.require_engine().sync_once()
    say(
        f"  {report.pushed} changes sent, {report.pulled} fetched, {report.refused} refused, {report.pending} left."
    )


async def stays_offline(station: Workstation) -> bool:
    """Whether a sync really finds no cloud: the offline part of the demo must not be a pretence."""
    try:
        await station.require_engine().sync_once()
    except UnreachableError:
        return True
    return False
