"""A still picture of the unit's camera (device API 7)."""

from __future__ import annotations

from urllib.parse import urlsplit

from device_link.drivers.akuvox.session import Session
from device_link.errors import NonsenseError

_PICTURE_LIMIT = 8 << 20
_JPEG = b"\xff\xd8\xff"


async def read_picture(session: Session) -> bytes:
    """A JPEG. Units serve it on port 8080; one that was reached on an unusual port is asked there."""
    parts = urlsplit(session.base)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    base = f"http://{host}:8080" if parts.port is None else session.base
    picture = await session.fetch(f"{base}/picture.jpg", "picture.jpg", limit=_PICTURE_LIMIT)
    if not picture.startswith(_JPEG):
        raise NonsenseError("something that is no JPEG picture", session.base)
    return picture
