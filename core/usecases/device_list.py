"""The list of devices as a property manager sees it, one device's facts, and reading them (DEV-06, DEV-19)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.base.errors import RefusedError, UnreachableError
from core.base.words import clean
from core.entities.device import DEVICE, RELAY, SIGHTING, Device, DeviceKind, DoorSensor, Relay
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.place import DEPARTMENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.ports.device import Link, Part
from core.rules.catalogue import Ability, abilities
from core.rules.desired import Desired, WantedSetting
from core.rules.maintenance import SIP_NUMBER_KEY
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from core.usecases.lan import open_link

ONLINE = timedelta(minutes=15)
"""A device that was seen within this time counts as online."""


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """DEV-06: empty members filter nothing. `online`: True, False, or None for both. `mac`: any part, any notation."""

    site_id: str = ""
    building_id: str = ""
    apartment_id: str = ""
    department_id: str = ""
    online: bool | None = None
    kind: DeviceKind | None = None
    mac: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One line of the list (DEV-06). `residents`: the family masters of the apartment, or whose own device it is."""

    device: Device
    site: str
    building: str
    apartment: str
    department: str
    residents: tuple[str, ...]
    door_sensor: DoorSensor
    online: bool
    last_connected: datetime | None

    @property
    def status(self) -> str:
        """`online` or `offline`."""
        return "online" if self.online else "offline"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device's page (DEV-06) with what it can and cannot (DEV-19). `waits`: features that a later firmware brings."""

    row: DeviceRow
    abilities: tuple[Ability, ...] = field(repr=False)

    @property
    def waits(self) -> tuple[Ability, ...]:
        """What it cannot do on its firmware, with the version that can."""
        return tuple(one for one in self.abilities if one.needs)


async def list_devices(ctx: Context, wanted: DeviceFilter | None = None) -> list[DeviceRow]:
    """Devices by site and name (DEV-06)."""
    ctx.require_signed_in()
    chosen, now = wanted or DeviceFilter(), ctx.clock.now()
    return await ctx.mirror.read(lambda r: list(_rows(r, chosen, now)), limit_ms=20_000)


async def device_info(ctx: Context, device_id: str) -> DeviceInfo:
    """One device's facts, as last read."""
    ctx.require_signed_in()
    now = ctx.clock.now()

    def work(reader: Reader) -> DeviceRow:
        return device_row(reader, reader.require(DEVICE, device_id), now)

    row = await ctx.mirror.read(work)
    return DeviceInfo(row, abilities(row.device.model, row.device.firmware))


def device_row(reader: Reader, device: Device, now: datetime) -> DeviceRow:
    """One device's line inside a read; only its own people are read, however many the site has."""
    return _Names(reader, device.site_id, only=device).row(device, now)


def _rows(reader: Reader, wanted: DeviceFilter, now: datetime) -> Iterator[DeviceRow]:
    digits = "".join(c for c in wanted.mac.upper() if c in "0123456789ABCDEF")
    named = ("building_id", "apartment_id", "department_id", "kind")
    where: dict[str, Any] = {n: v for n in named if (v := getattr(wanted, n))}
    sites = [s for s in reader.find(SITE) if wanted.site_id in {"", s.id}]
    for site in sorted(sites, key=lambda s: s.name.casefold()):
        names = _Names(reader, site.id)
        found = reader.find(DEVICE, scope_id=site.id, **where)
        for device in sorted(found, key=lambda d: d.name.casefold()):
            row = names.row(device, now)
            if digits in device.mac and wanted.online in {None, row.online}:
                yield row


