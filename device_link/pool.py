"""Turns: one device is never spoken to twice at once by this process, and a network only by so many at a time.

Knows addresses and moments, nothing about what is said. Jobs across processes are kept apart by their lanes.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PER_NETWORK = 24
"""Devices of one network that are served side by side. One pushed person costs a device about a quarter of a second
of its processor and the network next to nothing; the bound keeps a firmware push to 500 devices from filling a
100 Mbit/s uplink and from opening 500 files."""


@dataclass(slots=True)
class Turn:
    """What must be remembered about a device between sessions. Moments are of `Clock.monotonic`, None: never."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked_at: float | None = None
    """When the last answer came in."""
    gap_s: float = 0.0
    """The wait between two requests that this device was found to need."""
    welcomed: str = ""
    """The user whose sign-in was accepted last: another 401 to the same one may only mean "too fast"."""
    changed_at: float | None = None
    """When the last change was answered, until it has been waited for."""
    uptime: tuple[float, int] | None = None
    """Moment and uptime in seconds, as read before a restart was asked for."""


class DevicePool:
    """Hands out turns. One pool per process, shared by gateway and scanner."""

    def __init__(self, *, per_network: int = PER_NETWORK) -> None:
        self._per_network = per_network
        self._turns: dict[str, Turn] = {}
        self._networks: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[Turn]:
        """Wait for the device, then for a place on its network; both are given back at the end."""
        turn = self._turns.setdefault(device_key(url), Turn())
        gate = self._networks.setdefault(network_of(url), asyncio.Semaphore(self._per_network))
        async with turn.lock, gate:
            yield turn

    def busy(self, url: str) -> bool:
        """Whether somebody is speaking with the device now."""
        turn = self._turns.get(device_key(url))
        return turn is not None and turn.lock.locked()


def device_key(url: str) -> str:
    """What counts as one device: the host, with its port when that is not the usual one (HTTP and HTTPS are one)."""
    parts = urlsplit(url)
    port = _port(url)
    host = (parts.hostname or url).lower()
    return host if port in {None, 80, 443} else f"{host}:{port}"


def network_of(url: str) -> str:
    """The /24 or /64 an address lies in; names share one place."""
    try:
        address = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return "names"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None
