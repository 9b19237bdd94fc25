"""Files that travel in a pocket: sealed under a passphrase, opened whole or not at all.

Key by argon2id from the passphrase; pieces by AES-256-GCM, each bound to its place, its file's head and whether it is
the last. So a file that was altered, cut, extended or put together from two is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.base.errors import DataError, UserError

MAGIC = b"GATEWRIGHT SEALED 1\n"
PIECE = 1 << 20
SHORTEST = 8
"""Characters of a passphrase: the file may fall into anybody's hands, who then has all the time of the world."""
COST = (3, 65536, 2)
"""Of argon2id: passes, KiB, lanes; a fifth of a second. Stands in each file, so that it may grow."""
_TAG = 16
_LONGEST_HEAD = 4096


class _Head(msgspec.Struct, frozen=True):
    """What is needed to open a file; not secret, but bound to every piece."""

    kind: str
    salt: str
    nonce: str
    time_cost: int
    memory_kib: int
    lanes: int


class SealedWriter:
    """Writes a sealed file. With `with`; the file appears when all of it is written."""

    def __init__(self, path: Path, passphrase: str, kind: str) -> None:
        if len(passphrase) < SHORTEST:
            words = f"The passphrase needs at least {SHORTEST} characters."
            raise UserError("sealed.short", words, field="passphrase")
        self._path, self._part = path, path.with_name(path.name + ".part")
        head = _Head(kind, secrets.token_hex(16), secrets.token_hex(7), *COST)
        self._head = msgspec.json.encode(head) + b"\n"
        self._box, self._nonce = AESGCM(_key(head, passphrase)), bytes.fromhex(head.nonce)
        self._count, self._rest = 0, b""
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._part.open("wb")
            self._file.write(MAGIC + self._head)
        except OSError as fault:
            raise _disk(self._path, fault) from fault
        return self

    def write(self, plain: bytes) -> None:
        """More of the content."""
        self._rest += plain
        while len(self._rest) > PIECE:
            piece, self._rest = self._rest[:PIECE], self._rest[PIECE:]
            self._put(piece, last=False)

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        try:
            if fault is None:
                self._put(self._rest, last=True)
            self._file.close()
            if fault is None:
                self._part.replace(self._path)
        except OSError as trouble:
            raise _disk(self._path, trouble) from trouble
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def _put(self, piece: bytes, *, last: bool) -> None:
        if self._file is None:
            raise DataError("sealed.closed", "The sealed file is not open.")
        sealed = self._box.encrypt(_nonce(self._nonce, self._count, last=last), piece, self._head)
        self._count += 1
        try:
            self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        except OSError as fault:
            raise _disk(self._path, fault) from fault


class SealedReader:
    """Reads a sealed file from its beginning; `read` gives the next bytes of the content."""

    def __init__(self, path: Path, passphrase: str, kind: str) -> None:
        self._pieces = _opened(path, passphrase, kind)
        self._rest = next(self._pieces)

    def read(self, size: int) -> bytes:
        """Exactly so many bytes; DataError when the file was altered or has no more."""
        while len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise _altered()
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def finish(self) -> None:
        """Nothing may be left."""
        if self._rest or next(self._pieces, None) is not None:
            raise _altered()


def _opened(path: Path, passphrase: str, kind: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            head, raw = _read_head(file, path)
            if head.kind != kind:
                raise UserError(
                    "sealed.kind", f"The file {path.name} holds something else: {head.kind[:40]}."
                )
            box, nonce = AESGCM(_key(head, passphrase)), bytes.fromhex(head.nonce)
            yield from _plain(file, box, nonce, raw)
    except OSError as fault:
        raise UserError("sealed.unreadable", f"The file {path} cannot be read: {fault.strerror}.") from fault


def _plain(file: IO[bytes], box: AESGCM, nonce: bytes, head: bytes) -> Iterator[bytes]:
    count, following = 0, _sealed_piece(file)
    while following is not None:
        sealed, following = following, _sealed_piece(file)
        try:
            yield box.decrypt(_nonce(nonce, count, last=following is None), sealed, head)
        except InvalidTag as fault:
            raise (_wrong() if count == 0 else _altered()) from fault
        count += 1
    if not count:
        raise _altered()


def _sealed_piece(file: IO[bytes]) -> bytes | None:
    size = file.read(4)
    if not size:
        return None
    wanted = int.from_bytes(size, "big")
    if len(size) < 4 or not _TAG <= wanted <= PIECE + _TAG:
        raise _altered()
    sealed = file.read(wanted)
    if len(sealed) < wanted:
        raise _altered()
    return sealed


def _read_head(file: IO[bytes], path: Path) -> tuple[_Head, bytes]:
    strange = DataError("sealed.strange", f"The file {path.name} is no sealed file of Gatewright.")
    if file.read(len(MAGIC)) != MAGIC:
        raise strange
    raw = file.readline(_LONGEST_HEAD)
    try:
        head = msgspec.json.decode(raw, type=_Head)
        fits = len(bytes.fromhex(head.salt)) == 16 and len(bytes.fromhex(head.nonce)) == 7
    except (msgspec.MsgspecError, ValueError) as fault:
        raise strange from fault
    # A stranger's file must not make this machine work for hours.
    if not fits or not (
        1 <= head.time_cost <= 10 and 8 <= head.memory_kib <= 1 << 20 and 1 <= head.lanes <= 16
    ):
        raise strange
    return head, raw


def _key(head: _Head, passphrase: str) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        bytes.fromhex(head.salt),
        time_cost=head.time_cost,
        memory_cost=head.memory_kib,
        parallelism=head.lanes,
        hash_len=32,
        type=Type.ID,
    )


def _nonce(prefix: bytes, count: int, *, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])


def _wrong() -> UserError:
    words = "The file does not open: the passphrase is another, or the file was altered."
    return UserError("sealed.passphrase", words, field="passphrase")


def _altered() -> DataError:
    return DataError("sealed.altered", "The file was altered or cut; nothing of it is taken.")


def _disk(path: Path, fault: OSError) -> UserError:
    return UserError("sealed.disk", f"The file {path} cannot be written: {fault.strerror}.")
