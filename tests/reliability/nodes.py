"""Nodes of the cloud on real sockets, stations that reach them there, and a proxy between them that does harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from core.base.tasks import TaskOwner
from core.cloud.run import Service
from core.cloud.settings import CloudSettings
from sync.engine import SyncEngine
from sync.transport import HttpTransport
from tests.history.world import Station, World

LIMIT_S = 60.0
"""Deadline of every wait on real sockets."""


@asynccontextmanager
async def node(settings: CloudSettings, *, port: int = 0) -> AsyncIterator[str]:
    """One running service; its address."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    service = Service(settings, "127.0.0.1", port, ready.set_result)
    owner = TaskOwner()
    running = owner.start(service.run_here(), name="node")
    try:
        async with asyncio.timeout(LIMIT_S):
            url = await ready
        yield url
    finally:
        service.stop()
        await asyncio.wait({running})


async def point_at(w: World, station: Station, url: str) -> None:
    """Let a station talk to an address instead of the world's own service."""
    await station.transport.close()
    station.transport = HttpTransport(url, station.mirror, clock=w.clock)
    station.engine = SyncEngine(station.mirror, station.transport, station.blobs, w.clock)


@dataclass(frozen=True, slots=True)
class Harm:
    """What happens to one exchange. Cuts are in bytes that pass; flips are places of a bit that turns over."""

    drop_request: bool = False
    drop_answer: bool = False
    cut_request: int | None = None
    cut_answer: int | None = None
    flip_request: int | None = None
    flip_answer: int | None = None
    times: int = 1
    answer: bytes = b""
    hold: bool = False


Rule = Callable[[str, str], Harm]
PAGE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 38\r\nconnection: close\r\n\r\n"
    b"<html>Welcome to the hotel lobby</html>"
)
BUSY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass
class Proxy:
    """Passes one exchange per connection on to a node, harmed as `rule(method, path)` says."""

    upstream: str
    rule: Rule = lambda _method, _path: Harm()
    seen: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._exchange(reader, writer)
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        sizes = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        body = await reader.readexactly(int(sizes[0])) if sizes else b""
        self.seen.append(f"{method} {path}")
        harm = self.rule(method, path)
        if harm.answer:
            writer.write(harm.answer)
            await writer.drain()
        if harm.drop_request or harm.answer:
            return
        kept = [line for line in lines[1:] if line and not line.lower().startswith("connection:")]
        start = "\r\n".join([lines[0], *kept, "connection: close", "", ""]).encode("latin-1")
        request = start + _flipped(body, harm.flip_request)
        if harm.cut_request is not None:
            request = request[: len(start) + harm.cut_request]
        if harm.hold:
            await asyncio.Event().wait()
        answer = b""
        for _ in range(harm.times):
            answer = await self._ask(request, cut=harm.cut_request is not None)
        if harm.drop_answer:
            return
        place, length = answer.find(b"\r\n\r\n") + 4, len(answer)
        answer = answer[:place] + _flipped(answer[place:], harm.flip_answer)
        writer.write(answer[: length if harm.cut_answer is None else place + harm.cut_answer])
        await writer.drain()

    async def _ask(self, request: bytes, *, cut: bool) -> bytes:
        url = httpx.URL(self.upstream)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        try:
            writer.write(request)
            await writer.drain()
            return b"" if cut else await reader.read()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def _flipped(body: bytes, bit: int | None) -> bytes:
    if bit is None or not body:
        return body
    place = bit // 8 % len(body)
    return body[:place] + bytes([body[place] ^ (1 << bit % 8)]) + body[place + 1 :]


@asynccontextmanager
async def proxy(upstream: str) -> AsyncIterator[Proxy]:
    """A running proxy."""
    made, handling = Proxy(upstream), set[asyncio.Task[None]]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = owner.start(made.serve(reader, writer), name="proxied")
        handling.add(task)

    owner = TaskOwner()
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await owner.close()
        await server.wait_closed()
