"""One conversation with one 2N unit: requests at its pace, refusals by name (device API 8)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import msgspec

from core.base.clock import Clock
from core.ports.device import Link
from core.rules.desired import Identity
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.drivers.twon import reply as codes
from device_link.drivers.twon.reply import Refusal, identity_of, read_reply
from device_link.errors import (
    BrokenOffError,
    HttpsNeededError,
    LoginError,
    NoAnswerError,
    NonsenseError,
    OtherDeviceError,
    SaidNoError,
    TlsError,
    UnsupportedError,
    said_by,
)
from device_link.http import (
    BODY_LIMIT,
    Answer,
    BadAnswerError,
    DeviceAuth,
    DeviceLine,
    LineLostError,
    NotSentError,
    TlsFailedError,
)
from device_link.pool import Turn
from device_link.recorder import Exchange, FlightRecorder, shown

Result = Mapping[str, Any]


class RefusedCallError(SaidNoError):
    """A refusal with a code of the API; the sentence says where to allow it."""

    def __init__(self, url: str, what: str, refusal: Refusal) -> None:
        super().__init__(url, what, said=refusal.said, retcode=refusal.code)
        self.remedy = _REMEDIES.get(refusal.code or 0, "")


_REMEDIES = {
    codes.DISABLED: "Switch the service on at the unit's web page, Services > HTTP API.",
    codes.WRONG_CONNECTION: "Use HTTPS, or allow unsecure connections at its web page, Services > HTTP API.",
    codes.WRONG_AUTH: "Choose Digest for the service at its web page, Services > HTTP API.",
    codes.NO_PRIVILEGE: "Give the account monitoring and control of the service at its web page, Services > HTTP API.",
    codes.NOT_SUPPORTED: "This model or licence cannot do it.",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `changes`: it must not be repeated, and a broken connection leaves its effect open."""

    method: str
    path: str
    changes: bool = False
    content: Any = None
    headers: Mapping[str, str] | None = None
    limit: int = BODY_LIMIT

    @property
    def what(self) -> str:
        """Its name for people: the path without parameters."""
        return self.path.partition("?")[0].removeprefix("/api/")


