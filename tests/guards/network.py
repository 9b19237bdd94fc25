"""Guard: no test talks to anything but loopback; reported at the test that did, even if the code swallowed the error.

It is an audit hook of the interpreter, so it also sees asyncio, threads and libraries. Child processes and sockets that
C libraries open (libpq) are out of its sight.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

INTERNET = (socket.AF_INET, socket.AF_INET6)
ADDRESSED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_attempts: list[str] = []


class NetworkForbiddenError(RuntimeError):
    """A test tried to reach something that is not this machine."""


def is_loopback(host: object) -> bool:
    """Whether a host, by name or number, is this machine without leaving it."""
    if not isinstance(host, str):
        return False
    if host in ("localhost", "ip6-localhost") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_loopback_multicast(sock: socket.socket, host: str) -> bool:
    """Whether a datagram goes to a multicast group by way of the loopback interface, as mDNS on 127.0.0.x does."""
    try:
        if sock.family != socket.AF_INET or not ipaddress.ip_address(host).is_multicast:
            return False
    except ValueError:
        return False
    chosen = sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
    return is_loopback(socket.inet_ntoa(chosen))


def _forbid(event: str, target: object) -> None:
    words = f"{event} {target!r}: tests stay on loopback (127.x.y.z, ::1, localhost)"
    _attempts.append(words)
    raise NetworkForbiddenError(words)


def _check_address(event: str, sock: socket.socket, address: Any) -> None:
    if sock.family not in INTERNET or not isinstance(address, tuple):
        return
    host = address[0]
    # A datagram socket may listen on all interfaces: multicast is received that way.
    listens_for_datagrams = event == "socket.bind" and sock.type == socket.SOCK_DGRAM
    if not (listens_for_datagrams or is_loopback(host) or _is_loopback_multicast(sock, host)):
        _forbid(event, address)


def _check_lookup(event: str, host: object) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not isinstance(name, str) or not name or is_loopback(name):
        return
    try:
        ipaddress.ip_address(name.partition("%")[0])  # a number needs no name server
    except ValueError:
        _forbid(event, name)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    # The hook hears of every import and every opened file too.
    if not event.startswith("socket."):
        return
    if event in ADDRESSED:
        _check_address(event, arguments[0], arguments[1])
    elif event in LOOKUPS:
        _check_lookup(event, arguments[0])


def pytest_configure() -> None:
    """Put the hook in place; an audit hook stays for the life of the process."""
    sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    _attempts.clear()
    yield
    if _attempts:
        pytest.fail("the test left this machine:\n  " + "\n  ".join(_attempts), pytrace=False)
