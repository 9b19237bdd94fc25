"""Pushing a firmware file: prepare, upload, upgrade (device API 3.2). Proof is the version after the restart."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.base.errors import NotFoundError
from core.ports.device import FirmwareStage
from device_link.drivers.akuvox.session import Effect, Session

StageReport = Callable[[FirmwareStage, int, int], None]

_BLOCK = 256 * 1024
"""Bytes between two looks at whether to stop: a quarter of a second on a link of 10 Mbit/s."""


class MultipartFile:
    """A `multipart/form-data` body with one file, read from disk as it is sent.

    May be iterated again: a device whose digest challenge has expired asks for the whole body a second time.
    """

    def __init__(
        self, path: Path, file_name: str, fields: dict[str, str], progress: Callable[[int, int], None]
    ) -> None:
        self._path = path
        self._progress = progress
        self.size = path.stat().st_size
        boundary = f"gatewright{secrets.token_hex(12)}"
        name = re.sub(r"[^0-9A-Za-z._\-]", "_", file_name) or "firmware.rom"
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode("ascii")
        self._tail = ("\r\n" + _fields(fields, boundary)).encode("ascii")
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            # With a length instead of chunks: the web servers in these units are of 2010 and earlier.
            "Content-Length": str(len(self._head) + self.size + len(self._tail)),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        sent = 0
        loop = asyncio.get_running_loop()
        # A thread of its own, gone with the upload: a slow disk must not stop the window.
        with ThreadPoolExecutor(1, "firmware-file") as reader, self._path.open("rb") as file:
            while block := await loop.run_in_executor(reader, file.read, _BLOCK):
                sent += len(block)
                yield block
                self._progress(sent, self.size)
        yield self._tail


def _fields(fields: dict[str, str], boundary: str) -> str:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts) + f"--{boundary}--\r\n"


async def push_firmware(session: Session, image: Path, file_name: str, md5: str, stage: StageReport) -> None:
    """Send a file and have it flashed. `stage` may raise up to the upgrade, which cannot be taken back.

    Returns when the upgrade was accepted; BrokenOffError when the connection broke after it was asked for.
    """
    try:
        body = MultipartFile(
            image, file_name, {"silent": "1"}, lambda done, total: stage(FirmwareStage.UPLOAD, done, total)
        )
    except OSError as fault:
        message = f"The firmware file '{file_name}' cannot be read."
        remedy = "Fetch it again from the firmware library."
        raise NotFoundError("firmware.file.missing", message, remedy=remedy) from fault
    stage(FirmwareStage.PREPARE, 0, 0)
    await session.change("firmware", "prepare")
    stage(FirmwareStage.UPLOAD, 0, body.size)
    await session.upload("firmware", "upload", body, body.headers, Effect.UPLOAD)
    stage(FirmwareStage.UPGRADE, 0, 0)
    boundary = f"gatewright{secrets.token_hex(12)}"
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    content = _fields({"md5": md5.lower()} if md5 else {}, boundary).encode("ascii")
    await session.upload("firmware", "upgrade", content, headers, Effect.CHANGE)
