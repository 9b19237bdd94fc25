"""Shared by the tests of the device link: a fast gateway, links to simulated devices, and what one may want of them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from core.base.clock import SystemClock
from core.entities.access import Repeat
from core.ports.device import Link, Part
from core.rules.desired import ALWAYS, Desired, Grant, WantedPerson, WantedSchedule, WantedSetting
from core.rules.plan import Act, ItemResult, Judgement, Plan, judge, make_plan
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.recorder import FlightRecorder
from device_link.simulator import SimDevice

EVERYTHING = frozenset({Part.SETTINGS, Part.PEOPLE})
TAG = "gw1a2b-"
RawServer = Callable[[bytes], Awaitable[str]]
OFFICE = f"{TAG}office"


def link_to(device: SimDevice, **changes: str) -> Link:
    """The link that a person would have after commissioning: address, MAC and sign-in."""
    facts = {"url": device.url, "mac": device.mac, "user": "admin", "password": "admin"} | changes
    return Link(**facts)


def person(number: int, **changes: object) -> WantedPerson:
    """A wanted person with a PIN and a card of its own."""
    facts: dict[str, object] = {
        "subject": f"subject{number}",
        "user_id": f"{TAG}{number}",
        "name": f"Person Number {number}",
        "pins": (f"{400000 + number}",),
        "cards": (f"0A1B{number:04X}",),
        "grants": (Grant(ALWAYS, "1"),),
    }
    return WantedPerson(**(facts | changes))  # type: ignore[arg-type]


def wanted(people: int = 3, **changes: object) -> Desired:
    """A desired state with some of everything."""
    facts: dict[str, object] = {
        "device_id": "0" * 32,
        "mac": "",
        "tag": TAG,
        "settings": (
            WantedSetting("device_name", "Device name", "Main entrance"),
            WantedSetting("location", "Location", "Building 1"),
            WantedSetting("time_zone", "Time zone", "GMT+1:00"),
            WantedSetting("relay_a_name", "Relay A name", "Street door"),
            WantedSetting("relay_a_hold", "Relay A hold time", "7"),
        ),
        "schedules": (
            WantedSchedule(OFFICE, "Office", Repeat.WEEKLY, "12345", time(8, 0), time(18, 0)),
            WantedSchedule(f"{TAG}night", "Night", Repeat.DAILY, "", time(0, 0), time(6, 30)),
        ),
        "people": tuple(
            person(n, grants=(Grant(ALWAYS, "1"), Grant(OFFICE, "1")) if n % 2 else (Grant(ALWAYS, "1"),))
            for n in range(1, people + 1)
        ),
    }
    return Desired(**(facts | changes))  # type: ignore[arg-type]


@dataclass
class Desk:
    """The workstation's end: a gateway on fast pacing, and the whole round of plan, apply, verify."""

    gateway: AkuvoxGateway
    recorder: FlightRecorder
    reported: list[ItemResult] = field(default_factory=list)

    async def plan(self, link: Link, desired: Desired) -> Plan:
        return make_plan(desired, await self.gateway.observe(link, desired, EVERYTHING))

    async def apply(self, link: Link, plan: Plan) -> list[ItemResult]:
        return await self.gateway.apply(link, plan, report=self.reported.append, check_cancel=lambda: None)

    async def bring(self, link: Link, desired: Desired) -> list[Judgement]:
        """Plan, apply, read back, judge."""
        results = await self.apply(link, await self.plan(link, desired))
        return judge(await self.plan(link, desired), results)


def changes_of(plan: Plan) -> list[tuple[Act, str]]:
    """What a plan would do, for comparisons that read well when they fail."""
    return [(item.act, item.title) for item in plan.changes]


@pytest.fixture
def desk() -> Desk:
    recorder = FlightRecorder(5000)
    return Desk(AkuvoxGateway(SystemClock(), pacing=fast_pacing, recorder=recorder), recorder)


@pytest.fixture(scope="session")
def device_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A device's TLS: a self-signed certificate on a weak key, as units have it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  as weak as in the field
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Akuvox")])
    start = datetime(2015, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("tls") / "device.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    return context


@pytest.fixture
async def raw_server() -> AsyncIterator[RawServer]:
    """Call it with bytes: it starts a port that answers every connection with these bytes; gives its URL."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read(65536)
                writer.write(answer)
                await writer.drain()
            except ConnectionError:
                return
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()
