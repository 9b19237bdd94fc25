"""Files by their SHA-256: firmware, faces, photos. A file is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError, UserError

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size in bytes and digests of one file."""

    sha256: str
    md5: str
    size: int


def facts_of(path: Path) -> FileFacts:
    """Read a file once for its digests; UserError when it cannot be read."""
    sha, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                sha.update(piece)
                md5.update(piece)
                size += len(piece)
    except OSError as fault:
        raise UserError("file.unreadable", f"The file {path} cannot be read: {fault.strerror}.") from fault
    return FileFacts(sha.hexdigest(), md5.hexdigest(), size)


class BlobStore:
    """A folder of files named by their digest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the file is or would be."""
        return self.folder / sha256[:2] / sha256

    def part(self, sha256: str) -> Path:
        """Where an unfinished download collects."""
        return self.path(sha256).with_suffix(".part")

    def has(self, sha256: str) -> bool:
        """Whether the file is there, whole."""
        return self.path(sha256).is_file()

    def add(self, source: Path) -> FileFacts:
        """Copy a file in; one that is there already costs nothing but the digest."""
        facts = facts_of(source)
        if not self.has(facts.sha256):
            part = self.part(facts.sha256)
            try:
                part.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, part)
            except OSError as fault:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                words = f"The file {source.name} could not be kept: {fault.strerror}."
                raise DataError("blob.disk", words, remedy="Free some space and try again.") from fault
            self.finish(facts.sha256)
        return facts

    def finish(self, sha256: str) -> None:
        """Make a complete `.part` the file; DataError, with the part removed, when its digest is another."""
        part = self.part(sha256)
        if facts_of(part).sha256 != sha256:
            part.unlink()
            raise DataError(
                "blob.damaged", "A file arrived damaged and was thrown away; it will be fetched again."
            )
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(self.path(sha256))
