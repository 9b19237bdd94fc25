"""config/*, relay/*, input/*, sip/*, publiccode/*: reading and writing settings, and the acts beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from device_link.simulator.call import Answer, Call, Effect, Handler
from device_link.simulator.config_map import ACTION_URL, DOOR
from device_link.simulator.doors import open_relay
from device_link.simulator.endpoints.system import account_status
from device_link.simulator.envelope import (
    ACTION_UNSUPPORTED,
    Envelope,
    error_param,
    failed,
    ok,
)
from device_link.simulator.relays import relay_name
from device_link.simulator.timezones import epoch_of
from device_link.simulator.unit import Unit
from device_link.simulator.wire import number, text

_RELAY = (f"{DOOR}.RELAY.", f"{DOOR}.DTMF.", f"{DOOR}.RELAYSCHEDULE.")
_INPUT = (f"{DOOR}.INPUT.", f"{DOOR}.TAMPER.")
_INPUT_URLS = tuple(f"{ACTION_URL}.Input{tail}" for tail in ("", "2", "3", "4"))
_SIP = ("Config.Account1.", "Config.Account2.")
_PUBLIC = (f"{DOOR}.PASSWORD.",)
_DATE_PARTS = tuple(f"Config.DATETIME.{part}" for part in ("Year", "Month", "Day", "Hour", "Min", "Sec"))


def _get(unit: Unit, call: Call) -> Envelope:
    """All settings, or those under `item`; a key that does not exist is left out."""
    wanted = call.data.get("item")
    if wanted is None:
        return ok("get", unit.config.shown_under())
    if not isinstance(wanted, list):
        return error_param()
    keys = [text(key, 256) for key in wanted]
    return ok("get", {key: unit.config.shown(key) for key in keys if key in unit.config})


def _set(unit: Unit, call: Call) -> Envelope:
    """A bare dictionary without the envelope is not understood (device API 3.3)."""
    if not call.enveloped or not call.data:
        return failed("set", ACTION_UNSUPPORTED)
    values = _texts(call.data)
    if not _set_date(unit, values) or not unit.write_config(values):
        return error_param()
    return ok("set")


def _texts(data: dict[str, Any]) -> dict[str, str]:
    return {key[:256]: text(value) for key, value in data.items()}


def _set_date(unit: Unit, values: dict[str, str]) -> bool:
    """Take the six directives that set the clock out of `values`; False when they are no date."""
    given = [values.pop(part, None) for part in _DATE_PARTS]
    if all(one is None for one in given):
        return True
    try:
        when = datetime(*(int(one or "") for one in given))  # type: ignore[arg-type]  # noqa: DTZ001
        unit.set_clock(epoch_of(unit.config, when))
    except (ValueError, OverflowError):
        return False
    return True


def _reset(unit: Unit, call: Call) -> Answer:
    unit.reset(keep_data=False)
    return Answer(ok(call.action), Effect.REBOOT)


def _reset_except_data(unit: Unit, call: Call) -> Answer:
    unit.reset(keep_data=True)
    return Answer(ok(call.action), Effect.REBOOT)


def _reader(*prefixes: str, also: tuple[str, ...] = ()) -> Handler:
    def handler(unit: Unit, _call: Call) -> Envelope:
        shown = unit.config.shown_under(*prefixes)
        return ok("get", shown | {key: unit.config.shown(key) for key in also if key in unit.config})

    return handler


def _writer(*prefixes: str) -> Handler:
    def handler(unit: Unit, call: Call) -> Envelope:
        values = _texts({key: value for key, value in call.data.items() if key != "item"})
        if not values or not all(key.startswith(prefixes) for key in values) or not unit.write_config(values):
            return error_param()
        return ok("set")

    return handler


def _relay_status(unit: Unit, _call: Call) -> Envelope:
    return ok("status", unit.relays.status())


def _relay_trig(unit: Unit, call: Call) -> Envelope:
    """`mode` 0 closes by itself after `delay` seconds (0: the hold delay), 1 turns the relay over (device API 3.4)."""
    relay, mode = number(call.data.get("num"), 0), number(call.data.get("mode"), 0)
    level, delay = number(call.data.get("level"), 0), number(call.data.get("delay"), 0)
    if not unit.relays.exists(relay) or mode not in {0, 1} or level not in {0, 1} or not 0 <= delay <= 65535:
        return error_param()
    if mode == 0:
        open_relay(unit, relay, float(delay) if delay else None)
        opened = True
    else:
        opened = unit.relays.latch(relay)
        word = "Triggered" if opened else "Closed"
        unit.notify(f"Relay{relay_name(relay)}{word}", {"relay_id": str(relay)})
    if opened and "doorlog" not in unit.profile.missing:
        unit.log_door("HTTP API", "--", str(relay), None, opened=True)
    return ok("trig")


def _input_status(unit: Unit, _call: Call) -> Envelope:
    return ok("status", {f"Input{letter}": level for letter, level in unit.inputs.items()})


def _sip_status(unit: Unit, _call: Call) -> Envelope:
    return ok("status", {f"Account{account}": account_status(unit, account) for account in (1, 2)})


HANDLERS: dict[str, Handler] = {
    "config/get": _get,
    "config/set": _set,
    "config/reset_factory": _reset,
    "config/reset_factory_except_data": _reset_except_data,
    "relay/get": _reader(*_RELAY),
    "relay/set": _writer(*_RELAY),
    "relay/status": _relay_status,
    "relay/trig": _relay_trig,
    "input/get": _reader(*_INPUT, also=_INPUT_URLS),
    "input/set": _writer(*_INPUT, *_INPUT_URLS),
    "input/status": _input_status,
    "sip/get": _reader(*_SIP),
    "sip/set": _writer(*_SIP),
    "sip/status": _sip_status,
    "publiccode/get": _reader(*_PUBLIC),
    "publiccode/set": _writer(*_PUBLIC),
}
