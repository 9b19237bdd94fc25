"""From the rows of one site to what one of its devices should hold (ACCESS-PUSH). Pure.

People, groups and doors say who opens which relay when; a relay's access methods say with what (DEV-03). A device keeps
one list of relays per user record, so a person whose PIN and card open different relays becomes two records there.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from typing import TypeVar

from core.entities.access import AccessGroup, GroupDoor, GroupMember, Repeat
from core.entities.device import AccessMethod, Device, DeviceSetting, Relay
from core.entities.firmware import FirmwareRelease
from core.entities.person import Credential, CredentialKind, PersonState, Resident
from core.entities.site import Apartment, Building, Site
from core.rules.desired import (
    ALWAYS,
    Desired,
    Grant,
    WantedFirmware,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)
from core.rules.settings import city_text, gmt_text, label_of, relay_setting
from core.schema.entity import Row
from core.schema.field import Mac

T = TypeVar("T", bound=Row)


@dataclass(frozen=True)
class SiteRows:
    """Everything of one site that decides what its devices hold."""

    site: Site
    buildings: Sequence[Building] = ()
    apartments: Sequence[Apartment] = ()
    devices: Sequence[Device] = ()
    relays: Sequence[Relay] = ()
    settings: Sequence[DeviceSetting] = ()
    residents: Sequence[Resident] = ()
    credentials: Sequence[Credential] = field(default=(), repr=False)
    groups: Sequence[AccessGroup] = ()
    members: Sequence[GroupMember] = ()
    doors: Sequence[GroupDoor] = ()
    releases: Sequence[FirmwareRelease] = ()

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Every row by its id."""
        parts: tuple[Iterable[Row], ...] = (
            self.buildings,
            self.apartments,
            self.devices,
            self.relays,
            self.residents,
            self.groups,
        )
        return {row.id: row for rows in parts for row in rows}

    @cached_property
    def relays_of(self) -> dict[str, list[Relay]]:
        """Relays by device, in order of their number."""
        return _grouped(sorted(self.relays, key=lambda r: r.number), "device_id")

    @cached_property
    def doors_of(self) -> dict[str, list[GroupDoor]]:
        """Group doors by relay."""
        return _grouped(self.doors, "relay_id")

    @cached_property
    def members_of(self) -> dict[str, list[GroupMember]]:
        """Members by group."""
        return _grouped(self.members, "group_id")

    @cached_property
    def codes_of(self) -> dict[str, list[Credential]]:
        """Credentials by person."""
        return _grouped(self.credentials, "person_id")

    @cached_property
    def settings_of(self) -> dict[str, list[DeviceSetting]]:
        """Extra settings by device."""
        return _grouped(self.settings, "device_id")


def _grouped(rows: Iterable[T], name: str) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def site_tag(site_id: str) -> str:
    """What begins the device's UserID of every person this site puts on a device: tells ours from foreign."""
    return f"g{hashlib.sha256(site_id.encode()).hexdigest()[:4]}-"


def device_user_id(site_id: str, person_id: str) -> str:
    """The UserID of a person on devices: the same on every device and at every push; 16 characters."""
    digest = base64.b32encode(hashlib.sha256(person_id.encode()).digest()).decode("ascii")
    return site_tag(site_id) + digest[:10].lower()


def compile_device(rows: SiteRows, device: Device, now: datetime) -> Desired:
    """All that a device should hold at `now` (aware UTC)."""
    people, schedules = _people(rows, device, now)
    return Desired(
        device_id=device.id,
        mac=device.mac,
        tag=site_tag(rows.site.id),
        settings=tuple(_settings(rows, device, now)),
        schedules=tuple(schedules),
        people=tuple(people),
        firmware=_firmware(rows, device),
    )


def _settings(rows: SiteRows, device: Device, now: datetime) -> Iterable[WantedSetting]:
    def wanted(name: str, value: str) -> WantedSetting:
        return WantedSetting(name, label_of(name), value)

    yield wanted("device_name", device.name)
    yield wanted("location", place_of(rows, device))
    yield wanted("time_zone", gmt_text(rows.site.time_zone, now))
    yield wanted("time_zone_city", city_text(rows.site.time_zone))
    for relay in rows.relays_of.get(device.id, []):
        if relay.enabled:
            yield wanted(relay_setting(relay.number, "name"), relay.name)
            yield wanted(relay_setting(relay.number, "hold"), str(relay.hold_s))
            if relay.dtmf:
                yield wanted(relay_setting(relay.number, "dtmf"), relay.dtmf)
    for extra in sorted(rows.settings_of.get(device.id, []), key=lambda s: s.key):
        yield WantedSetting(extra.key, extra.key, extra.value)


