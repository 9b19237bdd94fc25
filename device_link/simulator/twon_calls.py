"""The calls of a simulated 2N unit: what each answers and does (device API 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from html import escape
from typing import Any, Protocol

import msgspec

from device_link.simulator import twon_phone as phone
from device_link.simulator.messages import Request
from device_link.simulator.picture import JPEG
from device_link.simulator.twon_directory import blank
from device_link.simulator.twon_phone import Refused
from device_link.simulator.twon_state import PENDING_S, TwoNState

SERVICES = {
    "system": "System",
    "firmware": "System",
    "config": "System",
    "switch": "Switch",
    "io": "I/O",
    "log": "Logging",
    "dir": "Access control",
    "camera": "Camera",
    "call": "Phone/Call",
}
"""First part of a call -> the service that is switched on and off."""

EVENTS = (
    "DeviceState",
    "CardEntered",
    "CodeEntered",
    "SwitchStateChanged",
    "UserAuthenticated",
    "KeyPressed",
)
_BATCH = 128
_SIZES = ((160, 120), (320, 240), (640, 480), (1280, 960))


class Effect(Enum):
    """What follows an answer."""

    NONE = "none"
    RESTART = "restart"
    RESET = "reset"
    UPGRADE = "upgrade"


class BodyParts(Protocol):
    """A request's body."""

    @property
    def body(self) -> bytes:
        """As it came."""

    @property
    def named(self) -> Mapping[str, bytes]:
        """The parts of a form by name; empty for any other body."""


Result = dict[str, Any] | bytes | None
Outcome = tuple[Result, Effect]


class _Call:
    """One request with all that an answer may need."""

    def __init__(self, state: TwoNState, request: Request, parts: BodyParts, faults: set[str]) -> None:
        self.state, self.request, self.parts, self.faults = state, request, parts, faults

    def text(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.request.query.get(name, "")
        if not value:
            raise Refused(11, name, "missing parameter")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        """A number within bounds."""
        value = self.text(name)
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise Refused(12, name, "invalid parameter value")
        return int(value)

    def json(self) -> dict[str, Any]:
        """The body's object, plain or in a part."""
        raw = self.parts.named.get("blob-json", self.parts.body)
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, ValueError):
            raise Refused(12, "blob-json", "invalid parameter value") from None
        if not isinstance(value, dict):
            raise Refused(12, "blob-json", "invalid parameter value")
        return value


def answer_of(state: TwoNState, request: Request, parts: BodyParts, faults: set[str]) -> Outcome:
    """Return the result and what follows it. Raises `Refused`."""
    state.settle()
    methods = _CALLS.get(request.path.removeprefix("/api/").rstrip("/"))
    if methods is None:
        raise Refused(2, "", "invalid request path")
    answer = methods.get(request.method)
    if answer is None:
        raise Refused(3, "", "invalid request method")
    found = answer(_Call(state, request, parts, faults))
    return found if isinstance(found, tuple) else (found, Effect.NONE)


# ------------------------------------------------------------------------------------------------------------- system


def _info(call: _Call) -> Result:
    state = call.state
    mac = {} if "no-mac" in call.faults else {"macAddr": "-".join(re.findall("..", state.mac))}
    return {
        "variant": state.variant,
        "serialNumber": state.serial,
        **mac,
        "hwVersion": "570v1",
        "swVersion": state.firmware,
        "buildType": "release",
        "deviceName": state.name,
    }


def _status(call: _Call) -> Result:
    return {"systemTime": call.state.now, "upTime": call.state.uptime}


def _restart(_call: _Call) -> Outcome:
    return None, Effect.RESTART


def _reset(_call: _Call) -> Outcome:
    return None, Effect.RESET


def _time(call: _Call) -> Result:
    return {**call.state.time, "utcTime": call.state.now}


def _set_time(call: _Call) -> Result:
    given = call.json()
    if not isinstance(given.get("automatic", True), bool) or not isinstance(given.get("server", ""), str):
        raise Refused(12, "automatic", "invalid parameter value")
    call.state.time.update({name: given[name] for name in ("automatic", "server") if name in given})
    return None


def _config(call: _Call) -> Result:
    name = f"<Name>{escape(call.state.name)}</Name>"
    return f'<?xml version="1.0"?>\n<DeviceDatabase Version="4">{name}</DeviceDatabase>\n'.encode()


