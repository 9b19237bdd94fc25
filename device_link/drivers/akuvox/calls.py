"""The call log, what the unit is doing, and calls that it makes (device API 3.2, 3.7, 3.11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

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


class AkuvoxPhone:
    """See `core.ports.device.Phone`. `session()` gives the unit, for one call of its API each."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._session = session

    async def state(self) -> str:
        """See `Phone.state`."""
        async with self._session() as session:
            reply = await session.read("call", "status")
            return said_by(text_of(reply.data.get("Status"), 64))

    async def dial(self, number: str, *, name: str) -> None:
        """See `Phone.dial`. Sent once, since a second one would ring twice."""
        async with self._session() as session:
            await session.change("call", "dial", {"Phone": number, "DisplayName": name or number})

    async def hang_up(self) -> None:
        """See `Phone.hang_up`."""
        async with self._session() as session:
            await session.change("call", "hangup")
