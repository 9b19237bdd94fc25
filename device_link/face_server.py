"""A photo that one unit may fetch for the time of a push: an E16 or E18 takes faces by address (device API 3.8).

The address holds 128 random bits and is told to that unit only; any other caller, path or method gets nothing. The
server listens on the address of this workstation by which the unit is reached, on a free port, until the push ends.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from device_link.small_server import Asked, Given, SmallServer

_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


@dataclass(slots=True)
class Offered:
    """A photo on offer. `fetched` is set when the unit has been given the whole of it."""

    url: str
    fetched: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def offered(path: Path, kind: str, device_url: str) -> AsyncIterator[Offered]:
    """Offer a photo (`kind`: jpg or png) to the unit at a URL. OSError when nothing can be listened on."""
    host = urlsplit(device_url).hostname or ""
    # A thread of its own, gone with the look: a name server that does not answer must not stop the window.
    with ThreadPoolExecutor(1, "face-route") as looking:
        peer, own = await asyncio.get_running_loop().run_in_executor(looking, _route, host)
    name = f"/{secrets.token_hex(16)}.{kind}"
    offer = Offered("")

    async def answer(asked: Asked) -> Given:
        if asked.method != "GET" or asked.peer != peer or not secrets.compare_digest(asked.path, name):
            return Given(404)
        offer.fetched.set()
        return Given(file=path, content_type=_TYPES.get(kind, "application/octet-stream"))

    server = SmallServer(answer)
    offer.url = await server.open(own) + name
    try:
        yield offer
    finally:
        await server.close()


def _route(host: str) -> tuple[str, str]:
    """The unit's address, and ours on the way to it. Nothing is sent: a datagram socket only looks the way up."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as way:
        way.connect(address)
        return str(address[0]), str(way.getsockname()[0])
