"""A small HTTP server for what devices ask of us: one request per connection, GET and POST, nothing kept open.

Everything that arrives is untrusted: heads and bodies are bounded, slow callers are cut off, only so many at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

_log = logging.getLogger(__name__)

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 64 * 1024
AT_ONCE = 64
HEAD_S = 10.0
IDLE_S = 60.0
_BLOCK = 128 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `path` decoded, `query` in order, `peer` the caller's IP address."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    peer: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Given:
    """The reply: bytes, or a file that is sent as it is read."""

    status: int = 200
    body: bytes = b""
    file: Path | None = None
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Answerer = Callable[[Asked], Awaitable[Given]]


class SmallServer:
    """Listens on one address until `close`. What the answerer raises is answered by 500 and logged."""

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._free = asyncio.Semaphore(AT_ONCE)
        self.url = ""

    async def open(self, host: str, port: int = 0) -> str:
        """Begin to listen; returns the base URL. OSError when the address is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=HEAD_LIMIT)
        at = self._server.sockets[0].getsockname()
        shown = f"[{at[0]}]" if ":" in at[0] else at[0]
        self.url = f"http://{shown}:{at[1]}"
        return self.url

    async def close(self) -> None:
        """Stop listening; replies that are on their way are cut off."""
        if self._server is not None:
            self._server.close()
            # Python 3.12 and later wait for connections too; every one of ours ends within its time limit.
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._free, asyncio.timeout(IDLE_S):
                await self._converse(reader, writer)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.IncompleteReadError) as fault:
            _log.debug("a caller was cut off: %s", type(fault).__name__)
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        async with asyncio.timeout(HEAD_S):
            asked = await _read(line, reader, writer)
        if asked is None:
            given = Given(400)
        else:
            try:
                given = await self._answer(asked)
            except Exception:  # noqa: BLE001  one bad request must not end the server
                _log.exception("a request of a device could not be answered")
                given = Given(500)
        await _write(line, writer, given, head_only=asked is not None and asked.method == "HEAD")


async def _read(
    line: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Asked | None:
    """The whole request; None for one that makes no sense or is too large."""
    request: h11.Request | None = None
    body = bytearray()
    while True:
        try:
            event = line.next_event()
        except h11.RemoteProtocolError:
            return None
        if event is h11.NEED_DATA:
            line.receive_data(await reader.read(_BLOCK))
        elif isinstance(event, h11.Request):
            request = event
            if line.they_are_waiting_for_100_continue:
                writer.write(line.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                return None
        else:
            break
    return _asked(request, bytes(body), writer) if request else None


def _asked(request: h11.Request, body: bytes, writer: asyncio.StreamWriter) -> Asked | None:
    try:
        parts = urlsplit(request.target.decode("ascii"))
        query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=64, errors="replace"))
        path = unquote(parts.path, errors="replace")
    except ValueError:
        return None
    peer = (writer.get_extra_info("peername") or ("",))[0]
    return Asked(request.method.decode("ascii").upper(), path, query, str(peer), body)


async def _write(
    line: h11.Connection, writer: asyncio.StreamWriter, given: Given, *, head_only: bool
) -> None:
    if line.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
        # After a request that h11 could not read nothing can be said in its words; the plain truth will do.
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return
    size = given.file.stat().st_size if given.file else len(given.body)
    headers = {
        "Content-Type": given.content_type,
        "Content-Length": str(size),
        "Connection": "close",
        **given.headers,
    }
    reason = HTTPStatus(given.status).phrase
    head = h11.Response(status_code=given.status, headers=list(headers.items()), reason=reason)
    writer.write(line.send(head) or b"")
    if not head_only:
        async for block in _blocks(given):
            writer.write(line.send(h11.Data(data=block)) or b"")
            await writer.drain()
    await writer.drain()


async def _blocks(given: Given) -> AsyncIterator[bytes]:
    if given.file is None:
        yield given.body
        return
    with given.file.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