class TwoNSession:
    """Use as `async with`; one task at a time, which the turn from the pool sees to."""

    def __init__(
        self,
        link: Link,
        turn: Turn,
        *,
        clock: Clock,
        pacing: PacingOf = real_pacing,
        recorder: FlightRecorder | None = None,
        basic_in_clear: bool = True,
    ) -> None:
        self.base = base_url(link.url)
        self.link = link
        self.turn = turn
        self.clock = clock
        self.pacing = pacing("2N")
        self.identity = Identity("", "", "")
        self.device_name = ""
        self._recorder = recorder
        auth = DeviceAuth(link.user, link.password, basic_in_clear=basic_in_clear)
        self._line = DeviceLine(clock, self.pacing.limits, auth)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, value, trace)

    async def identify(self) -> Identity:
        """Read what the unit is, and refuse another MAC than the link's. One without a MAC is believed by address."""
        result = await self.read("system/info")
        self.identity = identity_of(result, self.base)
        self.device_name = said_by(result.get("deviceName", ""))
        if self.link.mac and self.identity.mac and self.identity.mac != self.link.mac:
            raise OtherDeviceError(self.base, wanted=self.link.mac, found=self.identity.mac)
        return self.identity

    async def read(self, call: str, **query: object) -> Result:
        """GET; repeated when the connection breaks. Raises when the unit refuses."""
        return await self._result(Ask("GET", _path(call, query)))

    async def change(self, call: str, **query: object) -> Result:
        """GET that does something: sent once."""
        return await self._result(Ask("GET", _path(call, query), changes=True))

    async def send_json(self, method: str, call: str, document: object, *, changes: bool) -> Result:
        """A call with a JSON body."""
        headers = {"Content-Type": "application/json"}
        return await self._result(
            Ask(method, _path(call, {}), changes, msgspec.json.encode(document), headers)
        )

    async def send_file(self, call: str, content: Any, headers: Mapping[str, str]) -> Result:
        """PUT a multipart body; nothing counts before a later call, so a broken connection is a plain failure."""
        return await self._result(Ask("PUT", _path(call, {}), content=content, headers=headers))

    async def fetch(self, call: str, *, limit: int, **query: object) -> bytes:
        """GET something that is no JSON. A refusal comes as JSON all the same."""
        answer = await self._answer(Ask("GET", _path(call, query), limit=limit))
        if answer.body.lstrip()[:1] == b"{":
            found = read_reply(answer.body)
            if isinstance(found, Refusal):
                raise self._refused(found, call)
        return answer.body

    # ------------------------------------------------------------------------------------------- below: how

    async def _result(self, ask: Ask) -> Result:
        answer = await self._answer(ask)
        try:
            found = read_reply(answer.body)
        except NonsenseError as fault:
            if ask.changes:
                raise BrokenOffError(self.base, ask.what, "its answer makes no sense") from fault
            raise
        if isinstance(found, Refusal):
            raise self._refused(found, ask.what)
        return found

    def _refused(self, refusal: Refusal, what: str) -> Exception:
        if refusal.code == codes.SIGN_IN_NEEDED:
            return LoginError(self.base, self.link.user, said=refusal.said)
        if refusal.code in {codes.INVALID_PATH, codes.INVALID_METHOD}:
            return UnsupportedError(self.base, what, said=refusal.said)
        return RefusedCallError(self.base, what, refusal)

    async def _answer(self, ask: Ask) -> Answer:
        tries = 0
        while True:
            try:
                answer = await self._once(ask)
            except BadAnswerError as fault:
                raise NonsenseError(str(fault), self.base) from fault
            except (NotSentError, LineLostError) as fault:
                safe = isinstance(fault, NotSentError) or not ask.changes
                if not safe or tries >= self.pacing.retries or isinstance(fault, TlsFailedError):
                    raise self._broken(fault, ask) from fault
            else:
                if answer.status not in {301, 302, 307, 308}:
                    self._judge(answer, ask)
                    return answer
                self.base = https_of(self.base, answer.headers.get("location", ""))
                if not self.base:
                    self.base = base_url(self.link.url)
                    raise NonsenseError("a redirect to another place", self.base)
            tries += 1
            await self.clock.sleep(self.pacing.retry_s * min(tries, 3))

    async def _once(self, ask: Ask) -> Answer:
        if self.turn.asked_at is not None:
            due = self.turn.asked_at + self.pacing.between_s
            await self.clock.sleep(max(due - self.clock.monotonic(), 0.0))
        started = self.clock.monotonic()
        error, answer = "", None
        try:
            answer = await self._line.send(
                ask.method,
                self.base + ask.path,
                content=ask.content,
                headers=ask.headers,
                body_limit=ask.limit,
            )
        except (NotSentError, LineLostError, BadAnswerError) as fault:
            error = str(fault)
            raise
        finally:
            self.turn.asked_at = self.clock.monotonic()
            self._note(ask, started, answer, error)
        return answer

    def _judge(self, answer: Answer, ask: Ask) -> None:
        if answer.status == 401:
            raise LoginError(self.base, self.link.user)
        if answer.status in {404, 405}:
            raise UnsupportedError(self.base, ask.what)
        if not 200 <= answer.status < 300:
            raise SaidNoError(self.base, ask.what, said="", status=answer.status)

    def _broken(self, fault: Exception, ask: Ask) -> Exception:
        if isinstance(fault, TlsFailedError):
            return TlsError(self.base, said=said_by(fault))
        if isinstance(fault, NotSentError) and self.base.startswith("https:") and self.base != self.link.url:
            return HttpsNeededError(self.link.url, self.base)
        if isinstance(fault, LineLostError) and ask.changes:
            return BrokenOffError(self.base, ask.what, str(fault))
        return NoAnswerError(self.base, str(fault))

    def _note(self, ask: Ask, started: float, answer: Answer | None, error: str) -> None:
        if self._recorder is None:
            return
        self._recorder.record(
            Exchange(
                at=self.clock.now(),
                url=self.link.url,
                method=ask.method,
                path=ask.path[:400],
                request=_words(ask.content),
                status=answer.status if answer else 0,
                reply=_words(answer.body) if answer else "",
                took_ms=round((self.clock.monotonic() - started) * 1000),
                error=said_by(error),
            )
        )


_SECRET = frozenset({"pin", "code", "card", "password"})
_WORDS_LIMIT = 128 * 1024


def _words(body: object) -> str:
    """A body for the recorder: people's codes are masked, files and pictures only named."""
    if body is None:
        return ""
    if not isinstance(body, bytes) or len(body) > _WORDS_LIMIT:
        return "a file" if not isinstance(body, bytes) else f"{len(body)} bytes"
    try:
        return shown(_without_codes(msgspec.json.decode(body)))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return f"{len(body)} bytes that are no JSON" if body else ""


def _without_codes(value: Any, name: str = "", depth: int = 0) -> Any:
    if depth > 12:
        return "…"
    if isinstance(value, dict):
        # `code` is a person's switch codes below `access`, and the number of an error elsewhere.
        return {
            key: "••••"
            if inner and (key in _SECRET - {"code"} or (key == "code" and name == "access"))
            else _without_codes(inner, str(key), depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_codes(inner, name, depth + 1) for inner in value]
    return value


def _path(call: str, query: Mapping[str, object]) -> str:
    wanted = {name: value for name, value in query.items() if value is not None}
    return f"/api/{call}?{urlencode(wanted)}" if wanted else f"/api/{call}"


def form_part(name: str, content: bytes, file_name: str = "", kind: str = "") -> tuple[bytes, dict[str, str]]:
    """A multipart body with one part, and its headers."""
    boundary = f"gatewright{secrets.token_hex(12)}"
    file_words = f'; filename="{file_name}"' if file_name else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file_words}\r\n'
    head += f"Content-Type: {kind}\r\n\r\n" if kind else "\r\n"
    body = head.encode("ascii") + content + f"\r\n--{boundary}--\r\n".encode("ascii")
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
