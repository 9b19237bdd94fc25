"""Devices, gateway and scanner in memory for the tests of the window: they fulfil the ports, and misbehave if asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.errors import RefusedError, UnreachableError
from core.base.verdict import Verdict
from core.ports.device import DeviceGateway, DoorEvent, FirmwareStage, Link, Part
from core.ports.lan import AccessState, Login, Sighted
from core.rules.desired import (
    Desired,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Identity,
    Observed,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)
from core.rules.plan import Act, ItemResult, Plan

NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)


@dataclass(slots=True)
class FakeDevice:
    """What one device holds, and how it misbehaves: `drops`: takes each n-th person and forgets it."""

    mac: str
    model: str
    firmware: str
    url: str
    blocked: bool = False
    away: bool = False
    drops: int = 0
    refuses: str = ""
    foreign: tuple[HeldPerson, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    people: dict[str, HeldPerson] = field(default_factory=dict)
    schedules: dict[str, HeldSchedule] = field(default_factory=dict)
    taken: int = 0
    open_relays: set[int] = field(default_factory=set)
    phone: str = "Ready"
    dialled: list[str] = field(default_factory=list)


class FakePhone:
    """The telephone of a fake device, which says `Talking` as soon as it dials."""

    def __init__(self, find: Callable[[], FakeDevice]) -> None:
        self._find = find

    async def state(self) -> str:
        return self._find().phone

    async def dial(self, number: str, *, name: str) -> None:
        device = self._find()
        device.phone = "Talking"
        device.dialled.append(f"{name} {number}")

    async def hang_up(self) -> None:
        self._find().phone = "Ready"


class FakeGateway(DeviceGateway):
    """DeviceGateway over `FakeDevice`s by their address."""

    def __init__(self, devices: Sequence[FakeDevice]) -> None:
        self.by_url = {d.url: d for d in devices}
        self.gate: asyncio.Event | None = None
        """Set by a test that wants to look at a push while it runs."""

    def _find(self, link: Link) -> FakeDevice:
        device = self.by_url[link.url]
        if device.away:
            raise UnreachableError("device.no_answer", f"Nothing answers at {link.url}.")
        if device.blocked:
            raise RefusedError(
                "device.blocked",
                "The device answers 403: its HTTP API is off for this computer.",
                remedy="On its web page, Setting > HTTP API, add this computer's address to the allow-list.",
                said="403 Forbidden",
            )
        return device

    def phone(self, link: Link) -> FakePhone:
        return FakePhone(lambda: self._find(link))

    async def identify(self, link: Link) -> Identity:
        device = self._find(link)
        return Identity(device.mac, device.model, device.firmware, "29.0.3.0.1")

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        device = self._find(link)
        people = (*device.people.values(), *device.foreign)
        held = {s.name: HeldSetting(s.name, device.settings.get(s.name, "")) for s in desired.settings}
        return Observed(
            Identity(device.mac, device.model, device.firmware),
            held if Part.SETTINGS in parts else None,
            tuple(device.schedules.values()) if Part.PEOPLE in parts else None,
            people if Part.PEOPLE in parts else None,
        )

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        device = self._find(link)
        results: list[ItemResult] = []
        for item in plan.changes:
            check_cancel()
            if (
                self.gate is not None and results
            ):  # the first item goes through, so that the job says what it does
                await self.gate.wait()
            await asyncio.sleep(0)
            result = self._take(device, item)
            results.append(result)
            report(result)
        return results

    def _take(self, device: FakeDevice, item: Any) -> ItemResult:
        wanted = item.wanted
        if device.refuses and item.subject == device.refuses:
            return ItemResult(item.kind, item.subject, Verdict.REFUSED, "HoldDelayB: out of range 1-10")
        if item.act is Act.REMOVE:
            device.people.pop(item.subject, None)
        elif isinstance(wanted, WantedSetting):
            device.settings[wanted.name] = wanted.value
        elif isinstance(wanted, WantedSchedule):
            device.schedules[wanted.key] = HeldSchedule(
                "1", "1001", wanted.key, wanted.repeat, wanted.days, wanted.from_time, wanted.to_time
            )
        elif isinstance(wanted, WantedPerson):
            device.taken += 1
            if not device.drops or device.taken % device.drops:
                ref = str(device.taken)
                device.people[wanted.user_id] = HeldPerson(
                    ref, wanted.user_id, wanted.name, wanted.pins, wanted.cards, wanted.grants, wanted.floors
                )
        return ItemResult(item.kind, item.subject, Verdict.ACCEPTED)

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        device = self._find(link)
        for name in (FirmwareStage.PREPARE, FirmwareStage.UPLOAD, FirmwareStage.UPGRADE):
            stage(name, 1, 1)
            if self.gate is not None:
                await self.gate.wait()
        head = await asyncio.to_thread(image.read_bytes)
        device.firmware = head[:80].split()[3].decode()

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        return await self.identify(link)

    async def reboot(self, link: Link) -> None:
        self._find(link)

    async def reset(self, link: Link) -> None:
        self._find(link)

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        self._find(link).open_relays.add(number)

    async def relay_states(self, link: Link) -> dict[int, bool]:
        return dict.fromkeys(self._find(link).open_relays, True)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        self._find(link)
        at = datetime(2026, 11, 24, 9, 11, 20)  # noqa: DTZ001  a device's own wall clock has no zone
        return [
            DoorEvent("3", at, "Mirela Castan", "g1", "card", "A", success=True),
            DoorEvent("2", at, "", "", "pin", "A", success=False),
        ]

    async def device_time(self, link: Link) -> datetime:
        self._find(link)
        return NOW

    async def set_clock(self, link: Link, local_time: datetime) -> None:
        self._find(link)

    async def settings_map(self, link: Link) -> dict[str, str]:
        return dict(self._find(link).settings)

    async def snapshot(self, link: Link) -> bytes:
        self._find(link)
        return b"\xff\xd8\xff"


class FakeScanner:
    """LanScanner that finds the fake devices, and two strangers."""

    def __init__(self, devices: Sequence[FakeDevice]) -> None:
        self.devices = list(devices)
        self.gate: asyncio.Event | None = None

    async def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncIterator[Sighted]:
        for device in self.devices:
            if self.gate is not None:
                await self.gate.wait()
            if device.away:
                continue
            state = AccessState.BLOCKED if device.blocked else AccessState.OPEN
            reason = (
                "The API answers 403: its allow-list does not hold this computer." if device.blocked else ""
            )
            yield Sighted(
                device.url, device.mac, device.model, device.firmware, "", state, reason, ("tcp", "mdns")
            )
        yield Sighted(
            "http://192.168.10.1",
            access=AccessState.OTHER,
            reason="A web page of another maker.",
            methods=("tcp",),
        )


MODELS = (
    ("X915 V2", "2915.30.10.524"),
    ("R29", "29.30.10.438"),
    ("R29", "29.30.10.123"),
    ("X915 V2", "2915.30.10.524"),
    ("R29", "29.30.10.123"),
    ("R29", "29.30.10.438"),
    ("A03", "103.30.11.3"),
    ("A03", "103.30.11.3"),
    ("C319", "119.30.10.203"),
    ("C319", "119.30.10.203"),
    ("R29", "29.30.10.123"),
    ("E12", "312.0.201.103"),
)


def fake_devices() -> list[FakeDevice]:
    """Twelve: ten of the site, one new and free, one new but of another installer; with the faults of the demo."""
    made = [
        FakeDevice(f"0C11052A7F{n:02X}", model, firmware, f"http://192.168.10.{11 + n}")
        for n, (model, firmware) in enumerate(MODELS)
    ]
    made[1].drops = 7
    made[2].refuses = "relay_b_hold"
    made[3].foreign = (HeldPerson("99", "", "", (), ("008A4F11",), ()),)
    made[5].blocked = True
    made[4].away = True
    return made


def strangers() -> list[FakeDevice]:
    """Two more of the library's: one free, one whose API is closed."""
    return [
        FakeDevice("0C11052A8001", "R29", "29.30.10.438", "http://192.168.10.40"),
        FakeDevice("0C11052A8002", "R29", "29.30.10.438", "http://192.168.10.41", blocked=True),
    ]
