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
    return [door_event(one) for one in await newest_records(session, "doorlog", newest)]


async def newest_records(session: Session, target: str, newest: int) -> list[Record]:
    """The newest records of a log, newest first."""
    found: dict[str, Record] = {}
    page = 0
    while len(found) < newest:
        page += 1
        reply = await session.read(target, "get", {"page": str(page)})
        # Some units ignore the page: then nothing new comes. New events may shift a record onto the next page.
        fresh = {ref: one for one in reply.items if (ref := member(one, "ID")) not in found}
        found.update(fresh)
        total = number_of(reply.data.get("num"))
        if not fresh or (total is not None and len(found) >= total):
            break
    return list(found.values())[:newest]


def door_event(record: Mapping[str, object]) -> DoorEvent:
    """An event from a record. Of a card the last four characters are kept, of a PIN nothing."""
    method = word_in(record, "Type")
    return DoorEvent(
        ref=word_in(record, "ID"),
        local_time=moment_in(record),
        name=word_in(record, "Name"),
        user_id=word_in(record, "UserID"),
        method=method,
        relay=word_in(record, "RelayID", "Relay"),
        success=member(record, "Status").lower().startswith("succ"),
        code_tail=_tail(method, member(record, "Code")),
    )


def word_in(record: Mapping[str, object], *names: str) -> str:
    """A member as a clean text; empty for the words that mean nothing."""
    text = clean(member(record, *names))
    return "" if text in _NOTHING else text


def _tail(method: str, code: str) -> str:
    is_card = method.lower() in {"card", "rf", "rfcard", "nfc"}
    return clean(code)[-_TAIL:] if is_card and len(code) >= _SHORTEST_CARD else ""


def moment_in(record: Mapping[str, object]) -> datetime | None:
    """The wall-clock time of a record; None when it tells none that makes sense."""
    try:
        day = date.fromisoformat(member(record, "Date"))
        return datetime.combine(day, time.fromisoformat(member(record, "Time")))
    except ValueError:
        return None
