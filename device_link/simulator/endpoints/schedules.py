"""schedule/*: reading, writing, clearing, exporting and importing schedules (device API 3.9)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from device_link.simulator.archive import ArchiveError, pack_csv, unpack_csv
from device_link.simulator.call import Answer, Call, Handler
from device_link.simulator.endpoints.logs import offer
from device_link.simulator.envelope import Envelope, error_param, failed, ok
from device_link.simulator.multipart import MemorySink
from device_link.simulator.schedule_wire import DAY_FLAGS, read_schedule, to_wire
from device_link.simulator.state import ALWAYS_ID, NEVER_ID, Schedule
from device_link.simulator.unit import Unit
from device_link.simulator.wire import items_of, listing, number, page_of, text

BUILT_IN = frozenset({ALWAYS_ID, NEVER_ID})
_FIELDS = ("DisplayID", "Name", "Type", "Date", "Daily", "Week", *DAY_FLAGS)
_XML_ROW = re.compile(r"<Schedule\s([^<>]{1,2000})/>")
_XML_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def _get(unit: Unit, call: Call) -> Envelope:
    source = text(call.data.get("SourceType"), 16)
    schedules = [one for one in unit.state.schedules.values() if not source or one.source == source]
    page, total = page_of(schedules, call.data.get("page"), paging=unit.profile.paging)
    return ok("get", listing([to_wire(one, unit.profile) for one in page], total))


def _name_taken(unit: Unit, name: str, own_id: str) -> bool:
    return any(one.name == name and one.id != own_id for one in unit.state.schedules.values())


def _add(unit: Unit, call: Call) -> Envelope:
    return _batch(unit, call, "add", _add_one)


def _set(unit: Unit, call: Call) -> Envelope:
    return _batch(unit, call, "set", _set_one)


def _batch(unit: Unit, call: Call, action: str, one: Any) -> Envelope:
    """Write item by item. A record with a bad value refuses the whole call; a taken name is said per item."""
    items = items_of(call.data)
    if not items:
        return error_param()
    results = []
    for record in items:
        result, record_id = one(unit, record)
        if result is None:
            return failed(action, "error param", unit.profile.bad_field_retcode)
        results.append(
            {
                "Ret": result,
                "Type": number(record.get("Type"), -1) if action == "add" else -1,
                "ID": record_id,
                "Name": text(record.get("Name"), 64),
            }
        )
    unit.dirty = True
    return ok(action, {"num": len(results), "item": results})


def _add_one(unit: Unit, record: dict[str, Any]) -> tuple[int | None, str]:
    counters = unit.state.counters
    schedule = read_schedule(record, unit.profile, Schedule("", "", "", daily=""))
    if schedule is None or not schedule.name:
        return None, ""
    if _name_taken(unit, schedule.name, ""):
        return (-4 if unit.profile.schedule_ints else 7), ""
    most = unit.faults.number("max-schedules", unit.profile.schedules_max)
    if len(unit.state.schedules) >= most:
        return (-2 if unit.profile.schedule_ints else 10), ""
    counters.schedule += 1
    counters.schedule_display += 1
    schedule.id, schedule.display_id = str(counters.schedule), str(counters.schedule_display)
    unit.state.schedules[schedule.id] = schedule
    return 0, schedule.id


def _set_one(unit: Unit, record: dict[str, Any]) -> tuple[int | None, str]:
    old = unit.state.schedules.get(text(record.get("ID"), 16))
    if old is None or old.id in BUILT_IN or old.source != "Local":
        return None, ""
    schedule = read_schedule(record, unit.profile, old)
    if schedule is None or not schedule.name:
        return None, ""
    if _name_taken(unit, schedule.name, old.id):
        return (-4 if unit.profile.schedule_ints else 7), old.id
    unit.state.schedules[old.id] = schedule
    return 0, old.id


def _del(unit: Unit, call: Call) -> Envelope:
    items = items_of(call.data)
    if not items:
        return error_param()
    wanted = [text(record.get("ID"), 16) for record in items]
    if any(one in BUILT_IN for one in wanted):
        return failed("del", "error param")
    for one in wanted:
        unit.state.schedules.pop(one, None)
    unit.dirty = True
    return ok("del", {"num": len(wanted), "item": [{"Ret": 0, "ID": one} for one in wanted]})


def clear_schedules(unit: Unit) -> None:
    """Delete all schedules but the two built in."""
    for one in [key for key in unit.state.schedules if key not in BUILT_IN]:
        del unit.state.schedules[one]
    unit.dirty = True


def _clear(unit: Unit, _call: Call) -> Envelope:
    clear_schedules(unit)
    return ok("clear")


def _rows(unit: Unit) -> list[dict[str, str]]:
    own = (one for one in unit.state.schedules.values() if one.id not in BUILT_IN)
    return [{name: str(to_wire(one, unit.profile)[name]) for name in _FIELDS} for one in own]


def _export(unit: Unit, _call: Call) -> Answer:
    if not unit.profile.schedule_xml:
        return Answer(offer(unit, "DoorSchedule.tgz", pack_csv("DoorSchedule", _FIELDS, _rows(unit))))
    rows = (" ".join(f'{name}="{html.escape(value)}"' for name, value in row.items()) for row in _rows(unit))
    body = "".join(f"  <Schedule {row} />\n" for row in rows)
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<ScheduleData>\n{body}</ScheduleData>\n'
    return Answer(raw=document.encode("utf-8"), content_type="text/xml")


def import_schedules(unit: Unit, rows: Iterable[dict[str, str]]) -> None:
    """Add the rows whose names are new and whose values make sense."""
    for row in rows:
        _add_one(unit, {name: value for name, value in row.items() if value})
    unit.dirty = True


def _import(unit: Unit, call: Call) -> Envelope:
    part = call.part("file")
    if part is None or not isinstance(part.sink, MemorySink):
        return error_param()
    content = part.sink.value()
    try:
        rows = _xml_rows(content) if unit.profile.schedule_xml else unpack_csv(content)
    except ArchiveError:
        return failed("import", "unspport file type..")
    import_schedules(unit, rows)
    return ok("import")


def _xml_rows(content: bytes) -> list[dict[str, str]]:
    rows = _XML_ROW.findall(content.decode("utf-8", "replace"))
    if not rows:
        raise ArchiveError
    return [{name: html.unescape(value) for name, value in _XML_ATTRIBUTE.findall(row)} for row in rows]


HANDLERS: dict[str, Handler] = {
    "schedule/get": _get,
    "schedule/add": _add,
    "schedule/set": _set,
    "schedule/del": _del,
    "schedule/clear": _clear,
    "schedule/export": _export,
    "schedule/import": _import,
}
