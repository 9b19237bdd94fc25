"""The Akuvox driver behind `core.ports.device.DeviceGateway`: one session per call, one call per device at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.ports.device import CallEvent, DeviceGateway, DoorEvent, FirmwareStage, Link, Part
from core.rules.capabilities import Capability, Maker, cannot
from core.rules.desired import Desired, HeldPerson, HeldSchedule, HeldSetting, Identity, Observed
from core.rules.plan import ItemResult, Plan
from device_link.drivers.akuvox import calls, camera, capture, firmware, logs, relays, system
from device_link.drivers.akuvox.address import base_url
from device_link.drivers.akuvox.apply import Apply
from device_link.drivers.akuvox.apply_parts import PhotoOf
from device_link.drivers.akuvox.config import read_map, read_settings
from device_link.drivers.akuvox.contacts import read_contacts
from device_link.drivers.akuvox.pacing import PacingOf, real_pacing
from device_link.drivers.akuvox.pictures import send_screen_saver
from device_link.drivers.akuvox.restart import Wait
from device_link.drivers.akuvox.schedules import keys_by_display, read_schedules
from device_link.drivers.akuvox.session import Session
from device_link.drivers.akuvox.users import held_people, read_users, takes_faces
from device_link.errors import UnsupportedError
from device_link.pool import DevicePool
from device_link.recorder import FlightRecorder


class AkuvoxGateway(DeviceGateway):
    """Akuvox units.

    `pacing`: waits by model; `fast_pacing` for simulated units. `pool`: shared with everything else in the process that
    speaks with devices. `recorder`: sees every exchange, secrets masked. `photos`: where the file of a photo is, by its
    digest; without it no faces are sent.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        pacing: PacingOf = real_pacing,
        pool: DevicePool | None = None,
        recorder: FlightRecorder | None = None,
        photos: PhotoOf | None = None,
    ) -> None:
        self._clock = clock
        self._pacing = pacing
        self._pool = pool or DevicePool()
        self._recorder = recorder
        self._photos = photos

    async def identify(self, link: Link) -> Identity:
        """See `DeviceGateway.identify`."""
        async with self._session(link) as session:
            return session.identity

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        """See `DeviceGateway.observe`."""
        async with self._session(link) as session:
            settings: dict[str, HeldSetting] | None = None
            schedules: tuple[HeldSchedule, ...] | None = None
            people: tuple[HeldPerson, ...] | None = None
            takes: frozenset[str] = frozenset()
            if Part.SETTINGS in parts:
                settings = await read_settings(session, [wanted.name for wanted in desired.settings])
            if Part.PEOPLE in parts:
                schedules = await read_schedules(session)
                keys = keys_by_display(schedules)
                records = await read_users(session)
                people = held_people(records, keys)
                faces = self._photos is not None and takes_faces(records, session.identity.model)
                takes = frozenset({"plates", *(["faces"] if faces else [])})
            contacts = None
            if Part.PEOPLE in parts and desired.contacts is not None:
                contacts = await read_contacts(session)
            return Observed(session.identity, settings, schedules, people, takes, contacts)

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
            work = Apply(session, plan, report=report, check_cancel=check_cancel, photos=self._photos)
            return await work.run()

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        """See `DeviceGateway.send_firmware`."""
        async with self._session(link) as session:
            await system.note_uptime(session)
            await firmware.push_firmware(session, image, file_name or image.name, md5, stage)

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`. The unit is free for others between two looks."""
        async with self._pool.turn(link.url) as turn:
            before, turn.uptime = turn.uptime, None

        async def look() -> tuple[Identity, int | None]:
            async with self._conversation(
                link, lambda model: replace(self._pacing(model), retries=0)
            ) as session:
                return await session.identify(), await system.read_uptime(session)

        return await Wait(link.url, self._clock, self._pacing(""), look, before, limit_s).run()

    async def reboot(self, link: Link) -> None:
        """See `DeviceGateway.reboot`."""
        async with self._session(link) as session:
            await system.note_uptime(session)
            await system.reboot(session)

    async def reset(self, link: Link) -> None:
        """See `DeviceGateway.reset`."""
        async with self._session(link) as session:
            await system.note_uptime(session)
            await system.reset(session)

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """See `DeviceGateway.trigger_relay`."""
        async with self._session(link) as session:
            await relays.trigger(session, number, hold_s)

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.relay_states`."""
        async with self._session(link) as session:
            return await relays.read_states(session)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """See `DeviceGateway.door_events`."""
        async with self._session(link) as session:
            return await logs.read_door_events(session, newest)

    async def call_events(self, link: Link, *, newest: int) -> list[CallEvent]:
        """See `DeviceGateway.call_events`."""
        async with self._session(link) as session:
            return await calls.read_call_events(session, newest)

    async def call_state(self, link: Link) -> str:
        """See `DeviceGateway.call_state`."""
        async with self._session(link) as session:
            return await calls.read_state(session)

    async def input_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.input_states`."""
        async with self._session(link) as session:
            return await relays.read_inputs(session)

    async def capture(self, link: Link, *, seconds: int) -> bytes:
        """See `DeviceGateway.capture`. The unit is free for others while it captures."""
        async with self._session(link) as session:
            await capture.start(session, seconds)
        await self._clock.sleep(seconds)
        async with self._session(link) as session:
            return await capture.fetch(session)

    async def device_time(self, link: Link) -> datetime:
        """See `DeviceGateway.device_time`."""
        async with self._session(link) as session:
            return await system.read_clock(session)

    async def set_clock(self, link: Link, local_time: datetime) -> None:
        """See `DeviceGateway.set_clock`."""
        async with self._session(link) as session:
            await system.set_clock(session, local_time)

    async def settings_map(self, link: Link) -> dict[str, str]:
        """See `DeviceGateway.settings_map`."""
        async with self._session(link) as session:
            return await read_map(session)

    async def stream_address(self, link: Link) -> str:
        """See `DeviceGateway.stream_address`. The same on every model that has a camera."""
        identity = await self.identify(link)
        problem = cannot(identity, Capability.STREAM, Maker.AKUVOX)
        if problem:
            raise UnsupportedError(link.url, "video stream", said=problem)
        host = urlsplit(base_url(link.url)).hostname or ""
        return f"rtsp://{f'[{host}]' if ':' in host else host}:554/live/ch00_0"

    async def send_screen_saver(self, link: Link, pictures: Sequence[tuple[str, Path]]) -> None:
        """See `DeviceGateway.send_screen_saver`."""
        async with self._session(link) as session:
            await send_screen_saver(session, pictures)

    async def snapshot(self, link: Link) -> bytes:
        """See `DeviceGateway.snapshot`."""
        async with self._session(link) as session:
            return await camera.read_picture(session)

    @asynccontextmanager
    async def _session(self, link: Link) -> AsyncIterator[Session]:
        """A conversation whose first word has proved address, sign-in and MAC."""
        async with self._conversation(link, self._pacing) as session:
            await session.identify()
            yield session

    @asynccontextmanager
    async def _conversation(self, link: Link, pacing: PacingOf) -> AsyncIterator[Session]:
        async with (
            self._pool.turn(link.url) as turn,
            Session(link, turn, clock=self._clock, pacing=pacing, recorder=self._recorder) as session,
        ):
            yield session
