"""The one module of this package that speaks HTTP: a client for a single device, and what can go wrong with it.

Knows no device and no envelope. Devices have self-signed certificates, keys of 1024 bits and TLS of 2008
(device API 1), so certificates are not checked and old versions are allowed: HTTPS to a device hides what is said
from listeners, it does not prove who answers. The MAC and the sign-in do that.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, Generator, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self

import httpx

from core.base.clock import Clock

BODY_LIMIT = 32 << 20
"""Bytes of one answer. All people of the largest model, 50,000 records of about 400 bytes, are 20 MB."""


class NotSentError(Exception):
    """No connection came about: nothing has left."""


class TlsFailedError(NotSentError):
    """The TLS handshake failed."""


class LineLostError(Exception):
    """The connection broke or went silent after something may have left."""


class BadAnswerError(Exception):
    """What came back breaks HTTP or is larger than anything a device has to say."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to wait: for a connection, for the next bytes, for a whole answer.

    10,000 people took 22 minutes on an S532 (device API 3.8), so a request with a hundred of them keeps a unit silent
    for about 13 seconds.
    """

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response. Header names are lower-case; `challenges` holds every WWW-Authenticate header."""

    status: int
    headers: Mapping[str, str]
    challenges: tuple[str, ...]
    body: bytes


class DeviceAuth(httpx.Auth):
    """Answers the challenge that a device sends: digest before basic, nothing when there is no user.

    Basic over plain HTTP shows the password to everybody on the LAN; with `basic_in_clear` False it is not sent.
    """

    def __init__(self, user: str, password: str, *, basic_in_clear: bool = True) -> None:
        self._user = user
        self._password = password
        self._basic_in_clear = basic_in_clear
        self._scheme: httpx.DigestAuth | httpx.BasicAuth | None = None
        self.withheld = False
        """Whether basic was asked for in clear and not answered."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with what is known; on 401 once more with what the challenge asks for."""
        if self._scheme is not None:
            yield from self._scheme.auth_flow(request)
            return
        response = yield request
        scheme = self._choose(response, request) if response.status_code == httpx.codes.UNAUTHORIZED else None
        if scheme is None:
            return
        if isinstance(scheme, httpx.BasicAuth):
            self._scheme = scheme
            yield from scheme.auth_flow(request)
            return
        flow = scheme.auth_flow(request)
        next(flow)  # It would send without a challenge first; that is done.
        try:
            again = flow.send(response)
        except StopIteration:
            return
        self._scheme = scheme
        yield again

    def _choose(
        self, response: httpx.Response, request: httpx.Request
    ) -> httpx.DigestAuth | httpx.BasicAuth | None:
        if not self._user:
            return None
        kinds = {one.split(" ", 1)[0].lower() for one in response.headers.get_list("www-authenticate")}
        if "digest" in kinds:
            return httpx.DigestAuth(self._user, self._password)
        if "basic" not in kinds:
            return None
        if request.url.scheme == "http" and not self._basic_in_clear:
            self.withheld = True
            return None
        return httpx.BasicAuth(self._user, self._password)


class DeviceLine:
    """HTTP with one device: no proxy, no kept connection, no redirect followed. Used once, then thrown away."""

    def __init__(self, clock: Clock, limits: Limits, auth: DeviceAuth | None = None) -> None:
        self._clock = clock
        self._limits = limits
        self._auth = auth or DeviceAuth("", "")
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        # One request at a time on a connection of its own: devices mix up answers on kept connections, and some
        # stall on `Expect` (device API 1); httpx never sends that header.
        self._client = httpx.AsyncClient(
            verify=device_tls(),
            timeout=timeout,
            trust_env=False,
            headers={"User-Agent": "gatewright", "Accept-Encoding": "identity", "Connection": "close"},
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        body_limit: int = BODY_LIMIT,
    ) -> Answer:
        """One request with its sign-in. Raises NotSentError, LineLostError, BadAnswerError."""
        try:
            request = self._client.build_request(method, url, content=content, headers=headers)
        except (httpx.InvalidURL, ValueError) as fault:
            raise NotSentError(f"no usable address: {fault}") from fault
        flow = self._auth.auth_flow(request)
        try:
            outgoing = _next_request(flow, None)
            while True:
                answer, response = await self._once(outgoing, body_limit)
                try:
                    outgoing = _next_request(flow, response)
                except StopIteration:
                    return answer
        finally:
            flow.close()

    async def _once(self, request: httpx.Request, body_limit: int) -> tuple[Answer, httpx.Response]:
        started = self._clock.monotonic()
        try:
            response = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                body = await self._body(response, started, body_limit)
            finally:
                await response.aclose()
        except httpx.HTTPError as fault:
            raise _named(fault) from fault
        except OSError as fault:
            raise LineLostError(_why(fault)) from fault
        headers = {name.lower(): value for name, value in response.headers.items()}
        challenges = tuple(response.headers.get_list("www-authenticate"))
        return Answer(response.status_code, headers, challenges, body), response

    async def _body(self, response: httpx.Response, started: float, body_limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > body_limit:
                raise BadAnswerError(f"more than {body_limit} bytes")
            if self._clock.monotonic() - started > self._limits.total_s:
                raise LineLostError("the answer came too slowly")
            parts.append(part)
        return b"".join(parts)


def _next_request(
    flow: Generator[httpx.Request, httpx.Response, None], response: httpx.Response | None
) -> httpx.Request:
    try:
        return next(flow) if response is None else flow.send(response)
    except (httpx.HTTPError, NotImplementedError, KeyError, ValueError) as fault:
        raise BadAnswerError("a challenge that cannot be answered") from fault


def _named(fault: httpx.HTTPError) -> Exception:
    if isinstance(
        fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    ):
        if _has_tls_cause(fault):
            return TlsFailedError(_why(fault))
        return NotSentError(_why(fault))
    if isinstance(fault, httpx.DecodingError):
        return BadAnswerError("a body that cannot be unpacked")
    return LineLostError(_why(fault))


def _has_tls_cause(fault: BaseException) -> bool:
    seen = 0
    cause: BaseException | None = fault
    while cause is not None and seen < 10:
        if isinstance(cause, ssl.SSLError):
            return True
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return False


_WORDS = {
    "ConnectTimeout": "no answer to the connection",
    "ReadTimeout": "no answer in time",
    "WriteTimeout": "it does not take the data",
    "RemoteProtocolError": "the connection was closed without an answer",
    "ReadError": "the connection was reset",
    "WriteError": "the connection was reset",
}


def _why(fault: BaseException) -> str:
    words = _WORDS.get(type(fault).__name__)
    return words or str(fault) or type(fault).__name__


@cache
def device_tls() -> ssl.SSLContext:
    """TLS for devices: anything they can, nothing checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    return context


async def connects(host: str, port: int, timeout_s: float) -> bool:
    """Whether a TCP connection to a port comes about; it is closed at once."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, UnicodeError):
        return False
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return True  # The device reset the connection after accepting it: something is there.
    return True
