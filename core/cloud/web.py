"""What every address of the service needs: the open cloud, the token, the body, work beside the loop, the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from anyio import to_thread
from fastapi import Request, Response

from core.base.errors import DataError, SignInError
from core.cloud.cloud import Cloud
from core.ports.cloud import TooLargeError

T = TypeVar("T")


def cloud_of(request: Request) -> Cloud:
    """The open cloud of the running app."""
    cloud = request.app.state.cloud
    if not isinstance(cloud, Cloud):
        raise DataError("cloud.closed", "The service is not open.")
    return cloud


def token_of(request: Request) -> str:
    """The bearer token. SignInError without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise SignInError("session.none", "Sign in first.")
    return token


def address_of(request: Request) -> str:
    """Where a request comes from. Behind a proxy the server has put the client's own address here (see run.py)."""
    return request.client.host if request.client is not None else ""


async def body_of(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLargeError("wire.too_large", "The request is larger than is allowed.")
        pieces.append(piece)
    return b"".join(pieces)


async def in_thread(cloud: Cloud, work: Callable[..., T], *arguments: Any) -> T:
    """Blocking work on the cloud beside the event loop; a mail that it queued leaves at once, also when it refused."""
    try:
        return await to_thread.run_sync(lambda: work(cloud, *arguments))
    finally:
        cloud.mail_is_due()


def json_of(message: msgspec.Struct) -> Response:
    """A message as the answer."""
    return Response(msgspec.json.encode(message), media_type="application/json")


def ended() -> Response:
    """Done, and nothing to say."""
    return Response(status_code=204)
