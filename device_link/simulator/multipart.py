"""Reading multipart/form-data while it arrives, so that a firmware image need not fit into memory (device API 3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from device_link.simulator.messages import Body, BodyTooLargeError

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,]{1,70}))', re.IGNORECASE)
_NAME = re.compile(r';\s*name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(r';\s*filename="?([^";]*)"?', re.IGNORECASE)
_HEADERS_LIMIT = 8192
_PARTS_LIMIT = 32


class FormError(Exception):
    """The body is no well-formed multipart form."""


class Sink(Protocol):
    """Takes the bytes of one part."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""


class MemorySink:
    """Keeps a part in memory, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises `BodyTooLargeError` beyond the limit."""
        self._size += len(data)
        if self._size > self._limit:
            raise BodyTooLargeError
        self._parts.append(data)

    def value(self) -> bytes:
        """Return all that came."""
        return b"".join(self._parts)


class Part:
    """One part of a form: its field name, its file name (empty for a plain field) and where its bytes went."""

    def __init__(self, name: str, file_name: str, sink: Sink) -> None:
        self.name = name
        self.file_name = file_name
        self.sink = sink

    def text(self) -> str:
        """Return a plain field's value; empty for a part that was not kept in memory."""
        return self.sink.value().decode("utf-8", "replace") if isinstance(self.sink, MemorySink) else ""


def boundary_of(content_type: str) -> bytes | None:
    """Return the boundary of a multipart/form-data content type; None if it is another type."""
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    match = _BOUNDARY.search(content_type)
    return (match[1] or match[2]).encode("latin-1", "replace") if match else None


async def read_form(body: Body, boundary: bytes, sink_for: Callable[[str, str], Sink]) -> list[Part]:
    """Read all parts; `sink_for(field name, file name)` says where each one's bytes go. Raises `FormError`."""
    reader = _FormReader(boundary, sink_for)
    while data := await body.chunk():
        reader.feed(data)
    return reader.finish()


class _FormReader:
    """A push parser: a leading line feed is put before the body so that every delimiter looks alike."""

    def __init__(self, boundary: bytes, sink_for: Callable[[str, str], Sink]) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._sink_for = sink_for
        self._buffer = b"\r\n"
        self._part: Part | None = None
        self._in_headers = False
        self._ended = False
        self._parts: list[Part] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while not self._ended and (self._headers() if self._in_headers else self._content()):
            pass
        if self._ended:
            self._buffer = b""

    def _headers(self) -> bool:
        if self._buffer.startswith(b"--"):
            self._ended = True
            return False
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self._buffer) > _HEADERS_LIMIT:
                raise FormError
            return False
        self._open(head.decode("utf-8", "replace"))
        # The delimiter of an empty part begins with the line feed that ends its headers.
        self._buffer = b"\r\n" + rest if rest.startswith(self._delimiter[2:]) else rest
        self._in_headers = False
        return True

    def _open(self, head: str) -> None:
        lines = (line for line in head.split("\r\n") if line.lower().startswith("content-disposition:"))
        disposition = next(lines, "")
        name, file_name = _NAME.search(disposition), _FILE_NAME.search(disposition)
        if name is None or len(self._parts) >= _PARTS_LIMIT:
            raise FormError
        field, file = name[1], file_name[1] if file_name else ""
        self._part = Part(field, file, self._sink_for(field, file))
        self._parts.append(self._part)

    def _content(self) -> bool:
        before, found, rest = self._buffer.partition(self._delimiter)
        if not found:
            keep = len(self._delimiter) - 1
            before, rest = self._buffer[:-keep], self._buffer[-keep:]
        if self._part is not None and before:
            self._part.sink.feed(before)
        self._buffer = rest
        if found:
            self._part = None
            self._in_headers = True
        return bool(found)

    def finish(self) -> list[Part]:
        if not self._ended:
            raise FormError
        return self._parts
