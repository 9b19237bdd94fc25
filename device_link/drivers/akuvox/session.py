"""One conversation with one device: requests at the device's pace, refusals and broken connections by name.

A session lives for one task and is thrown away. It knows envelopes and HTTP, no people and no settings; what is
sent and how an answer is read stands in the modules beside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from core.base.clock import Clock
from core.base.errors import GatewrightError
from core.ports.device import Link
from core.rules.desired import Identity
from device_link.addresses import real_mac
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.envelope import (
    Reply,
    first_value,
    page_title,
    read_reply,
    request_body,
    text_of,
)
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.errors import (
    BlockedError,
    BrokenOffError,
    HttpsNeededError,
    LoginError,
    NoAnswerError,
    NonsenseError,
    OtherDeviceError,
    SaidNoError,
    ThrottledError,
    TlsError,
    UnsupportedError,
    own_address_towards,
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
from device_link.recorder import Exchange, FlightRecorder, masked_path, shown

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_WORDS_LIMIT = 128 * 1024
"""Longer bodies are lists of thousands: decoding them once more for the recorder would cost as much as their use."""


class Effect(Enum):
    """What a request does to the device, and so what a connection that breaks under it means."""

    READ = "read"
    """Nothing: it is repeated within the budget."""
    CHANGE = "change"
    """Something: it is never repeated once it has left."""
    UPLOAD = "upload"
    """Nothing that counts before a later request: the connection's end is a plain failure."""


Body = bytes | AsyncIterable[bytes]
"""What is sent: bytes, or something that can be iterated again when the device asks for a new sign-in."""

