"""Files by SHA-256 in a folder. A file is there whole or not at all; uploads of one file do not disturb each other."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from anyio import to_thread

from core.base.errors import DataError
from core.ports.cloud import TooLargeError


def is_digest(text: str) -> bool:
    """Whether a text has the shape of a SHA-256 in hexadecimal."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


class CloudBlobs:
    """The folder."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes

    def path(self, sha256: str) -> Path:
        """Where a file is or would be."""
        return self.folder / sha256[:2] / sha256

    def size(self, sha256: str) -> int | None:
        """Bytes of a file; None when it is not there."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def receive(self, sha256: str, pieces: AsyncIterator[bytes]) -> int:
        """Take in a file; returns its size. DataError when another file arrived, TooLargeError over the limit."""
        part = self.path(sha256).with_name(f"{sha256}.{secrets.token_hex(8)}.part")
        await to_thread.run_sync(lambda: part.parent.mkdir(parents=True, exist_ok=True))
        try:
            size = await self._collect(part, sha256, pieces)
            await to_thread.run_sync(part.replace, self.path(sha256))
        finally:
            await to_thread.run_sync(lambda: part.unlink(missing_ok=True))
        return size

    async def _collect(self, part: Path, sha256: str, pieces: AsyncIterator[bytes]) -> int:
        digest, size = hashlib.sha256(), 0
        file = await to_thread.run_sync(part.open, "wb")
        try:
            async for piece in pieces:
                size += len(piece)
                if size > self._max_bytes:
                    words = f"A file may have at most {self._max_bytes // (1 << 20)} MiB."
                    raise TooLargeError("blob.too_large", words)
                digest.update(piece)
                await to_thread.run_sync(file.write, piece)
            await to_thread.run_sync(file.flush)
            await to_thread.run_sync(os.fsync, file.fileno())
        finally:
            await to_thread.run_sync(file.close)
        if digest.hexdigest() != sha256:
            raise DataError("blob.damaged", "The file arrived damaged; send it again.")
        return size
