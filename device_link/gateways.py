"""One `DeviceGateway` for all makers: each call goes to the driver whose words the device speaks.

A device that tells its maker by its MAC is believed; any other is asked once, without a sign-in, and remembered by its
address until it turns out to be another.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar, Unpack

from core.base.clock import Clock
from core.base.errors import DataError, RefusedError
from core.ports.device import CallEvent, DeviceGateway, DoorEvent, FirmwareStage, Link, Part, Phone
from core.rules.capabilities import Capability, Maker, capabilities_of
from core.rules.desired import Desired, Identity, Observed
from core.rules.plan import ItemResult, Plan
from device_link.addresses import AKUVOX, TWO_N, maker_of
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.apply_parts import PhotoOf
from device_link.drivers.akuvox.envelope import first_value
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.means import Means, WithMeans
from device_link.drivers.onvif.gateway import OnvifGateway
from device_link.drivers.twon.gateway import TwoNGateway
from device_link.errors import NonsenseError, UnsupportedError
from device_link.http import Answer, BadAnswerError, DeviceLine, LineLostError, NotSentError
from device_link.pool import device_key

T = TypeVar("T")

_REMEMBERED = 4000
_BODY_LIMIT = 64 * 1024
_REALM = re.compile(r'realm="?\s*(HTTP ?API|2N)', re.IGNORECASE)
_OTHER_DRIVER = frozenset({"device.other", "device.unsupported"})
"""Refusals after which the guess about the maker is dropped."""


class MakerChoice(WithMeans):
    """Which driver serves a device; all of them have the same means. `photos`: as for Akuvox."""

    def __init__(self, clock: Clock, *, photos: PhotoOf | None = None, **means: Unpack[Means]) -> None:
        super().__init__(clock, **means)
        means["pool"] = self._pool
        self.akuvox = AkuvoxGateway(clock, photos=photos, **means)
        self.two_n = TwoNGateway(clock, **means)
        self.cameras = OnvifGateway(clock, **means)
        self._makers: OrderedDict[str, Maker] = OrderedDict()

    async def maker(self, link: Link) -> Maker:
        """Whose driver serves the device. One that says nothing of itself is taken for an Akuvox, whose driver says why
        it cannot be reached.
        """
        known = {AKUVOX: Maker.AKUVOX, TWO_N: Maker.TWO_N}.get(maker_of(link.mac))
        if known is not None:
            return known
        key = f"{device_key(link.url)} {link.mac}"
        found = self._makers.get(key)
        if found is None:
            found = await self._ask(link.url)
            if found is None:
                return Maker.AKUVOX
            self._makers[key] = found
            while len(self._makers) > _REMEMBERED:
                self._makers.popitem(last=False)
        return found

    async def _ask(self, url: str) -> Maker | None:
        async with self._pool.turn(url):
            answer = await self._info(base_url(url))
        if answer is None:
            return None
        found = maker_in(answer)
        if found is None and await self.cameras.speaks_onvif(url):
            found = Maker.CAMERA
        return found

    async def _info(self, base: str) -> Answer | None:
        """The answer to the question that both makers have in common; None when nothing answers."""
        async with DeviceLine(self._clock, self._pacing("").limits) as line:
            try:
                answer = await line.send("GET", f"{base}/api/system/info", body_limit=_BODY_LIMIT)
                secure = (
                    https_of(base, answer.headers.get("location", "")) if 300 < answer.status < 400 else ""
                )
                if secure:
                    answer = await line.send("GET", f"{secure}/api/system/info", body_limit=_BODY_LIMIT)
            except (NotSentError, LineLostError, BadAnswerError):
                return None
        return answer

    async def _driver(self, link: Link) -> DeviceGateway:
        drivers: dict[Maker, DeviceGateway] = {
            Maker.AKUVOX: self.akuvox,
            Maker.TWO_N: self.two_n,
            Maker.CAMERA: self.cameras,
        }
        return drivers[await self.maker(link)]

    async def _by(self, link: Link, act: Callable[[DeviceGateway], Awaitable[T]]) -> T:
        """Have the fitting driver do it; forget who it was when the device turns out to be another."""
        try:
            return await act(await self._driver(link))
        except DataError:
            self._forget(link)
            raise
        except RefusedError as refusal:
            if refusal.code in _OTHER_DRIVER:
                self._forget(link)
            raise

    def _forget(self, link: Link) -> None:
        self._makers.pop(f"{device_key(link.url)} {link.mac}", None)


class MakerGateway(MakerChoice, DeviceGateway):
    """As the port has it, by the driver that fits."""

    async def identify(self, link: Link) -> Identity:
        """See `DeviceGateway.identify`."""
        return await self._by(link, lambda driver: driver.identify(link))

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        """See `DeviceGateway.observe`."""
        return await self._by(link, lambda driver: driver.observe(link, desired, parts))

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        """See `DeviceGateway.apply`."""
        return await self._by(
            link, lambda driver: driver.apply(link, plan, report=report, check_cancel=check_cancel)
        )

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
        await self._by(
            link, lambda driver: driver.send_firmware(link, image, md5, stage=stage, file_name=file_name)
        )

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`."""
        return await self._by(link, lambda driver: driver.wait_back(link, limit_s=limit_s))

    async def reboot(self, link: Link) -> None:
        """See `DeviceGateway.reboot`."""
        await self._by(link, lambda driver: driver.reboot(link))

    async def reset(self, link: Link) -> None:
        """See `DeviceGateway.reset`."""
        await self._by(link, lambda driver: driver.reset(link))

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """See `DeviceGateway.trigger_relay`."""
        await self._by(link, lambda driver: driver.trigger_relay(link, number, hold_s=hold_s))

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.relay_states`."""
        return await self._by(link, lambda driver: driver.relay_states(link))

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """See `DeviceGateway.door_events`."""
        return await self._by(link, lambda driver: driver.door_events(link, newest=newest))

    async def call_events(self, link: Link, *, newest: int) -> list[CallEvent]:
        """See `DeviceGateway.call_events`."""
        return await self._by(link, lambda driver: driver.call_events(link, newest=newest))

    def phone(self, link: Link) -> Phone:
        """See `DeviceGateway.phone`."""
        return _MakerPhone(self._by, link)

    async def input_states(self, link: Link) -> dict[int, bool]:
        """See `DeviceGateway.input_states`."""
        return await self._by(link, lambda driver: driver.input_states(link))

    async def capture(self, link: Link, *, seconds: int) -> bytes:
        """See `DeviceGateway.capture`."""
        return await self._by(link, lambda driver: driver.capture(link, seconds=seconds))

    async def device_time(self, link: Link) -> datetime:
        """See `DeviceGateway.device_time`."""
        return await self._by(link, lambda driver: driver.device_time(link))

    async def send_screen_saver(self, link: Link, pictures: Sequence[tuple[str, Path]]) -> None:
        """See `DeviceGateway.send_screen_saver`."""
        await self._by(link, lambda driver: driver.send_screen_saver(link, pictures))

    async def snapshot(self, link: Link) -> bytes:
        """See `DeviceGateway.snapshot`."""
        return await self._by(link, lambda driver: driver.snapshot(link))

    async def set_clock(self, link: Link, local_time: datetime) -> None:
        """See `DeviceGateway.set_clock`."""
        await self._by(link, lambda driver: driver.set_clock(link, local_time))

    async def settings_map(self, link: Link) -> dict[str, str]:
        """See `DeviceGateway.settings_map`."""
        return await self._by(link, lambda driver: driver.settings_map(link))

    async def stream_address(self, link: Link) -> str:
        """See `DeviceGateway.stream_address`."""
        return await self._by(link, lambda driver: driver.stream_address(link))


async def capabilities_at(gateway: MakerGateway, link: Link) -> frozenset[Capability]:
    """What the device at a link can be asked for; reads what it is."""
    maker = await gateway.maker(link)
    return capabilities_of(await gateway.identify(link), maker)


async def read_config(gateway: MakerGateway, link: Link) -> bytes:
    """A backup of the whole configuration where the maker has one; UnsupportedError elsewhere."""
    if await gateway.maker(link) is not Maker.TWO_N:
        raise UnsupportedError(link.url, "config")
    return await gateway.two_n.read_config(link)


def maker_in(answer: Answer) -> Maker | None:
    """The maker that an unsigned answer to `system/info` gives away; None when it tells none."""
    if "HIP" in answer.headers.get("server", ""):
        return Maker.TWO_N
    realms = [found[1].upper() for one in answer.challenges if (found := _REALM.search(one))]
    if realms:
        return Maker.TWO_N if realms[0] == "2N" else Maker.AKUVOX
    try:
        value = first_value(answer.body)
    except NonsenseError:
        return Maker.AKUVOX if answer.status == 403 else None
    if not isinstance(value, dict):
        return None
    if "success" in value:
        return Maker.TWO_N
    return Maker.AKUVOX if "retcode" in value else None


class _By(Protocol):
    """`MakerChoice._by`."""

    def __call__(self, link: Link, act: Callable[[DeviceGateway], Awaitable[T]]) -> Awaitable[T]:
        """Have the fitting driver do it."""
        ...


class _MakerPhone:
    """The telephone of the driver that fits, found anew for each act."""

    def __init__(self, by: _By, link: Link) -> None:
        self._by, self._link = by, link

    async def state(self) -> str:
        """See `Phone.state`."""
        return await self._by(self._link, lambda driver: driver.phone(self._link).state())

    async def dial(self, number: str, *, name: str) -> None:
        """See `Phone.dial`."""
        await self._by(self._link, lambda driver: driver.phone(self._link).dial(number, name=name))

    async def hang_up(self) -> None:
        """See `Phone.hang_up`."""
        await self._by(self._link, lambda driver: driver.phone(self._link).hang_up())
