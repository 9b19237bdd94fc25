"""HTTP to the cloud core, the only place in sync that knows httpx. Fulfils the CloudTransport protocol.

What comes from the network is believed only in our own packing: a page of HTML from a hotel's portal, a proxy's error
or a body that was cut counts as "nothing answered". Every request may be repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import msgspec

from core.base.clock import Clock
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
from core.store import syncmeta
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    CheckAnswer,
    CheckRequest,
    Failure,
    FillRequest,
    PartState,
    Poke,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    Refresh,
    Session,
    SignIn,
)

T = TypeVar("T")
CONNECT_S, STALL_S = 5.0, 30.0
"""A connection that is not there after the first, or that moves no byte for the second, is given up."""
PIECE = 1 << 16
PART = 1 << 20
"""Bytes of one piece of an upload: what is sent again, at most, after a cut."""
LONGEST_EVENT = 4096
"""Bytes of a line on the live channel."""
SMALL = 1 << 14
"""Bytes up to which unpacking on the loop costs less than handing over to a thread."""

_REFUSALS: dict[int, type[RefusedError]] = {
    401: SignInError,
    409: ForkError,
    410: ResyncError,
    413: TooLargeError,
    426: TooOldError,
}


class HttpTransport:
    """One cloud core. The session is kept in the mirror; `wire` replaces the network in tests."""

    def __init__(
        self, base_url: str, mirror: Mirror, *, clock: Clock, wire: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.base_url = _checked(base_url)
        self._mirror = mirror
        self._clock = clock
        self._session: Session | None = None
        self._loaded = False
        self._refreshing = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._http = httpx.AsyncClient(
            base_url=self.base_url,
            transport=wire,
            # Sites have proxies, which the machine's environment names; for a cloud on this machine none is asked.
            trust_env=not _is_here(self.base_url),
            timeout=httpx.Timeout(STALL_S, connect=CONNECT_S),
            follow_redirects=False,
            headers={"accept-encoding": "identity", "user-agent": "gatewright"},
        )

    @property
    def session(self) -> Session | None:
        """The account whose tokens are in use; None before the first request of a process, and when signed out."""
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        self._worker.shutdown(wait=True)

    # ----------------------------------------------------------------------------------------------------- sessions

    async def sign_in(self, request: SignIn) -> Session:
        """Exchange user name and password for a session (ACC-01). Whoever asks keeps it (`syncmeta.begin_session`)."""
        answer = await self._send("POST", "/v1/session", content=msgspec.json.encode(request), headers=_JSON)
        session = _json(answer, Session)
        self._session, self._loaded = session, True
        return session

    async def sign_out(self) -> None:
        """End the session at the cloud. UnreachableError when it does not answer; the tokens here are gone anyway."""
        token = await self._token()
        self._session, self._loaded = None, True
        if token:
            await self._send("DELETE", "/v1/session", headers={"authorization": f"Bearer {token}"})

    async def _token(self) -> str:
        if not self._loaded:
            self._session, self._loaded = await self._mirror.read(syncmeta.session_of), True
        return self._session.access_token if self._session else ""

    async def _refresh(self, stale: str) -> None:
        """New tokens for old ones, once for all requests that wait for it. SignInError when the session has ended."""
        async with self._refreshing:
            session = self._session
            if session is None:
                raise _nobody()
            if session.access_token != stale:
                return
            content = msgspec.json.encode(Refresh(refresh_token=session.refresh_token))
            fresh = _json(
                await self._send("POST", "/v1/session/refresh", content=content, headers=_JSON), Session
            )
            await self._mirror.write(lambda tx: syncmeta.keep_session(tx, fresh), origin=Origin.JOB)
            self._session = fresh

    # --------------------------------------------------------------------------------------------------------- sync

    async def push(self, batch: PushBatch) -> PushAnswer:
        """See `CloudTransport.push`."""
        return await self._exchange("/v1/sync/push", batch, PushAnswer)

    async def pull(self, request: PullRequest) -> PullPage:
        """See `CloudTransport.pull`."""
        return await self._exchange("/v1/sync/pull", request, PullPage)

    async def fill(self, request: FillRequest) -> PullPage:
        """See `CloudTransport.fill`."""
        return await self._exchange("/v1/sync/fill", request, PullPage)

    async def check(self, request: CheckRequest) -> CheckAnswer:
        """See `CloudTransport.check`."""
        return await self._exchange("/v1/sync/check", request, CheckAnswer)

    async def pokes(self) -> AsyncGenerator[int, None]:
        """See `CloudTransport.pokes`."""
        token = await self._token() or _raise(_nobody())
        try:
            async for head in self._events(token):
                yield head
        except SignInError:
            await self._refresh(token)
            async for head in self._events(await self._token()):
                yield head

    async def _events(self, token: str) -> AsyncIterator[int]:
        headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
        try:
            async with self._http.stream("GET", "/v1/live", headers=headers) as answer:
                if answer.status_code != 200:
                    await self._read(answer)
                    raise self._refusal(answer)
                if "text/event-stream" not in answer.headers.get("content-type", ""):
                    raise _stranger(self.base_url)
                async for head in _heads(answer):
                    yield head
        except httpx.HTTPError as fault:
            raise _unreachable(self.base_url, fault) from fault

    async def ask(
        self, method: str, path: str, kind: type[T] | None, message: msgspec.Struct | None = None
    ) -> T:
        """See `AccountDoor.ask`."""
        content = msgspec.json.encode(message) if message is not None else None
        headers = _JSON if content is not None else None
        answer = await self._send_signed(method, path, content=content, headers=headers)
        return _json(answer, kind) if kind is not None else cast("T", None)

    async def ask_openly(
        self, method: str, path: str, kind: type[T], message: msgspec.Struct | None = None
    ) -> T:
        """See `AccountDoor.ask_openly`."""
        content = msgspec.json.encode(message) if message is not None else None
        return _json(await self._send(method, path, content=content, headers=_JSON), kind)

    async def _exchange(self, path: str, message: msgspec.Struct, kind: type[T]) -> T:
        packed = codec.pack(message)
        headers = {"content-type": Packing.ZSTD.value, "accept": Packing.ZSTD.value}
        answer = await self._send_signed("POST", path, content=packed, headers=headers)
        packing = codec.packing_of(answer.headers.get("content-type", ""))
        if packing is None:
            raise _stranger(self.base_url)
        try:
            if len(answer.content) <= SMALL:
                return codec.unpack(answer.content, kind, packing)
            return await self._aside(codec.unpack, answer.content, kind, packing)
        except DataError as fault:
            raise UnreachableError(
                "cloud.damaged", "The cloud's answer arrived damaged; it is fetched again."
            ) from fault

    # -------------------------------------------------------------------------------------------------------- files

    async def put_blob(self, sha256: str, path: Path) -> bool:
        """See `CloudTransport.put_blob`."""
        try:
            await self._send_signed("HEAD", f"/v1/blobs/{sha256}")
        except NotFoundError:
            size = await self._aside(lambda: path.stat().st_size)
            if size > PART:
                await self._put_parts(sha256, path, size)
                return True
            headers = {"content-length": str(size), "content-type": "application/octet-stream"}
            await self._send_signed("PUT", f"/v1/blobs/{sha256}", file=path, headers=headers)
            return True
        return False

    async def _put_parts(self, sha256: str, path: Path, size: int) -> None:
        """Send a large file in pieces, from where the cloud has it; each answer says where the next one begins."""
        answer = await self._send_signed("GET", f"/v1/blobs/{sha256}/parts")
        state, stuck = _json(answer, PartState), 0
        while not state.whole and stuck < 3:
            before = state.received
            piece = await self._aside(_read_at, path, before)
            address = f"/v1/blobs/{sha256}/parts/{before}?size={size}"
            state = _json(await self._send_signed("PUT", address, content=piece), PartState)
            stuck = stuck + 1 if state.received <= before and not state.whole else 0
        if not state.whole:
            raise UnreachableError(
                "cloud.parts", "The cloud does not take this file; it is sent again later."
            )

    async def get_blob(self, sha256: str, path: Path) -> None:
        """See `CloudTransport.get_blob`. `path` collects what has come so far, over several calls if need be."""
        await self._aside(lambda: path.parent.mkdir(parents=True, exist_ok=True))
        have = await self._aside(lambda: path.stat().st_size if path.exists() else 0)
        headers = {"range": f"bytes={have}-"} if have else {}
        try:
            await self._fetch(sha256, path, headers)
        except RefusedError as fault:
            if fault.code != "http.416":
                raise
            # The part is as long as the file, or longer: its digest tells which.
            if have and not await self._aside(_is_whole, path, sha256):
                await self._aside(path.unlink)
                await self._fetch(sha256, path, {})

    async def _fetch(self, sha256: str, path: Path, headers: dict[str, str]) -> None:
        token = await self._token() or _raise(_nobody())
        try:
            await self._stream(sha256, path, headers, token)
        except SignInError:
            await self._refresh(token)
            await self._stream(sha256, path, headers, await self._token())

    async def _stream(self, sha256: str, path: Path, headers: dict[str, str], token: str) -> None:
        signed = {**headers, "authorization": f"Bearer {token}"}
        try:
            async with self._http.stream("GET", f"/v1/blobs/{sha256}", headers=signed) as answer:
                if answer.status_code not in {200, 206}:
                    await answer.aread()
                    raise self._refusal(answer)
                mode = "ab" if answer.status_code == 206 else "wb"
                file = await self._aside(path.open, mode)
                try:
                    async for piece in answer.aiter_raw(PIECE):
                        await self._aside(file.write, piece)
                finally:
                    await self._aside(file.close)
        except httpx.HTTPError as fault:
            raise _unreachable(self.base_url, fault) from fault

    # --------------------------------------------------------------------------------------------------------- http

    async def _send_signed(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        file: Path | None = None,
        headers: Any = None,
    ) -> httpx.Response:
        token = await self._token()
        if not token:
            raise _nobody()
        for again in (True, False):
            signed = {**(headers or {}), "authorization": f"Bearer {token}"}
            body = self._pieces(file) if file is not None else content
            try:
                return await self._send(method, path, content=body, headers=signed)
            except SignInError:
                if not again:
                    raise
                await self._refresh(token)
                token = await self._token()
        raise _nobody()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, when it is a success; what the cloud refused, or that nothing answered, as an error."""
        try:
            async with self._http.stream(method, path, content=content, headers=headers) as answer:
                await self._read(answer)
        except httpx.HTTPError as fault:
            raise _unreachable(self.base_url, fault) from fault
        if answer.is_success:
            return answer
        raise self._refusal(answer)

    async def _read(self, answer: httpx.Response) -> None:
        """Read the body, no further than is allowed."""
        pieces, size = [], 0
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > codec.MAX_PACKED:
                raise _stranger(self.base_url)
            pieces.append(piece)
        answer._content = b"".join(pieces)  # noqa: SLF001  httpx has no reading with a limit

    def _refusal(self, answer: httpx.Response) -> GatewrightError:
        """What a status means. Words are the cloud's, cleaned; an answer that is not of our cloud is nobody's."""
        status = answer.status_code
        if status == 416:
            return RefusedError("http.416", "The cloud has no such part of the file.")
        said = _failure(answer, status)
        if status in {429, 503} or (said is not None and status >= 500):
            wait = answer.headers.get("retry-after", "")
            words = said.message if said else "The cloud is busy."
            return BusyError("cloud.busy", words, retry_after_s=float(wait) if wait.isdigit() else 0.0)
        if said is None:
            return _stranger(self.base_url)
        if status in _REFUSALS:
            return _REFUSALS[status](
                said.code, said.message, remedy=said.remedy, field=said.field, said=said.message
            )
        if status in {403, 404}:
            kind = NotAllowedError if status == 403 else NotFoundError
            return kind(said.code, said.message, remedy=said.remedy, field=said.field)
        return RefusedError(said.code, said.message, remedy=said.remedy, field=said.field, said=said.message)

    async def _pieces(self, path: Path) -> AsyncIterator[bytes]:
        file = await self._aside(lambda: path.open("rb"))
        try:
            while piece := await self._aside(file.read, PIECE):
                yield piece
        finally:
            await self._aside(file.close)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Work that would hold up the window: files, and unpacking of pages."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, partial(work, *arguments))


