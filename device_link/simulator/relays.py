"""The relays of one device: which are open right now, by the clock; nothing here survives a restart."""

from __future__ import annotations

from device_link.simulator.clock import SimClock
from device_link.simulator.config import Config
from device_link.simulator.config_map import DOOR, LETTERS
from device_link.simulator.profiles import Profile

FIRST_SECURITY = 11
"""Relay 11 is security relay A, 12 is security relay B (device API 3.4)."""


def relay_name(number: int) -> str:
    """Return "A".."D" or "SA", "SB" for a relay's number."""
    return LETTERS[number - 1] if number < FIRST_SECURITY else f"S{LETTERS[number - FIRST_SECURITY]}"


def relay_number(name: str) -> int | None:
    """Return the number of "1", "A", "11" or "SA"; None if it is none of these."""
    wanted = name.strip().upper()
    if wanted.isascii() and wanted.isdigit():
        return int(wanted)
    if len(wanted) == 2 and wanted[0] == "S" and wanted[1] in LETTERS[:2]:
        return FIRST_SECURITY + LETTERS.index(wanted[1])
    return LETTERS.index(wanted) + 1 if len(wanted) == 1 and wanted in LETTERS else None


class Relays:
    """Relays by number: 1..4 and, where the model has them, 11 and 12."""

    def __init__(self, profile: Profile, config: Config, clock: SimClock) -> None:
        self._profile = profile
        self._config = config
        self._clock = clock
        self._open_until: dict[int, float] = {}

    def exists(self, number: int) -> bool:
        """Say whether the model has this relay."""
        security = range(FIRST_SECURITY, FIRST_SECURITY + self._profile.security_relays)
        return 1 <= number <= self._profile.relays or number in security

    def hold_s(self, number: int) -> float:
        """Return the hold delay in seconds from the settings; 3 when they make no sense."""
        letter = relay_name(number)
        key = f"HoldDelay{letter}" if self._profile.relay_keys == "lettered" else f"Relay{letter}Delay"
        written = self._config.get(f"{DOOR}.RELAY.{key}")
        return float(written) if written.isascii() and written.isdigit() else 3.0

    def open(self, number: int, seconds: float | None = None) -> float:
        """Open a relay for so many seconds, or for its hold delay, and return the seconds."""
        held = self.hold_s(number) if seconds is None else seconds
        self._open_until[number] = self._clock.monotonic() + held
        return held

    def latch(self, number: int) -> bool:
        """Turn a relay over, for good; say whether it is open now."""
        opened = not self.is_open(number)
        self._open_until[number] = float("inf") if opened else 0.0
        return opened

    def is_open(self, number: int) -> bool:
        """Say whether a relay is open (triggered) at this moment."""
        return self._clock.monotonic() < self._open_until.get(number, 0.0)

    def status(self) -> dict[str, int]:
        """Return 1 (open) or 0 for each ordinary relay, as `relay/status` shows it."""
        return {f"Relay{LETTERS[n - 1]}": int(self.is_open(n)) for n in range(1, self._profile.relays + 1)}

    def restart(self) -> None:
        """Close everything: a restart does."""
        self._open_until.clear()
