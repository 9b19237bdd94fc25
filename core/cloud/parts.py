"""Files that arrive in pieces: an upload that was cut off goes on where it stopped (sync.md, files as blobs by hash).

A part belongs to one tenant until it is whole: knowing a digest opens nothing of another's.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import msgspec
from fastapi import APIRouter, Request, Response

from core.base.errors import DataError
from core.cloud import auth
from core.cloud.access import Who
from core.cloud.blobstore import is_digest
from core.cloud.cloud import Cloud
from core.cloud.openapi import described
from core.cloud.routes import TheCloud, Token, body_of, note_blob, run_aside
from core.ports.cloud import BusyError, TooLargeError
from core.wire.messages import PartState

MOST = 4 << 20
"""Bytes of one piece."""

router = APIRouter(prefix="/v1")


@router.get("/blobs/{sha256}/parts", summary="How much of a file has arrived", **described(None, PartState))
async def get_parts(sha256: str, cloud: TheCloud, token: Token) -> Response:
    """A PartState: where the next piece begins."""
    who = await run_aside(auth.who_is, cloud, token)
    return _json(PartState(received=await run_aside(_received, _part(cloud, who, sha256))))


@router.put(
    "/blobs/{sha256}/parts/{offset}", summary="A piece of a file", **described(None, PartState, file="in")
)
async def put_part(
    sha256: str, offset: int, request: Request, *, size: int, cloud: TheCloud, token: Token
) -> Response:
    """Take a piece that begins at `offset` of a file of `size` bytes; a PartState. A piece that does not begin where
    the last one ended changes nothing: the answer says where to go on.
    """
    who = await run_aside(auth.who_is, cloud, token)
    part = _part(cloud, who, sha256)
    limit = cloud.settings.max_blob_bytes
    if not 0 < size <= limit:
        raise TooLargeError("blob.too_large", f"A file may have at most {limit // (1 << 20)} MiB.")
    piece = await body_of(request, MOST)
    received = await run_aside(_take, part, offset, piece, size)
    if received < size:
        return _json(PartState(received=received))
    await run_aside(_finish, cloud, part, sha256)
    await run_aside(note_blob, cloud, who, sha256, size)
    return _json(PartState(received=size, whole=True))


def _part(cloud: Cloud, who: Who, sha256: str) -> Path:
    if not is_digest(sha256):
        raise DataError("blob.name", "A file is named by 64 hexadecimal digits.")
    return cloud.blobs.folder / "parts" / who.tenant / sha256


def _received(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _take(part: Path, offset: int, piece: bytes, size: int) -> int:
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file:
        if file.tell() == offset and offset + len(piece) <= size:
            file.write(piece)
        return file.tell()


def _finish(cloud: Cloud, part: Path, sha256: str) -> None:
    # One of two requests with the same last piece gets it. The other one may not conclude from a file that is there
    # already that its firm has given it: that file may be another firm's, of which only the digest became known.
    mine = part.with_suffix(f".{secrets.token_hex(8)}")
    try:
        part.replace(mine)
    except FileNotFoundError as fault:
        raise BusyError("blob.again", "The file is being put together.", retry_after_s=1.0) from fault
    with mine.open("rb") as file:
        right = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    if not right:
        mine.unlink(missing_ok=True)
        raise DataError("blob.damaged", "The file arrived damaged; send it again.")
    whole = cloud.blobs.path(sha256)
    whole.parent.mkdir(parents=True, exist_ok=True)
    mine.replace(whole)


def _json(state: PartState) -> Response:
    return Response(msgspec.json.encode(state), media_type="application/json")
