"""user/*, face/* and filetool/*: people, their bulk export and import, and their pictures (device API 3.8)."""

from __future__ import annotations

from typing import Any

from device_link.simulator.archive import ArchiveError, pack_csv, unpack_csv
from device_link.simulator.call import Call, Handler
from device_link.simulator.endpoints.logs import offer
from device_link.simulator.endpoints.schedules import clear_schedules, import_schedules
from device_link.simulator.envelope import Envelope, error_param, failed, ok
from device_link.simulator.multipart import MemorySink
from device_link.simulator.people import PICTURES
from device_link.simulator.state import User
from device_link.simulator.unit import Unit
from device_link.simulator.user_wire import RefusedRecordError, apply_record, to_wire
from device_link.simulator.wire import items_of, listing, page_of, text

PICTURE_LIMIT = 2 * 1024 * 1024
_DESTINATIONS = frozenset(
    {
        "Face",
        "VoicePrompt",
        "Screensaver",
        "BootAnimation",
        "BackgroundOfContact",
        "CustomUIBackground",
        "ButtonIcon",
    }
)
_SOURCES = {"1": "Local", "2": "Cloud", "3": "ACMS", "4": "SDMC"}
_COLUMNS = {
    "ID": "ID",
    "UserId": "UserID",
    "Name": "Name",
    "WebRelay": "WebRelay",
    "Floor": "LiftFloorNum",
    "Schedule-Relay": "Schedule-Relay",
    "Schedule-SRelay": "Schedule-SRelay",
    "PinCode": "PrivatePIN",
    "CardCode": "CardCode",
    "BlePinCode": "BLEAuthCode",
    "BlePinCodeGenTime": "",
    "BleKeyID": "",
    "BleStatus": "",
    "LicensePlateCode": "LicensePlate",
    "LicensePlateStartTime": "",
    "LicensePlateEndTime": "",
    "LicensePlateLongTermEnable": "",
    "RelayScheduleActivationPermission": "",
}


def user_record(unit: Unit, user: User) -> dict[str, Any]:
    """Return a user as a read shows it; a fault makes ids numbers."""
    record = to_wire(user, unit.profile)
    if unit.faults.has("ids-as-int"):
        record |= {"ID": int(user.id)}
    return record


def _get(unit: Unit, call: Call) -> Envelope:
    users = list(unit.people.all())
    if unit.profile.paging:
        users = [user for user in users if _wanted(user, call.data)]
    page, total = page_of(users, call.data.get("page"), paging=unit.profile.paging)
    return ok("get", listing([user_record(unit, user) for user in page], total))


def _wanted(user: User, data: dict[str, Any]) -> bool:
    source = text(data.get("SourceType"), 16)
    if source and user.source != _SOURCES.get(source, source):
        return False
    word = text(data.get("NameOrCode"), 128).lower()
    if word and not any(word in one.lower() for one in (user.name, user.pin, user.card)):
        return False
    person = text(data.get("NameOrPerID"), 128).lower()
    return not person or person in user.name.lower() or person in user.user_id.lower()


def _write(unit: Unit, call: Call, action: str) -> Envelope:
    """Write a batch item by item.

    Models with results per item go on after a bad one and say which it was; the others stop there, and what came
    before it stays written.
    """
    items, results, first_bad = items_of(call.data), [], None
    if not items:
        return error_param()
    for record in items:
        result: dict[str, Any] = {"Ret": 0, "UserID": text(record.get("UserID"), 255)}
        try:
            result["ID"] = _write_one(unit, record, action)
        except RefusedRecordError as refusal:
            first_bad = first_bad or refusal
            result |= {"Ret": refusal.retcode, "ID": text(record.get("ID"))}
        unit.dirty = True
        results.append(result)
        if first_bad and not unit.profile.item_results:
            break
    data = {"num": len(results), "item": results} if unit.profile.item_results else None
    return failed(action, first_bad.words, first_bad.retcode, data) if first_bad else ok(action, data)


def _write_one(unit: Unit, record: dict[str, Any], action: str) -> str:
    if action == "add":
        return unit.people.add(record)
    if action == "set":
        return unit.people.change(record)
    unit.people.remove(text(record.get("ID")))
    return text(record.get("ID"))


