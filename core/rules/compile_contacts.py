"""Who a door phone of a public area calls: apartments, by their monitors' addresses or SIP numbers (SITE-31).

By IP without any server; by SIP where a monitor has told its number, else that server's book is its own business. Pure.
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
    """The contacts of a device; None for one that calls nobody by itself, and where nobody can be called from here."""
    if device.kind not in _CALLS or device.apartment_id is not None or device.owner_id is not None:
        return None
    if not rows.monitors_of:
        return None
    building = device.building_id
    found: dict[str, WantedContact] = {}
    for flat in rows.apartments if building is None else rows.apartments_in.get(building, ()):
        name, phone = _name(rows, device, flat), _phone(flat.call_mode, rows.monitors_of.get(flat.id, ()))
        if phone and name not in found:
            found[name] = WantedContact(name, phone)
    return tuple(found.values()) or None


def _name(rows: SiteRows, device: Device, flat: Apartment) -> str:
    """As people look for it: the number and the name; at a door of the whole site also the building."""
    building = rows.by_id.get(flat.building_id)
    place = f"{building.name} " if device.building_id is None and isinstance(building, Building) else ""
    return f"{place}{flat.number} {flat.name}".strip()[:NAME_CHARS]


def _phone(mode: CallMode, monitors: Iterable[Device]) -> str:
    """What is dialled: the address or number of the first monitor by name that has one; a contact has one number."""
    ordered = sorted(monitors, key=lambda one: (one.name, one.id))
    told = (_host(one) if mode is CallMode.IP else one.sip_number for one in ordered)
    return next(filter(None, told), "")


def _host(device: Device) -> str:
    return urlsplit(device.address).hostname or ""
