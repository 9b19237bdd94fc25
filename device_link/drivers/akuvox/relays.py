"""Relays: open one, read them all (device API 3.4)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from core.base.errors import UserError
from core.rules.settings import RELAY_LETTERS
from device_link.drivers.akuvox.envelope import number_of, text_of
from device_link.drivers.akuvox.session import Effect, Session
from device_link.errors import SaidNoError, UnsupportedError

_RESULT = re.compile(r'id="hcSingleResult"\s+value="(-?[0-9]{1,6})"')
_HOLD_MOST_S = 65535
_PAGE_LIMIT = 64 * 1024


async def trigger(session: Session, number: int, hold_s: int) -> None:
    """Open relay 1 to 4 (11, 12: security relays) for `hold_s` seconds; it closes by itself."""
    if number not in {1, 2, 3, 4, 11, 12} or not 0 <= hold_s <= _HOLD_MOST_S:
        message = f"Relay {number} cannot be opened for {hold_s} seconds."
        raise UserError("relay.bounds", message, remedy="Relays are 1 to 4; the time is 0 to 65535 seconds.")
    try:
        await session.change("relay", "trig", {"num": number, "mode": 0, "level": 0, "delay": hold_s})
    except UnsupportedError:
        await _by_address(session, number)


async def _by_address(session: Session, number: int) -> None:
    """The address that opens a door, for units without a call for relays (IT83, device API 3.5). How long it stays open
    is the unit's own setting.
    """
    door = {11: "SA", 12: "SB"}.get(number, str(number))
    user, password = session.link.user, session.link.password
    if _is_high_security(session.identity.firmware):
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        path = f"/fcgi/OpenDoor?{urlencode({'action': 'OpenDoor', 'DoorNum': door})}"
        page = await _pressed(session, path, {"Authorization": f"Basic {token}"})
    else:
        login = {"action": "OpenDoor", "UserName": user, "Password": password, "DoorNum": door}
        page = await _pressed(session, f"/fcgi/do?{urlencode(login)}", {})
    found = _RESULT.search(page.decode("latin-1"))
    refused = found is not None and found[1] != "0"
    if found is not None and found[1] == "-1":
        said = "wants another user and password for opening by address than for its API"
    elif refused or b"new interface" in page or b"failed" in page:
        said = "does not open this door by its address"
    else:
        return
    raise SaidNoError(session.base, "OpenDoor", said=said)


async def _pressed(session: Session, path: str, headers: Mapping[str, str]) -> bytes:
    """Fetched once: a connection that breaks must not open a door twice. The page has a sign-in of its own."""
    async with session.beside(session.base) as door:
        return await door.fetch(path, limit=_PAGE_LIMIT, effect=Effect.CHANGE, headers=headers)


def _is_high_security(firmware: str) -> bool:
    """From the third number 10 on the sign-in goes into the request's head (device API 3.5)."""
    series = number_of([*firmware.split("."), "", ""][2])
    return series is not None and series >= 10


async def read_inputs(session: Session) -> dict[int, bool]:
    """Input number -> active, for the inputs that the unit tells (device API 3.6)."""
    reply = await session.read("input", "status")
    found = {n: _is_open(reply.data.get(f"Input{letter}")) for n, letter in enumerate("ABCD", start=1)}
    return {number: state for number, state in found.items() if state is not None}


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
