"""A still picture of the unit's camera (device API 7)."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.base.errors import SignInError
from device_link.drivers.akuvox.session import Session
from device_link.errors import CameraLoginError, NonsenseError

_PICTURE_LIMIT = 8 << 20
_JPEG = b"\xff\xd8\xff"


async def read_picture(session: Session) -> bytes:
    """A JPEG. Units serve it on port 8080; one that was reached on an unusual port is asked there."""
    parts = urlsplit(session.base)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    base = f"http://{host}:8080" if parts.port is None else session.base
    async with session.beside(base) as camera:
        try:
            picture = await camera.fetch("/picture.jpg", limit=_PICTURE_LIMIT)
        except SignInError as refusal:
            raise CameraLoginError(session.base, session.link.user) from refusal
    if not picture.startswith(_JPEG):
        raise NonsenseError("something that is no JPEG picture", session.base)
    return picture
