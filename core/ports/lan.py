"""The door to the LAN: finding devices. Implemented by device_link.discovery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class AccessState(StrEnum):
    """What stands between us and a device's API (device API 1.2, 1.3)."""

    OPEN = "open"
    SIGNED_IN = "signed_in"
    """Asked for sign-in and one of our sign-ins fits."""
    NEEDS_LOGIN = "needs_login"
    BLOCKED = "blocked"
    """403 without a challenge: the API is off, or an allow-list does not hold our address."""
    HTTPS = "https"
    """Answers only over HTTPS, and HTTPS did not answer either."""
    ERROR = "error"
    """Looks like a device, but its answer makes no sense."""
    OTHER_NETWORK = "other_network"
    """Heard, but its address belongs to a network that this computer is not in: left on a factory's or an old one."""
    OTHER = "other"
    """Something answers there, but no intercom that we know."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user and password to try. `factory`: a published default, so it may be sent to an unknown device."""

    user: str
    password: str = field(repr=False)
    factory: bool = False


@dataclass(frozen=True, slots=True)
class Sighted:
    """One address that answered. Empty texts are unknown. `reason` says what is in the way and how to remove it."""

    url: str
    mac: str = ""
    model: str = ""
    firmware: str = ""
    hardware: str = ""
    access: AccessState = AccessState.OTHER
    reason: str = ""
    methods: tuple[str, ...] = ()
    login: Login | None = field(default=None, repr=False)
    """The sign-in that fitted."""
    also: tuple[str, ...] = ()
    """Other MACs that were heard at the same address: two devices have it."""


@dataclass(frozen=True, slots=True)
class WayReport:
    """What one way of finding devices did in a scan: `sweep`, `neighbour`, `mdns`, `wsd`, `ssdp`, `pnp`.

    `places`: targets that were swept, or own addresses by which it was asked. `trouble`: why not, or not everywhere.
    """

    way: str
    places: tuple[str, ...] = ()
    asked: int = 0
    heard: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class HeardClaim:
    """Somebody announced a MAC from an address, by some way, whether it answered afterwards or not."""

    way: str
    host: str
    mac: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan tried and heard. `places`: every address that was asked for a connection, `host` for the usual ports
    and `host:port` for one of them.
    """

    started_at: datetime
    ended_at: datetime
    ways: tuple[WayReport, ...] = ()
    heard: tuple[HeardClaim, ...] = ()
    places: frozenset[str] = frozenset()
    complete: bool = True
    """False when it was stopped early: then silence means nothing."""


@runtime_checkable
class ReportsScan(Protocol):
    """A scanner that can say afterwards what it did."""

    @property
    def last_report(self) -> ScanReport | None:
        """About the scan that ended last; None before the first."""
        ...


class NeighbourTable(Protocol):
    """Which MAC the link layer has for an address."""

    async def read(self) -> Mapping[str, str]:
        """`{address or address:port: MAC as twelve upper-case digits}`; empty where the system tells nothing."""
        ...


class LanScanner(Protocol):
    """Finds devices."""

    def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncIterator[Sighted]:
        """Sweep the targets (CIDR, `a-b` range, host, host:port; none: every network of this machine) and listen for
        announcements, side by side. Yields each address once, as soon as it is known; a wrong target is a UserError
        before anything is sent.
        """
        ...
