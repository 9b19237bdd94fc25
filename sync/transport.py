"""HTTP to the cloud core; with sync.answers the only place in sync that knows httpx. Fulfils CloudTransport.

What comes from the network is believed only in our own packing: a page of HTML from a hotel's portal, a proxy's error
or a body that was cut counts as "nothing answered". Every request may be repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import msgspec

from core.base.absent import note_absent
from core.base.clock import Clock
from core.base.errors import (
    DataError,
    NotFoundError,
    RefusedError,
    SignInError,
    UnreachableError,
)
from core.store import syncmeta
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    CheckAnswer,
    CheckRequest,
    FillRequest,
    PartState,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    Refresh,
    Session,
    SignIn,
)
from sync.answers import checked_url, from_json, heads_of, is_here, nobody, refusal_of, stranger, unreachable
from sync.pages import unpack_page

T = TypeVar("T")
CONNECT_S, STALL_S = 5.0, 30.0
"""A connection that is not there after the first, or that moves no byte for the second, is given up."""
PIECE = 1 << 16
PART = 1 << 20
"""Bytes of one piece of an upload: what is sent again, at most, after a cut."""
SMALL = 1 << 14
"""Bytes up to which unpacking on the loop costs less than handing over to a thread."""


class HttpTransport:
    """One cloud core. The session is kept in the mirror; `wire` replaces the network in tests."""

    def __init__(
        self, base_url: str, mirror: Mirror, *, clock: Clock, wire: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.base_url = checked_url(base_url)
        self._mirror = mirror
        self._clock = clock
        self._session: Session | None = None
        self._loaded = False
        self._refreshing = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._wire = wire
        self._client: httpx.AsyncClient | None = None

    @property
    def _http(self) -> httpx.AsyncClient:
        """Made with the first request: certificates and connections cost 50 ms of a start, which needs no network."""
        if self._client is None:
            self._client = self._new_client()
        return self._client

    def _new_client(self) -> httpx.AsyncClient:
        note_absent("sniffio")
        return httpx.AsyncClient(
            base_url=self.base_url,
            transport=self._wire,
            # Sites have proxies, which the machine's environment names; for a cloud on this machine none is asked.
            trust_env=not is_here(self.base_url),
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
        if self._client is not None:
            await self._client.aclose()
        self._worker.shutdown(wait=True)

    # ----------------------------------------------------------------------------------------------------- sessions

    async def sign_in(self, request: SignIn) -> Session:
        """Exchange user name and password for a session (ACC-01). Whoever asks keeps it (`syncmeta.begin_session`)."""
        answer = await self._send("POST", "/v1/session", content=msgspec.json.encode(request), headers=_JSON)
        session = from_json(answer, Session)
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
                raise nobody()
            if session.access_token != stale:
                return
            content = msgspec.json.encode(Refresh(refresh_token=session.refresh_token))
            fresh = from_json(
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
        token = await self._token() or _raise(nobody())
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
                    raise refusal_of(answer, self.base_url)
                if "text/event-stream" not in answer.headers.get("content-type", ""):
                    raise stranger(self.base_url)
                async for head in heads_of(answer):
                    yield head
        except httpx.HTTPError as fault:
            raise unreachable(self.base_url, fault) from fault

    async def ask(
        self, method: str, path: str, kind: type[T] | None, message: msgspec.Struct | None = None
    ) -> T:
        """See `AccountDoor.ask`."""
        content = msgspec.json.encode(message) if message is not None else None
        headers = _JSON if content is not None else None
        answer = await self._send_signed(method, path, content=content, headers=headers)
        return from_json(answer, kind) if kind is not None else cast("T", None)

    async def ask_openly(
        self, method: str, path: str, kind: type[T], message: msgspec.Struct | None = None
    ) -> T:
        """See `AccountDoor.ask_openly`."""
        content = msgspec.json.encode(message) if message is not None else None
        return from_json(await self._send(method, path, content=content, headers=_JSON), kind)

    async def _exchange(self, path: str, message: msgspec.Struct, kind: type[T]) -> T:
        packed = codec.pack(message)
        headers = {"content-type": Packing.ZSTD.value, "accept": Packing.ZSTD.value}
        answer = await self._send_signed("POST", path, content=packed, headers=headers)
        packing = codec.packing_of(answer.headers.get("content-type", ""))
        if packing is None:
            raise stranger(self.base_url)
        try:
            if len(answer.content) <= SMALL:
                return codec.unpack(answer.content, kind, packing)
            if kind is PullPage:
                return cast("T", await self._aside(unpack_page, answer.content, packing))
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
        state, stuck = from_json(answer, PartState), 0
        while not state.whole and stuck < 3:
            before = state.received
            piece = await self._aside(_read_at, path, before)
            address = f"/v1/blobs/{sha256}/parts/{before}?size={size}"
            state = from_json(await self._send_signed("PUT", address, content=piece), PartState)
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
        token = await self._token() or _raise(nobody())
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
                    raise refusal_of(answer, self.base_url)
                mode = "ab" if answer.status_code == 206 else "wb"
                file = await self._aside(path.open, mode)
                try:
                    async for piece in answer.aiter_raw(PIECE):
                        await self._aside(file.write, piece)
                finally:
                    await self._aside(file.close)
        except httpx.HTTPError as fault:
            raise unreachable(self.base_url, fault) from fault

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
            raise nobody()
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
        raise nobody()

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
            raise unreachable(self.base_url, fault) from fault
        if answer.is_success:
            return answer
        raise refusal_of(answer, self.base_url)

    async def _read(self, answer: httpx.Response) -> None:
        """Read the body, no further than is allowed."""
        pieces, size = [], 0
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > codec.MAX_PACKED:
                raise stranger(self.base_url)
            pieces.append(piece)
        answer._content = b"".join(pieces)  # noqa: SLF001  httpx has no reading with a limit

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


def _read_at(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PART)


def _raise(fault: Exception) -> str:
    raise fault


def _is_whole(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
