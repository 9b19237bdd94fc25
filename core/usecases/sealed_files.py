"""What packs and exchanges share: a message and the files it names, in one sealed file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from core.base.errors import DataError
from core.store.blobs import BlobStore
from core.store.sealed import PIECE, SealedReader, SealedWriter
from core.wire import codec

T = TypeVar("T")


class _Files(msgspec.Struct, frozen=True):
    """Behind the message: digest and size of each file that follows."""

    files: list[tuple[str, int]]


def write(
    path: Path, passphrase: str, kind: str, message: msgspec.Struct, *, files: list[str], blobs: BlobStore
) -> int:
    """Seal a message and those of the files that are here; returns how many went along."""
    here = [(sha256, blobs.path(sha256).stat().st_size) for sha256 in files if blobs.has(sha256)]
    with SealedWriter(path, passphrase, kind) as out:
        for part in (message, _Files(here)):
            packed = codec.pack(part)
            out.write(len(packed).to_bytes(4, "big") + packed)
        for sha256, _ in here:
            with blobs.path(sha256).open("rb") as file:
                while piece := file.read(PIECE):
                    out.write(piece)
    return len(here)


def read(path: Path, passphrase: str, kind: str, message: type[T], blobs: BlobStore) -> tuple[T, int]:
    """The message, after all of the file has turned out to be sound; files that are new here are kept. Returns how
    many those are.
    """
    source = SealedReader(path, passphrase, kind)
    found, listed, parts = _message(source, message), _message(source, _Files), []
    try:
        for sha256, size in listed.files:
            parts.append(sha256)
            _take_file(source, sha256, size, blobs)
        source.finish()
        new = [sha256 for sha256 in parts if not blobs.has(sha256)]
        for sha256 in new:
            blobs.finish(sha256)
    finally:
        for sha256 in parts:
            blobs.part(sha256).unlink(missing_ok=True)
    return found, len(new)


def _message(source: SealedReader, kind: type[T]) -> T:
    size = int.from_bytes(source.read(4), "big")
    if size > codec.MAX_PACKED:
        raise DataError("sealed.too_large", "The sealed file holds more than is allowed.")
    return codec.unpack(source.read(size), kind)


def _take_file(source: SealedReader, sha256: str, size: int, blobs: BlobStore) -> None:
    if len(sha256) != hashlib.sha256().digest_size * 2 or not sha256.isalnum() or not 0 <= size < 1 << 40:
        raise DataError("sealed.strange", "The sealed file names a file that makes no sense.")
    part = blobs.part(sha256)
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        for start in range(0, size, PIECE):
            file.write(source.read(min(PIECE, size - start)))
