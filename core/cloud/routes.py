"""The addresses of the service. Each unpacks, asks the service, packs; only what HTTP is about is decided here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from core.base.errors import DataError
from core.cloud import auth, check, feed
from core.cloud.access import Who
from core.cloud.blob_access import note_blob, path_for
from core.cloud.blobstore import is_digest
from core.cloud.cloud import Cloud
from core.cloud.openapi import described
from core.cloud.pushes import Pushed, Pushes
from core.cloud.web import address_of, body_of, cloud_of, in_thread, token_of
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    CheckAnswer,
    CheckRequest,
    FillRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    Refresh,
    Session,
    SignIn,
)

T = TypeVar("T")
router = APIRouter(prefix="/v1")
__all__ = ["TheCloud", "Token", "body_of", "note_blob", "router", "run_aside"]
MAX_SIGN_IN = 16 << 10


async def _cloud(request: Request) -> Cloud:
    # Coroutines: FastAPI gives plain functions to a thread, which costs ten times as much as they do.
    return cloud_of(request)


async def _token(request: Request) -> str:
    return token_of(request)


TheCloud = Annotated[Cloud, Depends(_cloud)]
Token = Annotated[str, Depends(_token)]


# ------------------------------------------------------------------------------------------------------- sessions


@router.post("/session", summary="Sign in", **described(SignIn, Session))
async def post_session(request: Request, cloud: TheCloud) -> Response:
    """User name, password and replica for a session (JSON of SignIn and Session)."""
    message = codec.parse(await body_of(request, MAX_SIGN_IN), SignIn)
    return _json(await in_thread(cloud, auth.sign_in, message, address_of(request)))


@router.post("/session/refresh", summary="Exchange a refresh token", **described(Refresh, Session))
async def post_refresh(request: Request, cloud: TheCloud) -> Response:
    """A refresh token for a new session (JSON of Refresh and Session)."""
    message = codec.parse(await body_of(request, MAX_SIGN_IN), Refresh)
    return _json(await run_aside(auth.refresh, cloud, message.refresh_token))


@router.delete("/session", summary="Sign out", status_code=204, **described(None, None))
async def delete_session(cloud: TheCloud, token: Token) -> Response:
    """End the session of the access token."""
    await run_aside(lambda: auth.sign_out(cloud, auth.who_is(cloud, token)))
    return Response(status_code=204)


# ----------------------------------------------------------------------------------------------------------- sync


@router.post("/sync/push", summary="Offer edits", **described(PushBatch, PushAnswer, packed=True))
async def post_push(request: Request) -> Response:
    """A PushBatch, packed; a PushAnswer."""
    token = token_of(request)
    packing, answered_in = _packings(request)
    raw = await body_of(request, codec.MAX_PACKED)
    pushes: Pushes = request.app.state.pushes
    answer = await pushes.push(Pushed(token, raw, packing, answered_in))
    return Response(answer, media_type=answered_in.value)


@router.post("/sync/pull", summary="Changes after a cursor", **described(PullRequest, PullPage, packed=True))
async def post_pull(request: Request) -> Response:
    """A PullRequest, packed; a PullPage."""
    return await _sync(request, PullRequest, feed.pull)


@router.post("/sync/fill", summary="A page of one scope", **described(FillRequest, PullPage, packed=True))
async def post_fill(request: Request) -> Response:
    """A FillRequest, packed; a PullPage."""
    return await _sync(request, FillRequest, feed.fill)


@router.post("/sync/check", summary="Sums of scopes", **described(CheckRequest, CheckAnswer, packed=True))
async def post_check(request: Request) -> Response:
    """A CheckRequest, packed; a CheckAnswer."""
    return await _sync(request, CheckRequest, check.check)


async def _sync(request: Request, kind: type[T], serve: Callable[[Cloud, Who, T], bytes]) -> Response:
    cloud, token = cloud_of(request), token_of(request)
    packing, answered_in = _packings(request)
    raw = await body_of(request, codec.MAX_PACKED)

    def work() -> bytes:
        message = codec.unpack(raw, kind, packing)
        return codec.pack_bytes(serve(cloud, auth.who_is(cloud, token), message), answered_in)

    return Response(await run_aside(work), media_type=answered_in.value)


def _packings(request: Request) -> tuple[Packing, Packing]:
    """How the request is packed, and how its answer shall be."""
    packing = codec.packing_of(request.headers.get("content-type", ""))
    if packing is None:
        raise DataError("wire.packing", "The request is packed in a way that is not known here.")
    return packing, codec.packing_of(request.headers.get("accept", "")) or packing


# ---------------------------------------------------------------------------------------------------------- files


@router.get("/blobs/{sha256}", summary="Fetch a file; ranges are served", **described(None, None, file="out"))
async def get_blob(sha256: str, cloud: TheCloud, token: Token) -> Response:
    """The bytes of a file that this firm has given."""
    path = await run_aside(_blob_path, cloud, token, sha256)
    return FileResponse(path, media_type="application/octet-stream")


@router.head("/blobs/{sha256}", summary="Ask for a file", **described(None, None))
async def head_blob(sha256: str, cloud: TheCloud, token: Token) -> Response:
    """200 with the size, or 404."""
    path = await run_aside(_blob_path, cloud, token, sha256)
    return FileResponse(path, media_type="application/octet-stream")


@router.put("/blobs/{sha256}", summary="Send a file", status_code=204, **described(None, None, file="in"))
async def put_blob(sha256: str, request: Request, cloud: TheCloud, token: Token) -> Response:
    """The bytes of a file; they must have the digest of the address."""
    who = await run_aside(auth.who_is, cloud, token)
    if not is_digest(sha256):
        raise DataError("blob.name", "A file is named by 64 hexadecimal digits.")
    size = await cloud.blobs.receive(sha256, request.stream())
    await run_aside(note_blob, cloud, who, sha256, size)
    return Response(status_code=204)


def _blob_path(cloud: Cloud, token: str, sha256: str) -> Path:
    return path_for(cloud, auth.who_is(cloud, token), sha256)


async def run_aside(work: Callable[..., T], *arguments: Any) -> T:
    """Blocking work beside the event loop."""
    return await to_thread.run_sync(lambda: work(*arguments))


def _json(message: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(message), media_type="application/json")
