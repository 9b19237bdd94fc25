"""HTTP/1.1 over asyncio streams, parsed by h11: one port, its connections, and how it goes down and comes back.

What is answered is decided by the handler. A closed port stays reserved by a bound socket that does not listen, so
that a restarting device refuses connections and nobody else can take its port meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

from device_link.simulator.envelope import error_page, reason_of
from device_link.simulator.errors import PortTakenError
from device_link.simulator.messages import Body, CutConnection, Request, Response
from device_link.simulator.tasks import Tasks

_log = logging.getLogger(__name__)

IDLE_S = 75.0
"""A connection on which nothing comes for so long is closed."""

_CHUNK = 256 * 1024
_BACKLOG = 128
_FAREWELL_S = 1.0


@dataclass(slots=True)
class Manners:
    """How a server treats its connections, looked at anew for each of them."""

    silent: Callable[[], bool] = lambda: False
    single: Callable[[], bool] = lambda: False
    stall_expect: Callable[[], bool] = lambda: False


class HttpPort:
    """One address on which a handler answers. `open`, `close` and `open` again keep the port."""

    def __init__(
        self,
        handler: Callable[[Request], Awaitable[Response]],
        *,
        tls: ssl.SSLContext | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._handler = handler
        self._tls = tls
        self._manners = manners or Manners()
        self._tasks = Tasks()
        self._writers: set[asyncio.StreamWriter] = set()
        self._reserved: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self.ip = ""
        self.port = 0

    def reserve(self, ip: str, port: int) -> None:
        """Take an address without answering on it. Raises `PortTakenError`; port 0 takes any free one."""
        self._reserved = _bound(ip, port)
        self.ip, self.port = self._reserved.getsockname()[:2]

    @property
    def is_open(self) -> bool:
        """Say whether connections are taken."""
        return self._server is not None

    async def open(self) -> None:
        """Begin to answer on the reserved address."""
        if self._server is not None:
            return
        if self._reserved is None:
            raise RuntimeError("reserve an address first")
        listening, self._reserved = self._reserved, None
        _share(listening, shared=True)
        self._server = await asyncio.start_server(
            self._connected, sock=listening, limit=_CHUNK, backlog=_BACKLOG, ssl=self._tls
        )

    def close(self) -> None:
        """Refuse connections from now on and drop the open ones; the address stays reserved."""
        if self._server is None:
            return
        self._drop()
        self._reserved = _bound(self.ip, self.port)

    def drop_connections(self) -> None:
        """Drop the connections that are open now; new ones are taken."""
        for writer in list(self._writers):
            writer.transport.abort()

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_connections()

    async def aclose(self) -> None:
        """Give the address back and end every connection."""
        self._drop()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        await self._tasks.aclose()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._manners.single() and self._writers:
            writer.transport.abort()
            return
        self._writers.add(writer)
        self._tasks.spawn(self._converse(reader, writer), f"connection to {self.ip}:{self.port}")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = _Conversation(
            reader, writer, self._handler, self._manners, secure=self._tls is not None
        )
        try:
            if self._manners.silent():
                await _until_closed(reader)
            else:
                await conversation.run()
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            _log.debug("connection ended: %s", type(error).__name__)
        except CutConnection:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            await _close(writer)


def _bound(ip: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: without it each answer
    # waited 40 ms for the peer's acknowledgement of the header.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        _share(bound, shared=True)
        bound.bind((ip, port))
        _share(bound, shared=False)
        bound.setblocking(False)
    except (OSError, OverflowError) as error:
        bound.close()
        raise PortTakenError(_why_not(ip, port, error)) from error
    return bound


def _share(bound: socket.socket, *, shared: bool) -> None:
    """Let old connections that are still fading not stand in the way (`shared`), or keep everybody else out.

    Windows needs neither: there the option means something else.
    """
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(shared))


def _why_not(ip: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"Port {port} on {ip} is in use by another program; choose another one."
    if number == errno.EADDRNOTAVAIL:
        return f"This machine has no address {ip}."
    return f"Port {port} on {ip} cannot be used: {error}."


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close and wait until the socket is really gone; a peer that does not answer a TLS farewell is not waited for."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_FAREWELL_S):
            await writer.wait_closed()


async def _until_closed(reader: asyncio.StreamReader) -> None:
    while await reader.read(_CHUNK):
        pass


class _Conversation:
    """All requests of one connection, one after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handler: Callable[[Request], Awaitable[Response]],
        manners: Manners,
        *,
        secure: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._manners = manners
        self._secure = secure
        self._http = h11.Connection(h11.SERVER)
        peer = writer.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""

    async def run(self) -> None:
        """Answer until one side wants no more."""
        try:
            while await self._one():
                self._http.start_next_cycle()
        except h11.RemoteProtocolError:
            await self._refuse()

    async def _one(self) -> bool:
        event = await self._event()
        if not isinstance(event, h11.Request):
            return False
        if self._manners.stall_expect() and self._http.they_are_waiting_for_100_continue:
            await _until_closed(self._reader)
            return False
        request = self._request(event)
        response = await self._answer(request)
        if response.cut:
            if response.then is not None:
                response.then()
            raise CutConnection
        if not response.close:
            await request.body.drain()
        await self._send(request, response)
        if response.then is not None:
            response.then()
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except (CutConnection, ConnectionError, TimeoutError, h11.RemoteProtocolError):
            raise
        except Exception:  # noqa: BLE001 - the border of the program: one bad request must not end the device
            _log.exception("the simulator failed on %s", request.path.partition("?")[0][:80])
            return Response(500, error_page(500), "text/html", close=True)

    def _request(self, event: h11.Request) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        length = headers.get("content-length", "")
        with_md5 = "auth-int" in headers.get("authorization", "")
        return Request(
            event.method.decode("ascii"),
            event.target.decode("ascii"),
            headers,
            self._peer,
            Body(self._more, int(length) if length.isdigit() else None, with_md5=with_md5),
            self._secure,
        )

    async def _more(self) -> bytes:
        event = await self._event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return b""
        raise ConnectionError("the peer left in the middle of a body")

    async def _event(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            async with asyncio.timeout(IDLE_S):
                self._http.receive_data(await self._reader.read(_CHUNK))

    async def _send(self, request: Request, response: Response) -> None:
        headers = [("Content-Type", response.content_type), ("Content-Length", str(len(response.body)))]
        headers += response.headers
        if response.close:
            headers.append(("Connection", "close"))
        reason = reason_of(response.status).encode("ascii")
        await self._write(h11.Response(status_code=response.status, headers=headers, reason=reason))
        if request.method != "HEAD":
            await self._write(h11.Data(data=response.body))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _refuse(self) -> None:
        if self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        page = error_page(400)
        headers = [("Content-Type", "text/html"), ("Content-Length", str(len(page))), ("Connection", "close")]
        await self._write(h11.Response(status_code=400, headers=headers, reason=b"Bad Request"))
        await self._write(h11.Data(data=page))
        await self._write(h11.EndOfMessage())
