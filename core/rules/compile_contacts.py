"""Who a door phone of a public area calls without a network: apartments by the addresses of their monitors (SITE-31).

Only apartments that call by IP are contacts of ours; numbers of a SIP server are that server's business. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from core.entities.device import Device, DeviceKind
from core.entities.site import Apartment, Building, CallMode
from core.rules.desired import WantedContact
from core.rules.site_rows import SiteRows

_CALLS = frozenset({DeviceKind.MULTI_DOOR, DeviceKind.GUARD})
NAME_CHARS = 63


def contacts_of(rows: SiteRows, device: Device) -> tuple[WantedContact, ...] | None:
    """The contacts of a device; None for one that calls nobody by itself, and where no apartment calls by IP."""
    if device.kind not in _CALLS or device.apartment_id is not None or device.owner_id is not None:
        return None
    monitors: dict[str, list[Device]] = {}
    for one in rows.devices:
        if one.kind is DeviceKind.MONITOR and one.apartment_id and _host(one):
            monitors.setdefault(one.apartment_id, []).append(one)
    found: dict[str, WantedContact] = {}
    for flat in rows.apartments:
        if device.building_id not in {None, flat.building_id} or flat.call_mode is not CallMode.IP:
            continue
        name = _name(rows, device, flat)
        if flat.id in monitors and name not in found:
            found[name] = WantedContact(name, _phone(monitors[flat.id]))
    return tuple(found.values()) or None


def _name(rows: SiteRows, device: Device, flat: Apartment) -> str:
    """As people look for it: the number and the name; at a door of the whole site also the building."""
    building = rows.by_id.get(flat.building_id)
    place = f"{building.name} " if device.building_id is None and isinstance(building, Building) else ""
    return f"{place}{flat.number} {flat.name}".strip()[:NAME_CHARS]


def _phone(monitors: Iterable[Device]) -> str:
    """The address of the first monitor by name: a contact has one number."""
    return _host(min(monitors, key=lambda one: (one.name, one.id)))


def _host(device: Device) -> str:
    return urlsplit(device.address).hostname or ""
