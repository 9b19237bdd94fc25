"""The few settings of a 2N unit that have a call of their own (device API 8); the rest is its configuration file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from core.base.errors import RefusedError
from core.rules.desired import HeldSetting, WantedSetting
from device_link.drivers.akuvox.envelope import text_of
from device_link.drivers.twon.session import TwoNSession, form_part

_TIME = {"ntp_enabled": "automatic", "ntp_server": "server"}
"""Our name -> member of `system/time`."""
_READ_ONLY = "device_name"


async def read_settings(session: TwoNSession, names: Iterable[str]) -> dict[str, HeldSetting]:
    """The named settings. Value None: this maker has no such setting over its API."""
    wanted = list(names)
    time = await _time_of(session) if any(name in _TIME for name in wanted) else {}
    held: dict[str, HeldSetting] = {}
    for name in wanted:
        key = _TIME.get(name, "")
        if name == _READ_ONLY:
            held[name] = HeldSetting(name, session.device_name, "deviceName")
        elif key and key in time:
            held[name] = HeldSetting(name, _text(time[key]), f"time.{key}")
        else:
            held[name] = HeldSetting(name, None)
    return held


async def _time_of(session: TwoNSession) -> Mapping[str, Any]:
    try:
        return await session.read("system/time")
    except RefusedError as refusal:
        if refusal.code != "device.unsupported":
            raise
        return {}


def _text(value: object) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else text_of(value, 256)


async def write_setting(session: TwoNSession, wanted: WantedSetting) -> list[str]:
    """Write one; what the unit has against it, empty when it took it. Raises as the session does."""
    key = _TIME.get(wanted.name, "")
    if not key:
        return ["A 2N unit takes its name only at its own web page."]
    value: object = wanted.value == "1" if key == "automatic" else wanted.value
    body, headers = form_part("blob-json", _encoded({key: value}), "time.json", "application/json")
    await session.send_file("system/time", body, headers)
    return [""]


def _encoded(document: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(document)