def _set_config(call: _Call) -> Outcome:
    data = call.parts.named.get("blob-cfg", b"")
    found = re.search(rb"<DeviceDatabase[^>]*>.*?<Name>([^<]{0,63})</Name>", data, re.DOTALL)
    if found is None:
        raise Refused(12, "blob-cfg", "invalid parameter value")
    call.state.name = found[1].decode("utf-8", "replace")
    return None, Effect.RESTART


# ----------------------------------------------------------------------------------------------------------- firmware


def _put_firmware(call: _Call) -> Result:
    data = call.parts.named.get("blob-fw")
    if data is None:
        raise Refused(11, "blob-fw", "missing parameter")
    found = re.match(rb"HIPFW (\d[\d.]{0,30})\n", data)
    version = found[1].decode("ascii") if found else call.state.known_version(data)
    if not version or "bad-firmware" in call.faults:
        raise Refused(12, "blob-fw", "invalid parameter value")
    file_id = f"{call.state.source.getrandbits(32):08x}"
    call.state.pending = (file_id, version, call.state.clock.monotonic() + PENDING_S)
    return {"version": version, "fileId": file_id, "downgrade": version < call.state.firmware, "note": ""}


def _apply_firmware(call: _Call) -> Outcome:
    _pending(call, call.text("fileid"), "fileid")
    return None, Effect.UPGRADE


def _reject_firmware(call: _Call) -> Result:
    _pending(call, call.text("fileId"), "fileId")
    call.state.pending = None
    return None


def _pending(call: _Call, file_id: str, name: str) -> None:
    if call.state.pending is None:
        raise Refused(14, "", "no new firmware")
    if call.state.pending[0] != file_id:
        raise Refused(12, name, "invalid parameter value")


# ----------------------------------------------------------------------------------------------- switches and inputs


def _switch_caps(call: _Call) -> Result:
    on = {"enabled": True, "mode": "monostable", "switchOnDuration": 5, "type": "normal"}
    return {
        "switches": [
            {"switch": n, **(on if n <= 2 else {"enabled": False})} for n in sorted(call.state.switches)
        ]
    }


def _switch_status(call: _Call) -> Result:
    wanted = call.number("switch", 1, 4) if "switch" in call.request.query else 0
    shown = [{"switch": n, **one} for n, one in sorted(call.state.switches.items()) if wanted in {0, n}]
    return {"switches": shown}


def _switch_ctrl(call: _Call) -> Result:
    number = call.number("switch", 1, 4)
    action = call.text("action")
    state = call.state
    if number > 2:
        raise Refused(14, "", "switch disabled")
    known = {"on", "off", "trigger", "lock", "unlock", "hold", "release"}
    if action not in known or (action == "hold" and "no-hold" in call.faults):
        raise Refused(12, "action", "invalid parameter value")
    if state.switches[number]["locked"] and action not in {"lock", "unlock", "off", "release"}:
        raise Refused(14, "", "switch locked")
    if action == "hold":
        seconds = call.number("timeout", 1, 86_400) if "timeout" in call.request.query else 86_400
        state.held_until[number] = state.clock.monotonic() + seconds
        state.set_switch(number, active=True, held=True)
    elif action in {"on", "trigger"}:
        state.held_until[number] = state.clock.monotonic() + 5
        state.set_switch(number, active=True)
    elif action in {"off", "release"}:
        state.held_until.pop(number, None)
        state.set_switch(number, active=False, held=False)
    else:
        state.set_switch(number, locked=action == "lock")
    return None


def _io_caps(call: _Call) -> Result:
    return {"ports": [{"port": name, "type": _port_type(name)} for name in call.state.ports]}


def _io_status(call: _Call) -> Result:
    return {"ports": [{"port": name, "state": int(on)} for name, on in call.state.ports.items()]}


def _io_ctrl(call: _Call) -> Result:
    name, action = call.text("port"), call.text("action")
    if _port_type(name) != "output" or name not in call.state.ports:
        raise Refused(12, "port", "invalid parameter value")
    if action not in {"on", "off"}:
        raise Refused(12, "action", "invalid parameter value")
    call.state.ports[name] = action == "on"
    return None


def _port_type(name: str) -> str:
    return "output" if name.startswith("relay") else "input"


# --------------------------------------------------------------------------------------------------- log and camera


def _log_caps(_call: _Call) -> Result:
    return {"events": list(EVENTS)}


