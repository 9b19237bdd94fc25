"""What answers at an address: the questions of device API 1.3, before any sign-in, then the sign-ins that may be tried.

A password is given away only where that shows it to nobody new: by digest, over HTTPS, or when it is the maker's
published one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.base.clock import Clock
from core.base.errors import DataError, GatewrightError, RefusedError, UnreachableError
from core.base.words import clean
from core.ports.device import Link
from core.ports.lan import AccessState, Login, Sighted
from core.rules.desired import Identity
from device_link.addresses import AKUVOX, TWO_N, maker_of, real_mac
from device_link.discovery.others import is_two_n, look_at_two_n
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.envelope import first_value, read_reply, text_of
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.drivers.akuvox.session import Session, identity_of
from device_link.errors import (
    BlockedError,
    HttpsNeededError,
    LoginError,
    NonsenseError,
    TlsError,
    own_address_towards,
    said_by,
)
from device_link.http import (
    Answer,
    BadAnswerError,
    DeviceLine,
    Limits,
    LineLostError,
    NotSentError,
    TlsFailedError,
)
from device_link.pool import DevicePool, Turn
from device_link.recorder import FlightRecorder

LIMITS = Limits(connect_s=2.0, read_s=5.0, total_s=10.0)
_BODY_LIMIT = 256 * 1024
_REASON_LIMIT = 400
_LOGINS_AT_MOST = 6
"""Sign-ins tried on one unknown device in a scan: some firmware locks the account after ten."""

_INFO = "/api/system/info"
_REALM = re.compile(r'realm="?\s*HTTP ?API', re.IGNORECASE)
_TWO_N_REALM = re.compile(r'realm="?\s*2N', re.IGNORECASE)
_SERVERS = re.compile(r"lighttpd|EasyHttpServer", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hint:
    """What is known about an address before it is asked: the neighbour table's MAC, and what was announced."""

    mac: str = ""
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Asks one address. Shares the pool with everything else in the process that speaks with devices."""

    clock: Clock
    pool: DevicePool
    pacing: PacingOf = real_pacing
    recorder: FlightRecorder | None = None
    limits: Limits = LIMITS

    async def look(self, url: str, logins: Sequence[Login], hint: Hint) -> Sighted:
        """Everything that can be found out about an address. Never raises for what the other side does."""
        base = base_url(url)
        async with self.pool.turn(base) as turn:
            one = _Look(self, base, turn, logins, hint)
            try:
                return await one.run()
            except GatewrightError as fault:
                return one.seen(one.troubled(), str(fault))


class _Look:
    """One look at one address."""

    def __init__(
        self, settings: Fingerprint, base: str, turn: Turn, logins: Sequence[Login], hint: Hint
    ) -> None:
        self._settings = settings
        self._base = base
        self._turn = turn
        self._logins = logins
        self._hint = hint
        self._is_akuvox = maker_of(hint.mac) == AKUVOX

    async def run(self) -> Sighted:
        plain = self._base
        try:
            answer = await self._get(_INFO)
            if answer.status in {301, 302, 303, 307, 308}:
                self._base = https_of(plain, answer.headers.get("location", ""))
                if not self._base:
                    self._base = plain
                    return self.seen(
                        self.troubled(), "Sends its visitors to another page; no intercom's answer."
                    )
                answer = await self._get(_INFO)
        except TlsFailedError as fault:
            return self.seen(AccessState.HTTPS, str(TlsError(self._base, said=said_by(fault))))
        except (NotSentError, LineLostError) as fault:
            if self._base != plain:
                target, self._base = self._base, plain
                return self.seen(AccessState.HTTPS, str(HttpsNeededError(plain, target)))
            return await self._perhaps_https(str(fault))
        return await self._judge(answer)

    async def _perhaps_https(self, why: str) -> Sighted:
        """A port that took the connection and spoke no HTTP may speak HTTPS."""
        plain = self._base
        if plain.startswith("http:") and plain.count(":") > 1:
            self._base = plain.replace("http:", "https:", 1)
            try:
                return await self._judge(await self._get(_INFO))
            except (NotSentError, LineLostError):
                self._base = plain
        return self.seen(self.troubled(), f"Took the connection, but did not answer: {said_by(why)}.")

    async def _get(self, path: str) -> Answer:
        clock = self._settings.clock
        if self._turn.asked_at is not None:
            due = self._turn.asked_at + max(self._settings.pacing("").between_s, self._turn.gap_s)
            await clock.sleep(max(due - clock.monotonic(), 0.0))
        async with DeviceLine(clock, self._settings.limits) as line:
            try:
                return await line.send("GET", self._base + path, body_limit=_BODY_LIMIT)
            except BadAnswerError as fault:
                raise NonsenseError(str(fault), self._base) from fault
            finally:
                self._turn.asked_at = clock.monotonic()

    # ------------------------------------------------------------------------------------------- judging

    async def _judge(self, answer: Answer) -> Sighted:
        if answer.status == 401:
            return await self._asks_for_login(answer)
        if answer.status == 403:
            return await self._forbids(answer)
        if 200 <= answer.status < 300:
            return await self._answers(answer)
        if self._is_akuvox:
            words = f"Has no HTTP API that we know (HTTP {answer.status}): its firmware may be too old."
            return self.seen(AccessState.ERROR, words)
        return self.seen(AccessState.OTHER, f"A web server without an intercom's API (HTTP {answer.status}).")

    async def _answers(self, answer: Answer) -> Sighted:
        try:
            reply = read_reply(answer.body)
            if reply.accepted:
                return self.seen(AccessState.OPEN, "", identity_of(reply, self._base))
        except NonsenseError as fault:
            if is_two_n(answer.body):
                return await self._two_n()
            if self._is_akuvox:
                return self.seen(AccessState.ERROR, str(fault))
            return self.seen(AccessState.OTHER, "A web server without an intercom's API.")
        secure = (
            https_of(self._base, self._base.replace("http:", "https:", 1)) if "param" in reply.message else ""
        )
        if secure and self._base.count(":") == 1:
            return await self._instead_over_https(secure, reply.message)
        self._is_akuvox = True
        own = own_address_towards(self._base)
        return await self._with_leak(
            AccessState.BLOCKED, str(BlockedError(self._base, own_address=own, said=reply.message))
        )

    async def _instead_over_https(self, secure: str, said: str) -> Sighted:
        """`error param` to a call without parameters: HTTPS is wanted (device API 1.1)."""
        plain, self._base = self._base, secure
        try:
            return await self._judge(await self._get(_INFO))
        except (NotSentError, LineLostError):
            self._base = plain
            return self.seen(AccessState.HTTPS, f"{HttpsNeededError(plain, secure)} It said: {said}")

    async def _asks_for_login(self, answer: Answer) -> Sighted:
        if any(_REALM.search(challenge) for challenge in answer.challenges):
            self._is_akuvox = True
        if not self._is_akuvox:
            realm = any(_TWO_N_REALM.search(challenge) for challenge in answer.challenges)
            if realm or maker_of(self._hint.mac) == TWO_N or "HIP" in answer.headers.get("server", ""):
                return await self._two_n()
            return self.seen(AccessState.OTHER, "Asks for a sign-in that is not an intercom's.")
        return await self._sign_in()

    async def _two_n(self) -> Sighted:
        """A 2N unit, by its own driver."""
        settings = self._settings
        found = await look_at_two_n(
            self._base,
            self._turn,
            self._logins[:_LOGINS_AT_MOST],
            clock=settings.clock,
            pacing=lambda model: replace(settings.pacing(model), limits=settings.limits),
            recorder=settings.recorder,
        )
        return replace(self.seen(found.access, found.reason, found.identity), login=found.login)

    async def _sign_in(self) -> Sighted:
        reason = str(LoginError(self._base, ""))
        for login in list(dict.fromkeys(self._logins))[:_LOGINS_AT_MOST]:
            try:
                identity = await self._identify(login)
            except LoginError as refusal:
                reason = str(refusal) if len(self._logins) == 1 else reason
            except (RefusedError, UnreachableError, DataError) as fault:
                return await self._with_leak(AccessState.ERROR, str(fault))
            else:
                return replace(self.seen(AccessState.SIGNED_IN, "", identity), login=login)
        return await self._with_leak(AccessState.NEEDS_LOGIN, reason)

    async def _identify(self, login: Login) -> Identity:
        settings = self._settings
        link = Link(self._base, user=login.user, password=login.password)
        session = Session(
            link,
            self._turn,
            clock=settings.clock,
            pacing=lambda model: replace(settings.pacing(model), limits=settings.limits),
            recorder=settings.recorder,
            basic_in_clear=login.factory,
        )
        async with session:
            return await session.identify()

    async def _forbids(self, answer: Answer) -> Sighted:
        likely = self._is_akuvox or _SERVERS.search(answer.headers.get("server", "")) is not None
        leak = await self._leak()
        if not likely and not leak.model:
            return self.seen(AccessState.OTHER, "A web server that lets nobody in (HTTP 403).")
        words = str(BlockedError(self._base, own_address=own_address_towards(self._base)))
        return self.seen(AccessState.BLOCKED, words, leak)

    async def _with_leak(self, state: AccessState, reason: str) -> Sighted:
        return self.seen(state, reason, await self._leak())

    async def _leak(self) -> Identity:
        """What the web page's own calls tell everybody: model and versions on SPA firmware, the name on others."""
        for path in ("/api/web/system/info", "/web/status/get?session=&web=1"):
            try:
                answer = await self._get(path)
                found = leaked_identity(first_value(answer.body)) if answer.status == 200 else None
            except (NotSentError, LineLostError, NonsenseError):
                continue
            if found is not None:
                return found
        return Identity("", "", "")

    # ------------------------------------------------------------------------------------------- results

    def seen(self, access: AccessState, reason: str, identity: Identity | None = None) -> Sighted:
        """A sighting: the device's own words first, then what was known before."""
        found = identity or Identity("", "", "")
        return Sighted(
            url=self._base,
            mac=found.mac or self._hint.mac,
            model=found.model or self._hint.model,
            firmware=found.firmware or self._hint.firmware,
            hardware=found.hardware,
            access=access,
            reason=clean(reason, limit=_REASON_LIMIT),
        )

    def troubled(self) -> AccessState:
        """What an answer without sense means: trouble with a device, or no device at all."""
        return AccessState.ERROR if self._is_akuvox else AccessState.OTHER


def leaked_identity(value: Any) -> Identity | None:
    """Model and versions in an answer of the web page's own calls; None when it has none."""
    data = value.get("data") if isinstance(value, Mapping) else None
    if not isinstance(data, Mapping):
        return None
    status = data.get("Status")
    source = status if isinstance(status, Mapping) else data
    found = Identity(
        mac=real_mac(source.get("MAC")),
        model=said_by(text_of(source.get("Model") or source.get("ProductName"), 64)),
        firmware=said_by(text_of(source.get("FirmwareVersion"), 64)),
        hardware=said_by(text_of(source.get("HardwareVersion"), 64)),
    )
    return found if found.model else None
