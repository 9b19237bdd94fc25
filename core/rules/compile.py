"""From the rows of one site to what one of its devices should hold (ACCESS-PUSH). Pure.

People, groups and doors say who opens which relay when; a relay's access methods say with what (DEV-03).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.entities.device import Device, Relay
from core.entities.site import Apartment, Building
from core.rules.compile_contacts import contacts_of
from core.rules.compile_people import (
    device_user_id,
    groups_holding,
    keys_of,
    people_and_schedules,
    schedule_key,
    site_tag,
)
from core.rules.desired import Desired, WantedFirmware, WantedSetting
from core.rules.settings import city_text, gmt_text, label_of, relay_setting
from core.rules.site_rows import SiteRows
from core.rules.validity import is_current
from core.schema.field import Mac

__all__ = [
    "SiteRows",
    "compile_device",
    "device_user_id",
    "is_current",
    "place_of",
    "schedule_key",
    "shown_mac",
    "site_tag",
]


def compile_device(rows: SiteRows, device: Device, now: datetime) -> Desired:
    """All that a device should hold at `now` (aware UTC)."""
    people, schedules, unfit = people_and_schedules(rows, device, now)
    return Desired(
        device_id=device.id,
        mac=device.mac,
        tag=site_tag(rows.site.id),
        settings=tuple(_settings(rows, device, now)),
        schedules=tuple(schedules),
        people=tuple(people),
        firmware=_firmware(rows, device),
        contacts=contacts_of(rows, device),
        unfit=tuple(unfit),
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
            yield from _hold_open(rows, relay)
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


def _hold_open(rows: SiteRows, relay: Relay) -> Iterable[WantedSetting]:
    groups = groups_holding(rows, relay)
    keys = tuple(sorted({key for group in groups for key in keys_of(rows.site.id, group)}))
    if keys:
        name, flag = relay_setting(relay.number, "schedule"), relay_setting(relay.number, "schedule_enabled")
        yield WantedSetting(name, label_of(name), "/".join(keys), keys)
        yield WantedSetting(flag, label_of(flag), "1")


def shown_mac(mac: str) -> str:
    """A MAC with colons, for people."""
    return str(Mac().show(mac))
