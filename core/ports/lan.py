"""The door to the LAN: finding devices. Implemented by device_link.discovery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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
