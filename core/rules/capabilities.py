"""What can be asked of a device at all, by maker and model: said before it is tried (DEV-19). Pure."""

from __future__ import annotations

from enum import StrEnum

from core.rules.catalogue import model_of
from core.rules.desired import Identity


class Maker(StrEnum):
    """Whose words a device speaks; OTHER speaks ONVIF or nothing that we know."""

    AKUVOX = "Akuvox"
    TWO_N = "2N"
    CAMERA = "ONVIF camera"


class Capability(StrEnum):
    """One thing that a device can be asked for."""

    SETTINGS = "settings"
    PEOPLE = "people"
    SCHEDULES = "schedules"
    FIRMWARE = "firmware"
    RELAYS = "relays"
    DOOR_LOG = "door log"
    SNAPSHOT = "snapshot"
    STREAM = "video stream"
    REBOOT = "restart"
    RESET = "factory reset"
    CONFIG_BACKUP = "configuration file"
    CALLS = "calls"


_AKUVOX = frozenset(Capability) - {Capability.CONFIG_BACKUP}
_TWO_N = frozenset(Capability) - {Capability.SCHEDULES}
_CAMERA = frozenset({Capability.SNAPSHOT, Capability.STREAM, Capability.REBOOT})
_NO_CAMERA = ("A01", "A02", "A03", "A08")
"""Access terminals without one (device API 5.3); they make no calls either (device API 2)."""


def maker_of_identity(identity: Identity) -> Maker:
    """The maker by what a device said it is: 2N names itself, Akuvox models are in the catalogue."""
    if identity.model.upper().startswith("2N"):
        return Maker.TWO_N
    if identity.mac.startswith("0C1105") or model_of(identity.model, identity.firmware) is not None:
        return Maker.AKUVOX
    return Maker.CAMERA


def capabilities_of(identity: Identity, maker: Maker | None = None) -> frozenset[Capability]:
    """What this device can be asked for. `maker`: known from elsewhere (its driver)."""
    whose = maker or maker_of_identity(identity)
    if whose is Maker.TWO_N:
        return _TWO_N
    if whose is Maker.CAMERA:
        return _CAMERA
    lacking: set[Capability] = set()
    if identity.model.upper().startswith(_NO_CAMERA):
        lacking |= {Capability.SNAPSHOT, Capability.STREAM, Capability.CALLS}
    return _AKUVOX - lacking


def cannot(identity: Identity, wanted: Capability, maker: Maker | None = None) -> str:
    """Why a device cannot be asked for something, as a sentence; empty when it can."""
    if wanted in capabilities_of(identity, maker):
        return ""
    return f"A {identity.model or 'device of this kind'} has no {wanted.value} that can be reached from here."
