"""The control surface over HTTP: what a hand at a device does, for other processes. Not a part of any device.

    GET  /devices                    all devices, with phase, faults and counts
    GET  /devices/{mac}              one
    POST /devices/{mac}/offline      also online, reboot: no body
    POST /devices/{mac}/swipe        {"card", "relay"}; pin {"pin", "relay"}; face {"user_id", "relay"}
    POST /devices/{mac}/input        {"input": "A", "level": 1}
    POST /devices/{mac}/fault        {"fault": "slow:100"}; clear-fault {"fault": "slow"}

Answers are JSON; a mistake is 400 or 404 with {"error"}.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from device_link.simulator.device import SimDevice
from device_link.simulator.doors import Decision
from device_link.simulator.errors import SimulatorError
from device_link.simulator.messages import BodyTooLargeError, Request, Response
from device_link.simulator.relays import relay_number
from device_link.simulator.wire import number, text

_BODY_LIMIT = 65536
_Verb = Callable[[SimDevice, dict[str, Any]], Awaitable[dict[str, Any]]]


class Control:
    """Answers the control surface's requests for a list of devices; `find` looks one up by its MAC."""

    def __init__(self, devices: Sequence[SimDevice], find: Callable[[str], SimDevice]) -> None:
        self._devices = devices
        self._find = find

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            return _json(200, await self._answer(request))
        except LookupError as error:
            return _json(404, {"error": str(error.args[0])})
        except (SimulatorError, BodyTooLargeError) as error:
            return _json(400, {"error": str(error) or "The body is too large."})

    async def _answer(self, request: Request) -> dict[str, Any]:
        match [part for part in request.path.split("/") if part]:
            case ["devices"] if request.method == "GET":
                return {"devices": [device.summary() for device in self._devices]}
            case ["devices", mac] if request.method == "GET":
                return self._device(mac).summary()
            case ["devices", mac, verb] if request.method == "POST" and verb in _VERBS:
                body = _object(await request.body.read(_BODY_LIMIT))
                return {"ok": True} | await _VERBS[verb](self._device(mac), body)
        raise LookupError(f"There is no {request.method} {request.path[:80]}.")

    def _device(self, mac: str) -> SimDevice:
        try:
            return self._find(mac)
        except SimulatorError as error:
            raise LookupError(str(error)) from error


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, msgspec.json.encode(document))


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SimulatorError("The body is no JSON.") from error
    if not isinstance(found, dict):
        raise SimulatorError("The body is no JSON object.")
    return found


def _member(body: dict[str, Any], name: str) -> str:
    value = text(body.get(name))
    if not value:
        raise SimulatorError(f"The body needs {name!r}.")
    return value


def _relay(body: dict[str, Any]) -> int:
    relay = relay_number(text(body.get("relay", 1)))
    if relay is None:
        raise SimulatorError("There is no such relay.")
    return relay


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "opens": decision.opens,
        "reason": decision.reason,
        "user_id": decision.user.user_id if decision.user is not None else "",
    }


async def _offline(device: SimDevice, _body: dict[str, Any]) -> dict[str, Any]:
    await device.set_offline()
    return {}


async def _online(device: SimDevice, _body: dict[str, Any]) -> dict[str, Any]:
    await device.set_online()
    return {}


async def _reboot(device: SimDevice, _body: dict[str, Any]) -> dict[str, Any]:
    device.press_reboot()
    return {}


async def _swipe(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    return _decision(await device.swipe_card(_member(body, "card"), _relay(body)))


async def _pin(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    return _decision(await device.enter_pin(_member(body, "pin"), _relay(body)))


async def _face(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    return _decision(await device.present("face", _member(body, "user_id"), _relay(body)))


async def _input(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    await device.set_input(_member(body, "input").upper(), 1 if number(body.get("level"), 1) else 0)
    return {}


async def _fault(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    await device.fault(_member(body, "fault"))
    return {}


async def _clear_fault(device: SimDevice, body: dict[str, Any]) -> dict[str, Any]:
    return {"was_on": await device.clear_fault(_member(body, "fault"))}


_VERBS: dict[str, _Verb] = {
    "offline": _offline,
    "online": _online,
    "reboot": _reboot,
    "swipe": _swipe,
    "pin": _pin,
    "face": _face,
    "input": _input,
    "fault": _fault,
    "clear-fault": _clear_fault,
}
