"""A simulated 2N intercom on a real socket: the HTTP API of the fact sheet, part 8, with its privileges and codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec

from device_link.simulator.clock import SimClock
from device_link.simulator.digest import DigestGate, Verdict, parse_digest
from device_link.simulator.envelope import error_page
from device_link.simulator.messages import Body, CutConnection, Request, Response
from device_link.simulator.multipart import FormError, MemorySink, Part, Sink, boundary_of, read_form
from device_link.simulator.picture import JPEG
from device_link.simulator.server import HttpPort
from device_link.simulator.tasks import Tasks
from device_link.simulator.twon_calls import SERVICES, Effect, answer_of
from device_link.simulator.twon_phone import Refused
from device_link.simulator.twon_state import TwoNState

REALM = "2N"
_FORM_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoNSpec:
    """One unit to make. `auth`: none, basic or digest. `off` and `read_only` name services of the API.

    `faults`: `no-mac` (older firmware), `no-hold`, `drop-after-write`, `never-back`, `bad-firmware`.
    `images`: MD5 of a vendor's closed file -> its version, beside the simulator's own kind of file.
    """

    mac: str = "7C1EB3000001"
    variant: str = "2N IP Verso"
    firmware: str = "2.46.0.1.2"
    name: str = "Door"
    auth: str = "digest"
    user: str = "admin"
    password: str = "2n"  # noqa: S105 - the factory's own sign-in
    off: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    boot_s: float = 0.05


@dataclass
class TwoNDevice:
    """A unit: make it, `start`, talk to it, `stop`. Usable as an async context manager."""

    spec: TwoNSpec = field(default_factory=TwoNSpec)
    clock: SimClock = field(default_factory=SimClock)

    def __post_init__(self) -> None:
        self.faults = set(self.spec.faults)
        source = random.Random(self.spec.seed)  # noqa: S311 - reproducible names, no secret
        what = (self.spec.variant, self.spec.mac, self.spec.firmware, self.spec.name)
        self.state = TwoNState(*what, clock=self.clock, source=source)
        self.state.images = self.spec.images
        self.off = set(self.spec.off)
        self.read_only = set(self.spec.read_only)
        self.user, self.password = self.spec.user, self.spec.password
        self.requests: list[str] = []
        self._gate = DigestGate(REALM)
        self._tasks = Tasks()
        self._port = HttpPort(self._handle)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self._port.ip}:{self._port.port}"

    async def start(self, ip: str = "127.0.0.1", port: int = 0) -> Self:
        """Take an address and answer on it."""
        self._port.reserve(ip, port)
        await self._port.open()
        return self

    async def stop(self) -> None:
        """Power off."""
        await self._tasks.aclose()
        await self._port.aclose()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # ---------------------------------------------------------------------------------------------- one request

    async def _handle(self, request: Request) -> Response:
        self.requests.append(f"{request.method} {request.path}")
        response = await self._answer(request)
        response.headers.append(("Server", f"HIP{self.state.firmware}"))
        return response

    async def _answer(self, request: Request) -> Response:
        if not request.path.startswith("/api/"):
            return Response(404, error_page(404), "text/html")
        parts = await _parts(request)
        service = SERVICES.get(request.path.removeprefix("/api/").partition("/")[0])
        try:
            if service is None:
                raise Refused(2)
            if service in self.off:
                raise Refused(4)
            challenge = self._sign_in(request, parts.md5)
            if challenge is not None:
                return challenge
            changes = _changes(request)
            if service in self.read_only and changes:
                raise Refused(10)
            result, effect = answer_of(self.state, request, parts, self.faults)
        except Refused as refused:
            return _json(refused.document())
        if isinstance(result, bytes):
            kind = "image/jpeg" if result.startswith(JPEG[:3]) else "application/xml"
            return Response(body=result, content_type=kind)
        if changes and "drop-after-write" in self.faults:
            self.faults.discard("drop-after-write")
            raise CutConnection
        response = _json({"success": True, "result": result} if result is not None else {"success": True})
        if effect is not Effect.NONE:
            response.then = lambda: self._tasks.spawn(self._restart(effect), "restart of a 2N unit")
        return response

    def _sign_in(self, request: Request, body_md5: str) -> Response | None:
        """The answer that asks for a sign-in; None when there is a fitting one or none is wanted."""
        header = request.headers.get("authorization", "")
        if self.spec.auth == "none":
            return None
        if self.spec.auth == "basic":
            wanted = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
            if hmac.compare_digest(header.encode(), f"Basic {wanted}".encode()):
                return None
            return _unauthorised('Basic realm="2N"')
        given = parse_digest(header)
        stale = False
        if given is not None:
            verdict = self._gate.judge(
                given,
                method=request.method,
                target=request.target,
                user=self.user,
                password=self.password,
                body_md5=body_md5,
            )
            if verdict is Verdict.GOOD:
                return None
            stale = verdict is Verdict.STALE
        return _unauthorised(self._gate.challenge(stale=stale))

    async def settled(self) -> None:
        """Wait until nothing goes on any more."""
        await self._tasks.drain()

    async def _restart(self, effect: Effect) -> None:
        self._port.close()
        self.state.restart(reset=effect is Effect.RESET, upgrade=effect is Effect.UPGRADE)
        if effect is Effect.RESET:
            self.user, self.password = "admin", "2n"
        self._gate.restart()
        await self.clock.sleep(self.spec.boot_s)
        if "never-back" not in self.faults:
            await self._port.open()


@dataclass(frozen=True, slots=True)
class Parts:
    """A request's body: as it came, and its parts by name when it is a form."""

    body: bytes
    named: Mapping[str, bytes]
    md5: str


async def _parts(request: Request) -> Parts:
    body = await request.body.read(_FORM_LIMIT)
    boundary = boundary_of(request.headers.get("content-type", ""))
    named: dict[str, bytes] = {}
    if boundary is not None:
        sinks: list[MemorySink] = []

        def sink_for(_name: str, _file: str) -> Sink:
            sinks.append(MemorySink(_FORM_LIMIT))
            return sinks[-1]

        whole = [body]

        async def more() -> bytes:
            return whole.pop() if whole else b""

        try:
            parts: list[Part] = await read_form(Body(more), boundary, sink_for)
        except FormError:
            parts = []
        named = {part.name: sink.value() for part, sink in zip(parts, sinks, strict=False)}
    return Parts(body, named, hashlib.md5(body, usedforsecurity=False).hexdigest())


def _changes(request: Request) -> bool:
    verbs = ("/ctrl", "/restart", "/factoryreset", "/apply", "/reject", "/create", "/update", "/delete")
    return request.path.endswith(verbs) or request.method == "PUT"


def _json(document: Mapping[str, Any]) -> Response:
    return Response(body=msgspec.json.encode(document))


def _unauthorised(challenge: str) -> Response:
    document = {"success": False, "error": {"code": 9, "description": "authorization required"}}
    return Response(401, msgspec.json.encode(document), headers=[("WWW-Authenticate", challenge)])
