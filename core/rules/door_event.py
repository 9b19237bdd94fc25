"""What a call of an action URL says, and whose it was (device API 6). Pure; everything in it is untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from core.base.words import clean
from core.rules.settings import ACTION_EVENTS

PATH = "/ev"
CALL = "call_"
"""Begins the event of a call; the device's own word for its kind follows, in small letters."""
ALARMS = frozenset({"tamper", "break_in_a", "break_in_b"})
"""Events that are alarms (ALM-01)."""
_VARIABLES = {
    "mac": "$mac",
    "user": "$userid",
    "name": "$user_name",
    "card": "$card_sn",
    "relay": "$relay_id",
    "time": "$time",
}
_WORKED = frozenset({"valid_code", "valid_card", "valid_face"})
_METHODS = {"code": "PIN", "card": "Card", "face": "Face"}


@dataclass(frozen=True, slots=True)
class ActionCall:
    """One call, cleaned and cut. `event` is a name of ACTION_EVENTS, or what the device said where it is none."""

    mac: str
    event: str
    user_id: str = ""
    name: str = ""
    card: str = field(default="", repr=False)
    relay: str = ""
    device_time: str = ""

    @property
    def worked(self) -> bool:
        """Whether a door opened by it."""
        return self.event in _WORKED or self.event.endswith("_triggered")

    @property
    def method(self) -> str:
        """The word for how, as the door log has it."""
        return _METHODS.get(self.event.rpartition("_")[2], "")


def action_url(base: str, event: str) -> str:
    """The address that a device is to call on an event; KeyError for an unknown event.

    The device replaces `$name`; one that it does not know stays as it is written, and is then read as nothing.
    """
    if event not in ACTION_EVENTS:
        raise KeyError(event)
    query = urlencode({"e": event}) + "".join(f"&{key}={value}" for key, value in _VARIABLES.items())
    return f"{base.rstrip('/')}{PATH}?{query}"


def parse_call(query: Iterable[tuple[str, str]]) -> ActionCall | None:
    """A call from its query; None when it names no device or no event."""
    given: Mapping[str, str] = {
        key: "" if value.startswith("$") else clean(value, limit=160) for key, value in query
    }
    mac = re.sub(r"[^0-9A-Fa-f]", "", given.get("mac", "")).upper()
    event = given.get("e", "")
    if len(mac) != 12 or not re.fullmatch(r"[a-z0-9_]{2,48}", event):
        return None
    return ActionCall(
        mac=mac,
        event=event,
        user_id=given.get("user", "")[:32],
        name=given.get("name", ""),
        card=re.sub(r"[^0-9A-Fa-f]", "", given.get("card", "")).upper()[:32],
        relay=given.get("relay", "")[:8],
        device_time=given.get("time", "")[:32],
    )


def moment_of(local: datetime, zone: str, drift: timedelta) -> datetime:
    """When something happened that the device's wall clock dates `local`: its zone's time less the drift of its clock.

    Drift below half a minute is noise of the measurement and is not taken off. Of the doubled hour in autumn the first
    one is meant.
    """
    aware = local.replace(tzinfo=ZoneInfo(zone))
    return aware - drift if abs(drift) > timedelta(seconds=30) else aware


def card_number(card: str) -> str:
    """Devices pad and strip the leading zeros of a card (device API 3.8): the number is what opens."""
    return card.upper().lstrip("0")
