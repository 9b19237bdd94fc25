"""What is announced on a LAN: a cleaned claim that says where to look, never what is there. Data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

TEXT_LIMIT = 64
"""Characters of an announced name that are kept."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A claim about the address it came from. `port` None: what is announced is no web server.

    `way` names the protocol; `camera_url` is where an ONVIF service says it is, always at `host`.
    """

    host: str
    port: int | None
    mac: str = ""
    model: str = ""
    firmware: str = ""
    way: str = "mdns"
    maker: str = ""
    name: str = ""
    camera_url: str = ""


OnAnnounced = Callable[[Announced], None]
"""Takes each claim as it is heard; the same may come twice."""


class Listener(Protocol):
    """One way of hearing from devices without knowing their addresses."""

    way: str
    """Its name in `Sighted.methods` and in a report."""

    @property
    def trouble(self) -> str:
        """Why the last run could not listen, or not everywhere; empty when it could."""
        ...

    @property
    def places(self) -> tuple[str, ...]:
        """The own addresses by which the last run asked or listened."""
        ...

    async def run(self, on_found: OnAnnounced) -> None:
        """Ask and listen for a while; returns early where this computer has no multicast. Never raises for that."""
        ...
