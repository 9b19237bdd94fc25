"""A virtual LAN of network namespaces for tests: a switch, a desk, devices; each with an address and a MAC of its own.

Everything is inside namespaces that are made here: the bridge has one of its own, no host has a route out, and nothing
is put into the root namespace. It needs the right to make namespaces and Debian's iproute2.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000
DESK = "10.77.0.1"
PREFIX = 16
LIMIT_S = 40.0
IP = shutil.which("ip") or "/sbin/ip"


@dataclass(frozen=True, slots=True)
class Host:
    """One device's place on the LAN: its namespace, address and MAC."""

    name: str
    address: str
    mac: str


def ip_of(index: int) -> str:
    """The address of a device by its number from 1: 10.77.0.11 and so on."""
    number = index + 9
    return f"10.77.{number // 250}.{number % 250 + 1}"


def colons(mac: str) -> str:
    """`0c:11:05:00:00:01`."""
    return ":".join(mac[i : i + 2] for i in range(0, 12, 2)).lower()


def why_not() -> str:
    """Why namespaces cannot be made here; empty when they can."""
    if not Path(IP).exists():
        return "the program 'ip' (iproute2) is missing"
    name = f"gwtry{os.getpid()}"
    tried = subprocess.run(
        [IP, "netns", "add", name], check=False, capture_output=True, text=True, timeout=20
    )
    if tried.returncode != 0:
        return f"network namespaces are not allowed here: {tried.stderr.strip()[:120]}"
    link = [IP, "-n", name, "link", "add", "br0", "type", "bridge"]
    bridged = subprocess.run(link, check=False, capture_output=True, text=True, timeout=20)
    subprocess.run([IP, "netns", "del", name], check=False, capture_output=True, timeout=20)
    return "" if bridged.returncode == 0 else f"no bridges here: {bridged.stderr.strip()[:120]}"


def sweep_away(prefix: str) -> None:
    """Remove what test runs that were killed have left: namespaces named by a process that is gone."""
    listed = subprocess.run([IP, "netns", "list"], check=False, capture_output=True, text=True, timeout=20)
    for line in listed.stdout.splitlines():
        found = re.match(rf"({prefix}(\d+)p(?:sw|desk|d\d+))\b", line)
        if found and not Path(f"/proc/{found[2]}").exists():
            subprocess.run([IP, "netns", "del", found[1]], check=False, capture_output=True, timeout=20)


class Lan:
    """The namespaces of one LAN: `up`, then `enter` them or run programs in them, then `down`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.hosts: list[Host] = []
        self._names: list[str] = []

    @property
    def desk(self) -> str:
        """The namespace of the workstation."""
        return f"{self.prefix}desk"

    def up(self, hosts: Sequence[tuple[str, str, int]]) -> None:
        """Make it: for each host its address, its MAC in plain notation and the length of its network's prefix."""
        self._raise_limits()
        switch = f"{self.prefix}sw"
        self.hosts = [
            Host(f"{self.prefix}d{n}", address, mac) for n, (address, mac, _) in enumerate(hosts, start=1)
        ]
        self._names = [switch, self.desk, *(host.name for host in self.hosts)]
        self._batch([f"netns add {name}" for name in self._names])
        wires = [
            ("pdesk", self.desk, "020000000001"),
            *((f"p{n}", h.name, h.mac) for n, h in enumerate(self.hosts)),
        ]
        lines = [
            "link set lo up",
            "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            "link set br0 up",
        ]
        for wire, name, mac in wires:
            lines.append(f"link add {wire} type veth peer name eth0 netns {name} address {colons(mac)}")
            lines.append(f"link set {wire} master br0 up")
        self._batch(lines, switch)
        self._host(self.desk, DESK, PREFIX)
        for host, (address, _, prefix) in zip(self.hosts, hosts, strict=True):
            self._host(host.name, address, prefix)

    def _host(self, name: str, address: str, prefix: int) -> None:
        self._batch(
            [
                "link set lo up",
                f"addr add {address}/{prefix} dev eth0",
                "link set eth0 up",
                "route add 224.0.0.0/4 dev eth0",
            ],
            name,
        )

    def down(self) -> None:
        """Remove the namespaces and with them every wire; nothing else."""
        for name in self._names:
            subprocess.run([IP, "netns", "del", name], check=False, capture_output=True, timeout=20)
        self._names = []

    @staticmethod
    def _raise_limits() -> None:
        """One multicast or ARP request goes to every port at once; the usual backlog of 1000 packets loses replies."""
        path = Path("/proc/sys/net/core/netdev_max_backlog")
        with contextlib.suppress(OSError):
            if int(path.read_text()) < 20_000:
                path.write_text("20000")

    @staticmethod
    def _batch(lines: Sequence[str], name: str = "") -> None:
        where = ["-n", name] if name else []
        subprocess.run([IP, *where, "-batch", "-"], input="\n".join(lines), check=True, capture_output=True,
                       text=True, timeout=LIMIT_S)  # fmt: skip


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Make sockets in a namespace: what is made in the block stays there, whoever uses it afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{name}", os.O_RDONLY)
    try:
        _enter(libc, there)
        try:
            yield
        finally:
            _enter(libc, home)
    finally:
        os.close(home)
        os.close(there)


def _enter(libc: ctypes.CDLL, namespace: int) -> None:
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
