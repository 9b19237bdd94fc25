"""One HTTP request and one HTTP response as the simulator sees them, and the ways to end a connection rudely.

Parsing and writing the wire format is `server`'s work; what an answer means is the endpoints'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

JSON_LIMIT = 16 * 1024 * 1024
"""Largest body that is held in memory, in bytes. Firmware images are streamed and have no such limit."""


class CutConnection(Exception):
    """Raised by a handler to drop the connection at once, without an answer: an order to the server, not an error."""


class BodyTooLargeError(Exception):
    """The peer sent more than fits into memory."""


class Body:
    """A request's body, read once, chunk by chunk; with `with_md5` its sum on the way (digest `auth-int` needs it)."""

    def __init__(
        self, more: Callable[[], Awaitable[bytes]], length: int | None = None, *, with_md5: bool = False
    ) -> None:
        self._more = more
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
        self._ended = False
        self.length = length
        self.received = 0

    async def chunk(self) -> bytes:
        """Return the next bytes; empty at the end."""
        if self._ended:
            return b""
        data = await self._more()
        if not data:
            self._ended = True
            return b""
        if self._md5 is not None:
            self._md5.update(data)
        self.received += len(data)
        return data

    async def read(self, limit: int = JSON_LIMIT) -> bytes:
        """Return the whole body. Raises `BodyTooLargeError` beyond `limit` bytes."""
        parts: list[bytes] = []
        while data := await self.chunk():
            parts.append(data)
            if self.received > limit:
                raise BodyTooLargeError
        return b"".join(parts)

    async def drain(self) -> None:
        """Read and forget what is left, so that the next request on the connection can follow."""
        while await self.chunk():
            pass

    @property
    def md5_hex(self) -> str:
        """MD5 of what was read so far, in hex; empty where it was not asked for."""
        return self._md5.hexdigest() if self._md5 is not None else ""


@dataclass(slots=True)
class Request:
    """One request: method, raw target, headers by lower-case name, the peer's IP address, the body, whether by TLS."""

    method: str
    target: str
    headers: dict[str, str]
    peer: str
    body: Body
    secure: bool = False
    path: str = field(init=False)
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        path, _, query = self.target.partition("?")
        self.path = unquote(path, errors="replace")
        self.query = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass(slots=True)
class Response:
    """One answer. `cut` drops the connection instead of answering; `then` runs after the answer has left."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    close: bool = False
    cut: bool = False
    then: Callable[[], None] | None = None
