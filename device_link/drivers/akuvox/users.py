"""People between our words and a unit's records (device API 3.8). Pure but for `read_users`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from core.rules.desired import Grant, HeldPerson, WantedPerson
from core.rules.plan_parts import FACE_MARK
from device_link.drivers.akuvox.envelope import Record, member, text_of
from device_link.drivers.akuvox.records import all_records
from device_link.drivers.akuvox.session import Session

CARDS_PER_USER = 5
CARD_CHARS = 63
"""What some firmware returns at most of all cards of a user together; what it cuts could not be proved."""
NAME_CHARS = 255

REPEATED = 27
"""`retcode` and `Ret` of an add whose UserID is there already."""

RET_WORDS = {
    -1: "database error",
    -2: "maximum reached",
    10: "maximum reached",
    -100: "error param",
    REPEATED: "UserID is empty or repeated",
}

_CARRIED = (
    *("Type", "AuthMode", "Group", "PhoneNum", "DialAccount", "PriorityCall", "FaceFileName", "BLEAuthCode"),
    *("Schedule-SRelay", "ScheduleSRelay", "C4EventNo", "LicensePlate", "Building", "Room", "EffectiveType"),
    *("DoorNum", "AnalogSystem", "AnalogNumber", "AnalogReplace", "AnalogMode", "AnalogProxyAddress"),
)
"""Members that are not ours and go along unchanged when a record is written back. All others are left out: the X912
answers -100 to `Schedule`, `ScheduleID` and `FaceUrl`, and the rest are the unit's own findings."""

_READ_NAMES = {
    "PriorityCall": "Priority",
    "BLEAuthCode": "BLE_AuthCode",
    "Schedule-SRelay": "ScheduleSRelay",
}
_GRANT_NAMES = ("ScheduleRelay", "Schedule-Relay", "Schedule")
_LOCAL = frozenset({"", "local", "1", "-1"})


async def read_users(session: Session) -> list[Record]:
    """All records of people, as they come."""
    return await all_records(session, "user")


def held_people(records: Iterable[Record], keys: Mapping[str, str]) -> tuple[HeldPerson, ...]:
    """All people of a unit. What they may open is read once for each text: of ten thousand most have the same one."""
    known: dict[str, tuple[Grant, ...]] = {}
    return tuple(held_person(record, keys, known) for record in records)


def held_person(
    record: Mapping[str, object], keys: Mapping[str, str], known: dict[str, tuple[Grant, ...]] | None = None
) -> HeldPerson:
    """A person from a record; `keys` names schedules by their DisplayID, `known` keeps grants by their text."""
    granted = next((text for name in _GRANT_NAMES if (text := member(record, name))), "")
    grants = known.get(granted) if known is not None else None
    if grants is None:
        grants = tuple(_grants(granted, keys))
        if known is not None:
            known[granted] = grants
    return HeldPerson(
        ref=member(record, "ID"),
        user_id=member(record, "UserID"),
        name=text_of(record.get("Name"), NAME_CHARS),
        pins=tuple(pieces(member(record, "PrivatePIN"))),
        cards=tuple(pieces(member(record, "CardCode"))),
        grants=grants,
        floors=tuple(floor for floor in pieces(member(record, "LiftFloorNum")) if floor != "0"),
        plates=tuple(pieces(member(record, "LicensePlate"))),
        faces=_faces(record),
        local=member(record, "Source", "SourceType").lower() in _LOCAL,
    )


_FACE_MEMBERS = ("FaceRegister", "FaceStatus", "FaceFileName")
_FACE_MODELS = ("X912", "X915", "X916", "S532", "S535", "S539", "R29", "E16", "E18")
"""What holds faces, for a unit that holds nobody yet whose records could tell (device API 3.8, 9.3)."""
_OUR_PHOTO = re.compile(r"([0-9a-f]{16})\.(?:jpg|png)", re.IGNORECASE)


def takes_faces(records: Iterable[Mapping[str, object]], model: str) -> bool:
    """Whether a unit holds faces: by the members of its records, where there are any."""
    first = next(iter(records), None)
    if first is not None:
        return any(name in first for name in _FACE_MEMBERS)
    return model.upper().startswith(_FACE_MODELS)


def _faces(record: Mapping[str, object]) -> tuple[str, ...]:
    """The name of our photo where the unit tells it, else the mark that there is a face."""
    named = member(record, "FaceFileName")
    ours = _OUR_PHOTO.fullmatch(named) if named else None
    there = member(record, "FaceRegister", "FaceStatus") not in {"", "0"}
    if ours:
        return (ours[1].lower(),) if there or "FaceRegister" not in record else ()
    return (FACE_MARK,) if there else ()


def pieces(joined: str) -> list[str]:
    """The parts of a member that is joined by `;`, without empty ones."""
    if not joined:
        return []
    return [piece for part in joined.split(";") if (piece := part.strip())]


def _grants(text: str, keys: Mapping[str, str]) -> Iterable[Grant]:
    relays: dict[str, set[str]] = {}
    for pair in filter(None, (piece.strip() for piece in re.split(r"[;,]", text))):
        display, _, digits = pair.partition("-")
        opened = relays.setdefault(keys.get(display, f"#{display}"), set())
        opened.update(digit for digit in digits if digit in "0123456789")
    return (Grant(key, "".join(sorted(digits))) for key, digits in relays.items())


def person_record(person: WantedPerson, displays: Mapping[str, str]) -> Record:
    """A person as it is sent: every member that some model demands. `displays` gives a schedule's DisplayID by key."""
    granted = "".join(f"{displays[grant.schedule]}-{grant.relays};" for grant in person.grants)
    return {
        "Name": person.name,
        "UserID": person.user_id,
        "PrivatePIN": ";".join(person.pins),
        "CardCode": ";".join(person.cards),
        # E18C demands the hyphen, others ignore it; both together are taken by all models (device API 3.8).
        "ScheduleRelay": granted,
        "Schedule-Relay": granted,
        "WebRelay": "0",
        "LiftFloorNum": ";".join(floor for floor in person.floors if floor != "0") or "0",
        "Type": "0",
    }


def written_back(held: Mapping[str, object], ours: Record) -> Record:
    """A whole record for `set`: ours over what the unit holds, since units lose what is not sent (device API 3.8)."""
    record: Record = {"ID": member(held, "ID")}
    for name in _CARRIED:
        value = member(held, name, _READ_NAMES.get(name, name))
        if value:
            record[name] = value
    web_relay = member(held, "WebRelay")
    return record | ours | {"WebRelay": web_relay or "0", "Type": member(held, "Type") or "0"}


def limit_problem(person: WantedPerson, displays: Mapping[str, str]) -> str:
    """Why a person cannot be on a unit at all, known before it is asked; empty when nothing speaks against it."""
    if len(person.cards) > CARDS_PER_USER:
        return f"A person has at most {CARDS_PER_USER} cards on a device; this one has {len(person.cards)}."
    length = len(";".join(person.cards))
    if length > CARD_CHARS:
        return f"The cards of a person have at most {CARD_CHARS} characters together on a device; these have {length}."
    if len(person.name) > NAME_CHARS:
        return f"A name has at most {NAME_CHARS} characters on a device."
    missing = next((grant.schedule for grant in person.grants if grant.schedule not in displays), "")
    return f"The device does not hold the schedule '{missing}' that this person needs." if missing else ""


def secrets_of(person: WantedPerson) -> frozenset[str]:
    """The codes that must not turn up in what is said about this person."""
    return frozenset({*person.pins, *person.cards})
