"""WS-Discovery (ONVIF): a Probe to 239.255.255.250:3702 on every card; matches and Hellos are read, leniently."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from core.base.clock import Clock
from core.base.words import clean
from device_link.addresses import maker_of, real_mac
from device_link.discovery.announced import TEXT_LIMIT, Announced, OnAnnounced
from device_link.discovery.multicast import Ears, Group, Reply, converse
from device_link.errors import NonsenseError
from device_link.xml_reader import Element, parse_xml

GROUP = Group("239.255.255.250", 3702)
_MATCHES_AT_MOST = 32
"""Matches read of one datagram; a device answers with one, a proxy with some."""

_TYPES = ("tdn:NetworkVideoTransmitter", "tds:Device", "")
"""What is asked for, one Probe each: cameras and intercoms, ONVIF devices of any kind, and everything."""

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:tdn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">
<e:Header><w:MessageID>urn:uuid:{id}</w:MessageID>
<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe>{types}</d:Probe></e:Body></e:Envelope>"""


def probe(types: str = "") -> bytes:
    """A Probe with an id of its own; `types` empty asks everybody."""
    wanted = f"<d:Types>{types}</d:Types>" if types else ""
    return _PROBE.format(id=uuid.uuid4(), types=wanted).encode("utf-8")


def read_matches(data: bytes, source: str) -> list[Announced]:
    """What a datagram from the address `source` announces: ProbeMatches, ResolveMatches or a Hello.

    An address in it is believed only where it is the one that the datagram came from. NonsenseError when it is no XML;
    empty when it announces nothing (a Probe of somebody else, a Bye).
    """
    root = parse_xml(data, size_limit=64 * 1024)
    body = root.find("Body") or root
    found = [*body.all("ProbeMatch"), *body.all("ResolveMatch"), *body.all("Hello")]
    return [_announced(one, source) for one in found[:_MATCHES_AT_MOST]]


def _announced(match: Element, source: str) -> Announced:
    scopes = _scopes(match)
    url = _own_url(match.text("XAddrs", limit=2048), source)
    kinds = match.text("Types", limit=512)
    model = scopes.get("hardware", "")
    name = scopes.get("name", "")
    mac = real_mac(scopes.get("mac", "")) or _mac_in_endpoint(match.text("EndpointReference", "Address"))
    is_camera = "NetworkVideoTransmitter" in kinds or "onvif" in url.lower() or "profile" in scopes
    return Announced(
        host=source,
        port=_port(url),
        mac=mac,
        model=model or (name if is_camera else ""),
        way="wsd",
        maker=scopes.get("manufacturer", "") or scopes.get("mfr", ""),
        name=name,
        camera_url=url if is_camera else "",
    )


def _scopes(match: Element) -> dict[str, str]:
    """The last two parts of each scope address: `onvif://www.onvif.org/hardware/X912` is hardware: X912.

    Some put a MAC in with its colons, some a name with `%20`.
    """
    found: dict[str, str] = {}
    for scope in match.text("Scopes", limit=4096).split()[:64]:
        parts = scope.rstrip("/").split("/")
        if len(parts) >= 3 and "onvif" in scope.lower():
            found.setdefault(parts[-2].lower()[:32], clean(unquote(parts[-1]), limit=TEXT_LIMIT))
    return found


def _mac_in_endpoint(text: str) -> str:
    """A version 1 UUID, and those of most cameras, end in the MAC; only makers that we know are believed."""
    found = re.search(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}([0-9a-fA-F]{12})\b", text)
    mac = real_mac(found[1]) if found else ""
    return mac if maker_of(mac) else ""


def _own_url(addresses: str, source: str) -> str:
    for address in addresses.split()[:8]:
        try:
            parts = urlsplit(address)
            if parts.scheme in {"http", "https"} and parts.hostname == source and len(address) <= 200:
                _ = parts.port
                return address
        except ValueError:
            continue
    return ""


def _port(url: str) -> int | None:
    if not url:
        return None
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class WsdListener:
    """A `Listener`. `addresses`: own addresses to ask by; None: every card's."""

    way = "wsd"

    def __init__(
        self, clock: Clock, *, listen_s: float = 3.0, addresses: Sequence[str] | None = None
    ) -> None:
        self._clock = clock
        self._listen_s = listen_s
        self._addresses = addresses
        self.trouble = ""
        self.places: tuple[str, ...] = ()

    async def run(self, on_found: OnAnnounced) -> None:
        """See `Listener.run`."""

        def heard(data: bytes, host: str, _port: int, _reply: Reply) -> None:
            try:
                claims = read_matches(data, host)
            except NonsenseError:
                return  # Any program may send to this port; what is no discovery is nobody's fault.
            for claim in claims:
                on_found(claim)

        ears = Ears(GROUP, heard)
        try:
            await ears.open(self._addresses, ask=True, listen=True)
            self.trouble, self.places = ears.trouble, tuple(ears.places)
            if self.places:
                questions = [probe(types) for types in _TYPES]
                await converse(self._clock, ears, lambda: questions, listen_s=self._listen_s)
        finally:
            ears.close()
