"""The call log and what the unit is doing (device API 3.2, 3.7, 3.11)."""

from __future__ import annotations

from collections.abc import Mapping

from core.ports.device import CallEvent
from device_link.drivers.akuvox.envelope import text_of
from device_link.drivers.akuvox.logs import moment_in, newest_records, word_in
from device_link.drivers.akuvox.session import Session
from device_link.errors import said_by


async def read_call_events(session: Session, newest: int) -> list[CallEvent]:
    """The newest lines, newest first."""
    return [call_event(one) for one in await newest_records(session, "calllog", newest)]


def call_event(record: Mapping[str, object]) -> CallEvent:
    """A call from a record."""
    return CallEvent(
        ref=word_in(record, "ID"),
        local_time=moment_in(record),
        name=word_in(record, "Name"),
        kind=word_in(record, "Type"),
        number=word_in(record, "Num"),
    )


async def read_state(session: Session) -> str:
    """The unit's own word for what it is doing."""
    reply = await session.read("call", "status")
    return said_by(text_of(reply.data.get("Status"), 64))
