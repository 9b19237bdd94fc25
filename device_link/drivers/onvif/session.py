"""One conversation with one ONVIF camera: signed requests, refusals by name (see `soap` for the words)."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from xml.sax.saxutils import escape

from core.base.clock import Clock
from core.base.errors import RefusedError
from core.ports.device import Link
from core.rules.desired import Identity
from device_link.drivers.akuvox.address import base_url
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.drivers.onvif import soap
from device_link.errors import (
    BrokenOffError,
    CameraLoginError,
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
    Answer,
    BadAnswerError,
    DeviceAuth,
    DeviceLine,
    LineLostError,
    NotSentError,
    TlsFailedError,
)
from device_link.pool import Turn
from device_link.xml_reader import Element

PATH = "/onvif/device_service"
"""Where the device service is by the standard; a link with a path of its own says otherwise."""
_ANSWER_LIMIT = 1 << 20
_PICTURE_LIMIT = 8 << 20


class OnvifSession:
    """One conversation with one camera. Use as `async with`."""

    def __init__(
        self,
        link: Link,
        turn: Turn,
        *,
        clock: Clock,
        pacing: PacingOf = real_pacing,
        basic_in_clear: bool = True,
    ) -> None:
        self.link = link
        self.base = base_url(link.url)
        self._turn = turn
        self._clock = clock
        self._pacing = pacing("")
        self._service = self.base + (urlsplit(link.url).path.rstrip("/") or PATH)
        self._shift = timedelta(0)
        auth = DeviceAuth(link.user, link.password, basic_in_clear=basic_in_clear)
        self._line = DeviceLine(clock, self._pacing.limits, auth)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, value, trace)

    async def device_time(self) -> datetime:
        """The camera's clock, which it tells everybody; a token is made for it (a camera far off refuses ours)."""
        moment = soap.moment_of(await self.call(soap.DEVICE, "GetSystemDateAndTime", signed=False))
        self._shift = moment - self._clock.now()
        return moment

    async def identify(self) -> Identity:
        """What it is, with the MAC of its first card; refuses another MAC than the link's."""
        try:
            await self.device_time()
        except RefusedError:
            self._shift = timedelta(0)  # Some keep even that to themselves; then their clock must be right.
        facts = await self.call(soap.DEVICE, "GetDeviceInformation")
        try:
            mac = soap.mac_of(await self.call(soap.DEVICE, "GetNetworkInterfaces"))
        except RefusedError:
            mac = ""
        found = soap.identity_of(facts, mac)
        if self.link.mac and mac and mac != self.link.mac:
            raise OtherDeviceError(self.base, wanted=self.link.mac, found=mac)
        return found

    async def media_url(self) -> str:
        """The address of the media service, at this camera."""
        inner = "<Category>Media</Category>"
        body = await self.call(soap.DEVICE, "GetCapabilities", inner)
        media = body.find("Media")
        return self.own(media.text("XAddr") if media is not None else "", otherwise=self._service)

    async def profile_uri(self, action: str, media: str, profile: str) -> str:
        """The answer to GetStreamUri or GetSnapshotUri."""
        setup = (
            "<StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol>"
            "</tt:Transport></StreamSetup>"
            if action == "GetStreamUri"
            else ""
        )
        inner = f"{setup}<ProfileToken>{escape(profile)}</ProfileToken>"
        return (await self.call(soap.MEDIA, action, inner, url=media)).text("Uri", limit=400)

    async def profile(self, media: str) -> str:
        """The token of the first profile with video."""
        return soap.media_profile(await self.call(soap.MEDIA, "GetProfiles", url=media))

    def own(self, address: str, *, otherwise: str = "") -> str:
        """An address that a camera named, with this camera's host: behind a router it names an inner one."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return otherwise
        if parts.scheme not in {"http", "https", "rtsp"} or not parts.hostname:
            return otherwise
        host = urlsplit(self.base).hostname or ""
        name = f"[{host}]" if ":" in host else host
        return urlunsplit((parts.scheme, f"{name}:{port}" if port else name, parts.path, parts.query, ""))

    async def call(
        self,
        namespace: str,
        action: str,
        inner: str = "",
        *,
        url: str = "",
        signed: bool = True,
        changes: bool = False,
    ) -> Element:
        """One request. Raises LoginError, SaidNoError, and as every conversation does."""
        user = self.link.user if signed else ""
        header = soap.token(user, self.link.password, self._clock.now() + self._shift) if user else ""
        content = soap.request(namespace, action, inner, header)
        answer = await self._send("POST", url or self._service, action, content, changes=changes)
        if answer.status == 401:
            raise LoginError(self.base, self.link.user)
        if answer.status in {404, 405}:
            raise UnsupportedError(self.base, action)
        body = soap.read_body(answer.body)
        said, about_sign_in = soap.fault_words(body)
        if about_sign_in:
            raise LoginError(self.base, self.link.user, said=said)
        if said or answer.status >= 400:
            raise SaidNoError(self.base, action, said=said, status=answer.status)
        return body

    async def fetch(self, url: str) -> bytes:
        """A picture by its address."""
        answer = await self._send("GET", url, "snapshot", None)
        if answer.status == 401:
            raise CameraLoginError(self.base, self.link.user)
        if answer.status != 200:
            raise SaidNoError(self.base, "snapshot", said="", status=answer.status)
        return answer.body

    async def _send(
        self, method: str, url: str, what: str, content: bytes | None, *, changes: bool = False
    ) -> Answer:
        if self._turn.asked_at is not None:
            due = self._turn.asked_at + self._pacing.between_s
            await self._clock.sleep(max(due - self._clock.monotonic(), 0.0))
        headers = soap.HEADERS if content is not None else None
        limit = _ANSWER_LIMIT if content is not None else _PICTURE_LIMIT
        try:
            return await self._line.send(method, url, content=content, headers=headers, body_limit=limit)
        except TlsFailedError as fault:
            raise TlsError(self.base, said=said_by(fault)) from fault
        except NotSentError as fault:
            raise NoAnswerError(self.base, str(fault)) from fault
        except LineLostError as fault:
            lost = (
                BrokenOffError(self.base, what, str(fault))
                if changes
                else NoAnswerError(self.base, str(fault))
            )
            raise lost from fault
        except BadAnswerError as fault:
            raise NonsenseError(str(fault), self.base) from fault
        finally:
            self._turn.asked_at = self._clock.monotonic()
