"""How the settings of `core.rules.settings` are spelled on Akuvox units. Pure data and functions.

Which spelling a unit uses is decided by which keys it has (device API 1.2, 3.4, 10), never by its model's name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType

from core.rules.desired import HeldSetting
from core.rules.settings import RELAY_LETTERS, is_raw, normal

_DOOR = "Config.DoorSetting"
_URL = "Config.Features.ACTIONURL"
DTMF_OPTION = f"{_DOOR}.DTMF.Option"
"""1: codes of one digit in Code1..4; 2 to 4: that many digits, in MultiCode1..4 (device API 3.4)."""

_API = (f"{_DOOR}.APIFCGI", f"{_DOOR}.HTTPAPI")

_PLAIN: Mapping[str, tuple[str, ...]] = {
    "device_name": (f"{_DOOR}.GENERAL.DeviceName",),
    "location": (f"{_DOOR}.DEVICENODE.Location",),
    "time_zone": ("Config.Settings.SNTP.TimeZone",),
    "time_zone_city": ("Config.Settings.SNTP.Name",),
    "ntp_enabled": ("Config.Settings.SNTP.Enable",),
    "ntp_server": ("Config.Settings.SNTP.NTPServer1",),
    "ntp_server_2": ("Config.Settings.SNTP.NTPServer2",),
    "api_enabled": tuple(f"{prefix}.Enable" for prefix in _API),
    "api_auth_mode": tuple(f"{prefix}.AuthMode" for prefix in _API),
    "api_user": tuple(f"{prefix}.UserName" for prefix in _API),
    "api_password": tuple(f"{prefix}.Password" for prefix in _API),
    "https_enabled": ("Config.Network.WEBSERVER.HttpsEnable",),
    "cloud_mode": (f"{_DOOR}.CONNECT.ServerMode",),
    "redirect_enabled": (f"{_DOOR}.CLOUDSERVER.RpsEnable",),
    "rtsp_enabled": (f"{_DOOR}.RTSP.Enable", "Config.Settings.RTSP.Enable"),
    "action_urls_enabled": (f"{_URL}.Enable",),
}
_EVENTS: Mapping[str, tuple[str, ...]] = {
    "valid_code": ("ValidCodeEntered",),
    "invalid_code": ("InvalidCodeEntered",),
    "valid_card": ("ValidCardEntered",),
    "invalid_card": ("InvalidCardEntered",),
    "valid_face": ("ValidFaceRecognition",),
    "invalid_face": ("InvalidFaceRecognition",),
    "tamper": ("AlarmTriggered",),
    "motion": ("MotionDetect",),
    "setup_completed": ("SetupCompleted",),
    "address_changed": ("IPChanged",),
    "heartbeat": ("HeartBeat",),
    "break_in_a": ("BreakInAlarmA", "AlarmDoorOpenedTimeoutA"),
    "break_in_b": ("BreakInAlarmB", "AlarmDoorOpenedTimeoutB"),
}


def _spellings() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from _PLAIN.items()
    for event, tails in _EVENTS.items():
        yield f"action_url_{event}", tuple(f"{_URL}.{tail}" for tail in tails)
    relay, schedule = f"{_DOOR}.RELAY", f"{_DOOR}.RELAYSCHEDULE"
    for low in RELAY_LETTERS:
        up = low.upper()
        yield f"relay_{low}_name", (f"{relay}.RelayName{up}", f"{relay}.Name{up}")
        yield f"relay_{low}_enabled", (f"{relay}.Relay{up}Enable", f"{relay}.Enable{up}")
        yield f"relay_{low}_hold", (f"{relay}.Relay{up}Delay", f"{relay}.HoldDelay{up}")
        yield f"relay_{low}_delay", (f"{relay}.TriggerDelay{up}", f"{relay}.TrigDelay{up}")
        yield f"relay_{low}_type", (f"{relay}.Relay{up}Type", f"{relay}.Type{up}")
        yield f"relay_{low}_mode", (f"{relay}.Relay{up}Mode", f"{relay}.Mode{up}")
        yield f"relay_{low}_schedule", (f"{schedule}.Relay{up}Schedule",)
        yield f"relay_{low}_schedule_enabled", (f"{schedule}.Relay{up}Enable",)
        yield f"action_url_relay_{low}_triggered", (f"{_URL}.Relay{up}Triggered",)
        yield f"action_url_relay_{low}_closed", (f"{_URL}.Relay{up}Closed",)


SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(dict(_spellings()))
"""Logical name -> the keys it may have, the more common one first. DTMF codes are not here: see `dtmf_keys`."""


def dtmf_relay(name: str) -> int:
    """The relay whose DTMF code a name means; 0 for any other name."""
    found = re.fullmatch(r"relay_([a-d])_dtmf", name)
    return RELAY_LETTERS.index(found[1]) + 1 if found else 0


def dtmf_keys(number: int) -> tuple[str, str]:
    """The keys of a relay's code of one digit and of several digits."""
    return (f"{_DOOR}.DTMF.Code{number}", f"{_DOOR}.DTMF.MultiCode{number}")


def keys_for(name: str) -> tuple[str, ...]:
    """All keys that must be read to know a setting; () for a name that Akuvox units have no key for."""
    if is_raw(name):
        return (name,)
    number = dtmf_relay(name)
    return (DTMF_OPTION, *dtmf_keys(number)) if number else SPELLINGS.get(name, ())


def is_settled(name: str, present: Container[str]) -> bool:
    """Whether the keys that came back tell which spelling the unit uses: exactly one of them is there.

    Some firmware answers a question for keys that it does not have with empty values; then none tells.
    """
    if dtmf_relay(name):
        return DTMF_OPTION in present
    return sum(1 for key in keys_for(name) if key in present) == 1


def held(name: str, config: Mapping[str, str]) -> HeldSetting:
    """A setting as the unit has it, in the shape of `core.rules.settings`; value None when it has no such key."""
    number = dtmf_relay(name)
    if number:
        one, several = dtmf_keys(number)
        order = (one, several) if config.get(DTMF_OPTION, "1") in {"", "1"} else (several, one)
    else:
        order = keys_for(name)  # type: ignore[assignment]
    key = next((key for key in order if key in config), "")
    return HeldSetting(name, normal(name, config[key]), key) if key else HeldSetting(name, None)


def pairs_to_write(name: str, value: str, key: str, model: str) -> dict[str, str]:
    """What is sent to set one setting whose key was found to be `key`."""
    number = dtmf_relay(name)
    if not number:
        return {key: _as_written(model, key, value)}
    if not value:
        return {key: ""}
    one, several = dtmf_keys(number)
    return {DTMF_OPTION: str(len(value)), one if len(value) == 1 else several: value}


def dtmf_problem(value: str, others: Iterable[str]) -> str:
    """Why a DTMF code cannot stand beside the other codes of the unit; empty when it can (device API 3.4)."""
    if len(value) > 4:
        return "A DTMF code has at most 4 digits."
    lengths = {len(other) for other in others if other}
    if value and lengths - {len(value)}:
        return "All DTMF codes of one device have the same number of digits."
    return ""


_BASE64_KEYS = re.compile(r"(APIFCGI|HTTPAPI|RTSP)\.Password$|Account\d?\.GENERAL\.Pwd$")


def _as_written(model: str, key: str, value: str) -> str:
    """The S5xx take some passwords as Base64 (device API 1.2)."""
    if model.upper().startswith("S5") and _BASE64_KEYS.search(key):
        return base64.b64encode(value.encode()).decode("ascii")
    return value
