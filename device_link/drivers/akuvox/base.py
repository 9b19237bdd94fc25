"""What gateways of several makers have in common: one session per call, one call per device at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from core.ports.device import DeviceGateway, Link
from core.rules.desired import Identity
from device_link.drivers.akuvox.means import WithMeans
from device_link.drivers.akuvox.restart import Wait
from device_link.pool import Turn


class Conversation(Protocol):
    """What a maker's session has for us: the device's turn, and what it is once it was asked."""

    turn: Turn

    @property
    def identity(self) -> Identity:
        """As proved by the session's first word."""
        ...


S = TypeVar("S", bound=Conversation)


@dataclass(frozen=True, slots=True)
class Acts(Generic[S]):
    """How a maker does what every maker does. `read_uptime` gives seconds, None where the device does not tell."""

    read_uptime: Callable[[S], Awaitable[int | None]]
    reboot: Callable[[S], Awaitable[None]]
    reset: Callable[[S], Awaitable[None]]
    open_relay: Callable[[S, int, int], Awaitable[None]]
    relay_states: Callable[[S], Awaitable[dict[int, bool]]]
    read_clock: Callable[[S], Awaitable[datetime]]
    read_picture: Callable[[S], Awaitable[bytes]]


class SessionGateway(WithMeans, DeviceGateway, Generic[S]):
    """A gateway over sessions of one maker."""

    acts: Acts[S]
    maker_pacing = ""
    """The model whose waits hold while a unit restarts and nobody knows yet which one answers."""

    @abstractmethod
    def _session(self, link: Link, *, once: bool = False) -> AbstractAsyncContextManager[S]:
        """A conversation whose first word has proved address, sign-in and MAC. `once`: nothing is repeated."""

    async def identify(self, link: Link) -> Identity:
        """See `DeviceGateway.identify`."""
        async with self._session(link) as session:
            return session.identity

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`. The unit is free for others between two looks."""
        async with self._pool.turn(link.url) as turn:
            before, turn.uptime = turn.uptime, None

        async def look() -> tuple[Identity, int | None]:
            async with self._session(link, once=True) as session:
                return session.identity, await self.acts.read_uptime(session)

        pacing = self._pacing(self.maker_pacing)
        return await Wait(link.url, self._clock, pacing, look, before, limit_s).run()

    async def note_uptime(self, session: S) -> None:
        """Before a restart: what a wait compares with."""
        uptime = await self.acts.read_uptime(session)
        session.turn.uptime = None if uptime is None else (self._clock.monotonic(), uptime)

    async def reboot(self, link: Link) -> None:
        """See `DeviceGateway.reboot`."""
        async with self._session(link) as session:
            await self.note_uptime(session)
            await self.acts.reboot(session)

    async def reset(self, link: Link) -> None:
        """See `DeviceGateway.reset`."""
        async with self._session(link) as session:
            await self.note_uptime(session)
            await self.acts.reset(session)

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """See `DeviceGateway.trigger_relay`."""
        async with self._session(link) as session:
            await self.acts.open_relay(session, number, hold_s)

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.relay_states`."""
        async with self._session(link) as session:
            return await self.acts.relay_states(session)

    async def device_time(self, link: Link) -> datetime:
        """See `DeviceGateway.device_time`."""
        async with self._session(link) as session:
            return await self.acts.read_clock(session)

    async def snapshot(self, link: Link) -> bytes:
        """See `DeviceGateway.snapshot`."""
        async with self._session(link) as session:
            return await self.acts.read_picture(session)
