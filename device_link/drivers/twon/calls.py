"""The telephone in a 2N unit: what it is in, making a call, ending all (device API 8)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from core.base.words import clean
from device_link.drivers.akuvox.envelope import number_of, text_of
from device_link.drivers.twon.reply import records
from device_link.drivers.twon.session import TwoNSession

READY = "Ready"
"""Ours: a unit without a call says nothing."""


class TwoNPhone:
    """See `core.ports.device.Phone`. `session()` gives the unit, for one act each."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[TwoNSession]]) -> None:
        self._session = session

    async def state(self) -> str:
        """The state of the newest call in the unit's own word: connecting, ringing, connected; `Ready` without one."""
        async with self._session() as session:
            found = records(await session.read("call/status"), "sessions")
            return clean(text_of(found[-1].get("state"), 32)) if found else READY

    async def dial(self, number: str, *, name: str) -> None:
        """See `Phone.dial`; a unit shows the number only. Sent once, since a second one would ring twice."""
        del name
        async with self._session() as session:
            await session.change("call/dial", number=number)

    async def hang_up(self) -> None:
        """End every call, each by its number."""
        async with self._session() as session:
            for one in records(await session.read("call/status"), "sessions"):
                if (number := number_of(one.get("session"))) is not None:
                    await session.change("call/hangup", session=number)
