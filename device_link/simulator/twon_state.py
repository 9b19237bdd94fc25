"""What a simulated 2N unit remembers: switches, ports, log, directory, time, a firmware that waits."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from device_link.simulator.clock import SimClock
from device_link.simulator.twon_directory import Directory

LOG_KEPT = 10_000
PENDING_S = 300.0
"""An upload that nobody applies is dropped after five minutes."""
SWITCHES = 4


class TwoNState:
    """The memory of one unit. Switches 1 and 2 are enabled, 3 and 4 are not."""

    def __init__(
        self, variant: str, mac: str, firmware: str, name: str, *, clock: SimClock, source: random.Random
    ) -> None:
        self.variant, self.mac, self.firmware, self.name = variant, mac, firmware, name
        self.clock = clock
        self.source = source
        self.serial = f"54-{source.randrange(10000):04}-{source.randrange(10000):04}"
        self.directory = Directory(source)
        self.time: dict[str, Any] = {"automatic": True, "server": "pool.ntp.org"}
        self.clock_shift = 0
        self.switches: dict[int, dict[str, bool]] = {}
        self.held_until: dict[int, float] = {}
        self.ports: dict[str, bool] = {"relay1": False, "relay2": False, "input1": False, "tamper": False}
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_KEPT)
        self.subscriptions: dict[int, tuple[int, frozenset[str], float]] = {}
        self.pending: tuple[str, str, float] | None = None
        self.images: Mapping[str, str] = {}
        self.restarts = 0
        self.calls: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._sessions = itertools.count(1)
        self._started = clock.monotonic()
        self._fresh()

    def _fresh(self) -> None:
        self.switches = {n: {"active": False, "locked": False, "held": False} for n in range(1, SWITCHES + 1)}
        self.held_until.clear()
        self.subscriptions.clear()
        self.calls.clear()
        self._started = self.clock.monotonic()

    def known_version(self, image: bytes) -> str:
        """The version of a vendor's closed file that this unit was told of; empty for any other."""
        return self.images.get(hashlib.md5(image, usedforsecurity=False).hexdigest(), "")

    def restart(self, *, reset: bool, upgrade: bool) -> None:
        """Come up again; `reset` with nothing left, `upgrade` with the firmware that waited."""
        self.restarts += 1
        if upgrade and self.pending is not None:
            self.firmware = self.pending[1]
        self.pending = None
        if reset:
            self.directory.reset()
            self.log.clear()
        self._fresh()
        self.note("DeviceState", {"state": "startup"})

    @property
    def uptime(self) -> int:
        """Seconds since the start."""
        return int(self.clock.monotonic() - self._started)

    @property
    def now(self) -> int:
        """The unit's own clock."""
        return int(self.clock.now()) + self.clock_shift

    def dial(self, number: str) -> int:
        """Begin a call, which rings; the number of its session."""
        session = next(self._sessions)
        self.calls[session] = {"session": session, "direction": "outgoing", "state": "ringing"}
        self.note(
            "CallStateChanged",
            {"direction": "outgoing", "state": "ringing", "peer": f"sip:{number}", "session": session},
        )
        return session

    def note(self, event: str, params: dict[str, Any]) -> None:
        """Add an event to the log."""
        entry = {
            "id": next(self._numbers),
            "tzShift": 60,
            "utcTime": self.now,
            "upTime": self.uptime,
            "event": event,
            "params": params,
        }
        self.log.append(entry)

    def person_at_the_door(self, *, card: str = "", pin: str = "") -> bool:
        """Somebody shows a card or enters a PIN; say whether the door opens."""
        for one in self.directory.living():
            access = one["access"]
            if (card and card.upper() in access["card"]) or (pin and pin == access["pin"]):
                self._enter(card, one, valid=True)
                self.set_switch(1, active=True)
                return True
        self._enter(card, {}, valid=False)
        return False

    def _enter(self, card: str, person: dict[str, Any], *, valid: bool) -> None:
        params: dict[str, Any] = {"ap": 1, "session": self.restarts, "valid": valid}
        if person:
            params |= {"uuid": person["uuid"], "name": person["name"]}
        if card:
            self.note("CardEntered", params | {"uid": card, "direction": "in"})
        else:
            self.note("CodeEntered", params | {"type": "user"})

    def set_switch(self, number: int, **members: bool) -> None:
        """Change a switch, and log it when it moves."""
        switch = self.switches[number]
        before = switch["active"]
        switch.update(members)
        if switch["active"] != before:
            self.note("SwitchStateChanged", {"switch": number, "state": switch["active"]})

    def settle(self) -> None:
        """Let switches go whose time is over, and drop an upload that was left lying."""
        now = self.clock.monotonic()
        for number, until in list(self.held_until.items()):
            if now >= until:
                del self.held_until[number]
                self.set_switch(number, active=False, held=False)
        if self.pending is not None and now > self.pending[2]:
            self.pending = None

    def events_after(self, number: int, wanted: frozenset[str]) -> Iterator[dict[str, Any]]:
        """Yield logged events after a number; `wanted` empty: of every kind."""
        return (one for one in self.log if one["id"] > number and (not wanted or one["event"] in wanted))
