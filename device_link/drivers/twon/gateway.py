"""2N units behind `core.ports.device.DeviceGateway`: one session per call, one call per unit at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.ports.device import DeviceGateway, DoorEvent, FirmwareStage, Link, Part
from core.rules.desired import (
    Desired,
    HeldContact,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Identity,
    Observed,
)
from core.rules.plan import ItemResult, Plan
from device_link.drivers.akuvox.pacing import Pacing, PacingOf, real_pacing
from device_link.drivers.akuvox.restart import Wait
from device_link.drivers.twon import acts
from device_link.drivers.twon.apply import Apply
from device_link.drivers.twon.contacts import held_contacts, is_contact
from device_link.drivers.twon.people import LACKS, held_person, read_directory
from device_link.drivers.twon.session import TwoNSession
from device_link.drivers.twon.settings import read_settings
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder


class TwoNGateway(DeviceGateway):
    """2N units; arguments as for the Akuvox gateway."""

    def __init__(
        self,
        clock: Clock,
        *,
        pacing: PacingOf = real_pacing,
        pool: DevicePool | None = None,
        recorder: FlightRecorder | None = None,
    ) -> None:
        self._clock = clock
        self._pacing = pacing
        self._pool = pool or DevicePool()
        self._recorder = recorder

    async def identify(self, link: Link) -> Identity:
        """See `DeviceGateway.identify`."""
        async with self._session(link) as session:
            return session.identity

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        """See `DeviceGateway.observe`. A 2N unit tells no schedules: those that are wanted are refused by name."""
        async with self._session(link) as session:
            settings: dict[str, HeldSetting] | None = None
            people: tuple[HeldPerson, ...] | None = None
            contacts: tuple[HeldContact, ...] | None = None
            if Part.SETTINGS in parts:
                settings = await read_settings(session, [wanted.name for wanted in desired.settings])
            if Part.PEOPLE in parts:
                directory = await read_directory(session)
                people = tuple(held_person(one) for one in directory.entries if not is_contact(one))
                contacts = held_contacts(directory.entries) if directory.calls else None
            schedules: tuple[HeldSchedule, ...] | None = () if people is not None else None
            return Observed(session.identity, settings, schedules, people, contacts=contacts, lacks=LACKS)

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        """See `DeviceGateway.apply`."""
        async with self._session(link) as session:
            return await Apply(session, plan, report=report, check_cancel=check_cancel).run()

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        """See `DeviceGateway.send_firmware`. The unit checks the file itself: neither sum nor name are sent."""
        async with self._session(link) as session:
            await self._note_uptime(session)
            await acts.push_firmware(session, image, stage)

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`."""
        async with self._pool.turn(link.url) as turn:
            before, turn.uptime = turn.uptime, None

        async def look() -> tuple[Identity, int | None]:
            async with self._session(link, once=True) as session:
                return session.identity, await acts.read_uptime(session)

        return await Wait(link.url, self._clock, self._pacing("2N"), look, before, limit_s).run()

    async def reboot(self, link: Link) -> None:
        """See `DeviceGateway.reboot`."""
        async with self._session(link) as session:
            await self._note_uptime(session)
            await acts.restart(session)

    async def reset(self, link: Link) -> None:
        """See `DeviceGateway.reset`."""
        async with self._session(link) as session:
            await self._note_uptime(session)
            await acts.reset(session)

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """See `DeviceGateway.trigger_relay`; a switch in 2N's words."""
        async with self._session(link) as session:
            await acts.open_switch(session, number, hold_s)

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.relay_states`."""
        async with self._session(link) as session:
            return await acts.switch_states(session)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """See `DeviceGateway.door_events`. The log names people by uuid; who is ours gets our user id."""
        async with self._session(link) as session:
            events = await acts.read_events(session, newest)
            if not any(one.user_id for one in events):
                return events
            people = [held_person(one) for one in (await read_directory(session)).entries]
        owners = {person.ref: person.user_id for person in people if person.user_id}
        return [replace(one, user_id=owners.get(one.user_id, one.user_id)) for one in events]

    async def device_time(self, link: Link) -> datetime:
        """See `DeviceGateway.device_time`."""
        async with self._session(link) as session:
            return await acts.read_clock(session)

    async def snapshot(self, link: Link) -> bytes:
        """See `DeviceGateway.snapshot`."""
        async with self._session(link) as session:
            return await acts.read_picture(session)

    # ------------------------------------------------------------------------- beyond what every maker can do

    async def port_states(self, link: Link) -> dict[str, bool]:
        """Inputs and outputs by name -> on."""
        async with self._session(link) as session:
            return await acts.port_states(session)

    async def read_config(self, link: Link) -> bytes:
        """A backup of the whole configuration, secrets included: keep it as one keeps a password."""
        async with self._session(link) as session:
            return await acts.read_config(session)

    async def write_config(self, link: Link, data: bytes) -> None:
        """Put a backup back."""
        async with self._session(link) as session:
            await acts.write_config(session, data)

    async def stream_address(self, link: Link) -> str:
        """See `DeviceGateway.stream_address`."""
        host = urlsplit(link.url).hostname or ""
        return f"rtsp://{f'[{host}]' if ':' in host else host}:554/h264_stream"

    async def _note_uptime(self, session: TwoNSession) -> None:
        uptime = await acts.read_uptime(session)
        session.turn.uptime = None if uptime is None else (self._clock.monotonic(), uptime)

    @asynccontextmanager
    async def _session(self, link: Link, *, once: bool = False) -> AsyncIterator[TwoNSession]:
        """A conversation whose first word has proved address, sign-in and MAC. `once`: nothing is repeated."""

        def pacing(model: str) -> Pacing:
            return replace(self._pacing(model), retries=0) if once else self._pacing(model)

        async with (
            self._pool.turn(link.url) as turn,
            TwoNSession(link, turn, clock=self._clock, pacing=pacing, recorder=self._recorder) as session,
        ):
            await session.identify()
            yield session
