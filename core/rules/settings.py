"""The names of device settings that do not depend on a model: names, labels and value shapes. Pure data.

How a name is spelled on a device is its driver's business. Raw `Config.…` keys are names as well: they go to the
device as they are. Values are texts in the shape that `normal` gives them, on both sides of a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from core.base.errors import UserError

RELAY_LETTERS = "abcd"
"""Relay 1 is A."""

ACTION_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "relay_a_triggered": "relay A triggered",
        "relay_b_triggered": "relay B triggered",
        "relay_c_triggered": "relay C triggered",
        "relay_d_triggered": "relay D triggered",
        "relay_a_closed": "relay A closed",
        "relay_b_closed": "relay B closed",
        "relay_c_closed": "relay C closed",
        "relay_d_closed": "relay D closed",
        "valid_code": "valid code entered",
        "invalid_code": "invalid code entered",
        "valid_card": "valid card shown",
        "invalid_card": "invalid card shown",
        "valid_face": "face recognised",
        "invalid_face": "face not recognised",
        "tamper": "tamper alarm",
        "break_in_a": "door A forced",
        "break_in_b": "door B forced",
        "motion": "motion",
        "setup_completed": "start completed",
        "address_changed": "address changed",
        "heartbeat": "heartbeat",
    }
)
"""Events that a device may report by calling an address of ours (device API 6), and their words."""


class Shape(StrEnum):
    """What the text of a value looks like."""

    TEXT = "text"
    NUMBER = "number"
    """Whole number without leading zeros."""
    FLAG = "flag"
    """`1` or `0`."""
    ZONE = "zone"
    """`GMT+1:00`."""


@dataclass(frozen=True, slots=True)
class SettingWord:
    """One name of the vocabulary. `label` is for people; values of a `secret` one are never shown."""

    name: str
    label: str
    shape: Shape = Shape.TEXT
    secret: bool = False


_RELAY_PARTS: tuple[tuple[str, str, Shape], ...] = (
    ("name", "name", Shape.TEXT),
    ("enabled", "on", Shape.FLAG),
    ("hold", "hold time in seconds", Shape.NUMBER),
    ("delay", "trigger delay in seconds", Shape.NUMBER),
    ("type", "type", Shape.TEXT),
    ("mode", "mode", Shape.TEXT),
    ("dtmf", "DTMF code", Shape.TEXT),
    ("schedule", "open in schedules", Shape.TEXT),
    ("schedule_enabled", "opens by schedule", Shape.FLAG),
)


def _words() -> Iterator[SettingWord]:
    yield SettingWord("device_name", "Device name")
    yield SettingWord("location", "Location")
    yield SettingWord("time_zone", "Time zone", Shape.ZONE)
    yield SettingWord("time_zone_city", "City of the time zone")
    yield SettingWord("ntp_enabled", "Time from the network", Shape.FLAG)
    yield SettingWord("ntp_server", "Time server")
    yield SettingWord("ntp_server_2", "Second time server")
    yield SettingWord("api_enabled", "HTTP API on", Shape.FLAG)
    yield SettingWord("api_auth_mode", "HTTP API sign-in mode")
    yield SettingWord("api_user", "HTTP API user")
    yield SettingWord("api_password", "HTTP API password", secret=True)
    yield SettingWord("https_enabled", "HTTPS on", Shape.FLAG)
    yield SettingWord("cloud_mode", "Maker's cloud")
    yield SettingWord("redirect_enabled", "Maker's redirect server", Shape.FLAG)
    yield SettingWord("rtsp_enabled", "Video stream on", Shape.FLAG)
    yield SettingWord("action_urls_enabled", "Reports events", Shape.FLAG)
    for letter in RELAY_LETTERS:
        for part, label, shape in _RELAY_PARTS:
            yield SettingWord(f"relay_{letter}_{part}", f"Relay {letter.upper()} {label}", shape)
    for event, label in ACTION_EVENTS.items():
        yield SettingWord(f"action_url_{event}", f"Address called on {label}")


WORDS: Mapping[str, SettingWord] = MappingProxyType({word.name: word for word in _words()})
"""The whole vocabulary by name."""

_SECRET_KEY = re.compile(r"(password\d*|pwd\d*|pin|publickey\d*|key16(mac)?|authkey)$", re.IGNORECASE)


def relay_setting(number: int, what: str) -> str:
    """The name of one setting of relay 1 to 4: `relay_setting(2, "hold")` is `relay_b_hold`."""
    if not 1 <= number <= len(RELAY_LETTERS):
        msg = f"there is no relay {number}"
        raise ValueError(msg)
    name = f"relay_{RELAY_LETTERS[number - 1]}_{what}"
    if name not in WORDS:
        msg = f"relays have no setting '{what}'"
        raise ValueError(msg)
    return name


def is_raw(name: str) -> bool:
    """Whether a name is a device's own key and goes there unchanged."""
    return name.startswith("Config.")


def label_of(name: str) -> str:
    """The words for people; a raw key is its own label."""
    word = WORDS.get(name)
    return word.label if word else name


def is_secret(name: str) -> bool:
    """Whether values of this setting are passwords or codes: never shown, logged or put into a plan's text."""
    word = WORDS.get(name)
    return word.secret if word else _SECRET_KEY.search(name) is not None


def normal(name: str, value: str) -> str:
    """A value in the shape of its setting, so that `05` equals `5` and `GMT+01:00` equals `GMT+1:00`.

    What does not fit the shape comes back as it is: it will then differ, and is shown as the device tells it.
    """
    word = WORDS.get(name)
    text = value.strip() if word else value
    if word is None or word.shape is Shape.TEXT:
        return text
    if word.shape is Shape.ZONE:
        return _normal_zone(text)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return text
    number = int(text)
    return str(min(number, 1)) if word.shape is Shape.FLAG else str(number)


def _normal_zone(text: str) -> str:
    found = re.fullmatch(r"(?:GMT|UTC)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", text, re.IGNORECASE)
    if found is None:
        return "GMT+0:00" if text.upper() in {"GMT", "UTC"} else text
    sign, hours, minutes = found.groups()
    return _offset_text(sign, int(hours), int(minutes or 0))


def _offset_text(sign: str, hours: int, minutes: int) -> str:
    return f"GMT{sign if hours or minutes else '+'}{hours}:{minutes:02}"


def gmt_text(iana_zone: str, at: datetime) -> str:
    """The offset by which devices name a zone: `gmt_text("Europe/Paris", now)` is `GMT+1:00`.

    It is the offset outside daylight saving in the year of `at`: devices list zones that way (device API 3.1,
    `timezone_display_list`) and add the summer hour by the city, so the text is the same all year.
    UserError when there is no such zone.
    """
    zone = _zone(iana_zone)
    offsets = [datetime(at.year, month, 1, 12, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    seconds = int(min(offset or timedelta() for offset in offsets).total_seconds())
    minutes = abs(seconds) // 60
    return _offset_text("-" if seconds < 0 else "+", minutes // 60, minutes % 60)


def city_text(iana_zone: str) -> str:
    """The city by which devices name a zone: the last part of its name (`New_York`).

    UserError when there is no such zone.
    """
    _zone(iana_zone)
    return iana_zone.rpartition("/")[2]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as fault:
        message = f"There is no time zone '{name[:60]}'."
        remedy = "Choose a name of the IANA list, such as Europe/Paris."
        raise UserError("settings.zone.unknown", message, remedy=remedy, field="time_zone") from fault
