"""A device that pulls its settings: it fetches the common file and its own, and takes their lines (device API 4).

What is not published is a fault switch: the letter case of its own file's name, and whether a file that has not changed
is skipped. Directives that only mean something in a file are taken as far as this device has what they ask for.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from urllib.parse import urlsplit

from device_link.simulator.unit import Unit

_log = logging.getLogger(__name__)

PREFIX = "Config.Autoprovision"
TIMEOUT_S = 10.0
FILE_LIMIT = 1 << 20
_LINE = re.compile(r"(Config\.[A-Za-z0-9_.]+)\s*=\s*(.*)")
_DIRECTIVE = re.compile(r"Config\.(Firmware|Contact|Autoprovision\.(Reboot|RESET_FACTORY)|DATETIME)\.")


def source_of(unit: Unit) -> str:
    """The address to fetch from at a start; empty when none is set or the mode does not pull at a start."""
    pulls = unit.config.get(f"{PREFIX}.MODE.Mode") in {"1", "3"}
    return unit.config.get(f"{PREFIX}.GENERAL.Url") if pulls else ""


def names_of(unit: Unit) -> tuple[str, str]:
    """The file common to the model, and the device's own."""
    mac = unit.mac.upper() if unit.faults.text("autop-case") == "upper" else unit.mac.lower()
    return f"r{int(unit.profile.model_id):012d}.cfg", f"{mac}.cfg"


async def pull(unit: Unit, base: str) -> list[str]:
    """Fetch both files and take what is new in them; the names of those that it got. Never raises for the network."""
    given = []
    # The own file comes first here: servers give the common one only to addresses that they know by then.
    for name in reversed(names_of(unit)):
        content = await fetch(f"{base.rstrip('/')}/{name}")
        if content is None:
            continue
        given.append(name)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if unit.faults.has("autop-skip") and unit.state.pulled.get(name) == digest:
            continue
        unit.state.pulled[name] = digest
        unit.write_config(lines_of(content.decode("utf-8", "replace")))
    return given


def lines_of(text: str) -> dict[str, str]:
    """The settings of a file; anything else in it is passed over."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {one[1]: one[2].strip() for one in found if one and not _DIRECTIVE.match(one[1])}


async def fetch(url: str) -> bytes | None:
    """The body of a 200, None for anything else. Plain HTTP only, as on the isolated LAN of an installer."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not url.isascii() or any(c <= " " for c in url):
        return None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            try:
                head = f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\nUser-Agent: Akuvox\r\n\r\n"
                writer.write(head.encode("ascii"))
                await writer.drain()
                answer = await reader.read(FILE_LIMIT)
                while block := await reader.read(FILE_LIMIT):
                    answer += block
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError) as error:
        _log.info("a file was not fetched: %s", type(error).__name__)
        return None
    top, _, body = answer.partition(b"\r\n\r\n")
    return body if top.split(b" ")[1:2] == [b"200"] else None
