"""Many simulated intercoms in one process: who they are, on which addresses, started and stopped together."""

from __future__ import annotations

import random
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from device_link.simulator.announce import Announcer
from device_link.simulator.clock import SimClock
from device_link.simulator.control import Control
from device_link.simulator.device import SimDevice
from device_link.simulator.errors import PortTakenError, SimulatorError
from device_link.simulator.faults import Fault, parse_fault, parse_faults
from device_link.simulator.life import Timing
from device_link.simulator.profiles import profile
from device_link.simulator.server import HttpPort
from device_link.simulator.state import DeviceState
from device_link.simulator.storage import Storage

PREFIX = "0C1105"
"""The maker's address block (device API 5)."""

_SHARED_PORT_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SimSpec:
    """One device to make; None takes what the whole LAN has. `faults` are written `name[:argument]`.

    `firmware`, `auth`, `user`, `password` and `config` say how it is the first time; a saved state goes before them.
    """

    profile: str = "P1"
    firmware: str | None = None
    mac: str | None = None
    auth: str | None = None
    user: str | None = None
    password: str | None = None
    allow: tuple[str, ...] | None = None
    config: dict[str, str] | None = None
    faults: tuple[str, ...] = ()


class SimLan:
    """The devices of one simulated LAN. Make it with `start`; as an async context manager it stops itself."""

    def __init__(self) -> None:
        self.devices: list[SimDevice] = []
        self._control: HttpPort | None = None
        self._announcer: Announcer | None = None
        self._storage: Storage | None = None

    @classmethod
    async def start(
        cls,
        devices: int | Sequence[SimSpec] = 1,
        profiles: str | Sequence[str] = ("P1",),
        *,
        bind: str = "127.0.0.1",
        port_base: int = 0,
        auth: str = "digest",
        user: str = "admin",
        password: str = "admin",  # noqa: S107 - the factory's own login
        allow: Sequence[str] = ("127.0.0.1",),
        faults: str = "",
        seed: int = 1,
        state_dir: str | Path | None = None,
        per_device_ip: bool = False,
        timing: Timing | None = None,
        clock: SimClock | None = None,
        tls: ssl.SSLContext | None = None,
        mdns: bool = False,
        control_port: int | None = None,
    ) -> Self:
        """Start devices and return when all of them answer.

        A number of devices takes the `profiles` in turn (names, or one text with commas). Device number i listens on
        `port_base + i`, or on any free port when `port_base` is 0; with `per_device_ip` every device has an address
        127.0.x.y of its own and all share one port. The same `seed` gives the same MACs. With `tls` each device also
        answers https on a free port. `control_port` opens the control surface (0: any free port).
        Raises `SimulatorError` with one sentence; nothing is left running then.
        """
        lan = cls()
        specs = _specs(devices, profiles)
        defaults = SimSpec(auth=auth, user=user, password=password, allow=tuple(allow))
        switched = parse_faults(faults, len(specs))
        lan._storage = storage = Storage(Path(state_dir)) if state_dir is not None else None
        workshop = _Workshop(defaults, storage, clock or SimClock(), timing or Timing(), tls)
        try:
            for mac, spec in zip(_macs(specs, seed), specs, strict=True):
                lan.devices.append(await workshop.make(spec, mac))
            lan._reserve(bind, port_base, per_device_ip=per_device_ip)
            await lan._power_on(specs, switched)
            if control_port is not None:
                await lan._open_control(bind, control_port)
            if mdns:
                lan._announcer = await Announcer.start(bind, lan.describe())
        except BaseException:
            await lan.stop()
            raise
        return lan

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Power everything off and give all addresses back."""
        if self._announcer is not None:
            await self._announcer.stop()
            self._announcer = None
        if self._control is not None:
            await self._control.aclose()
            self._control = None
        for device in self.devices:
            await device.stop()
        if self._storage is not None:
            self._storage.close()
            self._storage = None

    def describe(self) -> list[dict[str, str]]:
        """Return what a program needs to speak to each device: mac, model, firmware, url, auth, user, password."""
        return [device.describe() for device in self.devices]

    @property
    def control_url(self) -> str:
        """The base URL of the control surface; empty if it was not asked for."""
        return f"http://{self._control.ip}:{self._control.port}" if self._control is not None else ""

    def device(self, mac: str) -> SimDevice:
        """Return a device by its MAC in any notation. Raises `SimulatorError`."""
        wanted = "".join(letter for letter in mac.upper() if letter.isalnum())
        for device in self.devices:
            if device.mac == wanted:
                return device
        raise SimulatorError(f"There is no simulated device with the MAC {mac[:40]!r}.")

    def _reserve(self, bind: str, port_base: int, *, per_device_ip: bool) -> None:
        if per_device_ip:
            self._reserve_shared_port(port_base)
            return
        for index, device in enumerate(self.devices):
            device.reserve(bind, port_base + index if port_base else 0)

    def _reserve_shared_port(self, port_base: int) -> None:
        """All devices on one port, each on an address of its own; a free port is looked for when none is given."""
        for attempt in range(_SHARED_PORT_TRIES):
            port = port_base
            try:
                for index, device in enumerate(self.devices):
                    device.reserve(loopback_address(index), port)
                    port = device.unit.port
            except PortTakenError:
                if port_base or attempt == _SHARED_PORT_TRIES - 1:
                    raise
                continue
            return

    async def _power_on(self, specs: Sequence[SimSpec], switched: Sequence[tuple[int, Fault]]) -> None:
        for index, (device, spec) in enumerate(zip(self.devices, specs, strict=True)):
            own = [parse_fault(text) for text in spec.faults]
            await device.start([*own, *(one for at, one in switched if at == index)])

    async def _open_control(self, bind: str, port: int) -> None:
        self._control = HttpPort(Control(self.devices, self.device).handle)
        self._control.reserve(bind, port)
        await self._control.open()


def loopback_address(index: int) -> str:
    """Return the address of a device that has one of its own: 127.0.1.1, 127.0.1.2 and so on, 250 in a row."""
    return f"127.0.{1 + index // 250}.{1 + index % 250}"


def _specs(devices: int | Sequence[SimSpec], profiles: str | Sequence[str]) -> list[SimSpec]:
    if not isinstance(devices, int):
        return list(devices)
    if devices < 1:
        raise SimulatorError("A simulated LAN needs at least one device.")
    names = profiles.split(",") if isinstance(profiles, str) else list(profiles)
    return [SimSpec(profile=names[index % len(names)]) for index in range(devices)]


def _macs(specs: Sequence[SimSpec], seed: int) -> list[str]:
    source = random.Random(seed)  # noqa: S311 - reproducible names, no secret
    numbers = source.sample(range(1 << 24), len(specs))
    return [
        spec.mac.upper() if spec.mac else f"{PREFIX}{number:06X}"
        for spec, number in zip(specs, numbers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Workshop:
    """Makes devices: from their saved states, else fresh from their specs and the LAN's defaults."""

    defaults: SimSpec
    storage: Storage | None
    clock: SimClock
    timing: Timing
    tls: ssl.SSLContext | None

    async def make(self, spec: SimSpec, mac: str) -> SimDevice:
        what = profile(spec.profile)
        saved = self.storage.load(mac, what.key) if self.storage is not None else None
        state = saved or DeviceState(mac=mac, profile=what.key, firmware=spec.firmware or what.firmware)
        device = SimDevice(
            what, state, clock=self.clock, timing=self.timing, storage=self.storage, tls=self.tls
        )
        if saved is None:
            device.unit.config.put(spec.config or {})
            await device.set_auth(
                spec.auth or self.defaults.auth or "digest",
                spec.user or self.defaults.user,
                spec.password or self.defaults.password,
                spec.allow if spec.allow is not None else self.defaults.allow or (),
            )
        return device
