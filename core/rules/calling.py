"""Calls that a device makes when it is asked to: whom it can reach under which number, and what it says of it. Pure.

Devices tell little (device API 3.2, 3.7): `Talking` from the moment they dial on most, so ringing and talking are told
apart only where the device does so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from core.entities.device import Device, DeviceKind
from core.entities.person import Resident
from core.entities.site import CallMode
from core.rules.capabilities import Capability, capabilities_of
from core.rules.desired import Identity


class CallPhase(StrEnum):
    """What a device is doing, as far as it tells."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    IN_CALL = "in a call"
    """It dials, rings or talks: which of them it does not tell."""
    BUSY = "busy"
    """It does something else, such as an upgrade."""


_PHASES = {
    "": CallPhase.IDLE,
    "none": CallPhase.IDLE,
    "ready": CallPhase.IDLE,
    "talking": CallPhase.IN_CALL,
    "connecting": CallPhase.RINGING,
    "ringing": CallPhase.RINGING,
    "connected": CallPhase.TALKING,
}
CALLING = frozenset({CallPhase.RINGING, CallPhase.TALKING, CallPhase.IN_CALL})


def phase_of(word: str) -> CallPhase:
    """The phase for a device's own word; BUSY for one that is about no call."""
    return _PHASES.get(word.strip().lower(), CallPhase.BUSY)


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody who can be dialled: the name for people, and the number or address for the device."""

    name: str
    number: str


def can_call(device: Device) -> bool:
    """Whether a device of this model makes calls when it is asked to; unknown models are asked."""
    if not device.model:
        return True
    return Capability.CALLS in capabilities_of(Identity(device.mac, device.model, device.firmware))


def number_of(device: Device, mode: CallMode) -> str:
    """What is dialled to reach a device: its address where calls go by IP, else its SIP number; empty if unknown."""
    return (urlsplit(device.address).hostname or "") if mode is CallMode.IP else device.sip_number


def callee(device: Device, mode: CallMode) -> Callee | None:
    """A device as somebody to dial: by the site's way, or else by the other one that is known."""
    other = CallMode.SIP if mode is CallMode.IP else CallMode.IP
    number = number_of(device, mode) or number_of(device, other)
    return Callee(device.name, number) if number else None


def phones_of(person: Resident) -> list[Callee]:
    """A person's own mobile number, as a server with lines to the outside dials it."""
    name = f"{person.first_name} {person.last_name}".strip()
    digits = "".join(c for c in person.mobile if c.isdigit() or c == "+")
    code = person.calling_code.lstrip("+")
    full = digits if digits.startswith("+") or not code else f"+{code}{digits}"
    return [Callee(name, full)] if digits else []


_ORDER = (
    DeviceKind.GUARD,
    DeviceKind.MONITOR,
    DeviceKind.MULTI_DOOR,
    DeviceKind.SINGLE_DOOR,
    DeviceKind.ACCESS,
)


def desk_phones(devices: Iterable[Device]) -> list[Device]:
    """Which devices may call for the front desk: those of public areas that call at all, guard phones first."""
    able = [d for d in devices if d.apartment_id is None and d.owner_id is None and can_call(d)]
    return sorted(able, key=lambda d: (_ORDER.index(d.kind), d.name.casefold(), d.id))
