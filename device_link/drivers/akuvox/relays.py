"""Relays: open one, read them all (device API 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

from core.base.errors import UserError
from core.rules.settings import RELAY_LETTERS
from device_link.drivers.akuvox.envelope import number_of, text_of
from device_link.drivers.akuvox.session import Session

_HOLD_MOST_S = 65535


async def trigger(session: Session, number: int, hold_s: int) -> None:
    """Open relay 1 to 4 (11, 12: security relays) for `hold_s` seconds; it closes by itself."""
    if number not in {1, 2, 3, 4, 11, 12} or not 0 <= hold_s <= _HOLD_MOST_S:
        message = f"Relay {number} cannot be opened for {hold_s} seconds."
        raise UserError("relay.bounds", message, remedy="Relays are 1 to 4; the time is 0 to 65535 seconds.")
    await session.change("relay", "trig", {"num": number, "mode": 0, "level": 0, "delay": hold_s})


async def read_states(session: Session) -> dict[int, bool]:
    """Relay number -> open, for the relays that the unit tells."""
    reply = await session.read("relay", "status")
    states: dict[int, bool] = {}
    for number, letter in enumerate(RELAY_LETTERS.upper(), start=1):
        state = _is_open(reply.data.get(f"Relay{letter}"))
        if state is not None:
            states[number] = state
    return states


def _is_open(value: object) -> bool | None:
    """1 is open, 0 closed; some firmware says it in words or one level deeper."""
    if isinstance(value, Mapping):
        value = value.get("state")
    word = text_of(value, 16).lower()
    if word in {"open", "closed", "close"}:
        return word == "open"
    number = number_of(value)
    return None if number is None else number != 0
