"""A simulated ONVIF camera on a real socket: device and media service, and a picture behind digest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape, unescape
from types import TracebackType
from typing import Self

from device_link.simulator.clock import SimClock
from device_link.simulator.digest import DigestGate, Verdict, parse_digest
from device_link.simulator.messages import Request, Response
from device_link.simulator.picture import JPEG
from device_link.simulator.server import HttpPort
from device_link.simulator.tasks import Tasks

_REALM = "camera"
_SKEW_S = 60
"""A token whose moment is further from the camera's clock than that is refused."""
_OPEN = {"GetSystemDateAndTime", "GetCapabilities", "GetServices"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """One camera to make. `clock_off_s`: how far its clock is off. `foreign_xaddr`: it names an inner address."""

    mac: str = "00408C000001"
    maker: str = "Northwind"
    model: str = "Dome 7"
    firmware: str = "5.1.2"
    user: str = "admin"
    password: str = "camera-secret"  # noqa: S105 - a made-up one
    clock_off_s: int = 0
    foreign_xaddr: bool = False
    boot_s: float = 0.05


@dataclass
class SimCamera:
    """A camera: `start`, talk to it, `stop`. Usable as an async context manager."""

    spec: CameraSpec = field(default_factory=CameraSpec)
    clock: SimClock = field(default_factory=SimClock)

    def __post_init__(self) -> None:
        self._gate = DigestGate(_REALM)
        self._tasks = Tasks()
        self._port = HttpPort(self._handle)
        self.restarts = 0
        self.uuid = str(uuid.uuid5(uuid.NAMESPACE_OID, self.spec.mac))

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self._port.ip}:{self._port.port}"

    @property
    def service(self) -> str:
        """The address of its device service."""
        return f"{self.url}/onvif/device_service"

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it announces about itself."""
        spaced = self.spec.model.replace(" ", "%20")
        root = "onvif://www.onvif.org"
        return (f"{root}/type/video_encoder", f"{root}/Profile/Streaming", f"{root}/hardware/{spaced}",
                f"{root}/name/{self.spec.maker}")  # fmt: skip

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

    async def _handle(self, request: Request) -> Response:
        body = (await request.body.read()).decode("utf-8", "replace")
        if request.path == "/onvif/snapshot.jpg":
            return self._picture(request)
        if request.path not in {"/onvif/device_service", "/onvif/media_service"} or request.method != "POST":
            return Response(404, b"", "text/plain")
        found = re.search(r"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)", body)
        action = found[1] if found else ""
        if action not in _OPEN and not self._signed(body):
            return _fault("ter:NotAuthorized", "Sender not authorized", 400)
        answer = self._answer(action)
        if answer is None:
            return _fault("ter:ActionNotSupported", "Optional action not implemented", 500)
        response = _soap(f"<{action}Response>{answer}</{action}Response>")
        if action == "SystemReboot":
            response.then = lambda: self._tasks.spawn(self._restart(), "restart of a camera")
        return response

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now() + self.spec.clock_off_s, UTC)

    def _signed(self, body: str) -> bool:
        """Whether there is a UsernameToken with the right digest for this moment."""
        parts = {name: _inner(body, name) for name in ("Username", "Password", "Nonce", "Created")}
        try:
            created = datetime.strptime(parts["Created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            nonce = base64.b64decode(parts["Nonce"], validate=True)
        except ValueError:
            return False
        mixed = nonce + parts["Created"].encode() + self.spec.password.encode()
        right = base64.b64encode(hashlib.sha1(mixed, usedforsecurity=False).digest()).decode("ascii")
        near = abs((created - self._now()).total_seconds()) <= _SKEW_S
        return (
            near
            and unescape(parts["Username"]) == self.spec.user
            and hmac.compare_digest(right, parts["Password"])
        )

    def _answer(self, action: str) -> str | None:
        inner = "http://192.168.99.99" if self.spec.foreign_xaddr else self.url
        spec = self.spec
        pairs = re.findall("..", spec.mac)
        host = inner.rpartition("/")[2].partition(":")[0]
        answers = {
            "GetSystemDateAndTime": self._time(),
            "GetDeviceInformation": f"<Manufacturer>{escape(spec.maker)}</Manufacturer>"
            f"<Model>{escape(spec.model)}</Model><FirmwareVersion>{spec.firmware}</FirmwareVersion><SerialNumber>{spec.mac}</SerialNumber>"
            "<HardwareId>1.0</HardwareId>",
            "GetNetworkInterfaces": '<NetworkInterfaces token="eth0"><Enabled>true</Enabled><Info><Name>eth0</Name>'
            f"<HwAddress>{':'.join(pairs).lower()}</HwAddress></Info></NetworkInterfaces>",
            "GetCapabilities": f"<Capabilities><Media><XAddr>{self._named(inner)}/onvif/media_service</XAddr>"
            "</Media></Capabilities>",
            "GetProfiles": '<Profiles token="audio"><Name>a</Name></Profiles><Profiles token="main&amp;1">'
            "<VideoEncoderConfiguration><Encoding>H264</Encoding></VideoEncoderConfiguration></Profiles>",
            "GetStreamUri": f"<MediaUri><Uri>rtsp://{host}:554/stream1</Uri></MediaUri>",
            "GetSnapshotUri": f"<MediaUri><Uri>{self._named(inner)}/onvif/snapshot.jpg?ch=1</Uri></MediaUri>",
            "SystemReboot": "<Message>Rebooting</Message>",
        }
        return answers.get(action)

    def _named(self, inner: str) -> str:
        """A foreign address keeps the true port, as a forwarding router would."""
        return f"{inner}:{self._port.port}" if self.spec.foreign_xaddr else inner

    def _time(self) -> str:
        now = self._now()
        clock = f"<Hour>{now.hour}</Hour><Minute>{now.minute}</Minute><Second>{now.second}</Second>"
        day = f"<Year>{now.year}</Year><Month>{now.month}</Month><Day>{now.day}</Day>"
        moment = f"<Time>{clock}</Time><Date>{day}</Date>"
        return f"<SystemDateAndTime><UTCDateTime>{moment}</UTCDateTime></SystemDateAndTime>"

    def _picture(self, request: Request) -> Response:
        given = parse_digest(request.headers.get("authorization", ""))
        if given is not None:
            verdict = self._gate.judge(
                given, method=request.method, target=request.target, user=self.spec.user,
                password=self.spec.password, body_md5=hashlib.md5(b"", usedforsecurity=False).hexdigest(),
            )  # fmt: skip
            if verdict is Verdict.GOOD:
                return Response(body=JPEG, content_type="image/jpeg")
        return Response(401, b"", "text/plain", headers=[("WWW-Authenticate", self._gate.challenge())])

    async def _restart(self) -> None:
        self._port.close()
        self._gate.restart()
        await self.clock.sleep(self.spec.boot_s)
        self.restarts += 1
        await self._port.open()


def _inner(body: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<", body)
    return found[1].strip() if found else ""


def _soap(inner: str, status: int = 200) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope '
        'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:ter="http://www.onvif.org/ver10/error">'
        f"<SOAP-ENV:Body>{inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    return Response(status, text.encode(), "application/soap+xml; charset=utf-8")


def _fault(code: str, words: str, status: int) -> Response:
    inner = (
        f"<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        f"<SOAP-ENV:Value>{code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>"
        f'<SOAP-ENV:Text xml:lang="en">{words}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>'
    )
    return _soap(inner, status)
