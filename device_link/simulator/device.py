"""One simulated intercom: what it is, and the handles by which tests and demos play with it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from device_link.simulator import doors
from device_link.simulator.access import ALLOWLIST, BASIC, DIGEST, NONE
from device_link.simulator.call import Effect
from device_link.simulator.clock import SimClock
from device_link.simulator.config_map import api_prefix
from device_link.simulator.doors import Decision, Method
from device_link.simulator.errors import SimulatorError
from device_link.simulator.faults import Fault, FaultSet, fault_name, parse_fault
from device_link.simulator.life import Life, Timing
from device_link.simulator.profiles import Profile
from device_link.simulator.state import DeviceState, User
from device_link.simulator.storage import Storage
from device_link.simulator.unit import Unit

AUTH_MODES = {"none": NONE, "allowlist": ALLOWLIST, "basic": BASIC, "digest": DIGEST}


class SimDevice:
    """A device: `mac`, `profile` and, once it has an address, `url`.

    `unit` is its inside, for tests that look at it; what they change there is not saved by itself.
    """

    def __init__(
        self,
        profile: Profile,
        state: DeviceState,
        *,
        clock: SimClock | None = None,
        timing: Timing | None = None,
        storage: Storage | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.mac = state.mac
        self.profile = profile
        self.url = ""
        self.unit = Unit(profile, state, clock or SimClock(), FaultSet())
        self._life = Life(self.unit, timing or Timing(), storage, tls)

    # ------------------------------------------------------------------------------------------------ identity

    @property
    def firmware(self) -> str:
        """The version that runs."""
        return self.unit.state.firmware

    @property
    def restarts(self) -> int:
        """How often the device has come up again since it was made."""
        return self._life.restarts

    @property
    def users(self) -> list[User]:
        """The people on the device."""
        return list(self.unit.people.all())

    def describe(self) -> dict[str, str]:
        """Return what a program needs to speak to this device, with the login of this moment."""
        mode = self.unit.api_setting("AuthMode")
        facts = {
            "mac": self.mac,
            "model": self.profile.model,
            "firmware": self.firmware,
            "url": self.url,
            "auth": next((name for name, number in AUTH_MODES.items() if number == mode), mode),
            "user": self.unit.api_setting("UserName"),
            "password": self.unit.api_setting("Password"),
        }
        if self.unit.tls_port:
            facts["https_url"] = f"https://{self.unit.ip}:{self.unit.tls_port}"
        return facts

    def summary(self) -> dict[str, Any]:
        """Return what an onlooker may want to know, without a secret but the API's login."""
        state = self.unit.state
        return self.describe() | {
            "phase": self.unit.phase.value if self._life.connected else "offline",
            "restarts": self.restarts,
            "users": len(state.users),
            "schedules": len(state.schedules),
            "door_log": len(state.door_log),
            "faults": [str(fault) for fault in self.unit.faults],
        }

    # ----------------------------------------------------------------------------------------------- life cycle

    def reserve(self, ip: str, port: int) -> None:
        """Take the device's address; port 0 is any free one. Raises `PortTakenError`."""
        self._life.reserve(ip, port)
        self.url = f"http://{self.unit.host}"

    async def start(self, faults: Iterable[Fault] = ()) -> None:
        """Power on, with faults switched on beforehand."""
        for fault in faults:
            self._switch_on(fault)
        await self._life.start()

    async def stop(self) -> None:
        """Power off and give the address back; memory stays on disk, if it is kept there."""
        await self._life.stop()

    async def settled(self) -> None:
        """Wait until nothing goes on any more: restarts are over, action URLs sent, relays closed."""
        await self._life.settled()

    # ------------------------------------------------------------------------------------------------ handles

    def may_open(self, relay: int, method: Method, code: str, when_local: datetime | None = None) -> Decision:
        """Ask whether a relay would open; changes nothing. See `doors.may_open`; without a time, by its own clock."""
        return doors.may_open(self.unit, relay, method, code, when_local or self.unit.local_now())

    async def present(self, method: Method, code: str, relay: int = 1) -> Decision:
        """Hold something against the device, as a person would: it decides, logs, opens, calls its action URLs."""
        decision = doors.present(self.unit, relay, method, code)
        await self._life.save()
        self._life.follow_up(Effect.NONE)
        return decision

    async def swipe_card(self, card: str, relay: int = 1) -> Decision:
        """Swipe a card, its number in hex."""
        return await self.present("card", card, relay)

    async def enter_pin(self, pin: str, relay: int = 1) -> Decision:
        """Type a PIN."""
        return await self.present("pin", pin, relay)

    async def set_input(self, letter: str, level: int) -> None:
        """Put an input ("A".."D") to 1 or 0; its action URL is called on a change."""
        if letter not in self.unit.inputs:
            raise SimulatorError(f"The {self.profile.model} has no input {letter!r}.")
        if self.unit.inputs[letter] != level:
            self.unit.inputs[letter] = level
            self.unit.notify(f"Input{letter}{'Triggered' if level else 'Closed'}", {})
            self._life.follow_up(Effect.NONE)

    def press_reboot(self) -> None:
        """Restart, as by the button; returns at once, `settled` waits for the end."""
        self._life.follow_up(Effect.REBOOT)

    async def set_offline(self) -> None:
        """Pull the cable: connections are refused, open ones drop. The device itself goes on running."""
        self._life.connected = False
        await self._life.settle_ports()

    async def set_online(self) -> None:
        """Put the cable back; also ends the fault `offline`."""
        self._life.connected = True
        self.unit.faults.switch_off("offline")
        await self._life.settle_ports()

    async def fault(self, fault: str | Fault) -> None:
        """Switch a fault on, written `name` or `name:argument`. Raises `FaultSyntaxError`."""
        one = parse_fault(fault) if isinstance(fault, str) else fault
        self._switch_on(one)
        if one.name in {"half-reboot", "one-connection"}:
            self._life.drop_connections()
        await self._life.settle_ports()
        await self._life.save()

    def _switch_on(self, fault: Fault) -> None:
        self.unit.faults.switch_on(fault)
        if fault.name == "allowlist":
            self._write_access(ALLOWLIST)

    async def clear_fault(self, name: str) -> bool:
        """Switch a fault off by its name; say whether it was on. What it did meanwhile stays done."""
        found = self.unit.faults.switch_off(fault_name(name))
        await self._life.settle_ports()
        return found

    async def set_auth(
        self, auth: str, user: str | None = None, password: str | None = None, allow: Iterable[str] = ()
    ) -> None:
        """Choose who may call the API: none, allowlist (of up to five addresses), basic or digest."""
        if auth not in AUTH_MODES:
            raise SimulatorError(f"There is no access mode {auth!r}; known are {', '.join(AUTH_MODES)}.")
        login = {"UserName": user, "Password": password}
        prefix = api_prefix(self.profile)
        self.unit.config.put(
            {f"{prefix}.{name}": value for name, value in login.items() if value is not None}
        )
        self._write_access(AUTH_MODES[auth], tuple(allow))
        await self._life.save()

    def _write_access(self, mode: str, allow: tuple[str, ...] = ()) -> None:
        prefix = api_prefix(self.profile)
        listed = {f"{prefix}.WhiteListIP{n:02}": "" for n in range(1, 6)}
        listed |= {f"{prefix}.WhiteListIP{n:02}": ip for n, ip in enumerate(allow[:5], start=1)}
        self.unit.config.put({f"{prefix}.AuthMode": mode, **listed})
        self.unit.dirty = True
