"""group/*, contact/* and dialreplace/*: the address book in its three shapes and the dial plan (device API 3.10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from device_link.simulator.archive import ArchiveError, pack_csv, unpack_csv
from device_link.simulator.call import Call, Handler
from device_link.simulator.endpoints.logs import offer
from device_link.simulator.envelope import Envelope, error_param, failed, ok
from device_link.simulator.multipart import MemorySink
from device_link.simulator.state import Contact, DialRule, Group
from device_link.simulator.unit import Unit
from device_link.simulator.wire import items_of, listing, page_of, text

GROUPS_MAX = 500
CONTACTS_MAX = 5000
DIAL_RULES_MAX = 100
_DIAL_COLUMNS = ("Line", "Prefix", "Replace1", "Replace2", "Replace3", "Replace4", "Replace5")


def _paged(records: Iterable[dict[str, Any]], call: Call) -> Envelope:
    page, total = page_of(list(records), call.data.get("page"))
    return ok("get", listing(page, total))


def _results(action: str, results: list[dict[str, Any]]) -> Envelope:
    return ok(action, {"num": len(results), "item": results}) if results else error_param()


# ---------------------------------------------------------------------------------------------------------- groups


def _group_record(unit: Unit, group: Group) -> dict[str, Any]:
    record = {"ID": group.id, "Name": group.name}
    return record | ({"Number": group.number} if unit.profile.key == "S532" else {})


def _group_get(unit: Unit, call: Call) -> Envelope:
    return _paged((_group_record(unit, one) for one in unit.state.groups.values()), call)


def _group_name_problem(unit: Unit, name: str, own_id: str) -> int:
    """The two families of models number the same problems differently."""
    if not name:
        return 27 if unit.profile.item_results else 14
    if any(one.name == name and one.id != own_id for one in unit.state.groups.values()):
        return 28 if unit.profile.item_results else 7
    return 0


def _group_add(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        name = text(record.get("Name"), 64)
        problem = _group_name_problem(unit, name, "")
        if not problem and len(unit.state.groups) >= GROUPS_MAX:
            problem = 16
        if not problem:
            unit.state.counters.group += 1
            number = str(unit.state.counters.group)
            unit.state.groups[number] = Group(number, name, text(record.get("Number"), 16))
        # The reply repeats the id that was sent, not the one that was given (device API 3.10).
        results.append({"Ret": problem, "ID": text(record.get("ID"), 16) or "-1", "Name": name, "Number": ""})
    unit.dirty = True
    return _results("add", results)


def _group_set(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        group, name = unit.state.groups.get(text(record.get("ID"), 16)), text(record.get("Name"), 64)
        problem = -4 if group is None else _group_name_problem(unit, name, group.id)
        if group is not None and not problem:
            group.name = name
        results.append({"Ret": problem, "ID": text(record.get("ID"), 16), "Name": name, "Number": ""})
    unit.dirty = True
    return _results("set", results)


def _group_del(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        unit.state.groups.pop(text(record.get("ID"), 16), None)
        results.append({"Ret": 0, "ID": text(record.get("ID"), 16)})
    unit.dirty = True
    return _results("del", results)


def _group_clear(unit: Unit, _call: Call) -> Envelope:
    unit.state.groups = {"1": Group("1", "Default")}
    unit.dirty = True
    return ok("clear")


# -------------------------------------------------------------------------------------------------------- contacts


def _contact_record(unit: Unit, one: Contact) -> dict[str, Any]:
    if unit.profile.contacts == "apartment_book":
        return _apartment_record(one)
    return {
        "ID": one.id,
        "Name": one.name,
        "Phone": one.phone,
        "Group": one.group,
        "Account": one.account,
        "Priority": one.priority,
    }


def _apartment_record(one: Contact) -> dict[str, Any]:
    return {
        "Name": one.name,
        "Phone": one.phone,
        "APTName": one.apt_name,
        "APTNum": one.apt_number,
        "Building": one.building,
        "Landline": one.landline,
    }


def _contact_get(unit: Unit, call: Call) -> Envelope:
    """Where contacts are a part of users, those users with a number are the contacts (device API 2)."""
    if unit.profile.contacts != "merged":
        return _paged((_contact_record(unit, one) for one in unit.state.contacts.values()), call)
    users = (user for user in unit.people.all() if user.phone)
    return _paged(
        ({"ID": user.id, "Name": user.name, "Phone": user.phone, "Group": user.group} for user in users), call
    )


def _cloud_get(unit: Unit, call: Call) -> Envelope:
    return _paged((_apartment_record(one) for one in unit.state.contacts.values()), call)


def _contact_reply(one: Contact, ret: int) -> dict[str, Any]:
    return {
        "Ret": ret,
        "ID": one.id,
        "Name": one.name,
        "Phone": one.phone,
        "Group": one.group,
        "Account": one.account,
        "Priority": one.priority,
    }


def _fill_contact(one: Contact, record: dict[str, Any]) -> None:
    names = {"Name": "name", "Phone": "phone", "Group": "group", "Account": "account", "Priority": "priority"}
    for name, attribute in names.items():
        if name in record:
            setattr(one, attribute, text(record[name], 128))


def _contact_add(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        one = Contact("", "")
        _fill_contact(one, record)
        problem = 14 if not one.name else 16 if len(unit.state.contacts) >= CONTACTS_MAX else 0
        if not problem:
            unit.state.counters.contact += 1
            one.id = str(unit.state.counters.contact)
            unit.state.contacts[one.id] = one
        results.append(_contact_reply(one, problem))
    unit.dirty = True
    return _results("add", results)


def _contact_set(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        one = unit.state.contacts.get(text(record.get("ID"), 16))
        if one is None:
            results.append({"Ret": -7, "ID": text(record.get("ID"), 16)})
            continue
        _fill_contact(one, record)
        results.append(_contact_reply(one, 0))
    unit.dirty = True
    return _results("set", results)


def _contact_del(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        gone = unit.state.contacts.pop(text(record.get("ID"), 16), None)
        results.append({"Ret": -7 if gone is None else 0, "ID": text(record.get("ID"), 16)})
    unit.dirty = True
    return _results("del", results)


def _contact_clear(unit: Unit, _call: Call) -> Envelope:
    unit.state.contacts.clear()
    if unit.profile.contacts == "merged":
        for user in unit.people.all():
            user.phone, user.group = "", "Default"
    unit.dirty = True
    return ok("clear")


# ------------------------------------------------------------------------------------------------------- dial plan


def _dial_record(rule: DialRule) -> dict[str, str]:
    replaced = {f"Replace{place}": number for place, number in enumerate(rule.replace, start=1)}
    return {"ID": rule.id, "Line": rule.line, "Prefix": rule.prefix} | replaced


def _dial_get(unit: Unit, call: Call) -> Envelope:
    return _paged(map(_dial_record, unit.state.dial_rules.values()), call)


def _dial_write(unit: Unit, record: dict[str, Any], rule_id: str) -> int:
    prefix = text(record.get("Prefix"), 32)
    if any(one.prefix == prefix and one.id != rule_id for one in unit.state.dial_rules.values()):
        return 7
    replace = tuple(text(record.get(f"Replace{place}"), 32) for place in range(1, 6))
    line = text(record.get("Line"), 2) or "0"
    unit.state.dial_rules[rule_id] = DialRule(rule_id, prefix, line, (replace[0], *replace[1:]))  # type: ignore[arg-type]
    return 0


def _dial_add_one(unit: Unit, record: dict[str, Any]) -> dict[str, Any]:
    if len(unit.state.dial_rules) >= DIAL_RULES_MAX:
        return {"Ret": 10, "ID": "-1"}
    rule_id = str(unit.state.counters.dial_rule + 1)
    ret = _dial_write(unit, record, rule_id)
    if ret == 0:
        unit.state.counters.dial_rule += 1
        unit.dirty = True
    return {"Ret": ret, "ID": rule_id if ret == 0 else "-1"}


def _dial_add(unit: Unit, call: Call) -> Envelope:
    return _results("add", [_dial_add_one(unit, record) for record in items_of(call.data)])


def _dial_set(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        rule_id = text(record.get("ID"), 16)
        ret = _dial_write(unit, record, rule_id) if rule_id in unit.state.dial_rules else 4
        results.append({"Ret": ret, "ID": rule_id})
    unit.dirty = True
    return _results("set", results)


def _dial_del(unit: Unit, call: Call) -> Envelope:
    results = []
    for record in items_of(call.data):
        gone = unit.state.dial_rules.pop(text(record.get("ID"), 16), None)
        results.append({"Ret": 4 if gone is None else 0, "ID": text(record.get("ID"), 16)})
    unit.dirty = True
    return _results("del", results)


def _dial_clear(unit: Unit, _call: Call) -> Envelope:
    unit.state.dial_rules.clear()
    unit.dirty = True
    return ok("clear")


def _dial_export(unit: Unit, _call: Call) -> Envelope:
    rows = list(map(_dial_record, unit.state.dial_rules.values()))
    return offer(unit, "DialReplace.tgz", pack_csv("DialReplace", _DIAL_COLUMNS, rows))


def _dial_import(unit: Unit, call: Call) -> Envelope:
    part = call.part("file")
    if part is None or not isinstance(part.sink, MemorySink):
        return error_param()
    try:
        rows = unpack_csv(part.sink.value())
    except ArchiveError:
        return failed("import", "unspport file type..")
    for row in rows:
        _dial_add_one(unit, row)
    return ok("import")


HANDLERS: dict[str, Handler] = {
    "group/get": _group_get,
    "group/add": _group_add,
    "group/set": _group_set,
    "group/del": _group_del,
    "group/clear": _group_clear,
    "contact/get": _contact_get,
    "contact/add": _contact_add,
    "contact/set": _contact_set,
    "contact/del": _contact_del,
    "contact/clear": _contact_clear,
    "contact/cloud_get": _cloud_get,
    "dialreplace/get": _dial_get,
    "dialreplace/add": _dial_add,
    "dialreplace/set": _dial_set,
    "dialreplace/del": _dial_del,
    "dialreplace/clear": _dial_clear,
    "dialreplace/export": _dial_export,
    "dialreplace/import": _dial_import,
}
