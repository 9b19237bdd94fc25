"""What a person calls a door: a relay of a device."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.device import Device, Relay


@dataclass(frozen=True, slots=True)
class Door:
    """A relay with its device."""

    device: Device
    relay: Relay

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.device.name} · {self.relay.name}"