def _subscribe(call: _Call) -> Result:
    include = call.request.query.get("include", "new")
    if include not in {"new", "all"} and not re.fullmatch(r"-\d{1,9}", include):
        raise Refused(12, "include", "invalid parameter value")
    wanted = frozenset(filter(None, call.request.query.get("filter", "").split(",")))
    duration = call.number("duration", 10, 3600) if "duration" in call.request.query else 90
    number = call.state.source.getrandbits(31)
    newest = call.state.log[-1]["id"] if call.state.log else 0
    start = newest if include == "new" else 0
    call.state.subscriptions[number] = (start, wanted, call.state.clock.monotonic() + duration)
    return {"id": number}


def _pull(call: _Call) -> Result:
    number = call.number("id", 0, 2**31)
    if number not in call.state.subscriptions:
        raise Refused(12, "id", "invalid parameter value")
    seen, wanted, until = call.state.subscriptions[number]
    events = []
    for one in call.state.events_after(seen, wanted):
        events.append(one)
        if len(events) == _BATCH:
            break
    last = events[-1]["id"] if events else seen
    call.state.subscriptions[number] = (last, wanted, until)
    return {"events": events}


def _unsubscribe(call: _Call) -> Result:
    if call.state.subscriptions.pop(call.number("id", 0, 2**31), None) is None:
        raise Refused(12, "id", "invalid parameter value")
    return None


def _camera_caps(_call: _Call) -> Result:
    sizes = [{"width": width, "height": height} for width, height in _SIZES]
    return {"jpegResolution": sizes, "sources": [{"source": "internal"}]}


def _snapshot(call: _Call) -> Result:
    size = (call.number("width", 1, 9999), call.number("height", 1, 9999))
    if size not in _SIZES:
        raise Refused(12, "width", "invalid parameter value")
    return JPEG


# ---------------------------------------------------------------------------------------------------------- directory


def _template(call: _Call) -> Result:
    return {"series": call.state.directory.series, "users": [blank()]}


def _query(call: _Call) -> Result:
    return call.state.directory.query(call.json())


def _written(call: _Call, users: list[dict[str, Any]]) -> Result:
    return {"series": call.state.directory.series, "users": users}


def _users(document: Mapping[str, Any]) -> list[Any]:
    users = document.get("users", [])
    if not isinstance(users, list):
        raise Refused(12, "users", "invalid parameter value")
    return users


def _create(call: _Call) -> Result:
    given = call.json()
    return _written(call, call.state.directory.create(_users(given), force=given.get("force") is True))


def _update(call: _Call) -> Result:
    return _written(call, call.state.directory.update(_users(call.json())))


def _delete(call: _Call) -> Result:
    given = call.json()
    return _written(call, call.state.directory.delete(_users(given), str(given.get("owner", ""))))


_CALLS: dict[str, dict[str, Callable[[_Call], Result | Outcome]]] = {
    "system/info": {"GET": _info, "POST": _info},
    "system/status": {"GET": _status},
    "system/restart": {"GET": _restart, "POST": _restart},
    "system/time": {"GET": _time, "PUT": _set_time},
    "firmware": {"PUT": _put_firmware},
    "firmware/apply": {"GET": _apply_firmware},
    "firmware/reject": {"GET": _reject_firmware},
    "config": {"GET": _config, "PUT": _set_config},
    "config/factoryreset": {"GET": _reset},
    "switch/caps": {"GET": _switch_caps},
    "switch/status": {"GET": _switch_status},
    "switch/ctrl": {"GET": _switch_ctrl},
    "io/caps": {"GET": _io_caps},
    "io/status": {"GET": _io_status},
    "io/ctrl": {"GET": _io_ctrl},
    "log/caps": {"GET": _log_caps},
    "log/subscribe": {"GET": _subscribe},
    "log/pull": {"GET": _pull},
    "log/unsubscribe": {"GET": _unsubscribe},
    "camera/caps": {"GET": _camera_caps},
    "camera/snapshot": {"GET": _snapshot},
    "call/status": {"GET": lambda call: phone.status(call.state, call.request.query)},
    "call/dial": {"GET": lambda call: phone.dial(call.state, call.request.query)},
    "call/hangup": {"GET": lambda call: phone.hang_up(call.state, call.request.query)},
    "dir/template": {"GET": _template, "POST": _template},
    "dir/query": {"POST": _query},
    "dir/create": {"PUT": _create},
    "dir/update": {"PUT": _update},
    "dir/delete": {"PUT": _delete},
}
