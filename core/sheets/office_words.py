"""Codes and words of the office files: call types per file (TPL-05), identities (TPL-11), types of devices (TPL-04)."""

from __future__ import annotations

from core.entities.device import DeviceKind
from core.entities.person import Identity
from core.entities.site import CallType

_A, _B, _C, _D, _E, _F, _G = CallType

USERS_CODES = {"0": _A, "1": _B, "3": _C, "4": _D, "5": _F}
"""TPL-05: 2 does not exist in the users' file, and kind e neither."""

DEVICES_CODES = {"0": _A, "1": _B, "2": _C, "3": _D, "4": _E, "5": _F}
"""TPL-05: the text of 3 breaks off after 'indoor monitors with'; what is left is kind d."""

CALL_WORDS = {
    _A: "app and monitors",
    _B: "phone and monitors",
    _C: "app and monitors, then phone",
    _D: "monitors, then app",
    _E: "monitors, then phone",
    _F: "monitors, then app, then phone",
    _G: "monitors only",
}
"""TPL-10: how the preview shows a call type; read in both files too."""

DEVICE_CODES = {
    "0": DeviceKind.MULTI_DOOR,
    "1": DeviceKind.SINGLE_DOOR,
    "2": DeviceKind.MONITOR,
    "3": DeviceKind.GUARD,
    "50": DeviceKind.ACCESS,
}


def read_call_type(text: str, codes: dict[str, CallType]) -> CallType | None:
    """The kind of a code of this file, or of its words; None for what is neither."""
    plain = " ".join(text.replace(",", " ").split()).casefold()
    by_words = {" ".join(w.replace(",", " ").split()): kind for kind, w in CALL_WORDS.items()}
    by_value = {kind.value.replace("_", " "): kind for kind in CallType}
    return codes.get(plain) or by_words.get(plain) or by_value.get(plain)


def read_identity(text: str, staff_is: Identity) -> Identity | None:
    """TPL-11: staff, personnel, basic or advanced, perhaps with 'user' behind; None for another word."""
    other = Identity.ADVANCED if staff_is is Identity.BASIC else Identity.BASIC
    words = {
        "staff": staff_is,
        "personnel": other,
        "basic": Identity.BASIC,
        "advanced": Identity.ADVANCED,
    }
    return words.get(text.strip().casefold().removesuffix("user").strip())
