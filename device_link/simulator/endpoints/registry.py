"""From a call to its handler, with all the ways in which a model may not have one (device API 1.1 and 2)."""

from __future__ import annotations

from device_link.simulator.call import Answer, BadCallError, Call, Handler
from device_link.simulator.endpoints import contacts, firmware, logs, schedules, settings, system, users
from device_link.simulator.envelope import (
    ACTION_UNSUPPORTED,
    API_UNSUPPORTED,
    NO_HANDLER,
    failed,
    invalid,
)
from device_link.simulator.unit import Unit

HANDLERS: dict[str, Handler] = {
    **system.HANDLERS,
    **firmware.HANDLERS,
    **settings.HANDLERS,
    **logs.HANDLERS,
    **schedules.HANDLERS,
    **users.HANDLERS,
    **contacts.HANDLERS,
}
_TARGETS = frozenset(name.partition("/")[0] for name in HANDLERS)
_POST_ONLY = frozenset({"set", "add", "del", "dial", "import", "trig", "upload"})
_GET_TOO = frozenset({"doorlog/del", "calllog/del"})
_BUSY_TOO = frozenset({"get", "status", "info", "export"})
_FIRMWARE_STEPS = frozenset({"firmware/prepare", "firmware/upload", "firmware/upgrade"})


def answer(unit: Unit, call: Call) -> Answer:
    """Let the device answer a call; the call's names come from the network and may be anything."""
    name = f"{call.target}/{call.action}"
    problem = _problem(unit, call, name)
    if problem is not None:
        return problem
    try:
        given = HANDLERS[name](unit, call)
    except BadCallError:
        return Answer(invalid())
    return given if isinstance(given, Answer) else Answer(given)


def _problem(unit: Unit, call: Call, name: str) -> Answer | None:
    """Return the answer to a call that this model cannot take now, or None."""
    missing = unit.profile.missing
    if call.target in unit.profile.no_handler:
        return Answer(failed(call.action, NO_HANDLER))
    if call.target not in _TARGETS:
        return Answer(invalid())
    if call.target in missing or (unit.faults.has("no-firmware-api") and name in _FIRMWARE_STEPS):
        return Answer(failed(call.action, API_UNSUPPORTED))
    if name in missing or name not in HANDLERS:
        return Answer(failed(call.action, ACTION_UNSUPPORTED))
    if call.method != "POST" and call.action in _POST_ONLY and name not in _GET_TOO:
        return Answer(invalid())
    if firmware.busy(unit) and call.action not in _BUSY_TOO:
        return Answer(failed(call.action, firmware.BUSY))
    return None
