"""What a person may name as the place to look at: networks, ranges, hosts, ports, URLs. Pure but for `own_networks`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import ifaddr

from core.base.errors import UserError
from core.base.words import clean

HOSTS_AT_MOST: Final = 65_536
"""A /16. At 256 connections at a time and 0.6 s each, that is five minutes for the two usual ports."""
PORTS_AT_MOST: Final = 1024
OWN_PREFIX_AT_LEAST: Final = 20
"""Of a larger network that this computer is in, the 4096 addresses around its own are swept: 20 seconds."""

_LABEL = r"[0-9A-Za-z_]([0-9A-Za-z_\-]{0,61}[0-9A-Za-z_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_BRIDGES = ("docker", "veth", "br-", "virbr")
"""Networks of containers and virtual machines on this computer: no intercom hangs there."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """One host to look at. `port` None: the usual ones. `scheme` empty: to be found out."""

    host: str
    port: int | None = None
    scheme: str = ""


def parse_targets(texts: Sequence[str]) -> list[Target]:
    """Every host that the texts name, each once, in their order.

    Forms: `10.0.0.0/24`, `10.0.0.5-10.0.0.40`, `10.0.0.5-40`, a host, each with `:port` or `:from-to`; and a URL.
    UserError for anything else, and for more than can be swept.
    """
    found: dict[Target, None] = {}
    for text in texts:
        for target in _one(text.strip()):
            found[target] = None
            if len(found) > HOSTS_AT_MOST:
                raise _wrong(text, f"names more than {HOSTS_AT_MOST} addresses", "Name a smaller network.")
    return list(found)


def _one(text: str) -> Iterator[Target]:
    if not text or len(text) > 300:
        raise _wrong(text, "is no target", _FORMS)
    if "://" in text:
        yield _from_url(text)
        return
    hosts, ports = _split_ports(text)
    for host in _hosts(hosts, text):
        if not ports:
            yield Target(host)
        for port in ports:
            yield Target(host, port)


def _from_url(text: str) -> Target:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(text, "is no address", _FORMS) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise _wrong(text, "is no http or https address", _FORMS)
    [name] = _hosts(host, text, single=True)
    return Target(name, port or (443 if parts.scheme == "https" else 80), parts.scheme)


def _split_ports(text: str) -> tuple[str, range | tuple[()]]:
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text)
    if bracketed:
        host, ports = bracketed[1], bracketed[2] or ""
    elif text.count(":") == 1:
        host, _, ports = text.partition(":")
        if not ports:
            raise _wrong(text, "lacks the port after the colon", _FORMS)
    else:
        host, ports = text, ""
    if not ports:
        return host, ()
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", ports)
    first = int(found[1]) if found else 0
    last = int(found[2] or found[1]) if found else 0
    if not 1 <= first <= last <= 65535 or last - first >= PORTS_AT_MOST:
        raise _wrong(text, "has no usable port", f"Ports are 1 to 65535, at most {PORTS_AT_MOST} of them.")
    return host, range(first, last + 1)


def _hosts(text: str, whole: str, *, single: bool = False) -> Iterator[str]:
    if "/" in text and not single:
        yield from _network(text, whole)
        return
    first, dash, last = text.partition("-")
    start = _address(first)
    if dash and start is not None and not single:
        yield from _range(start, last, whole)
        return
    address = _address(text)
    if address is not None:
        _must_be_a_host(address, whole)
        yield str(address)
    elif _NAME.fullmatch(text) and len(text) <= 253 and not re.fullmatch(r"[\d.]+", text):
        yield text.lower()
    else:
        raise _wrong(whole, "is no address", _FORMS)


def _network(text: str, whole: str) -> Iterator[str]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _wrong(whole, "is no network", _FORMS) from None
    if network.num_addresses > HOSTS_AT_MOST:
        raise _wrong(whole, f"has more than {HOSTS_AT_MOST} addresses", "Name a smaller network.")
    _must_be_a_host(network.network_address, whole)
    yield from map(str, network.hosts())


def _range(start: Address, last: str, whole: str) -> Iterator[str]:
    if re.fullmatch(r"\d{1,3}", last) and start.version == 4:
        last = f"{str(start).rpartition('.')[0]}.{last}"
    end = _address(last)
    if end is None or end.version != start.version or int(end) < int(start):
        raise _wrong(whole, "is no range", "A range goes up: 10.0.0.5-10.0.0.40, or 10.0.0.5-40.")
    if int(end) - int(start) >= HOSTS_AT_MOST:
        raise _wrong(whole, f"has more than {HOSTS_AT_MOST} addresses", "Name a smaller range.")
    _must_be_a_host(start, whole)
    _must_be_a_host(end, whole)
    for number in range(int(start), int(end) + 1):
        yield str(type(start)(number))


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _must_be_a_host(address: Address, whole: str) -> None:
    if address.is_unspecified or address.is_multicast or (address.version == 4 and address.is_reserved):
        raise _wrong(whole, "can be no device's address", _FORMS)


_FORMS = "Use a form such as 192.168.1.0/24, 192.168.1.10-60, 192.168.1.20:8080 or http://192.168.1.20."


def _wrong(text: str, why: str, remedy: str) -> UserError:
    return UserError("scan.target", f"'{clean(text, limit=60)}' {why}.", remedy=remedy, field="target")


def own_networks() -> list[str]:
    """The IPv4 networks of this computer's cards, large ones cut to the part around its own address."""
    usable = (usable_network(address, prefix) for address, prefix in _own_cards())
    return list(dict.fromkeys(filter(None, usable)))


def own_addresses() -> list[str]:
    """This computer's IPv4 addresses on cards that a device may hang on: those by which multicast is tried."""
    return [address for address, prefix in _own_cards() if usable_network(address, min(prefix, 30))]


def on_own_network(address: str, cards: Sequence[tuple[str, int]] | None = None) -> bool:
    """Whether an IPv4 address lies in the network of one of this computer's cards, so that it can be asked directly.

    Loopback counts; a computer without cards reaches nothing. `cards`: pairs of own address and prefix.
    """
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return True  # A name: the system's own look-up decides.
    if asked.is_loopback:
        return True
    pairs = _own_cards() if cards is None else cards
    return any(asked in ipaddress.ip_interface(f"{own}/{prefix}").network for own, prefix in pairs)


def _own_cards() -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for adapter in ifaddr.get_adapters():
        if (adapter.nice_name or "").lower().startswith(_BRIDGES):
            continue
        found += [(ip.ip, ip.network_prefix) for ip in adapter.ips if isinstance(ip.ip, str)]
    return found


def usable_network(address: str, prefix: int) -> str:
    """The network to sweep around an own address; empty for loopback, self-assigned and point-to-point ones."""
    own = ipaddress.ip_interface(f"{address}/{max(prefix, OWN_PREFIX_AT_LEAST)}")
    if own.ip.is_loopback or own.ip.is_link_local or prefix >= 31:
        return ""
    return str(own.network)
