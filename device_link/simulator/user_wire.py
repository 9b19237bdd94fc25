"""A person on the wire and in memory: names, quirks and checks per model (device API 3.8). Pure functions."""

from __future__ import annotations

import re
from typing import Any

from device_link.simulator.envelope import ERROR_PARAM
from device_link.simulator.profiles import Profile
from device_link.simulator.state import User
from device_link.simulator.wire import text

Record = dict[str, Any]

REPEATED = 27
REPEATED_WORDS = "UserID is empty or repeated"

_FIELDS = {
    "Name": "name",
    "UserID": "user_id",
    "PrivatePIN": "pin",
    "CardCode": "card",
    "ScheduleRelay": "schedule",
    "Schedule-Relay": "schedule",
    "WebRelay": "web_relay",
    "LiftFloorNum": "floor",
    "Type": "type",
    "AuthMode": "auth_mode",
    "Group": "group",
    "PhoneNum": "phone",
    "DialAccount": "dial_account",
    "Priority": "priority",
    "PriorityCall": "priority",
    "FaceFileName": "face_file",
    "BLEAuthCode": "ble_code",
}
_EXTRA = (
    "C4EventNo",
    "LicensePlate",
    "Building",
    "Room",
    "EffectiveType",
    "DoorNum",
    "QrCodeUrl",
    "AnalogSystem",
    "AnalogNumber",
    "AnalogReplace",
    "AnalogMode",
    "AnalogProxyAddress",
)
_MANDATORY = ("Name", "WebRelay", "LiftFloorNum")
_SCHEDULE_RELAY = re.compile(r"\d{1,9}-\d{1,4}(?:[;,]\d{1,9}-\d{1,4})*[;,]?")
_PIN = re.compile(r"[0-9A-Za-z]{2,8}")
_CARD = re.compile(r"[0-9A-Fa-f]{1,32}")


class RefusedRecordError(Exception):
    """The device does not take a record: `retcode` and `words` go into the answer."""

    def __init__(self, retcode: int, words: str) -> None:
        super().__init__(words)
        self.retcode = retcode
        self.words = words


def pieces(joined: str) -> list[str]:
    """Split a `;`-joined member and drop empty pieces."""
    return [piece.strip() for piece in joined.split(";") if piece.strip()]


def check_record(record: Record, profile: Profile, *, whole: bool) -> None:
    """Raise `RefusedRecordError` for a record that this model does not take.

    `whole` asks for the mandatory members too: on every add, and on a set where the model wants whole records.
    """
    bad = RefusedRecordError(profile.bad_field_retcode, ERROR_PARAM)
    if profile.refused_fields & record.keys():
        raise bad
    if whole and (any(name not in record for name in _MANDATORY) or not text(record.get("Name"))):
        raise bad
    schedule = _written_schedule(record)
    if whole and (schedule is None or (profile.hyphen_required and "Schedule-Relay" not in record)):
        raise bad
    if schedule and not _SCHEDULE_RELAY.fullmatch(schedule):
        raise bad
    pins, cards = pieces(text(record.get("PrivatePIN"))), pieces(text(record.get("CardCode")))
    if (
        not all(map(_PIN.fullmatch, pins))
        or not all(map(_CARD.fullmatch, cards))
        or len(cards) > profile.cards_max
    ):
        raise bad


def _written_schedule(record: Record) -> str | None:
    written = record.get("Schedule-Relay", record.get("ScheduleRelay"))
    return None if written is None else text(written)


def apply_record(user: User, record: Record, profile: Profile) -> None:
    """Write a checked record's members into a user, as the model keeps them."""
    for name, attribute in _FIELDS.items():
        if name in record and attribute not in {"schedule", "card"}:
            setattr(user, attribute, text(record[name], 255))
    schedule = _written_schedule(record)
    if schedule is not None:
        user.schedule = _normal_schedule(schedule)
    if profile.security_schedule and "Schedule-SRelay" in record:
        user.security = _normal_schedule(text(record["Schedule-SRelay"]))
    if "CardCode" in record:
        card = ";".join(pieces(text(record["CardCode"])))[: profile.card_chars]
        user.card = card.upper() if profile.card_upper else card
    known = _EXTRA if profile.plates else tuple(name for name in _EXTRA if name != "LicensePlate")
    extra = {name: text(record[name], 255) for name in known if name in record}
    if extra:
        user.extra = {**(user.extra or {}), **extra}


def _normal_schedule(written: str) -> str:
    """Devices keep local entries with a `;` after each pair (device API 3.8)."""
    return "".join(f"{pair};" for pair in re.split(r"[;,]", written) if pair)


def to_wire(user: User, profile: Profile) -> Record:
    """Build the record that a read shows."""
    record: Record = {
        "ID": user.id,
        "UserID": user.user_id,
        "Name": user.name,
        "Type": user.type,
        "PrivatePIN": user.pin,
        "CardCode": user.card,
        profile.schedule_read: user.schedule if user.source == "Local" else user.schedule.rstrip(";"),
        "WebRelay": user.web_relay,
        "LiftFloorNum": user.floor,
        "AuthMode": user.auth_mode,
        "Source": user.source,
    }
    if profile.security_schedule:
        record["ScheduleSRelay"] = user.security
    if profile.contacts == "merged":
        record |= _contact_part(user, profile)
    if profile.faces:
        record["FaceRegister"] = "1" if user.face else "0"
        if profile.face_named:
            record["FaceFileName"] = user.face_file
    if profile.ble:
        record |= {
            "BLE_AuthCode": user.ble_code,
            "BLE_KEY_ID": -1,
            "BLE_Expired": "N/A",
            "BLE_Status": "Unpaired",
        }
    return record | (user.extra or {})


def _contact_part(user: User, profile: Profile) -> Record:
    """The same device shows these as texts and as numbers, record by record (device API 3.8)."""
    part: Record = {
        "Group": user.group,
        "PhoneNum": user.phone,
        "DialAccount": user.dial_account,
        "Priority": user.priority,
        "ContactID": user.id if user.phone else "",
    }
    if profile.mixed_types and user.id.isdigit() and int(user.id) % 2:
        for name in ("DialAccount", "Priority"):
            if part[name].isdigit():
                part[name] = int(part[name])
    return part