_JSON = {"content-type": "application/json"}


def _failure(answer: httpx.Response, status: int) -> Failure | None:
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


def _json(answer: httpx.Response, kind: type[T]) -> T:
    if "json" not in answer.headers.get("content-type", ""):
        raise _stranger(str(answer.request.url.copy_with(path="/")))
    try:
        return codec.parse(answer.content, kind)
    except DataError as fault:
        raise _stranger(str(answer.request.url.copy_with(path="/"))) from fault


def _checked(url: str) -> str:
    """An address of a cloud core without path. UserError for anything else."""
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        words = f"'{clean(url, limit=80)}' is no address of a cloud core."
        raise UserError("cloud.url", words, remedy="Give https://NAME or http://ADDRESS:PORT.")
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def _is_here(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _unreachable(url: str, fault: Exception) -> UnreachableError:
    if isinstance(fault, httpx.TimeoutException):
        return UnreachableError("cloud.timeout", f"The cloud at {url} did not answer in time.")
    if "CERTIFICATE_VERIFY_FAILED" in str(fault):
        words = f"What answers as {url} cannot prove that it is the cloud: its certificate is not valid here."
        return UnreachableError("cloud.certificate", words, remedy="Check this machine's clock and network.")
    return UnreachableError("cloud.unreachable", f"The cloud at {url} cannot be reached.")


def _stranger(url: str) -> UnreachableError:
    words = f"Something answers in place of the cloud at {url}: a sign-in page of the network, or a proxy."
    return UnreachableError("cloud.stranger", words, remedy="Open a web page to sign in to the network.")


def _nobody() -> SignInError:
    return SignInError("session.none", "Nobody is signed in on this workstation.", remedy="Sign in first.")


async def _heads(answer: httpx.Response) -> AsyncIterator[int]:
    """The numbers of a stream of events; anything else on it is passed over, a line without end is a stranger's."""
    rest = b""
    async for piece in answer.aiter_raw():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                with suppress(DataError):
                    yield codec.parse(line.removeprefix(b"data:").strip(), Poke).head
        if len(rest) > LONGEST_EVENT:
            raise _stranger(str(answer.request.url.copy_with(path="/")))


def _read_at(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PART)


def _raise(fault: Exception) -> str:
    raise fault


def _is_whole(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
