"""What is heard: WS-Discovery, SSDP and SIP plug and play; their parsers under any bytes; talks on loopback."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SystemClock
from core.base.tasks import TaskOwner
from core.ports.lan import AccessState, Login, ReportsScan
from device_link.addresses import real_mac
from device_link.discovery import sip, ssdp, wsd
from device_link.discovery.announced import Announced
from device_link.discovery.pnp import PnpListener
from device_link.discovery.run import other_network_words
from device_link.discovery.scanner import Scanner
from device_link.discovery.ssdp import SsdpListener
from device_link.discovery.targets import on_own_network
from device_link.discovery.wsd import WsdListener
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.errors import NonsenseError
from device_link.simulator.multicast import (
    PNP_GROUP,
    SSDP_GROUP,
    WSD_GROUP,
    PnpClient,
    SsdpResponder,
    WsdResponder,
    asking_socket,
    listening_socket,
)
from device_link.simulator.onvif import SimCamera
from device_link.xml_reader import parse_xml

LOOPBACK = ["127.0.0.1"]
MATCH = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:00000000-0000-1000-8000-0c1105abcdef
</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>
onvif://www.onvif.org/name/Front%20Door onvif://www.onvif.org/hardware/X912 onvif://www.onvif.org/MAC/nonsense
</d:Scopes><d:XAddrs>http://8.8.8.8/onvif/device_service http://10.0.0.5:8080/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""
ANSWER = (
    b"HTTP/1.1 200 OK\r\nLOCATION: http://10.0.0.5:80/d.xml\r\nSERVER: Linux/3 UPnP/1.0 Cam/4.2\x1b[31m\r\n"
    b"ST: upnp:rootdevice\r\nUSN: uuid:2f402f80-da50-11e1-9b23-7c1eb3abcdef::upnp:rootdevice\r\n\r\n"
)
SUBSCRIBE = (
    b"SUBSCRIBE sip:MAC%3A0C1105ABCDEF@224.0.1.75 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:MAC%3A0C1105ABCDEF@224.0.1.75>;tag=1\r\nTo: <sip:MAC%3A0C1105ABCDEF@224.0.1.75>\r\n"
    b"i: abc@10.0.0.5\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:10.0.0.5:5060>\r\n"
    b'Event: ua-profile;profile-type="device";vendor="Akuvox\x07";model="X912";\r\n version="912.30.1.2"\r\n'
    b"Content-Length: 0\r\n\r\n"
)


def test_a_match_is_read_and_believed_only_about_its_sender() -> None:
    [one] = wsd.read_matches(MATCH, "10.0.0.5")
    assert one == Announced(
        "10.0.0.5", 8080, "0C1105ABCDEF", "X912", way="wsd", name="Front Door",
        camera_url="http://10.0.0.5:8080/onvif/device_service",
    )  # fmt: skip
    [other] = wsd.read_matches(MATCH, "10.0.0.6")
    assert (other.host, other.port, other.camera_url) == ("10.0.0.6", None, "")
    assert wsd.read_matches(wsd.probe("tds:Device"), "10.0.0.6") == [], "somebody else's question"


def test_an_answer_of_ssdp_is_read_and_cleaned() -> None:
    one = ssdp.read_answer(ANSWER, "10.0.0.5")
    assert one is not None
    assert (one.host, one.port, one.mac, one.way) == ("10.0.0.5", 80, "7C1EB3ABCDEF", "ssdp")
    assert one.name == "Cam/4.2[31m"
    elsewhere = ssdp.read_answer(ANSWER, "10.0.0.6")
    assert elsewhere is not None
    assert elsewhere.port is None
    assert ssdp.read_answer(ANSWER.replace(b"200 OK", b"404 No"), "10.0.0.5") is None
    assert ssdp.read_answer(ssdp.search("ssdp:all"), "10.0.0.5") is None
    bye = b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\nNT: x\r\nUSN: x\r\n\r\n"
    assert ssdp.read_answer(bye, "10.0.0.5") is None


def test_a_subscribe_is_read_and_answered_with_what_it_needs() -> None:
    one = sip.read_subscribe(SUBSCRIBE)
    assert one is not None
    assert (one.mac, one.vendor, one.model, one.version) == ("0C1105ABCDEF", "Akuvox", "X912", "912.30.1.2")
    assert one.target == ("10.0.0.5", 5060)
    ok = sip.accepted(one, "10.0.0.1:5060").decode()
    assert ok.startswith("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1\r\n")
    assert "Call-ID: abc@10.0.0.5\r\nCSeq: 1 SUBSCRIBE\r\n" in ok
    told = sip.notify(one, "10.0.0.1:5060", "http://10.0.0.1/p").decode()
    assert told.startswith("NOTIFY sip:10.0.0.5:5060 SIP/2.0\r\n")
    assert told.endswith("Content-Type: application/url\r\nContent-Length: 17\r\n\r\nhttp://10.0.0.1/p")
    tag = ok.split("To: ")[1].split(";tag=")[1].split("\r\n")[0]
    assert f";tag={tag}\r\nTo: {one.sender}" in told, "both come from one end of the conversation"


@pytest.mark.parametrize(
    "change",
    [
        (b"ua-profile", b"presence"),
        (b"SUBSCRIBE sip", b"INVITE sip"),
        (b"i: abc", b"j: abc"),
        (b"Via:", b"Vim:"),
    ],
)
def test_what_is_no_request_for_provisioning_is_left_alone(change: tuple[bytes, bytes]) -> None:
    assert sip.read_subscribe(SUBSCRIBE.replace(*change)) is None


def test_no_header_can_be_smuggled_into_an_answer() -> None:
    data = SUBSCRIBE.replace(b"i: abc@10.0.0.5", b"i: abc\rX-Evil: 1\x00\x0b")
    one = sip.read_subscribe(data)
    assert one is not None
    assert "\r\nX-Evil" not in sip.accepted(one, "10.0.0.1:5060").decode()
    assert "\rX-Evil" not in sip.notify(one, "10.0.0.1:5060", "http://x/").decode()


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x "yyyyyyyyyy"><!ENTITY z "&x;&x;&x;&x;">]><a>&z;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/evil.dtd"><a/>',
        b"<a>" * 60 + b"</a>" * 60,
        b"<a>" + b"<b/>" * 6000 + b"</a>",
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".encode("utf-16"),
        b"",
        b"<a>" + b"x" * (600 * 1024) + b"</a>",
    ],
)
def test_xml_with_anything_but_plain_elements_is_refused(document: bytes) -> None:
    with pytest.raises(NonsenseError):
        parse_xml(document)


# --------------------------------------------------------------------------------------------------------- any bytes


def _wsd(data: bytes) -> list[Announced]:
    try:
        return wsd.read_matches(data, "10.0.0.5")
    except NonsenseError:
        return []


def _ssdp(data: bytes) -> list[Announced]:
    found = ssdp.read_answer(data, "10.0.0.5")
    return [found] if found else []


def _sip(data: bytes) -> list[Announced]:
    found = sip.read_subscribe(data)
    if found is None:
        return []
    assert sip.accepted(found, "10.0.0.1:5060").count(b"\r\n\r\n") == 1
    assert sip.notify(found, "10.0.0.1:5060", "http://x/").count(b"\r\n\r\n") == 1
    _ = found.target
    return [Announced("10.0.0.5", None, found.mac, found.model, found.version, maker=found.vendor)]


PARSERS: list[tuple[Callable[[bytes], list[Announced]], bytes]] = [
    (_wsd, MATCH),
    (_ssdp, ANSWER),
    (_sip, SUBSCRIBE),
]


def check(found: list[Announced]) -> None:
    for one in found:
        assert one.host == "10.0.0.5"
        assert one.mac == real_mac(one.mac)
        assert one.port is None or 1 <= one.port <= 65535
        for text in (one.model, one.firmware, one.name, one.maker):
            assert text.isprintable()
            assert len(text) <= 256


@pytest.mark.parametrize(("parser", "_sample"), PARSERS)
@given(data=st.binary(max_size=600))
def test_any_bytes(parser: Callable[[bytes], list[Announced]], _sample: bytes, data: bytes) -> None:
    check(parser(data))


@pytest.mark.parametrize(("parser", "sample"), PARSERS)
def test_mutated_samples(parser: Callable[[bytes], list[Announced]], sample: bytes) -> None:
    source = random.Random(7)
    for _ in range(3000):
        check(parser(mutated(sample, source)))


def mutated(sample: bytes, source: random.Random) -> bytes:
    """A sample with some bytes changed, doubled, cut out or put in."""
    data = bytearray(sample)
    for _ in range(source.randrange(1, 6)):
        at = source.randrange(len(data) or 1)
        match source.randrange(4):
            case 0:
                data[at : at + 1] = bytes([source.randrange(256)])
            case 1:
                del data[at : at + source.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + source.randrange(1, 80)]
            case _:
                data[at:at] = source.choice(
                    [b"\xff\xfe", b"\r\n\r\n", b"<!DOCTYPE x>", b"&x;", b"\x00", b"9" * 40]
                )
    return bytes(data)


# ------------------------------------------------------------------------------------------------------- on loopback


async def heard_by(listener: Any, act: Callable[[], Any] = lambda: None) -> list[Announced]:
    found: list[Announced] = []
    owner = TaskOwner()
    task = owner.start(listener.run(found.append), name="listen")
    try:
        await asyncio.sleep(0)
        act()
        await task
    finally:
        await owner.close()
    return found


async def test_a_camera_that_announces_itself_is_found_and_identified() -> None:
    async with SimCamera() as camera:
        responder = WsdResponder(camera.service, camera.scopes, camera.uuid)
        await responder.open(listening_socket(WSD_GROUP, "127.0.0.1"))
        listener = WsdListener(SystemClock(), listen_s=0.5, addresses=LOOPBACK)
        scanner = Scanner(SystemClock(), listeners=[listener], pacing=fast_pacing)
        login = Login("admin", camera.spec.password)
        try:
            found = [one async for one in scanner.scan(["127.0.0.1:9"], [login])]
        finally:
            responder.stop()
        [one] = [one for one in found if one.url == camera.url]
        assert (one.mac, one.model, one.firmware) == (camera.spec.mac, "Northwind Dome 7", "5.1.2")
        assert (one.access, one.login, one.methods) == (AccessState.SIGNED_IN, login, ("wsd",))
        assert isinstance(scanner, ReportsScan)
        assert scanner.last_report is not None
        assert scanner.last_report.places == {"127.0.0.1:9"}
        assert {way.way: way.heard for way in scanner.last_report.ways}["wsd"] >= 1


async def test_a_camera_with_another_password_needs_a_sign_in() -> None:
    async with SimCamera() as camera:
        responder = WsdResponder(camera.service, camera.scopes, camera.uuid)
        await responder.open(listening_socket(WSD_GROUP, "127.0.0.1"))
        listener = WsdListener(SystemClock(), listen_s=0.5, addresses=LOOPBACK)
        scanner = Scanner(SystemClock(), listeners=[listener], pacing=fast_pacing)
        try:
            found = {one.url: one async for one in scanner.scan(["127.0.0.1:9"], [Login("admin", "wrong")])}
        finally:
            responder.stop()
        one = found[camera.url]
        assert (one.access, one.model) == (AccessState.NEEDS_LOGIN, "Dome 7"), "what it announced is kept"


async def test_ssdp_answers_are_heard() -> None:
    responder = SsdpResponder("http://127.0.0.1:80", "IpCamera/4.2", "0000-7C1EB3000005")
    await responder.open(listening_socket(SSDP_GROUP, "127.0.0.1"))
    try:
        found = await heard_by(SsdpListener(SystemClock(), listen_s=0.4, addresses=LOOPBACK))
    finally:
        responder.stop()
    assert any(one.mac == "7C1EB3000005" and one.name == "IpCamera/4.2" for one in found)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "accepted"), [("http://127.0.0.1:8/p/", ["200", "200"]), ("", ["200", "200"]), (None, [])]
)
async def test_plug_and_play_is_answered_only_where_it_is_offered(
    url: str | None, accepted: list[str]
) -> None:
    group = (PNP_GROUP[0], free_udp_port())
    client = PnpClient("0C1105000009", "X912", "912.30.1.2", "127.0.0.1", group)
    await client.open(asking_socket("127.0.0.1"))
    offer = None if url is None else (lambda _request, _host: url)
    listener = PnpListener(SystemClock(), listen_s=0.6, addresses=LOOPBACK, offer=offer, port=group[1])
    loop = asyncio.get_running_loop()

    def twice() -> None:
        loop.call_later(0.1, client.subscribe)
        loop.call_later(0.2, client.subscribe)

    try:
        found = await heard_by(listener, twice)
    finally:
        client.stop()
    assert {(one.mac, one.model, one.firmware, one.way) for one in found} == {
        ("0C1105000009", "X912", "912.30.1.2", "pnp")
    }
    assert client.accepted == accepted
    assert client.url == (url or "")


async def test_a_computer_without_cards_says_so_and_goes_on() -> None:
    for listener in (
        WsdListener(SystemClock(), addresses=[]),
        SsdpListener(SystemClock(), addresses=["127.9.9.999"]),
    ):
        assert await heard_by(listener) == []
        assert listener.trouble
        assert listener.places == ()


def test_addresses_of_other_networks_are_told_apart() -> None:
    cards = [("10.0.0.1", 24), ("192.168.7.9", 30)]
    assert on_own_network("10.0.0.77", cards)
    assert on_own_network("127.0.0.1", [])
    assert on_own_network("door.example", cards)
    assert not on_own_network("192.168.1.100", cards)
    assert not on_own_network("10.0.1.1", cards)
    assert "192.168.1.250" in other_network_words("192.168.1.100")
    assert "192.168.1.251" in other_network_words("192.168.1.250")
