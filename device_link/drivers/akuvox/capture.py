"""Packets captured by the unit itself (device API 3.11): for a fault that only its own network card sees."""

from __future__ import annotations

from core.base.errors import UserError
from device_link.drivers.akuvox.session import Session
from device_link.errors import NonsenseError

LONGEST_S = 180
_LIMIT = 64 << 20
_PCAP = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a")


async def start(session: Session, seconds: int) -> None:
    """Begin. UserError for a time that units do not take."""
    if not 1 <= seconds <= LONGEST_S:
        raise UserError("capture.time", f"A capture lasts 1 to {LONGEST_S} seconds, not {seconds}.")
    data = {"type": "manual", "filter": "", "time": str(seconds), "interface": "eth0"}
    await session.change("pcap", "start", data)


async def fetch(session: Session) -> bytes:
    """Stop, and fetch the file."""
    await session.change("pcap", "stop")
    content = await session.fetch("/api/pcap/export", limit=_LIMIT)
    if not content.startswith(_PCAP):
        raise NonsenseError("something that is no packet capture", session.base)
    return content
