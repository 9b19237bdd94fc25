"""A visitor's pass in one call (VIS-01): a key for some hours at the building's doors, with its QR code."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import segno

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, Repeat
from core.entities.device import DEVICE, RELAY
from core.entities.site import APARTMENT, BUILDING, SITE
from core.rules.access_times import local_of
from core.rules.door import Door
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.visitors import NewKey, TemporaryKey, Times, add_key, qr_payload

LONGEST_H = 24 * 30


@dataclass(frozen=True, slots=True)
class NewPass:
    """What is asked for: who, for how many hours from now. Everything else has a default.

    `building_id`: that of the apartment, else the site's only one. `relay_ids`: the doors of the building's default
    group. `uses`: n at each door; None without a limit. `times`: other times than those hours.
    """

    site_id: str
    name: str
    hours: int = 24
    apartment_id: str | None = None
    building_id: str = ""
    relay_ids: Sequence[str] = ()
    uses: int | None = None
    email: str = ""
    times: Times | None = None


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """A pass to hand over. `svg`: the QR code as a picture. `device_ids`: doors that must be pushed before it opens."""

    key: TemporaryKey = field(repr=False)
    code: str = field(repr=False)
    svg: str = field(repr=False)
    until: datetime
    doors: tuple[str, ...]
    device_ids: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For whoever hands it over; without the code."""
        who = f"{self.key.visitor.first_name} {self.key.visitor.last_name}".removesuffix(" ·")
        return f"{who} may open {', '.join(self.doors)} until {self.until:%a %Y-%m-%d %H:%M}."


async def visitor_pass(ctx: Context, new: NewPass) -> VisitorPass:
    """Make the key and give it with its QR code. UserError when doors or building are not clear.

    Whoever makes it sees the code once, to hand it over; every later look at it is audited.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    if not 1 <= new.hours <= LONGEST_H:
        raise UserError("pass.hours", f"A pass lasts 1 to {LONGEST_H} hours.", field="hours")
    if not new.name.strip():
        raise UserError("pass.name", "A pass needs the visitor's name.", field="name")
    now = ctx.clock.now()
    until, asked = await ctx.mirror.read(lambda r: _asked(r, new, now))
    key = await add_key(ctx, asked)
    doors, devices = await ctx.mirror.read(lambda r: _doors(r, key.relay_ids))
    return VisitorPass(key, key.credential.code, qr_svg(qr_payload(key)), until, doors, devices)


def qr_svg(text: str) -> str:
    """A QR code as an SVG document."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=8, border=4)
    return out.getvalue().decode("utf-8")


def _asked(reader: Reader, new: NewPass, now: datetime) -> tuple[datetime, NewKey]:
    zone = reader.require(SITE, new.site_id).time_zone
    building_id = _building(reader, new)
    times = new.times or _hours(new.hours, zone, now)
    key = NewKey(
        building_id,
        new.name.strip(),
        list(new.relay_ids) or usual_doors(reader, building_id),
        times,
        apartment_id=new.apartment_id,
        uses=new.uses,
        email=new.email,
    )
    last = times.to_day or local_of(now, zone).date()
    return datetime.combine(last, times.to_time, ZoneInfo(zone)), key


def _hours(hours: int, zone: str, now: datetime) -> Times:
    """From now on for some hours, on the wall clock of the site."""
    begins, ends = (local_of(m, zone) for m in (now, now + timedelta(hours=hours)))
    first, last = (moment.replace(second=0, microsecond=0, tzinfo=None) for moment in (begins, ends))
    # Doors go by the wall clock. On the night when it is put back it shows an hour twice: the key then opens through
    # both, since a shut door during the hours that were promised is worse than an open one a little longer.
    back = max((begins.utcoffset() or timedelta()) - (ends.utcoffset() or timedelta()), timedelta())
    first, last = first - back, max(last, first + timedelta(hours=hours))
    return Times(
        Repeat.NEVER,
        from_time=first.time(),
        to_time=last.time(),
        from_day=first.date(),
        to_day=last.date(),
    )


def _building(reader: Reader, new: NewPass) -> str:
    if new.apartment_id is not None:
        return reader.require(APARTMENT, new.apartment_id).building_id
    if new.building_id:
        return reader.require(BUILDING, new.building_id).id
    buildings = reader.find(BUILDING, scope_id=new.site_id)
    if len(buildings) != 1:
        words = f"The site has {len(buildings)} buildings: say which one, or the apartment."
        raise UserError("pass.building", words, field="building_id")
    return buildings[0].id


def usual_doors(reader: Reader, building_id: str) -> list[str]:
    """Relays that a pass opens unless others are said: those of the building's default group."""
    group = reader.first(ACCESS_GROUP, building_id=building_id)
    doors = reader.find(GROUP_DOOR, group_id=group.id) if group else []
    return [door.relay_id for door in doors]


def _doors(reader: Reader, relay_ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    relays = reader.find_in(RELAY, "id", relay_ids)
    devices = {d.id: d for d in reader.find_in(DEVICE, "id", [r.device_id for r in relays])}
    names = tuple(Door(devices[r.device_id], r).name for r in relays)
    return names, tuple(devices)
