"""A small RTSP server on loopback for tests: one JPEG as an MJPEG stream, RTP inside the RTSP connection.

RTSP 1.0 (RFC 2326) with OPTIONS, DESCRIBE, SETUP, PLAY and TEARDOWN, interleaved only; the picture as RFC 2435 says
(type 0 or 1, quantisation tables in the first packet). Sign-in by Basic, as door phones have it (device API 7).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

PIECE = 1200
CLOCK = 90_000
FRAMES_PER_S = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """What RFC 2435 wants of a baseline JPEG: its sampling type, size in blocks of eight, tables, and entropy data."""

    kind: int
    width: int
    height: int
    tables: bytes
    data: bytes


def parse(jpeg: bytes) -> Picture:
    """Take a baseline JPEG with the usual Huffman tables apart."""
    tables, kind, width, height, at = b"", 1, 0, 0, 2
    while True:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        body = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            while body:
                tables, body = tables + body[1:65], body[65:]
        elif marker == 0xC0:
            height, width = struct.unpack(">HH", body[1:5])
            kind = 1 if body[7] == 0x22 else 0
        elif marker == 0xDA:
            return Picture(kind, width // 8, height // 8, tables, jpeg[at + 2 + length : -2])
        at += 2 + length


@dataclass(slots=True)
class RtspServer:
    """Serves one picture again and again. `user` and `password`: what it asks for; empty asks for nothing.

    `silent`: it takes the stream up and sends no picture. `asked`: the methods that it was asked, in order.
    """

    jpeg: bytes
    user: str = ""
    password: str = ""
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    played: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_fault: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*self._open)

    @property
    def address(self) -> str:
        """Without the sign-in."""
        return f"rtsp://127.0.0.1:{self.port}/live/ch00_0"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        sender: asyncio.Task[None] | None = None
        try:
            # The player may go away at any moment, as players do.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while request := await self._request(reader):
                    method, headers = request
                    self.asked.append(method)
                    writer.write(self._answer(method, headers))
                    await writer.drain()
                    if method == "PLAY" and self._allowed(headers) and not self.silent:
                        sender = asyncio.get_running_loop().create_task(self._send(writer))
        finally:
            if sender is not None:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._open.pop(task)

    async def _request(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
        first = await reader.read(1)
        while first == b"$":  # a report of the receiver, inside the connection
            head = await reader.readexactly(3)
            await reader.readexactly(struct.unpack(">BH", head)[1])
            first = await reader.read(1)
        if not first:
            return None
        lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])}
        return lines[0].split()[0], headers

    def _allowed(self, headers: dict[str, str]) -> bool:
        word = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return not self.user or headers.get("authorization") == f"Basic {word}"

    def _answer(self, method: str, headers: dict[str, str]) -> bytes:
        number = headers.get("cseq", "0")
        if method != "OPTIONS" and not self._allowed(headers):
            return _reply(401, number, ('WWW-Authenticate: Basic realm="door"',))
        if method == "OPTIONS":
            return _reply(200, number, ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN",))
        if method == "DESCRIBE":
            words = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=door\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\n"
            body = words + "c=IN IP4 0.0.0.0\r\na=rtpmap:26 JPEG/90000\r\na=control:trackID=1\r\n"
            return _reply(200, number, ("Content-Type: application/sdp",), body)
        if method == "SETUP":
            if "TCP" not in headers.get("transport", ""):
                return _reply(461, number)
            way = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
            return _reply(200, number, (way, "Session: 1"))
        return _reply(200, number, ("Session: 1",))

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        picture, sequence, moment = parse(self.jpeg), 0, 0
        while True:
            for piece in _packets(picture, sequence, moment):
                writer.write(struct.pack(">cBH", b"$", 0, len(piece)) + piece)
                sequence = (sequence + 1) & 0xFFFF
            await writer.drain()
            self.played += 1
            moment = (moment + CLOCK // FRAMES_PER_S) & 0xFFFFFFFF
            await asyncio.sleep(1 / FRAMES_PER_S)


def _packets(picture: Picture, sequence: int, moment: int) -> Iterator[bytes]:
    data = picture.data
    for at in range(0, len(data), PIECE):
        last = at + PIECE >= len(data)
        head = struct.pack(">BBHII", 0x80, (0x80 if last else 0) | 26, sequence & 0xFFFF, moment, 1)
        where = struct.pack(">I", at)  # the first byte, the kind of picture, is nought
        shape = struct.pack(">BBBB", picture.kind, 255, picture.width, picture.height)
        tables = struct.pack(">BBH", 0, 0, len(picture.tables)) + picture.tables if at == 0 else b""
        yield head + where + shape + tables + data[at : at + PIECE]
        sequence += 1


def _reply(status: int, number: str, headers: tuple[str, ...] = (), body: str = "") -> bytes:
    words = {200: "OK", 401: "Unauthorized", 461: "Unsupported transport"}[status]
    lines = [f"RTSP/1.0 {status} {words}", f"CSeq: {number}", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("ascii")
