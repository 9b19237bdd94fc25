"""Pictures for a unit's screen saver: uploaded one by one (device API 3.8, filetool; DEV-14)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from device_link.drivers.akuvox.firmware import MultipartFile
from device_link.drivers.akuvox.session import Effect, Session


async def send_screen_saver(session: Session, pictures: Sequence[tuple[str, Path]]) -> None:
    """Upload `(name, file)` pairs in their order; the unit's own refusal is raised with its words."""
    for index, (name, path) in enumerate(pictures, 1):
        body = MultipartFile(path, name, {}, lambda _done, _total: None)
        query = {"destFile": "Screensaver", "index": str(index)}
        await session.upload("filetool", "import", body, body.headers, Effect.UPLOAD, query=query)
