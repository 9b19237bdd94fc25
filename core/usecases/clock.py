"""A device's clock: measured, judged, set and proved (W13). A wrong clock opens doors at wrong hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from core.base.verdict import Verdict
from core.entities.device import DEVICE, Device
from core.entities.site import SITE, Site
from core.ports.device import Link, Part
from core.rules.desired import Desired, WantedSetting
from core.rules.settings import city_text, gmt_text, label_of, normal
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link

RIGHT_WITHIN = timedelta(seconds=30)
"""Schedules go by the minute: less than half of one is right."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A measurement. `drift`: the device's time minus ours; `sure`: half of what the question took. `zone` as it holds
    it, `zone_wanted` as the site's zone is called on devices.
    """

    device: Device
    at: datetime
    drift: timedelta
    sure: timedelta
    zone: str
    city: str
    zone_wanted: str
    city_wanted: str

    @property
    def right_time(self) -> bool:
        """Whether the clock is near enough."""
        return abs(self.drift) <= RIGHT_WITHIN + self.sure

    @property
    def right_zone(self) -> bool:
        """Whether the zone is the site's. The city decides about daylight saving, so it counts where it is told."""
        offset = normal("time_zone", self.zone) == normal("time_zone", self.zone_wanted)
        return offset and self.city in {"", self.city_wanted}

    @property
    def said(self) -> str:
        """One sentence for people."""
        seconds = round(self.drift.total_seconds())
        if self.right_time and self.right_zone:
            return "Its clock is right."
        parts = []
        if not self.right_time:
            way = "ahead" if seconds > 0 else "behind"
            parts.append(f"Its clock is {abs(seconds)} s {way}.")
        if not self.right_zone:
            parts.append(f"Its zone is {self.zone} {self.city}, not {self.zone_wanted} {self.city_wanted}.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class ClockResult:
    """What came of setting a clock: PROVED when it was read back right."""

    before: ClockReading
    after: ClockReading
    verdict: Verdict


async def measure_clock(ctx: Context, device: Device) -> ClockReading:
    """Ask a device for its time and zone. RefusedError and UnreachableError as the device gives them."""
    link, _ = await open_link(ctx, device)
    return await _measure(ctx, device, link)


async def _measure(ctx: Context, device: Device, link: Link) -> ClockReading:
    site = await ctx.mirror.read(partial(_site, device_id=device.id))
    began = ctx.clock.now()
    told = await ctx.gateway.device_time(link)
    took = ctx.clock.now() - began
    wanted = Desired(
        device.id,
        device.mac,
        "",
        tuple(WantedSetting(name, label_of(name), "") for name in ("time_zone", "time_zone_city")),
    )
    observed = await ctx.gateway.observe(link, wanted, frozenset({Part.SETTINGS}))
    held = {name: one.value or "" for name, one in (observed.settings or {}).items()}
    return ClockReading(
        device,
        began,
        told - (began + took / 2),
        # A device tells whole seconds.
        took / 2 + timedelta(seconds=1),
        held.get("time_zone", ""),
        held.get("time_zone_city", ""),
        gmt_text(site.time_zone, began),
        city_text(site.time_zone),
    )


def _site(reader: Reader, *, device_id: str) -> Site:
    return reader.require(SITE, reader.require(DEVICE, device_id).site_id)


async def set_clock(ctx: Context, device: Device) -> ClockResult:
    """Set a device's clock from this workstation's, and read it back. The zone is a setting and comes with a push; the
    time is told in the zone that the device has now.
    """
    ctx.require(Permission.PUSH)
    link, _ = await open_link(ctx, device)
    before = await _measure(ctx, device, link)
    site = await ctx.mirror.read(partial(_site, device_id=device.id))
    zone = ZoneInfo(site.time_zone)
    local = ctx.clock.now().astimezone(zone).replace(tzinfo=None)
    if not before.right_zone:
        local += _offset_of(before.zone) - (ctx.clock.now().astimezone(zone).utcoffset() or timedelta())
    await ctx.gateway.set_clock(link, local)
    after = await _measure(ctx, device, link)
    return ClockResult(before, after, Verdict.PROVED if after.right_time else Verdict.DIFFERS)


def _offset_of(zone: str) -> timedelta:
    """The plain offset of `GMT+1:00`; nothing for what is none."""
    sign, _, rest = normal("time_zone", zone).removeprefix("GMT").partition(":")
    try:
        hours, minutes = int(sign), int(rest)
    except ValueError:
        return timedelta()
    return timedelta(hours=hours, minutes=-minutes if sign.startswith("-") else minutes)
