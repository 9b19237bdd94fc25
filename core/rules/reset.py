"""What a reset of an account or apartment takes and what it keeps: the exact lists of SITE-07."""

from __future__ import annotations

from core.entities.credential import CredentialKind
from core.entities.event import DoorEvent
from core.rules.door_event import ALARMS, CALL

LOGS, HISTORIES, ALARM_RECORDS = "logs other than audit logs", "histories", "alarms"
GOES: tuple[str, ...] = (
    "family members",
    "e-mail addresses",
    "mobile numbers",
    "country",
    "landlines",
    LOGS,
    HISTORIES,
    "messages",
    ALARM_RECORDS,
    "PIN",
    "face",
    "NFC",
    "Bluetooth",
    "QR code",
)
STAYS: tuple[str, ...] = (
    "the master's state (inactive, expired ...)",
    "the number of free members",
    "audit logs",
    "SIP or IP call",
    "time zone",
    "language",
    "home automation",
    "premium plan",
    "with indoor monitor",
)
AFTERWARDS: tuple[str, ...] = (
    "the app is unregistered",
    "its sign-in is renewed",
    "no mail goes out",
    "making an account after a reset is free; after a delete it costs",
)

CLEARED_OF_PERSON: dict[str, object] = {
    "email": "",
    "mobile": "",
    "calling_code": "",
    "country": "",
    "phone_1": "",
    "phone_2": "",
    "phone_3": "",
    "app_registered": False,
    "linked": False,
}
"""Fields of a master that a reset empties. State, validity, call mode and language are not among them."""

CLEARED_OF_HOUSE: dict[str, object] = {
    "email": "",
    "mobile": "",
    "calling_code": "",
    "phone_1": "",
    "phone_2": "",
    "phone_3": "",
    "country": "",
}
"""The same fields of a house, whose account its owner is."""


def record_word(event: DoorEvent) -> str:
    """Under which word of the list an event goes: calls are histories (LOG-02), what a device raised by itself is an
    alarm (ALM-01), all else a log (LOG-01).
    """
    if event.event.startswith(CALL):
        return HISTORIES
    return ALARM_RECORDS if event.event in ALARMS else LOGS


WORD_OF_KIND: dict[CredentialKind, str] = {
    CredentialKind.PIN: "PIN",
    CredentialKind.FACE: "face",
    CredentialKind.NFC: "NFC",
    CredentialKind.BLUETOOTH: "Bluetooth",
    CredentialKind.QR: "QR code",
}
"""The access settings that the source names; it says 'all access settings', so the other kinds go too."""
