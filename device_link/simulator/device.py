"""One simulated intercom on its sockets: life cycle, saving, and the handles by which tests and demos play with it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from device_link.simulator import action_url, doors
from device_link.simulator.access import ALLOWLIST, BASIC, DIGEST, NONE
from device_link.simulator.call import Effect
from device_link.simulator.clock import SimClock
from device_link.simulator.config_map import ACTION_URL, api_prefix
from device_link.simulator.doors import Decision, Method
from device_link.simulator.errors import SimulatorError
from device_link.simulator.faults import Fault, FaultSet, parse_fault
from device_link.simulator.frontend import Frontend
from device_link.simulator.profiles import Profile
from device_link.simulator.relays import relay_name
from device_link.simulator.server import HttpPort, Manners
from device_link.simulator.state import DeviceState, User
from device_link.simulator.storage import Storage
from device_link.simulator.tasks import Tasks
from device_link.simulator.unit import Phase, Unit

_log = logging.getLogger(__name__)

AUTH_MODES = {"none": NONE, "allowlist": ALLOWLIST, "basic": BASIC, "digest": DIGEST}


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a device takes, in seconds: to write firmware, to boot, and from an answer until it goes down."""

    flash: float = 0.4
    boot: float = 0.6
    shutdown: float = 0.05