class _Names:
    """The names that devices of one site, or `only` one of them, are shown with; each kind is read once."""

    def __init__(self, reader: Reader, site_id: str, *, only: Device | None = None) -> None:
        self._site = reader.require(SITE, site_id).name
        self._buildings = {b.id: b.name for b in reader.find(BUILDING, scope_id=site_id)}
        self._apartments = {a.id: a.number for a in reader.find(APARTMENT, scope_id=site_id)}
        self._departments = {d.id: d.name for d in reader.find(DEPARTMENT, scope_id=site_id)}
        self._people: dict[str, Resident] = {p.id: p for p in _people(reader, site_id, only)}
        self._masters: dict[str, list[str]] = {}
        for person in self._people.values():
            if person.apartment_id and person.account_type is AccountType.MASTER:
                self._masters.setdefault(person.apartment_id, []).append(_name(person))
        self._seen: dict[str, datetime] = {}
        for sighting in reader.find(SIGHTING, gone=False, **({"mac": only.mac} if only else {})):
            if sighting.mac and sighting.seen_at:
                self._seen[sighting.mac] = max(
                    sighting.seen_at, self._seen.get(sighting.mac, sighting.seen_at)
                )

    def row(self, device: Device, now: datetime) -> DeviceRow:
        """One line."""
        moments = [m for m in (device.seen_at, self._seen.get(device.mac)) if m is not None]
        last = max(moments, default=None)
        owner = self._people.get(device.owner_id or "")
        masters = self._masters.get(device.apartment_id or "", [])
        return DeviceRow(
            device=device,
            site=self._site,
            building=self._buildings.get(device.building_id or "", ""),
            apartment=self._apartments.get(device.apartment_id or "", ""),
            department=self._departments.get(device.department_id or "", ""),
            residents=(_name(owner),) if owner is not None else tuple(sorted(masters)),
            door_sensor=device.door_sensor,
            online=last is not None and now - last <= ONLINE,
            last_connected=last,
        )


def _people(reader: Reader, site_id: str, only: Device | None) -> list[Resident]:
    if only is None:
        return list(reader.find(RESIDENT, scope_id=site_id))
    owner = reader.get(RESIDENT, only.owner_id) if only.owner_id else None
    family = reader.find(RESIDENT, apartment_id=only.apartment_id) if only.apartment_id else []
    return [*family, *([owner] if owner is not None else [])]


def _name(person: Resident) -> str:
    return f"{person.first_name} {person.last_name}".strip()


async def read_device(ctx: Context, device: Device) -> Device:
    """Ask a device for what its page shows (identity, SIP number, door sensor) and note it; returns the row.

    What a model does not tell stays as it was, but a door sensor that no relay has an input for is none.
    """
    link, identity = await open_link(ctx, device)
    relays = await ctx.mirror.read(lambda r: r.find(RELAY, device_id=device.id))
    news: dict[str, Any] = {
        "model": identity.model,
        "firmware": identity.firmware,
        "hardware": identity.hardware,
        "sip_number": await _sip_number(ctx, device, link) or device.sip_number,
        "door_sensor": await _door_sensor(ctx, link, relays),
    }

    def work(tx: Tx) -> Device:
        present = tx.require(DEVICE, device.id)
        changes = {name: value for name, value in news.items() if value and value != getattr(present, name)}
        return tx.patch(DEVICE, present, seen_at=tx.now, **changes)

    return await ctx.mirror.write(work, origin=Origin.DEVICE, act="Read device")


async def _sip_number(ctx: Context, device: Device, link: Link) -> str:
    wanted = (WantedSetting(SIP_NUMBER_KEY, "SIP number", ""),)
    seen = await ctx.gateway.observe(
        link, Desired(device.id, device.mac, "", wanted), frozenset({Part.SETTINGS})
    )
    held = (seen.settings or {}).get(SIP_NUMBER_KEY)
    return clean(held.value or "", limit=32) if held is not None else ""


async def _door_sensor(ctx: Context, link: Link, relays: list[Relay]) -> DoorSensor:
    """Open when the input of any of its doors is active; an input that the device does not have tells nothing."""
    wired = {relay.sensor_input for relay in relays if relay.sensor_input}
    if not wired:
        return DoorSensor.NONE
    try:
        states = await ctx.gateway.input_states(link)
    except RefusedError:
        return DoorSensor.NONE
    told = [states[number] for number in wired if number in states]
    if not told:
        return DoorSensor.NONE
    return DoorSensor.OPEN if any(told) else DoorSensor.CLOSED


async def read_sensors(ctx: Context, site_id: str) -> list[Device]:
    """Read every device of a site whose door has a sensor; those that do not answer keep what they said last."""
    relays = await ctx.mirror.read(lambda r: r.find(RELAY, scope_id=site_id))
    wired = sorted({relay.device_id for relay in relays if relay.sensor_input})
    found = []
    for device_id in wired:
        device = await ctx.mirror.read(partial(_device, device_id=device_id))
        with contextlib.suppress(RefusedError, UnreachableError):
            found.append(await read_device(ctx, device))
    return found


def _device(reader: Reader, *, device_id: str) -> Device:
    return reader.require(DEVICE, device_id)
