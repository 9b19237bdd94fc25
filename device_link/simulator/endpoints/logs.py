"""doorlog/*, calllog/* and call/*: the two logs with paging and filters, and calling (device API 3.7, 3.11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from device_link.simulator.archive import pack_csv
from device_link.simulator.call import Call, Handler
from device_link.simulator.endpoints.firmware import busy
from device_link.simulator.envelope import Envelope, error_param, ok
from device_link.simulator.state import CallEvent, DoorEvent
from device_link.simulator.unit import Unit
from device_link.simulator.wire import listing, number, page_of, text

_STATUS_WORDS = {"success": "Succ", "succ": "Succ", "failed": "Failed"}
_DOOR_COLUMNS = ("ID", "Date", "Time", "Name", "Code", "Type", "Status", "UserID", "Relay")
_CALL_COLUMNS = ("ID", "Date", "Time", "Name", "Type", "LocalIdentity", "Num")


def _door_record(unit: Unit, event: DoorEvent) -> dict[str, Any]:
    """Missing values are `--`; which of the further members exist depends on the model."""
    record = {
        "ID": str(event.id),
        "Date": event.date,
        "Time": event.time,
        "Name": event.name,
        "Code": event.code or "--",
        "Type": event.type,
        "Status": event.status,
    }
    picture = f"http://{unit.host}/download/door_pic/{event.picture}" if event.picture else "--"
    further = {
        "UserID": event.user_id or "--",
        "RelayID": event.relay or "--",
        "Relay": event.relay or "--",
        "AccessMode": "Entry",
        "PicUrl": picture,
    }
    return record | {name: value for name, value in further.items() if name in unit.profile.door_log_extras}


def _call_record(_unit: Unit, event: CallEvent) -> dict[str, Any]:
    return {
        "ID": str(event.id),
        "Date": event.date,
        "Time": event.time,
        "Name": event.name,
        "Type": event.type,
        "LocalIdentity": event.local,
        "Num": event.number,
        "PicUrl": "",
    }


def _in_time(data: Mapping[str, Any], date: str, clock: str) -> bool:
    """Bounds are written `YYYY-MM-DD HH:MM:SS`, which sorts as text."""
    start, end = text(data.get("TimeStart"), 32), text(data.get("TimeEnd"), 32)
    moment = f"{date} {clock}"
    return (not start or start <= moment) and (not end or moment <= end)


def _door_wanted(data: Mapping[str, Any]) -> Callable[[DoorEvent], bool]:
    status = _STATUS_WORDS.get(text(data.get("Status"), 16).lower())
    word = text(data.get("NameOrCode"), 128).lower()

    def wanted(event: DoorEvent) -> bool:
        if status is not None and event.status != status:
            return False
        if word and word not in event.name.lower() and word not in event.code.lower():
            return False
        return _in_time(data, event.date, event.time)

    return wanted


def _call_wanted(data: Mapping[str, Any]) -> Callable[[CallEvent], bool]:
    kind = text(data.get("Type"), 16)
    word = text(data.get("NameOrNumber"), 128).lower()

    def wanted(event: CallEvent) -> bool:
        if kind and kind not in {"All", event.type}:
            return False
        if word and word not in event.name.lower() and word not in event.number.lower():
            return False
        return _in_time(data, event.date, event.time)

    return wanted


def _door_get(unit: Unit, call: Call) -> Envelope:
    found = list(filter(_door_wanted(call.data), reversed(unit.state.door_log)))
    page, total = page_of(found, call.data.get("page"))
    return ok("get", listing([_door_record(unit, event) for event in page], total))


def _call_get(unit: Unit, call: Call) -> Envelope:
    found = list(filter(_call_wanted(call.data), reversed(unit.state.call_log)))
    page, total = page_of(found, call.data.get("page"))
    return ok("get", listing([_call_record(unit, event) for event in page], total))


def _place(log: Sequence[DoorEvent | CallEvent], call: Call) -> int | None:
    """Return the place of the record named by `ID`, or of the one under `item`; None if there is none."""
    items = call.data.get("item")
    named = items[0].get("ID") if isinstance(items, list) and items and isinstance(items[0], dict) else None
    wanted = number(call.data.get("ID", named), -1)
    return next((place for place, event in enumerate(log) if event.id == wanted), None)


def _door_del(unit: Unit, call: Call) -> Envelope:
    place = _place(unit.state.door_log, call)
    if place is None:
        return error_param()
    del unit.state.door_log[place]
    unit.dirty = True
    return ok("del")


def _call_del(unit: Unit, call: Call) -> Envelope:
    place = _place(unit.state.call_log, call)
    if place is None:
        return error_param()
    del unit.state.call_log[place]
    unit.dirty = True
    return ok("del")


def _door_clear(unit: Unit, _call: Call) -> Envelope:
    unit.state.door_log.clear()
    unit.dirty = True
    return ok("clear")


def _call_clear(unit: Unit, _call: Call) -> Envelope:
    unit.state.call_log.clear()
    unit.dirty = True
    return ok("clear")


def offer(unit: Unit, name: str, packed: bytes) -> Envelope:
    """Put a file where it can be fetched and answer with its URL; some models give the path only."""
    unit.downloads[name] = packed
    host = "" if unit.profile.export_path_only else f"http://{unit.host}"
    return ok("export", {"url": f"{host}/download/{name}"})


def _door_export(unit: Unit, _call: Call) -> Envelope:
    rows = [_door_record(unit, event) for event in unit.state.door_log]
    return offer(unit, "DoorLog.tgz", pack_csv("DoorLog", _DOOR_COLUMNS, rows))


def _call_export(unit: Unit, _call: Call) -> Envelope:
    rows = [_call_record(unit, event) for event in unit.state.call_log]
    return offer(unit, "CallLog.tgz", pack_csv("CallLog", _CALL_COLUMNS, rows))


def _call_status(unit: Unit, _call: Call) -> Envelope:
    word = "Talking" if unit.talking else "Ready"
    if busy(unit):
        word = "WEB_UPGRADING"
    elif unit.upgrade_failed:
        word = "UPGRADE_FAILED"
    return ok("status", {"Status": word})


def _dial(unit: Unit, call: Call) -> Envelope:
    phone = text(call.data.get("Phone"), 128)
    if not phone:
        return error_param()
    unit.talking = True
    unit.log_call("Dialed", text(call.data.get("DisplayName"), 64) or phone, phone)
    unit.notify("MakeCall", {"remote": phone})
    return ok("dial")


def _hangup(unit: Unit, _call: Call) -> Envelope:
    if unit.talking:
        unit.notify("HangUp", {})
    unit.talking = False
    return ok("hangup")


HANDLERS: dict[str, Handler] = {
    "doorlog/get": _door_get,
    "doorlog/del": _door_del,
    "doorlog/clear": _door_clear,
    "doorlog/export": _door_export,
    "calllog/get": _call_get,
    "calllog/del": _call_del,
    "calllog/clear": _call_clear,
    "calllog/export": _call_export,
    "call/status": _call_status,
    "call/dial": _dial,
    "call/hangup": _hangup,
}
