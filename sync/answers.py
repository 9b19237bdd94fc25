"""What answers of the cloud mean: refusals, strangers in its place, and the events of the live channel. Part of the
transport; nothing here asks anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TypeVar

import httpx

from core.base.errors import (
    DataError,
    GatewrightError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    SignInError,
    UnreachableError,
    UserError,
)
from core.base.words import clean
from core.ports.cloud import BusyError, ForkError, ResyncError, TooLargeError, TooOldError
from core.wire import codec
from core.wire.messages import Failure, Poke

T = TypeVar("T")
LONGEST_EVENT = 4096
"""Bytes of a line on the live channel."""

_REFUSALS: dict[int, type[RefusedError]] = {
    401: SignInError,
    409: ForkError,
    410: ResyncError,
    413: TooLargeError,
    426: TooOldError,
}


def refusal_of(answer: httpx.Response, url: str) -> GatewrightError:
    """What a status means. Words are the cloud's, cleaned; an answer that is not of our cloud is nobody's."""
    status = answer.status_code
    if status == 416:
        return RefusedError("http.416", "The cloud has no such part of the file.")
    said = failure_in(answer, status)
    if status in {429, 503} or (said is not None and status >= 500):
        wait = answer.headers.get("retry-after", "")
        words = said.message if said else "The cloud is busy."
        return BusyError("cloud.busy", words, retry_after_s=float(wait) if wait.isdigit() else 0.0)
    if said is None:
        return stranger(url)
    if status in _REFUSALS:
        return _REFUSALS[status](
            said.code, said.message, remedy=said.remedy, field=said.field, said=said.message
        )
    if status in {403, 404}:
        kind = NotAllowedError if status == 403 else NotFoundError
        return kind(said.code, said.message, remedy=said.remedy, field=said.field)
    return RefusedError(said.code, said.message, remedy=said.remedy, field=said.field, said=said.message)


def failure_in(answer: httpx.Response, status: int) -> Failure | None:
    """The refusal in the body; None when the answer is not our cloud's. HEAD has no body: 404 and 401 are believed."""
    if answer.request.method == "HEAD" and status in {401, 403, 404}:
        return Failure(code=f"http.{status}", message="The cloud refused.")
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        said = codec.parse(answer.content, Failure)
    except DataError:
        return None
    return Failure(
        code=clean(said.code, limit=64),
        message=clean(said.message, limit=300),
        remedy=clean(said.remedy, limit=200),
        field=clean(said.field, limit=64),
    )


def from_json(answer: httpx.Response, kind: type[T]) -> T:
    """The message in an answer; UnreachableError when it is not our cloud's."""
    if "json" not in answer.headers.get("content-type", ""):
        raise stranger(str(answer.request.url.copy_with(path="/")))
    try:
        return codec.parse(answer.content, kind)
    except DataError as fault:
        raise stranger(str(answer.request.url.copy_with(path="/"))) from fault


def checked_url(url: str) -> str:
    """An address of a cloud core without path. UserError for anything else."""
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        words = f"'{clean(url, limit=80)}' is no address of a cloud core."
        raise UserError("cloud.url", words, remedy="Give https://NAME or http://ADDRESS:PORT.")
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def is_here(url: str) -> bool:
    """Whether a cloud runs on this machine."""
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def unreachable(url: str, fault: Exception) -> UnreachableError:
    """What a fault of the network means, in words."""
    if isinstance(fault, httpx.TimeoutException):
        return UnreachableError("cloud.timeout", f"The cloud at {url} did not answer in time.")
    if "CERTIFICATE_VERIFY_FAILED" in str(fault):
        words = f"What answers as {url} cannot prove that it is the cloud: its certificate is not valid here."
        return UnreachableError("cloud.certificate", words, remedy="Check this machine's clock and network.")
    return UnreachableError("cloud.unreachable", f"The cloud at {url} cannot be reached.")


def stranger(url: str) -> UnreachableError:
    """Something else answered."""
    words = f"Something answers in place of the cloud at {url}: a sign-in page of the network, or a proxy."
    return UnreachableError("cloud.stranger", words, remedy="Open a web page to sign in to the network.")


def nobody() -> SignInError:
    """No request without a session."""
    return SignInError("session.none", "Nobody is signed in on this workstation.", remedy="Sign in first.")


async def heads_of(answer: httpx.Response) -> AsyncIterator[int]:
    """The numbers of a stream of events; anything else on it is passed over, a line without end is a stranger's."""
    rest = b""
    async for piece in answer.aiter_raw():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                with suppress(DataError):
                    yield codec.parse(line.removeprefix(b"data:").strip(), Poke).head
        if len(rest) > LONGEST_EVENT:
            raise stranger(str(answer.request.url.copy_with(path="/")))