def _add(unit: Unit, call: Call) -> Envelope:
    return _write(unit, call, "add")


def _set(unit: Unit, call: Call) -> Envelope:
    return _write(unit, call, "set")


def _del(unit: Unit, call: Call) -> Envelope:
    return _write(unit, call, "del")


def _clear(unit: Unit, call: Call) -> Envelope:
    kind = call.named("type") or "UserData"
    if kind not in {"UserData", "DoorSchedule"}:
        return error_param()
    if kind == "UserData":
        unit.people.clear()
    else:
        clear_schedules(unit)
    unit.dirty = True
    return ok("clear")


def _export(unit: Unit, _call: Call) -> Envelope:
    rows = []
    for user in unit.people.all():
        record = to_wire(user, unit.profile) | {
            "Schedule-Relay": user.schedule,
            "Schedule-SRelay": user.security,
            "BLEAuthCode": user.ble_code,
        }
        rows.append({column: text(record.get(name)) if name else "" for column, name in _COLUMNS.items()})
    return offer(unit, "UserData.tgz", pack_csv("UserData", tuple(_COLUMNS), rows))


def _import(unit: Unit, call: Call) -> Envelope:
    part = call.part("file")
    if part is None or not isinstance(part.sink, MemorySink):
        return error_param()
    try:
        rows = unpack_csv(part.sink.value())
        if unit.faults.has("import-refused"):
            raise ArchiveError
        rows = rows[::2] if unit.faults.has("import-half") else rows
    except ArchiveError:
        return failed("import", "unspport file type..")
    if (call.named("type") or "UserData") == "DoorSchedule":
        import_schedules(unit, rows)
    else:
        _import_users(unit, rows)
    unit.dirty = True
    return ok("import")


def _import_users(unit: Unit, rows: list[dict[str, str]]) -> None:
    """A row replaces the user with its UserID; rows without one, or beyond the limit, are left out."""
    by_user_id = {user.user_id: user for user in unit.people.all()}
    room = unit.faults.number("max-users", unit.profile.users_max)
    for row in rows:
        user_id = row.get("UserId", "")
        user = by_user_id.get(user_id)
        if not user_id or (user is None and len(by_user_id) >= room):
            continue
        if user is None:
            unit.state.counters.user += 1
            user = User(str(unit.state.counters.user), user_id, "")
        record = {
            name: row[column] for column, name in _COLUMNS.items() if name not in {"", "ID"} and column in row
        }
        apply_record(user, record, unit.profile)
        unit.people.keep(user)
        by_user_id[user_id] = user


def _face_del(unit: Unit, call: Call) -> Envelope:
    """Here `UserID` holds the record's ID (device API 3.8)."""
    if not unit.people.forget_face(text(call.data.get("UserID"))):
        return failed("del", "error param")
    unit.dirty = True
    return ok("del")


def _file_import(unit: Unit, call: Call) -> Envelope:
    part, destination = call.part("file"), call.named("destFile")
    if not destination:
        return failed("import", "Dest file needs to be set.\n")
    if part is None or not isinstance(part.sink, MemorySink) or destination not in _DESTINATIONS:
        return failed("import", "unspport file type..")
    content = part.sink.value()
    if len(content) > PICTURE_LIMIT:
        return failed("import", "File size too big\n")
    if destination == "Face" and unit.profile.face_by_url:
        return failed("import", "unspport file type..")
    if destination == "Face" and unit.faults.has("face-refused"):
        return failed("import", "No face detected")
    if destination == "Face" and not content.startswith(PICTURES):
        return failed("import", "unspport file type..")
    unit.state.files[text(part.file_name, 255)] = len(content)
    unit.dirty = True
    return ok("import", message="OK\n")


HANDLERS: dict[str, Handler] = {
    "user/get": _get,
    "user/add": _add,
    "user/set": _set,
    "user/del": _del,
    "user/clear": _clear,
    "user/export": _export,
    "user/import": _import,
    "face/del": _face_del,
    "filetool/import": _file_import,
}
