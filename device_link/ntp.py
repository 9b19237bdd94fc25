"""A time server for devices without an internet: this workstation's clock, told by SNTP (RFC 4330, W13).

Answers clients and nobody else; whatever arrives is untrusted and never makes it say more than was asked.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

from core.base.clock import Clock, to_ms

PORT = 123
_SIZE = 48
_SINCE_1900_S = 2_208_988_800
_CLIENT, _SERVER = 3, 4
_STRATUM = 10
"""A clock of its own without a source: any true server that the device may know is believed first."""

OnAsked = Callable[[str], None]
"""Is told the address of each device that asked."""


def answer(data: bytes, now_ms: int) -> bytes | None:
    """The reply to a client's packet; None for anything else."""
    if len(data) < _SIZE or data[0] & 0b111 != _CLIENT:
        return None
    version = (data[0] >> 3) & 0b111
    if not 1 <= version <= 4:
        return None
    stamp = timestamp(now_ms)
    head = struct.pack("!BBbb", version << 3 | _SERVER, _STRATUM, max(4, min(data[2], 17)), -10)
    return head + struct.pack("!II4s", 0, 0, b"LOCL") + stamp + data[40:48] + stamp + stamp


def timestamp(now_ms: int) -> bytes:
    """64 bits: seconds since 1900, which begin anew in 2036, and their fraction."""
    seconds, ms = divmod(now_ms, 1000)
    return struct.pack("!II", (seconds + _SINCE_1900_S) % (1 << 32), (ms << 32) // 1000)


class TimeServer(asyncio.DatagramProtocol):
    """Serves until `close`."""

    def __init__(self, clock: Clock, on_asked: OnAsked = lambda _address: None) -> None:
        self._clock = clock
        self._on_asked = on_asked
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str, port: int = PORT) -> int:
        """Begin to answer; returns the port. OSError when it is taken or needs a right that is not there."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Stop."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one packet."""
        reply = answer(data, to_ms(self._clock.now()))
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)
            self._on_asked(str(addr[0]))

    def error_received(self, exc: Exception) -> None:
        """A device that is gone before its answer comes is no matter."""
