"""2N units behind `core.ports.device.DeviceGateway`: one session per call, one call per unit at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from core.ports.device import DoorEvent, FirmwareStage, Link, Part, Phone
from core.rules.desired import (
    Desired,
    HeldContact,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Observed,
)
from core.rules.plan import ItemResult, Plan
from device_link.drivers.akuvox.base import Acts, SessionGateway
from device_link.drivers.akuvox.pacing import Pacing
from device_link.drivers.twon import acts as twon_acts
from device_link.drivers.twon.apply import Apply
from device_link.drivers.twon.calls import TwoNPhone
from device_link.drivers.twon.contacts import held_contacts, is_contact
from device_link.drivers.twon.people import LACKS, held_person, read_directory
from device_link.drivers.twon.session import TwoNSession
from device_link.drivers.twon.settings import read_settings


class TwoNGateway(SessionGateway[TwoNSession]):
    """2N units; a relay is a switch in 2N's words."""

    maker_pacing = "2N"
    acts = Acts(
        read_uptime=twon_acts.read_uptime,
        reboot=twon_acts.restart,
        reset=twon_acts.reset,
        open_relay=twon_acts.open_switch,
        relay_states=twon_acts.switch_states,
        read_clock=twon_acts.read_clock,
        read_picture=twon_acts.read_picture,
    )

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
            await self.note_uptime(session)
            await twon_acts.push_firmware(session, image, stage)

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """See `DeviceGateway.door_events`. The log names people by uuid; who is ours gets our user id."""
        async with self._session(link) as session:
            events = await twon_acts.read_events(session, newest)
            if not any(one.user_id for one in events):
                return events
            people = [held_person(one) for one in (await read_directory(session)).entries]
        owners = {person.ref: person.user_id for person in people if person.user_id}
        return [replace(one, user_id=owners.get(one.user_id, one.user_id)) for one in events]

    # ------------------------------------------------------------------------- beyond what every maker can do

    def phone(self, link: Link) -> Phone:
        """See `DeviceGateway.phone`."""
        return TwoNPhone(partial(self._session, link))

    async def port_states(self, link: Link) -> dict[str, bool]:
        """Inputs and outputs by name -> on."""
        async with self._session(link) as session:
            return await twon_acts.port_states(session)

    async def read_config(self, link: Link) -> bytes:
        """A backup of the whole configuration, secrets included: keep it as one keeps a password."""
        async with self._session(link) as session:
            return await twon_acts.read_config(session)

    async def write_config(self, link: Link, data: bytes) -> None:
        """Put a backup back."""
        async with self._session(link) as session:
            await twon_acts.write_config(session, data)

    async def stream_address(self, link: Link) -> str:
        """See `DeviceGateway.stream_address`."""
        host = urlsplit(link.url).hostname or ""
        return f"rtsp://{f'[{host}]' if ':' in host else host}:554/h264_stream"

    @asynccontextmanager
    async def _session(self, link: Link, *, once: bool = False) -> AsyncIterator[TwoNSession]:
        """See `SessionGateway._session`."""

        def pacing(model: str) -> Pacing:
            return replace(self._pacing(model), retries=0) if once else self._pacing(model)

        async with (
            self._pool.turn(link.url) as turn,
            TwoNSession(link, turn, clock=self._clock, pacing=pacing, recorder=self._recorder) as session,
        ):
            await session.identify()
            yield session