class SimDevice:
    """A device. `start` it, play with it, `stop` it; `unit` is its inside, for tests that look at it."""

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
        self.unit = Unit(profile, state, clock or SimClock(), FaultSet())
        self.timing = timing or Timing()
        self._storage = storage
        self._tasks = Tasks()
        self._saving = asyncio.Lock()
        self._cable = True
        self._restarts = 0
        frontend = Frontend(self.unit, self.save, self._after, self.timing.flash)
        faults = self.unit.faults
        manners = Manners(
            silent=lambda: faults.has("half-reboot"),
            single=lambda: faults.has("one-connection"),
            stall_expect=lambda: faults.has("stall-expect"),
        )
        self._port = HttpPort(frontend.handle, manners=manners)
        self._tls_port = HttpPort(frontend.handle, tls=tls, manners=manners) if tls is not None else None

    # ------------------------------------------------------------------------------------------------ identity

    @property
    def mac(self) -> str:
        """The MAC as twelve upper-case hex digits."""
        return self.unit.mac

    @property
    def profile(self) -> Profile:
        """What this device is."""
        return self.unit.profile

    @property
    def firmware(self) -> str:
        """The version that runs."""
        return self.unit.state.firmware

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self._port.ip}:{self._port.port}"

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port."""
        return self._port.ip, self._port.port

    @property
    def restarts(self) -> int:
        """How often the device has come up again since it was made."""
        return self._restarts

    @property
    def users(self) -> list[User]:
        """The people on the device."""
        return list(self.unit.people.all())

    def describe(self) -> dict[str, str]:
        """Return what a program needs to speak to this device, with the login of this moment."""
        mode = self.unit.api_setting("AuthMode")
        known = next((name for name, number in AUTH_MODES.items() if number == mode), mode)
        facts = {
            "mac": self.mac,
            "model": self.profile.model,
            "firmware": self.firmware,
            "url": self.url,
            "auth": known,
            "user": self.unit.api_setting("UserName"),
            "password": self.unit.api_setting("Password"),
        }
        return facts | (
            {"https_url": f"https://{self._port.ip}:{self._tls_port.port}"} if self._tls_port else {}
        )

    # ----------------------------------------------------------------------------------------------- life cycle

    def reserve(self, ip: str, port: int) -> None:
        """Take the device's address. Raises `PortTakenError`."""
        self._port.reserve(ip, port)
        self.unit.ip, self.unit.port = self._port.ip, self._port.port
        if self._tls_port is not None:
            self._tls_port.reserve(ip, 0)
            self.unit.tls_port = self._tls_port.port

    async def start(self) -> None:
        """Power on. A flash that was going on when the simulator was killed is finished first."""
        if self.unit.state.pending is not None:
            self.unit.finish_flash()
        await self._settle_ports()
        await self.save()

    async def stop(self) -> None:
        """Power off and give the addresses back; memory stays on disk, if it is kept there."""
        await self._tasks.aclose()
        for port in self._ports():
            await port.aclose()
        await self.save()

    def _ports(self) -> Iterable[HttpPort]:
        return (self._port,) if self._tls_port is None else (self._port, self._tls_port)

    async def _settle_ports(self) -> None:
        wanted = self._cable and self.unit.phase is not Phase.DOWN and not self.unit.faults.has("offline")
        for port in self._ports():
            if wanted:
                await port.open()
            else:
                port.close()

    async def save(self) -> None:
        """Write the memory to disk if it changed. A later call waits for an earlier one."""
        if self._storage is None:
            self.unit.dirty = False
            return
        async with self._saving:
            if self.unit.dirty:
                self.unit.dirty = False
                await self._storage.save(self.mac, msgspec.json.encode(self.unit.state))

    def _after(self, effect: Effect) -> None:
        """Do what follows an answer: send queued action URLs, close relays in time, restart."""
        self._send_events()
        if effect is Effect.REBOOT:
            self._tasks.spawn(self._restart(), f"restart of {self.mac}")
        elif effect is Effect.UPGRADE:
            self._tasks.spawn(self._upgrade(), f"upgrade of {self.mac}")

    async def _upgrade(self) -> None:
        await self.unit.clock.sleep(self.timing.flash)
        if self.unit.phase is not Phase.FLASHING:
            return
        if self.unit.faults.strike("upgrade-failed"):
            self.unit.state.pending = self.unit.state.slot = None
            self.unit.phase, self.unit.upgrade_failed, self.unit.dirty = Phase.RUNNING, True, True
            await self.save()
            return
        await self._restart()

    async def _restart(self) -> None:
        unit = self.unit
        await unit.clock.sleep(self.timing.shutdown)
        if unit.phase is Phase.DOWN:
            return
        unit.phase = Phase.DOWN
        await self._settle_ports()
        unit.finish_flash()
        await self.save()
        if unit.faults.has("never-back"):
            self._cable = False
        await unit.clock.sleep(self.timing.boot + unit.faults.number("reboot-outage") / 1000)
        unit.start()
        unit.phase = Phase.RUNNING
        self._restarts += 1
        await self._settle_ports()
        unit.notify("SetupCompleted", {})
        self._send_events()
        await self.save()

    def _send_events(self) -> None:
        method = "POST" if self.unit.config.get(f"{ACTION_URL}.Method").upper() == "POST" else "GET"
        while self.unit.outgoing:
            self._tasks.spawn(
                self._deliver(self.unit.outgoing.popleft(), method), f"action URL of {self.mac}"
            )
        while self.unit.closings:
            self._tasks.spawn(self._close_later(*self.unit.closings.popleft()), f"relay of {self.mac}")

    async def _deliver(self, url: str, method: str) -> None:
        await action_url.call(url, method)

    async def _close_later(self, relay: int, seconds: float) -> None:
        await self.unit.clock.sleep(seconds)
        if not self.unit.relays.is_open(relay):
            self.unit.notify(f"Relay{relay_name(relay)}Closed", {"relay_id": str(relay)})
            self._send_events()

    async def settled(self) -> None:
        """Wait until nothing goes on any more: restarts are over, action URLs sent, relays closed."""
        await self._tasks.drain()

    # ------------------------------------------------------------------------------------------------ handles

    def may_open(self, relay: int, method: Method, code: str, when_local: datetime | None = None) -> Decision:
        """Ask whether a relay would open; changes nothing. See `doors.may_open`; without a time, by its own clock."""
        return doors.may_open(self.unit, relay, method, code, when_local or self.unit.local_now())

    async def present(self, method: Method, code: str, relay: int = 1) -> Decision:
        """Hold something against the device, as a person would: it decides, logs, opens, calls its action URLs."""
        decision = doors.present(self.unit, relay, method, code)
        await self.save()
        self._send_events()
        return decision

    async def swipe_card(self, card: str, relay: int = 1) -> Decision:
        """Swipe a card, its number in hex."""
        return await self.present("card", card, relay)

    async def enter_pin(self, pin: str, relay: int = 1) -> Decision:
        """Type a PIN."""
        return await self.present("pin", pin, relay)

    async def show_face(self, user_id: str, relay: int = 1) -> Decision:
        """Show the face of the user with this UserID."""
        return await self.present("face", user_id, relay)

    async def set_input(self, letter: str, level: int) -> None:
        """Put an input ("A".."D") to 1 or 0; its action URL is called on a change."""
        if letter not in self.unit.inputs:
            raise SimulatorError(f"The {self.profile.model} has no input {letter!r}.")
        if self.unit.inputs[letter] != level:
            self.unit.inputs[letter] = level
            self.unit.notify(f"Input{letter}{'Triggered' if level else 'Closed'}", {})
            self._send_events()

    def press_reboot(self) -> None:
        """Restart, as by the button; returns at once, `settled` waits for the end."""
        self._after(Effect.REBOOT)

    async def set_offline(self) -> None:
        """Pull the cable: connections are refused, open ones drop. The device itself goes on running."""
        self._cable = False
        await self._settle_ports()

    async def set_online(self) -> None:
        """Put the cable back; also ends the fault `offline`."""
        self._cable = True
        self.unit.faults.switch_off("offline")
        await self._settle_ports()

    async def fault(self, fault: str | Fault) -> None:
        """Switch a fault on, written `name` or `name:argument`. Raises `FaultSyntaxError`."""
        one = parse_fault(fault) if isinstance(fault, str) else fault
        self.prepare_fault(one)
        if one.name in {"half-reboot", "one-connection"}:
            for port in self._ports():
                port.drop_connections()
        await self._settle_ports()
        await self.save()

    def prepare_fault(self, fault: Fault) -> None:
        """Switch a fault on before the device is started; afterwards it is `fault` that does all of it."""
        self.unit.faults.switch_on(fault)
        if fault.name == "allowlist":
            self._write_access(ALLOWLIST)

    async def clear_fault(self, name: str) -> bool:
        """Switch a fault off by its name; say whether it was on. What it did meanwhile stays done."""
        found = self.unit.faults.switch_off(parse_fault(name).name)
        await self._settle_ports()
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
        await self.save()

    def _write_access(self, mode: str, allow: tuple[str, ...] = ()) -> None:
        prefix = api_prefix(self.profile)
        listed = {f"{prefix}.WhiteListIP{n:02}": "" for n in range(1, 6)}
        listed |= {f"{prefix}.WhiteListIP{n:02}": ip for n, ip in enumerate(allow[:5], start=1)}
        self.unit.config.put({f"{prefix}.AuthMode": mode, **listed})
        self.unit.dirty = True

    def summary(self) -> dict[str, Any]:
        """Return what an onlooker may want to know, without a secret but the API's login."""
        state = self.unit.state
        return self.describe() | {
            "phase": self.unit.phase.value if self._cable else "offline",
            "restarts": self._restarts,
            "users": len(state.users),
            "schedules": len(state.schedules),
            "door_log": len(state.door_log),
            "faults": [str(fault) for fault in self.unit.faults],
        }