_JSON_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request. `what` names it for people; `limit` bounds the answer in bytes."""

    method: str
    path: str
    what: str
    effect: Effect
    body: Body | None = None
    headers: Mapping[str, str] | None = None
    limit: int = BODY_LIMIT


def _post(target: str, action: str, effect: Effect, body: Body) -> _Ask:
    return _Ask("POST", f"/api/{target}/{action}", f"{target}/{action}", effect, body, _JSON_HEADERS)


class Session:
    """Use as `async with`. Not for two tasks at once; the turn from the pool sees to that."""

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
        self.pacing = pacing("")
        self.identity = Identity("", "", "")
        self._pacing_of = pacing
        self._recorder = recorder
        self._auth = DeviceAuth(link.user, link.password, basic_in_clear=basic_in_clear)
        self._line = DeviceLine(clock, self.pacing.limits, self._auth)
        self._signed_in = False
        self._post_reads = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, value, trace)

    async def identify(self) -> Identity:
        """Read what the device is (device API 3.1), choose its pacing, and refuse another MAC than the link's.

        Every session begins with it: it proves address and sign-in, and gives digest its challenge before a change.
        """
        reply = await self._info()
        self.identity = identity_of(reply, self.base)
        self.pacing = self._pacing_of(self.identity.model)
        self.turn.gap_s = self.pacing.between_s
        if self.link.mac and self.identity.mac != self.link.mac:
            raise OtherDeviceError(self.base, wanted=self.link.mac, found=self.identity.mac)
        return self.identity

    async def _info(self) -> Reply:
        try:
            return await self.read("system", "info")
        except SaidNoError as refusal:
            # `error param` to a call without parameters: HTTPS is wanted (device API 1.1).
            plain = self.base
            self.base = https_of(plain, plain.replace("http:", "https:", 1))
            if plain.count(":") > 1 or not self.base or "param" not in refusal.said:
                self.base = plain
                raise
            try:
                return await self.read("system", "info")
            except GatewrightError:
                self.base = plain
                raise refusal from None

    async def read(self, target: str, action: str, query: Mapping[str, str] | None = None) -> Reply:
        """Ask by GET, or by POST on firmware that only knows that. Raises when the device refuses."""
        if self._post_reads:
            return await self.read_by_post(target, action, query)
        path = f"/api/{target}/{action}" + (f"?{urlencode(query)}" if query else "")
        try:
            return await self._asked(_Ask("GET", path, f"{target}/{action}", Effect.READ))
        except UnsupportedError as refusal:
            try:
                reply = await self.read_by_post(target, action, query)
            except GatewrightError:
                raise refusal from None
            self._post_reads = True
            return reply

    async def read_by_post(self, target: str, action: str, data: Mapping[str, Any] | None = None) -> Reply:
        """Ask by POST with a body. Raises when the device refuses."""
        body = request_body(target, action, data)
        return await self._asked(_post(target, action, Effect.READ, body))

    async def change(self, target: str, action: str, data: Mapping[str, Any] | None = None) -> Reply:
        """Change something once. Raises when the device refuses; BrokenOffError when that is unknown."""
        reply = await self.offer(target, action, data)
        _raise_refusal(reply, self.base, f"{target}/{action}")
        return reply

    async def offer(self, target: str, action: str, data: Mapping[str, Any] | None = None) -> Reply:
        """As `change`, but a refusal in the envelope is returned, for callers that read it item by item."""
        body = request_body(target, action, data)
        return await self._reply(_post(target, action, Effect.CHANGE, body))

    async def upload(
        self,
        target: str,
        action: str,
        content: Body,
        headers: Mapping[str, str],
        effect: Effect,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a multipart body. Raises when the device refuses."""
        path = f"/api/{target}/{action}" + (f"?{urlencode(query)}" if query else "")
        reply = await self._reply(_Ask("POST", path, f"{target}/{action}", effect, content, headers))
        _raise_refusal(reply, self.base, f"{target}/{action}")
        return reply

    async def fetch(
        self, path: str, *, limit: int, effect: Effect = Effect.READ, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """GET something that is no envelope (a picture, a door's address); statuses are judged as everywhere."""
        ask = _Ask("GET", path, path.partition("?")[0], effect, None, headers, limit)
        return (await self._within_budget(ask)).body

    def beside(self, base: str) -> Session:
        """A session in the same turn with another server of the same unit, which has a sign-in of its own."""
        return Session(
            replace(self.link, url=base),
            self.turn,
            clock=self.clock,
            pacing=self._pacing_of,
            recorder=self._recorder,
        )

    # ------------------------------------------------------------------------------------------- below: how

    async def _asked(self, ask: _Ask) -> Reply:
        """A reply that was not refused; a unit that got confused (nonsense, HTTP 5xx) is asked again."""
        tries = 0
        while True:
            try:
                reply = await self._reply(ask)
                if not reply.accepted and not (reply.data and (reply.retcode or 0) > 0):
                    _raise_refusal(reply, self.base, ask.what)
                return reply
            except (NonsenseError, SaidNoError) as fault:
                confused = isinstance(fault, NonsenseError) or fault.status >= 500
                if not confused or tries >= self.pacing.retries:
                    raise
            tries += 1
            await self.clock.sleep(self.pacing.retry_s * tries)

    async def _reply(self, ask: _Ask) -> Reply:
        answer = await self._within_budget(ask)
        try:
            return read_reply(answer.body)
        except NonsenseError as fault:
            if ask.effect is Effect.CHANGE:
                raise BrokenOffError(self.base, ask.what, "its answer makes no sense") from fault
            raise

    async def _within_budget(self, ask: _Ask) -> Answer:
        """An answer with status 200. Repeats what may be repeated, as often as the pacing allows."""
        tries = 0
        while True:
            again = tries < self.pacing.retries
            try:
                answer = await self._once(ask)
            except BadAnswerError as fault:
                raise NonsenseError(str(fault), self.base) from fault
            except (NotSentError, LineLostError) as fault:
                safe = isinstance(fault, NotSentError) or ask.effect is Effect.READ
                if not (safe and again) or isinstance(fault, TlsFailedError):
                    raise self._broken(fault, ask) from fault
            else:
                if answer.status in _REDIRECTS:
                    self._turn_to_https(answer)
                    continue
                if not (self._too_fast(answer) and again):
                    self._judge(answer, ask.what)
                    return answer
                await self.clock.sleep(self.pacing.throttle_s)
            tries += 1
            await self.clock.sleep(self.pacing.retry_s * tries)

    async def _once(self, ask: _Ask) -> Answer:
        await self._wait_turn(ask.effect)
        started = self.clock.monotonic()
        try:
            answer = await self._line.send(
                ask.method, self.base + ask.path, content=ask.body, headers=ask.headers, body_limit=ask.limit
            )
        except (NotSentError, LineLostError, BadAnswerError) as fault:
            self._note(ask, started, None, str(fault))
            raise
        finally:
            self.turn.asked_at = self.clock.monotonic()
            if ask.effect is Effect.CHANGE:
                self.turn.changed_at = self.turn.asked_at
        self._note(ask, started, answer, "")
        return answer

    async def _wait_turn(self, effect: Effect) -> None:
        asked = self.turn.asked_at
        due = 0.0 if asked is None else asked + max(self.pacing.between_s, self.turn.gap_s)
        if effect is Effect.READ and self.turn.changed_at is not None:
            due = max(due, self.turn.changed_at + self.pacing.settle_s)
            self.turn.changed_at = None
        wait = due - self.clock.monotonic()
        if wait > 0:
            await self.clock.sleep(wait)

    def _turn_to_https(self, answer: Answer) -> None:
        location = answer.headers.get("location", "")
        base = https_of(self.base, location)
        if not base:
            raise NonsenseError(f"a redirect to {said_by(location) or 'nowhere'}", self.base)
        self.base = base

    def _too_fast(self, answer: Answer) -> bool:
        known = self._signed_in or (self.link.user != "" and self.turn.welcomed == self.link.user)
        return answer.status in _BUSY or (answer.status == 401 and known)

    def _judge(self, answer: Answer, what: str) -> None:
        """Raise for a status that is not 200, by what helps."""
        said = page_title(answer.body)
        if answer.status == 401:
            if self._signed_in:
                raise ThrottledError(self.base, said=said)
            raise LoginError(self.base, self.link.user, said=said)
        if answer.status in _BUSY:
            raise ThrottledError(self.base, said=said)
        if answer.status == 403:
            raise BlockedError(self.base, own_address=own_address_towards(self.base), said=said)
        if answer.status in {404, 405}:
            raise UnsupportedError(self.base, what, said=said)
        if not 200 <= answer.status < 300:
            raise SaidNoError(self.base, what, said=said, status=answer.status)
        self._signed_in = True
        self.turn.welcomed = self.link.user

    def _broken(self, fault: Exception, ask: _Ask) -> GatewrightError:
        if isinstance(fault, TlsFailedError):
            return TlsError(self.base, said=said_by(fault))
        if (
            isinstance(fault, NotSentError)
            and self.base.startswith("https:")
            and self.link.url.startswith("http:")
        ):
            return HttpsNeededError(self.link.url, self.base)
        if isinstance(fault, LineLostError) and ask.effect is Effect.CHANGE:
            return BrokenOffError(self.base, ask.what, str(fault))
        return NoAnswerError(self.base, str(fault))

    def _note(self, ask: _Ask, started: float, answer: Answer | None, error: str) -> None:
        if self._recorder is None:
            return
        took = round((self.clock.monotonic() - started) * 1000)
        sent = ask.body
        self._recorder.record(
            Exchange(
                at=self.clock.now(),
                url=self.link.url,
                method=ask.method,
                path=masked_path(ask.path),
                request=_body_words(sent)
                if isinstance(sent, bytes)
                else ("a file" if sent is not None else ""),
                status=answer.status if answer else 0,
                reply=_body_words(answer.body) if answer else "",
                took_ms=took,
                error=said_by(error),
            )
        )


def _body_words(body: bytes) -> str:
    """A body for the recorder: masked when it is JSON, else only what it is."""
    if len(body) > _WORDS_LIMIT:
        return f"{len(body)} bytes"
    try:
        return shown(first_value(body))
    except NonsenseError:
        return page_title(body) or (f"{len(body)} bytes that are no JSON" if body else "")


def _raise_refusal(reply: Reply, base: str, what: str) -> None:
    if reply.unsupported:
        raise UnsupportedError(base, what, said=reply.message)
    if not reply.accepted:
        raise SaidNoError(base, what, said=reply.message, retcode=reply.retcode)


def identity_of(reply: Reply, url: str) -> Identity:
    """What a `system/info` reply says the device is; NonsenseError when it names neither model nor MAC."""
    status = reply.data.get("Status")
    if not isinstance(status, dict):
        raise NonsenseError("a system/info without a status", url)
    found = Identity(
        mac=real_mac(status.get("MAC")),
        model=said_by(text_of(status.get("Model"), 64)),
        firmware=said_by(text_of(status.get("FirmwareVersion"), 64)),
        hardware=said_by(text_of(status.get("HardwareVersion"), 64)),
    )
    if not found.mac and not found.model:
        raise NonsenseError("a system/info that names neither model nor MAC", url)
    return found
