"""The door log (device API 3.11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from core.base.words import clean
from core.ports.device import DoorEvent
from device_link.drivers.akuvox.envelope import Record, member, number_of
from device_link.drivers.akuvox.session import Session

_NOTHING = frozenset({"--", "Unknown", "Unknow"})
_TAIL = 4
_SHORTEST_CARD = 6


async def read_door_events(session: Session, newest: int) -> list[DoorEvent]:
    """The newest events, newest first, by pages of ten: an unpaged log is 221 kB on an X912."""
    found: dict[str, Record] = {}
    page = 0
    while len(found) < newest:
        page += 1
        reply = await session.read("doorlog", "get", {"page": str(page)})
        # Some units ignore the page: then nothing new comes. New events may shift a record onto the next page.
        fresh = {ref: one for one in reply.items if (ref := member(one, "ID")) not in found}
        found.update(fresh)
        total = number_of(reply.data.get("num"))
        if not fresh or (total is not None and len(found) >= total):
            break
    return [door_event(one) for one in found.values()][:newest]


def door_event(record: Mapping[str, object]) -> DoorEvent:
    """An event from a record. Of a card the last four characters are kept, of a PIN nothing."""
    method = _word(record, "Type")
    return DoorEvent(
        ref=_word(record, "ID"),
        local_time=_moment(member(record, "Date"), member(record, "Time")),
        name=_word(record, "Name"),
        user_id=_word(record, "UserID"),
        method=method,
        relay=_word(record, "RelayID", "Relay"),
        success=member(record, "Status").lower().startswith("succ"),
        code_tail=_tail(method, member(record, "Code")),
    )


def _word(record: Mapping[str, object], *names: str) -> str:
    text = clean(member(record, *names))
    return "" if text in _NOTHING else text


def _tail(method: str, code: str) -> str:
    is_card = method.lower() in {"card", "rf", "rfcard", "nfc"}
    return clean(code)[-_TAIL:] if is_card and len(code) >= _SHORTEST_CARD else ""


def _moment(day: str, clock: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        return None
