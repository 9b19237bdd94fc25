"""Loading what a site's devices should hold, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP, DOOR_SHARE, GROUP_DOOR, GROUP_MEMBER, RELAY_SCHEDULE
from core.entities.credential import CREDENTIAL, Credential
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY, Device
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.lock import GROUP_LOCK, LOCK
from core.entities.person import FLOOR_GRANT, RESIDENT, Resident
from core.entities.proof import PROOF, Proof
from core.entities.site import APARTMENT, BUILDING, SITE, PinMode, Site
from core.rules.compile import SiteRows, compile_device
from core.rules.desired import Desired
from core.rules.status import DeviceStatus, status_of
from core.rules.typed_codes import TYPED, typed, typed_alike
from core.store.reader import Reader
from core.usecases.context import Context


def site_rows(
    reader: Reader, site_id: str, *, with_guests: bool = True, person_id: str | None = None
) -> SiteRows:
    """All rows of a site that decide what its devices hold, with those of sites that share a door of it.

    With a `person_id`, of people, codes, memberships and floors only that person's: for a question about one.
    UserError when such a site is not on this workstation: without its rows its people would be taken off the door.
    """
    site = reader.require(SITE, site_id)
    shares = reader.find(DOOR_SHARE, scope_id=site_id) if with_guests else []
    whose = {"person_id": person_id} if person_id else {}
    people = reader.find(RESIDENT, scope_id=site_id, **({"id": person_id} if person_id else {}))
    codes = reader.find(CREDENTIAL, scope_id=site_id, **whose)
    rivals = _rivals(reader, site, people[0], codes) if person_id and people else []
    return SiteRows(
        site=site,
        buildings=reader.find(BUILDING, scope_id=site_id),
        apartments=reader.find(APARTMENT, scope_id=site_id),
        devices=reader.find(DEVICE, scope_id=site_id),
        relays=reader.find(RELAY, scope_id=site_id),
        settings=reader.find(DEVICE_SETTING, scope_id=site_id),
        residents=[*people, *(person for _, person in rivals)],
        credentials=[*codes, *(code for code, _ in rivals)],
        groups=reader.find(ACCESS_GROUP, scope_id=site_id),
        members=reader.find(GROUP_MEMBER, scope_id=site_id, **whose),
        doors=reader.find(GROUP_DOOR, scope_id=site_id),
        releases=reader.find(FIRMWARE_RELEASE),
        floor_grants=reader.find(FLOOR_GRANT, scope_id=site_id, **whose),
        relay_schedules=reader.find(RELAY_SCHEDULE, scope_id=site_id),
        shares=shares,
        locks=reader.find(LOCK, scope_id=site_id),
        lock_doors=reader.find(GROUP_LOCK, scope_id=site_id),
        guests={guest: _guest(reader, guest, person_id) for guest in {share.guest_site for share in shares}},
    )


def _rivals(
    reader: Reader, site: Site, person: Resident, codes: Sequence[Credential]
) -> list[tuple[Credential, Resident]]:
    """Whose codes are typed like one of this person's: without them nobody could tell whose counts at a door."""
    home = reader.get(APARTMENT, person.apartment_id) if person.apartment_id else None
    if site.pin_mode is not PinMode.APARTMENT_PIN:
        return []
    return [
        found
        for code in codes
        if code.kind in TYPED
        for found in typed_alike(reader, [site], code, typed(site, person, home, code))
        if found[1].id != person.id
    ]


def _guest(reader: Reader, site_id: str, person_id: str | None) -> SiteRows:
    if reader.get(SITE, site_id) is None:
        raise UserError(
            "door_shares.not_here",
            "A door here is shared with a site that is not on this workstation.",
            remedy="Push from one that has both sites.",
        )
    return site_rows(reader, site_id, with_guests=False, person_id=person_id)


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
