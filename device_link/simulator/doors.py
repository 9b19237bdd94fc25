"""The door decision: may this card, PIN or face open this relay now, from what is on the device and nothing else.

`may_open` only looks; `present` also acts: door log, relay, action URLs. The rules are the device's, so that a test can
ask the device instead of the program that filled it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from device_link.simulator.config_map import ACTION_URL, DOOR, LETTERS
from device_link.simulator.relays import FIRST_SECURITY, relay_name
from device_link.simulator.schedule_wire import matches
from device_link.simulator.state import Schedule, User
from device_link.simulator.unit import Unit
from device_link.simulator.user_wire import pieces

Method = Literal["pin", "card", "face", "card+pin", "face+pin", "face+card"]
METHODS: tuple[Method, ...] = ("pin", "card", "face", "card+pin", "face+pin", "face+card")

_SUFFICIENT: dict[str, tuple[Method, ...]] = {
    "1": ("face+pin",),
    "2": ("face+card",),
    "3": ("card+pin",),
}
_ANY: tuple[Method, ...] = METHODS
_PAIR = re.compile(r"(\d+)-(\d+)")
_PUBLIC_KEYS = ("PublicKey", "PublicKey1", "PublicKey2", "PublicKey3")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a relay opens, why (or why not), and for whom; `kind` is the word for the door log."""

    opens: bool
    reason: str
    user: User | None = None
    kind: str = ""


def may_open(unit: Unit, relay: int, method: Method, code: str, when_local: datetime) -> Decision:
    """Decide from the device's own users, schedules and settings; nothing is changed.

    `code` is the PIN, the card number in hex or (for a face) the user's UserID; for two factors both, joined by `+` in
    the order of the method's name. A relay that its own schedule holds open opens for everybody.
    """
    kind = _kind(method)
    if not unit.relays.exists(relay):
        return Decision(opens=False, reason="this device has no such relay", kind=kind)
    if _held_open(unit, relay, when_local):
        return Decision(opens=True, reason="held open by the relay's schedule", kind=kind)
    if method == "pin" and _is_public_pin(unit, code):
        return Decision(opens=True, reason="public PIN", kind="Public")
    refused = Decision(opens=False, reason="unknown code", kind=kind)
    for user in _holders(unit, method, code):
        if method not in _SUFFICIENT.get(user.auth_mode, _ANY):
            refused = Decision(opens=False, reason="one factor is not enough", user=user, kind=kind)
        elif any(matches(schedule, when_local) for schedule in _schedules_for(unit, user, relay)):
            return Decision(opens=True, reason="schedule is open", user=user, kind=kind)
        else:
            refused = Decision(opens=False, reason="no open schedule for this relay", user=user, kind=kind)
    return refused


def _kind(method: Method) -> str:
    return {"pin": "Password", "card": "Card"}.get(method, "Face" if "face" in method else "Card")


def card_number(written: str) -> str:
    """Return a card in one form: hex digits in upper case without leading zeros."""
    return written.strip().upper().lstrip("0")


def _holders(unit: Unit, method: Method, code: str) -> Iterator[User]:
    factors = dict(zip(method.split("+"), code.split("+"), strict=False))
    if len(factors) != len(method.split("+")) or not all(value.strip() for value in factors.values()):
        return
    for user in unit.people.all():
        if all(_has(user, factor, value) for factor, value in factors.items()):
            yield user


def _has(user: User, factor: str, value: str) -> bool:
    if factor == "pin":
        return value in pieces(user.pin)
    if factor == "card":
        return card_number(value) in {card_number(one) for one in pieces(user.card)}
    return user.face and user.user_id == value


def _schedules_for(unit: Unit, user: User, relay: int) -> Iterator[Schedule]:
    """Users name schedules by DisplayID, not by ID (device API 3.8)."""
    by_display = {schedule.display_id: schedule for schedule in unit.state.schedules.values()}
    written = user.schedule if relay < FIRST_SECURITY else user.security
    digit = str(relay if relay < FIRST_SECURITY else relay - FIRST_SECURITY + 1)
    for display_id, digits in _PAIR.findall(written):
        if digit in digits and display_id in by_display:
            yield by_display[display_id]


def _is_public_pin(unit: Unit, code: str) -> bool:
    prefix = f"{DOOR}.PASSWORD"
    if not unit.config.flag(f"{prefix}.PublicKeyEnable"):
        return False
    return any(code in pieces(unit.config.get(f"{prefix}.{name}")) for name in _PUBLIC_KEYS)


def _held_open(unit: Unit, relay: int, when_local: datetime) -> bool:
    if relay > len(LETTERS):
        return False
    prefix = f"{DOOR}.RELAYSCHEDULE.Relay{relay_name(relay)}"
    if not unit.config.flag(f"{prefix}Enable"):
        return False
    wanted = {piece for piece in unit.config.get(f"{prefix}Schedule").split("/") if piece}
    return any(one.display_id in wanted and matches(one, when_local) for one in unit.state.schedules.values())


_EVENTS = {
    "pin": ("ValidCodeEntered", "InvalidCodeEntered"),
    "card": ("ValidCardEntered", "InvalidCardEntered"),
    "face": ("ValidFaceRecognition", "InvalidFaceRecognition"),
}


def present(unit: Unit, relay: int, method: Method, code: str) -> Decision:
    """Do what a device does when a person presents something at it, at its own clock's time."""
    decision = may_open(unit, relay, method, code, unit.local_now())
    user = decision.user
    unit.log_door(decision.kind, code, str(relay) if decision.opens else "", user, opened=decision.opens)
    factor = method.partition("+")[0]
    names = {"unlocktype": decision.kind, "relay_id": str(relay), "card_sn": code if factor == "card" else ""}
    names["code"] = code if factor == "pin" else ""
    if user is not None:
        names |= {"userid": user.user_id, "user_name": user.name, "active_user": user.name}
    if decision.opens:
        open_relay(unit, relay)
    unit.notify(_EVENTS[factor][0 if decision.opens else 1], names)
    return decision


def open_relay(unit: Unit, relay: int, seconds: float | None = None) -> float:
    """Open a relay, queue its action URL and return the seconds that it stays open."""
    held = unit.relays.open(relay, seconds)
    unit.notify(f"Relay{relay_name(relay)}Triggered", {"relay_id": str(relay)})
    if unit.config.get(f"{ACTION_URL}.Relay{relay_name(relay)}Closed"):
        unit.closings.append((relay, held))
    return held
