"""What simulated devices say by multicast: WS-Discovery, SSDP and SIP plug and play, on sockets made by the caller.

The sockets are handed in, so that a test may make them in a network namespace of the device's own.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import struct
from dataclasses import dataclass, field
from html import escape
from typing import Self, cast
from urllib.parse import urlsplit

WSD_GROUP = ("239.255.255.250", 3702)
SSDP_GROUP = ("239.255.255.250", 1900)
PNP_GROUP = ("224.0.1.75", 5060)


def listening_socket(group: tuple[str, int], own: str) -> socket.socket:
    """Make a socket that hears a group by the card with the address `own`, and answers from there."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", group[1]))
        request = struct.pack("4s4s", socket.inet_aton(group[0]), socket.inet_aton(own))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def asking_socket(own: str) -> socket.socket:
    """Make a socket on a free port of the address `own` that sends multicast from there."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        made.bind((own, 0))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


class _Speaker(asyncio.DatagramProtocol):
    """A datagram endpoint whose subclass decides what is answered."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # No isinstance: the selector loop's transports became DatagramTransports by name in Python 3.12 only.
        self.transport = cast("asyncio.DatagramTransport", transport)

    def send(self, text: str, target: tuple[str, int]) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(text.encode("utf-8"), target)

    async def open(self, made: socket.socket) -> Self:
        """Begin on a socket of the caller's."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=made)
        return self

    def stop(self) -> None:
        """Fall silent."""
        if self.transport is not None:
            self.transport.close()


class WsdResponder(_Speaker):
    """Answers Probes for one device service; `hello` announces it unasked."""

    def __init__(self, service: str, scopes: tuple[str, ...], identity: str) -> None:
        super().__init__()
        self.service, self.scopes, self.identity = service, scopes, identity
        self.asked = 0

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        """Answer a Probe that fits; anything else is not for us."""
        text = data[:8192].decode("utf-8", "replace")
        found = re.search(r"MessageID[^>]*>\s*([^<\s]{1,200})", text)
        if found is None or "discovery/Probe<" not in text:
            return
        types = re.search(r"Types[^>]*>([^<]*)<", text)
        if types and types[1].strip() and not re.search(r"NetworkVideoTransmitter|:Device", types[1]):
            return
        self.asked += 1
        body = f"<d:ProbeMatches><d:ProbeMatch>{self._facts()}</d:ProbeMatch></d:ProbeMatches>"
        self.send(self._envelope("ProbeMatches", body, found[1]), (str(addr[0]), int(addr[1])))

    def hello(self) -> None:
        """Announce the device to everybody."""
        self.send(self._envelope("Hello", f"<d:Hello>{self._facts()}</d:Hello>", ""), WSD_GROUP)

    def _facts(self) -> str:
        return (
            f"<w:EndpointReference><w:Address>urn:uuid:{self.identity}</w:Address></w:EndpointReference>"
            f"<d:Types>tdn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{escape(' '.join(self.scopes))}"
            f"</d:Scopes><d:XAddrs>{escape(self.service)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        )

    @staticmethod
    def _envelope(action: str, body: str, relates: str) -> str:
        related = f"<w:RelatesTo>{escape(relates)}</w:RelatesTo>" if relates else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
            'xmlns:tdn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
            f"<e:Header><w:MessageID>urn:uuid:{secrets.token_hex(16)}</w:MessageID>{related}"
            "<w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To>"
            f"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{action}</w:Action>"
            f'<d:AppSequence InstanceId="1" MessageNumber="1"/></e:Header><e:Body>{body}</e:Body></e:Envelope>'
        )


class SsdpResponder(_Speaker):
    """Answers M-SEARCHes for one device."""

    def __init__(self, url: str, server: str, identity: str) -> None:
        super().__init__()
        self.url, self.server, self.identity = url, server, identity

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        """Answer a search for everything or for root devices."""
        text = data[:2048].decode("utf-8", "replace")
        found = re.search(r"^ST:\s*(ssdp:all|upnp:rootdevice)\s*$", text, re.MULTILINE | re.IGNORECASE)
        if not text.startswith("M-SEARCH") or found is None:
            return
        lines = (
            "HTTP/1.1 200 OK",
            "CACHE-CONTROL: max-age=1800",
            "EXT:",
            f"LOCATION: {self.url}/description.xml",
            f"SERVER: Linux/3.10 UPnP/1.0 {self.server}",
            "ST: upnp:rootdevice",
            f"USN: uuid:{self.identity}::upnp:rootdevice",
            "",
            "",
        )
        self.send("\r\n".join(lines), (str(addr[0]), int(addr[1])))


@dataclass
class PnpClient(_Speaker):
    """A device that asks for its provisioning address; `url` is what it was told, `accepted` the codes it got."""

    mac: str
    model: str
    firmware: str
    own: str
    group: tuple[str, int] = PNP_GROUP
    accepted: list[str] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._call = secrets.token_hex(8)

    def subscribe(self) -> None:
        """Send the SUBSCRIBE; a repetition has the same Call-ID."""
        port = self.transport.get_extra_info("sockname")[1] if self.transport is not None else 5060
        who = f"<sip:MAC%3A{self.mac}@{self.group[0]}>"
        lines = (
            f"SUBSCRIBE sip:MAC%3A{self.mac}@{self.group[0]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.own}:{port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            "Max-Forwards: 70",
            f"From: {who};tag={self._call[:8]}",
            f"To: {who}",
            f"Call-ID: {self._call}",
            "CSeq: 1 SUBSCRIBE",
            f"Contact: <sip:{self.own}:{port}>",
            f'Event: ua-profile;profile-type="device";vendor="Akuvox";model="{self.model}";version="{self.firmware}"',
            "Accept: application/url",
            "Expires: 0",
            "Content-Length: 0",
            "",
            "",
        )
        self.send("\r\n".join(lines), self.group)

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        """Note an answer; a NOTIFY of this call carries the address and is answered."""
        text = data[:8192].decode("utf-8", "replace")
        head, _, body = text.partition("\r\n\r\n")
        if f"Call-ID: {self._call}" not in head:
            return
        first = head.partition("\r\n")[0]
        if first.startswith("SIP/2.0"):
            self.accepted.append(first.split(" ")[1])
        elif first.startswith("NOTIFY ") and urlsplit(body.strip()).scheme in {
            "http",
            "https",
            "tftp",
            "ftp",
        }:
            self.url = body.strip()
            kept = [
                line
                for line in head.split("\r\n")
                if line.split(":")[0] in {"Via", "From", "To", "Call-ID", "CSeq"}
            ]
            self.send(
                "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]),
                (str(addr[0]), int(addr[1])),
            )
            self.told.set()