def place_of(rows: SiteRows, device: Device) -> str:
    """Where a device is, for people: `Building A`, `Building A · 101` or the site's name."""
    building = rows.by_id.get(device.building_id or "")
    apartment = rows.by_id.get(device.apartment_id or "")
    parts = [building.name] if isinstance(building, Building) else [rows.site.name]
    if isinstance(apartment, Apartment):
        parts.append(apartment.number)
    return " · ".join(parts)


def _firmware(rows: SiteRows, device: Device) -> WantedFirmware | None:
    if not device.wanted_firmware:
        return None
    for release in rows.releases:
        if release.version == device.wanted_firmware and release.model == device.model:
            return WantedFirmware(release.model, release.version, release.sha256, release.md5, release.size)
    return WantedFirmware(device.model, device.wanted_firmware)


def schedule_key(site_id: str, group: AccessGroup) -> str:
    """The name of a group's schedule on devices; ALWAYS for one without any limit."""
    whole_day = group.from_time == time(0, 0, 0) and group.to_time >= time(23, 59, 0)
    if group.repeat is Repeat.DAILY and whole_day:
        return ALWAYS
    return f"{site_tag(site_id)}{group.code}"


def _people(rows: SiteRows, device: Device, now: datetime) -> tuple[list[WantedPerson], list[WantedSchedule]]:
    relays = {r.id: r for r in rows.relays_of.get(device.id, []) if r.enabled}
    opened: dict[str, list[Relay]] = defaultdict(list)
    for relay in relays.values():
        for door in rows.doors_of.get(relay.id, []):
            opened[door.group_id].append(relay)
    groups = [g for g in rows.groups if g.id in opened]
    groups_of: dict[str, list[AccessGroup]] = defaultdict(list)
    for group in groups:
        for member in rows.members_of.get(group.id, []):
            groups_of[member.person_id].append(group)
    people = [
        wanted
        for person in rows.residents
        if person.id in groups_of and is_current(person, now)
        for wanted in _records(rows, person, groups_of[person.id], opened)
    ]
    used = {g.schedule for p in people for g in p.grants}
    schedules = {
        k: _schedule(k, g) for g in groups if (k := schedule_key(rows.site.id, g)) != ALWAYS and k in used
    }
    return people, list(schedules.values())


def is_current(person: Resident, now: datetime) -> bool:
    """Whether a person may open anything at all: neither inactive nor past the end of the lease."""
    return person.state is PersonState.NORMAL and (person.valid_until is None or person.valid_until > now)


def _schedule(key: str, group: AccessGroup) -> WantedSchedule:
    return WantedSchedule(
        key=key,
        label=group.name,
        repeat=group.repeat,
        days="".join(sorted(set(group.days))) if group.repeat is Repeat.WEEKLY else "",
        from_time=group.from_time,
        to_time=group.to_time,
        from_day=group.from_day if group.repeat is Repeat.NEVER else None,
        to_day=group.to_day if group.repeat is Repeat.NEVER else None,
    )


def _records(
    rows: SiteRows, person: Resident, groups: list[AccessGroup], opened: dict[str, list[Relay]]
) -> Iterable[WantedPerson]:
    codes = rows.codes_of.get(person.id, [])
    pins = tuple(sorted(c.code for c in codes if c.kind is CredentialKind.PIN))
    cards = tuple(sorted(c.code for c in codes if c.kind is CredentialKind.CARD))
    by_pin = _grants(rows, groups, opened, AccessMethod.PIN) if pins else ()
    by_card = _grants(rows, groups, opened, AccessMethod.CARD) if cards else ()
    name = f"{person.first_name} {person.last_name}".strip()
    user_id = device_user_id(rows.site.id, person.id)
    if pins and cards and by_pin and by_card and by_pin != by_card:
        yield WantedPerson(person.id, user_id, name, pins, (), by_pin, person.floors)
        yield WantedPerson(f"{person.id}:card", f"{user_id}c", name, (), cards, by_card, person.floors)
        return
    grants = by_pin or by_card
    if grants:
        kept_pins, kept_cards = (pins if by_pin else ()), (cards if by_card else ())
        yield WantedPerson(person.id, user_id, name, kept_pins, kept_cards, grants, person.floors)


def _grants(
    rows: SiteRows, groups: list[AccessGroup], opened: dict[str, list[Relay]], method: AccessMethod
) -> tuple[Grant, ...]:
    """Per schedule the relays that the method moves; what ALWAYS opens is not named again under a schedule."""
    relays: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        numbers = {r.number for r in opened[group.id] if method.value in r.methods}
        relays[schedule_key(rows.site.id, group)] |= numbers
    always = relays.get(ALWAYS, set())
    grants = [
        Grant(key, "".join(str(n) for n in sorted(numbers if key == ALWAYS else numbers - always)))
        for key, numbers in sorted(relays.items())
    ]
    return tuple(g for g in grants if g.relays)


def shown_mac(mac: str) -> str:
    """A MAC with colons, for people."""
    return str(Mac().show(mac))
