"""The Akuvox driver behind `core.ports.device.DeviceGateway`: one session per call, one call per device at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Unpack
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.ports.device import CallEvent, DoorEvent, FirmwareStage, Link, Part, Phone
from core.rules.capabilities import Capability, Maker, cannot
from core.rules.desired import Desired, HeldPerson, HeldSchedule, HeldSetting, Observed
from core.rules.plan import ItemResult, Plan
from device_link.drivers.akuvox import calls, camera, capture, firmware, logs, relays, system
from device_link.drivers.akuvox.address import base_url
from device_link.drivers.akuvox.apply import Apply
from device_link.drivers.akuvox.apply_parts import PhotoOf
from device_link.drivers.akuvox.base import Acts, SessionGateway
from device_link.drivers.akuvox.config import read_map, read_settings
from device_link.drivers.akuvox.contacts import read_contacts
from device_link.drivers.akuvox.means import Means
from device_link.drivers.akuvox.pacing import Pacing
from device_link.drivers.akuvox.pictures import send_screen_saver
from device_link.drivers.akuvox.schedules import keys_by_display, read_schedules
from device_link.drivers.akuvox.session import Session
from device_link.drivers.akuvox.users import held_people, read_users, takes_faces
from device_link.errors import UnsupportedError


class AkuvoxGateway(SessionGateway[Session]):
    """Akuvox units. `photos`: where the file of a photo is, by its digest; without it no faces are sent."""

    acts = Acts(
        read_uptime=system.read_uptime,
        reboot=system.reboot,
        reset=system.reset,
        open_relay=relays.trigger,
        relay_states=relays.read_states,
        read_clock=system.read_clock,
        read_picture=camera.read_picture,
    )

    def __init__(self, clock: Clock, *, photos: PhotoOf | None = None, **means: Unpack[Means]) -> None:
        super().__init__(clock, **means)
        self._photos = photos

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
            await self.note_uptime(session)
            await firmware.push_firmware(session, image, file_name or image.name, md5, stage)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """See `DeviceGateway.door_events`."""
        async with self._session(link) as session:
            return await logs.read_door_events(session, newest)

    async def call_events(self, link: Link, *, newest: int) -> list[CallEvent]:
        """See `DeviceGateway.call_events`."""
        async with self._session(link) as session:
            return await calls.read_call_events(session, newest)

    def phone(self, link: Link) -> Phone:
        """See `DeviceGateway.phone`."""
        return calls.AkuvoxPhone(partial(self._session, link))

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

    @asynccontextmanager
    async def _session(self, link: Link, *, once: bool = False) -> AsyncIterator[Session]:
        """See `SessionGateway._session`."""

        def pacing(model: str) -> Pacing:
            return replace(self._pacing(model), retries=0) if once else self._pacing(model)

        async with (
            self._pool.turn(link.url) as turn,
            Session(link, turn, clock=self._clock, pacing=pacing, recorder=self._recorder) as session,
        ):
            await session.identify()
            yield session
