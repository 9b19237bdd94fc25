"""ONVIF cameras behind `core.ports.device.DeviceGateway`: identity, time, restart, picture and stream address.

What a door phone has and a camera has not is refused by name. Addresses that a camera names are used only where they
are its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from core.base.errors import GatewrightError
from core.ports.device import DeviceGateway, DoorEvent, FirmwareStage, Link, Part
from core.rules.desired import Desired, HeldSetting, Identity, Observed
from core.rules.plan import ItemResult, Plan
from device_link.drivers.akuvox.means import WithMeans
from device_link.drivers.akuvox.restart import Wait
from device_link.drivers.onvif import soap
from device_link.drivers.onvif.session import OnvifSession
from device_link.errors import (
    LoginError,
    NonsenseError,
    UnsupportedError,
)

_JPEG = b"\xff\xd8\xff"


class OnvifGateway(WithMeans, DeviceGateway):
    """Cameras."""

    async def identify(self, link: Link) -> Identity:
        """See `DeviceGateway.identify`."""
        async with self._session(link) as session:
            return await session.identify()

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        """See `DeviceGateway.observe`. A camera holds none of what can be wanted of a door phone."""
        async with self._session(link) as session:
            identity = await session.identify()
        settings = {w.name: HeldSetting(w.name, None) for w in desired.settings}
        people = Part.PEOPLE in parts
        return Observed(
            identity,
            settings if Part.SETTINGS in parts else None,
            () if people else None,
            () if people else None,
        )

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        """See `DeviceGateway.apply`."""
        if plan.changes:
            _cannot(link, "settings and people")
        return []

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        """Refused: makers' files differ, and a camera's are not in the library."""
        _cannot(link, "firmware")

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`. Cameras tell no uptime."""

        async def look() -> tuple[Identity, int | None]:
            async with self._session(link) as session:
                return await session.identify(), None

        return await Wait(link.url, self._clock, self._pacing(""), look, None, limit_s).run()

    async def reboot(self, link: Link) -> None:
        """See `DeviceGateway.reboot`."""
        async with self._session(link) as session:
            await session.identify()
            await session.call(soap.DEVICE, "SystemReboot", changes=True)

    async def reset(self, link: Link) -> None:
        """Refused: a camera with factory settings needs a person at it."""
        _cannot(link, "factory reset")

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """Refused: a camera has no door."""
        _cannot(link, "relay")

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """None."""
        _cannot(link, "relay")

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """Refused: a camera has no door log."""
        _cannot(link, "door log")

    async def device_time(self, link: Link) -> datetime:
        """See `DeviceGateway.device_time`."""
        async with self._session(link) as session:
            return await session.device_time()

    async def snapshot(self, link: Link) -> bytes:
        """See `DeviceGateway.snapshot`."""
        async with self._session(link) as session:
            await session.identify()
            media = await session.media_url()
            uri = await session.profile_uri("GetSnapshotUri", media, await session.profile(media))
            picture = await session.fetch(session.own(uri, otherwise=session.base + "/onvif/snapshot"))
        if not picture.startswith(_JPEG):
            raise NonsenseError("something that is no JPEG picture", link.url)
        return picture

    async def stream_address(self, link: Link) -> str:
        """Where the video stream is, without a sign-in; NonsenseError when the camera names no RTSP address."""
        async with self._session(link) as session:
            await session.identify()
            media = await session.media_url()
            uri = session.own(await session.profile_uri("GetStreamUri", media, await session.profile(media)))
        if not uri.startswith("rtsp://"):
            raise NonsenseError("a stream address that is no RTSP", link.url)
        return uri

    async def speaks_onvif(self, url: str) -> bool:
        """Whether an ONVIF device answers there; asks for the time only, which needs no sign-in."""
        try:
            async with self._session(Link(url)) as session:
                await session.device_time()
        except LoginError:
            return True
        except GatewrightError:
            return False
        return True

    @asynccontextmanager
    async def _session(self, link: Link) -> AsyncIterator[OnvifSession]:
        async with (
            self._pool.turn(link.url) as turn,
            OnvifSession(link, turn, clock=self._clock, pacing=self._pacing) as session,
        ):
            yield session


def _cannot(link: Link, what: str) -> NoReturn:
    raise UnsupportedError(link.url, what, said="a camera has no such thing")
