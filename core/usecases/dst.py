"""Schedules of a site that fall into the hour that clocks leave out or pass twice, told beforehand (W13)."""

from __future__ import annotations

from core.entities.access import ACCESS_GROUP
from core.entities.site import SITE
from core.rules.dst_nights import DstWarning, dst_warnings
from core.store.reader import Reader
from core.usecases.context import Context


async def site_dst_warnings(ctx: Context, site_id: str) -> list[DstWarning]:
    """What of a site's schedules will be otherwise on a night when clocks change, within the next year."""
    ctx.require_signed_in()
    now = ctx.clock.now()

    def work(reader: Reader) -> list[DstWarning]:
        groups = sorted(reader.find(ACCESS_GROUP, scope_id=site_id), key=lambda g: g.name)
        return dst_warnings(groups, reader.require(SITE, site_id).time_zone, now)

    return await ctx.mirror.read(work)
