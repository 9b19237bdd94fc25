"""UDP multicast on every network card: ask a group, and hear what is said to it. IPv4; knows no protocol."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from core.base.clock import Clock
from core.base.words import clean
from device_link.discovery.targets import own_addresses

_log = logging.getLogger(__name__)

Reply = Callable[[bytes, str, int], None]
"""Sends bytes to an address and port."""
OnDatagram = Callable[[bytes, str, int, Reply], None]
"""Takes a datagram, where it came from, and a way to answer it from the port that heard it."""

DATAGRAM_LIMIT = 64 * 1024
_HEARD_LIMIT = 20_000
"""Datagrams of one run. 1000 devices that answer two questions and announce themselves are 4000."""


@dataclass(frozen=True, slots=True)
class Group:
    """A multicast group, its port, and how far a question may go (hops)."""

    address: str
    port: int
    hops: int = 1


@dataclass(slots=True)
class Ears:
    """The sockets of one run. `places` are the own addresses that work, `trouble` says why others do not."""

    group: Group
    on_datagram: OnDatagram
    places: list[str] = field(default_factory=list)
    trouble: str = ""
    _transports: list[asyncio.DatagramTransport] = field(default_factory=list)
    _asking: list[asyncio.DatagramTransport] = field(default_factory=list)
    _heard: int = 0

    async def open(self, addresses: Sequence[str] | None, *, ask: bool, listen: bool) -> None:
        """Open what can be opened: per card a socket that asks, and one for all that hears the group."""
        own = list(addresses) if addresses is not None else own_addresses()
        if not own:
            self.trouble = "this computer has no network card with an address"
            return
        if ask:
            for address in own:
                await self._open_asking(address)
        if listen:
            await self._open_listening(own)

    def ask(self, message: bytes) -> None:
        """Send to the group by every card."""
        for transport in self._asking:
            transport.sendto(message, (self.group.address, self.group.port))

    def close(self) -> None:
        """Close the sockets."""
        for transport in self._transports:
            transport.close()

    async def _open_asking(self, address: str) -> None:
        try:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
            try:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self.group.hops)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                made.bind((address, 0))
                made.setblocking(False)
                self._asking.append(await self._started(made))
                self.places.append(address)
            except OSError:
                made.close()
                raise
        except OSError as fault:
            self.trouble = f"{address}: {clean(fault, limit=100)}"

    async def _open_listening(self, own: Sequence[str]) -> None:
        try:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
            try:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                # Bound to the group, it takes nothing away from a program that has the port for itself; Windows
                # does not allow that.
                made.bind(("" if sys.platform == "win32" else self.group.address, self.group.port))
                joined = [address for address in own if self._joined(made, address)]
                if not joined:
                    raise OSError(f"no card took part in {self.group.address}")
                made.setblocking(False)
                await self._started(made)
                self.places.extend(address for address in joined if address not in self.places)
            except OSError:
                made.close()
                raise
        except OSError as fault:
            self.trouble = f"port {self.group.port}: {clean(fault, limit=100)}"

    def _joined(self, made: socket.socket, address: str) -> bool:
        try:
            request = struct.pack("4s4s", socket.inet_aton(self.group.address), socket.inet_aton(address))
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        except OSError as fault:
            self.trouble = f"{address}: {clean(fault, limit=100)}"
            return False
        return True

    async def _started(self, made: socket.socket) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Endpoint(self), sock=made)
        self._transports.append(transport)
        return transport

    def take(self, data: bytes, source: tuple[str, int], transport: asyncio.DatagramTransport) -> None:
        """Pass a datagram on; a flood is cut."""
        self._heard += 1
        if self._heard > _HEARD_LIMIT or len(data) > DATAGRAM_LIMIT:
            return

        def reply(answer: bytes, host: str, port: int) -> None:
            if not transport.is_closing():
                transport.sendto(answer, (host, port))

        self.on_datagram(data, source[0], source[1], reply)


class _Endpoint(asyncio.DatagramProtocol):
    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # No isinstance: the selector loop's transports became DatagramTransports by name in Python 3.12 only.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        if self._transport is not None:
            self._ears.take(data, (str(addr[0]), int(addr[1])), self._transport)

    def error_received(self, exc: Exception) -> None:
        # A card that is down or without a route: others may work, and what was heard is what counts.
        _log.debug("multicast: %s", clean(exc, limit=100))


async def converse(
    clock: Clock, ears: Ears, questions: Callable[[], Sequence[bytes]], *, listen_s: float, rounds: int = 2
) -> None:
    """Ask `rounds` times, evenly within the first half of `listen_s`, and listen to its end. UDP loses datagrams."""
    pause = listen_s / 2 / max(rounds, 1)
    for _ in range(rounds):
        for message in questions():
            ears.ask(message)
        await clock.sleep(pause)
    await clock.sleep(listen_s - pause * rounds)
