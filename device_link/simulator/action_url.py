"""Action URLs: expanding their variables and calling them, as a device does (device API 6).

When one is due is decided by `unit` and `doors`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

_log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
_VARIABLE = re.compile(r"\$([a-z][a-z0-9_]*)")


def expand(template: str, variables: Mapping[str, str]) -> str:
    """Replace each `$name` by its percent-encoded value; a name without a value stays as it is written."""

    def value(match: re.Match[str]) -> str:
        return quote(variables[match[1]], safe="") if match[1] in variables else match[0]

    return _VARIABLE.sub(value, template)


async def call(url: str, method: str = "GET") -> int | None:
    """Call a URL without a body and return the HTTP status; None when nobody answered. Never raises for the network.

    Devices do not try again, and neither does this. Plain HTTP only.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _exchange(url, method)
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError) as error:
        _log.info("action URL was not delivered: %s", type(error).__name__)
        return None


async def _exchange(url: str, method: str) -> int:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("only http URLs are called")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(ord(letter) <= 0x20 for letter in target):
        raise ValueError("the URL holds a character that no request line may hold")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        writer.write(
            f"{head}{length}User-Agent: Akuvox\r\nConnection: close\r\n\r\n".encode("ascii", "replace")
        )
        await writer.drain()
        status = (await reader.readline()).split(b" ")
        await reader.read(65536)
        return int(status[1]) if len(status) > 1 else 0
    finally:
        writer.close()
