"""SSDP (UPnP): an M-SEARCH to 239.255.255.250:1900 on every card; answers and NOTIFYs are read, leniently."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.base.words import clean
from device_link.addresses import maker_of, real_mac
from device_link.discovery.announced import TEXT_LIMIT, Announced, OnAnnounced
from device_link.discovery.multicast import Ears, Group, Reply, converse

GROUP = Group("239.255.255.250", 1900, hops=2)
_WANTED = ("upnp:rootdevice", "ssdp:all")
_HEADERS_AT_MOST = 40
_START = re.compile(r"HTTP/1\.[01] 200\b|NOTIFY \* HTTP/1\.[01]", re.IGNORECASE)


def search(wanted: str) -> bytes:
    """An M-SEARCH. MX 1: devices spread their answers over one second."""
    lines = (
        "M-SEARCH * HTTP/1.1",
        f"HOST: {GROUP.address}:{GROUP.port}",
        'MAN: "ssdp:discover"',
        "MX: 1",
        f"ST: {wanted}",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def read_headers(data: bytes) -> tuple[str, dict[str, str]]:
    """First line and headers of a message in HTTP's shape: names lower-case, values cleaned and cut; the first wins."""
    head = data[:8192].decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n", 1)[0]
    first, *rest = head.split("\n")[: _HEADERS_AT_MOST + 1]
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.setdefault(clean(name, limit=40).lower(), clean(value, limit=400))
    return clean(first, limit=200), headers


def read_answer(data: bytes, source: str) -> Announced | None:
    """What an answer or a NOTIFY from the address `source` announces; None for anything else, a farewell included."""
    first, headers = read_headers(data)
    if not _START.match(first) or headers.get("nts", "").lower() == "ssdp:byebye":
        return None
    if not headers.keys() & {"usn", "st", "nt", "location"}:
        return None
    return Announced(
        host=source,
        port=_own_port(headers.get("location", ""), source),
        mac=_mac(headers),
        way="ssdp",
        name=clean(_program(headers.get("server", "")), limit=TEXT_LIMIT),
    )


def _own_port(location: str, source: str) -> int | None:
    """The port of the description: usually not that of the web page, so it only helps where that says nothing."""
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        return None
    return 80 if parts.hostname == source and parts.scheme == "http" and port in {None, 80} else None


def _mac(headers: Mapping[str, str]) -> str:
    """UPnP ids usually end in the MAC; only makers that we know are believed."""
    found = re.search(r"uuid:[0-9a-fA-F\-]*?([0-9a-fA-F]{12})(?![0-9a-fA-F])", headers.get("usn", ""))
    mac = real_mac(found[1]) if found else ""
    return mac if maker_of(mac) else ""


def _program(server: str) -> str:
    """The last product of `Linux/3.10 UPnP/1.0 IpCamera/4.2`, which names the device more than the others."""
    words = [word for word in server.replace(",", " ").split() if not word.lower().startswith("upnp/")]
    return words[-1] if words else ""


class SsdpListener:
    """A `Listener`. `addresses`: own addresses to ask by; None: every card's."""

    way = "ssdp"

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
            claim = read_answer(data, host)
            if claim is not None:
                on_found(claim)

        ears = Ears(GROUP, heard)
        try:
            await ears.open(self._addresses, ask=True, listen=True)
            self.trouble, self.places = ears.trouble, tuple(ears.places)
            if self.places:
                questions = [search(wanted) for wanted in _WANTED]
                await converse(self._clock, ears, lambda: questions, listen_s=self._listen_s)
        finally:
            ears.close()
