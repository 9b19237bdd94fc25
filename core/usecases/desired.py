"""Loading what a site's devices should hold, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY, Device
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.proof import PROOF, Proof
from core.entities.site import APARTMENT, BUILDING, SITE
from core.rules.compile import SiteRows, compile_device
from core.rules.desired import Desired
from core.rules.status import DeviceStatus, status_of
from core.store.reader import Reader
from core.usecases.context import Context


def site_rows(reader: Reader, site_id: str) -> SiteRows:
    """All rows of a site that decide what its devices hold."""
    return SiteRows(
        site=reader.require(SITE, site_id),
        buildings=reader.find(BUILDING, scope_id=site_id),
        apartments=reader.find(APARTMENT, scope_id=site_id),
        devices=reader.find(DEVICE, scope_id=site_id),
        relays=reader.find(RELAY, scope_id=site_id),
        settings=reader.find(DEVICE_SETTING, scope_id=site_id),
        residents=reader.find(RESIDENT, scope_id=site_id),
        credentials=reader.find(CREDENTIAL, scope_id=site_id),
        groups=reader.find(ACCESS_GROUP, scope_id=site_id),
        members=reader.find(GROUP_MEMBER, scope_id=site_id),
        doors=reader.find(GROUP_DOOR, scope_id=site_id),
        releases=reader.find(FIRMWARE_RELEASE),
    )


@dataclass(frozen=True, slots=True)
class DeviceTarget:
    """A device with what it should hold now."""

    device: Device
    desired: Desired


async def device_target(ctx: Context, device_id: str) -> DeviceTarget:
    """What one device should hold now."""
    now = ctx.clock.now()

    def work(reader: Reader) -> DeviceTarget:
        device = reader.require(DEVICE, device_id)
        return DeviceTarget(device, compile_device(site_rows(reader, device.site_id), device, now))

    return await ctx.mirror.read(work, limit_ms=20_000)


async def site_status(ctx: Context, site_id: str) -> list[tuple[Device, DeviceStatus]]:
    """Where every device of a site stands, in order of their names."""
    now = ctx.clock.now()

    def work(reader: Reader) -> list[tuple[Device, DeviceStatus]]:
        rows = site_rows(reader, site_id)
        proofs: dict[str, list[Proof]] = {}
        for proof in reader.find(PROOF, scope_id=site_id):
            proofs.setdefault(proof.device_id, []).append(proof)
        ordered = sorted(rows.devices, key=lambda d: d.name)
        return [(d, status_of(compile_device(rows, d, now), proofs.get(d.id, []))) for d in ordered]

    return await ctx.mirror.read(work, limit_ms=20_000)


async def device_status(ctx: Context, device_id: str) -> DeviceStatus:
    """Where one device stands."""
    target = await device_target(ctx, device_id)
    proofs = await ctx.mirror.read(lambda r: r.find(PROOF, device_id=device_id))
    return status_of(target.desired, proofs)
