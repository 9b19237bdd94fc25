"""Sites and the places in them: add, change, remove (SITE-01, SITE-10, SITE-11, SITE-20)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, AccessGroup
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site, SiteKind
from core.rules.plans import FIELDS, plan_forbids
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission


def new_proof_key() -> str:
    """A site's secret for fingerprints of what its devices should hold: 32 hexadecimal digits."""
    return secrets.token_hex(16)


async def add_site(ctx: Context, *, name: str, kind: SiteKind, time_zone: str, **more: Any) -> Site:
    """Make a site of the signed-in installer; its own id is its scope."""
    actor = ctx.require(Permission.EDIT_SITES)
    site_id = new_id()
    site = Site(
        id=site_id,
        scope_id=site_id,
        org_id=actor.org_id,
        name=name,
        kind=kind,
        time_zone=time_zone,
        proof_key=new_proof_key(),
        **more,
    )
    check_plan(site, more, ctx.clock.now())
    return await ctx.mirror.write(lambda tx: tx.put(SITE, site), origin=Origin.USER, act="Add site")


def check_plan(site: Site, given: Mapping[str, Any], now: datetime) -> None:
    """UserError when a new site is given a setting that its plan forbids (SITE-01, SITE-20)."""
    for name, feature in FIELDS.items():
        default = SITE.by_name[name].default
        if name in given and given[name] != default and (why := plan_forbids(site, feature, now)):
            raise UserError("plan.basic", why, field=name)


async def add_building(ctx: Context, *, site_id: str, name: str) -> Building:
    """Make a building and, by itself, its default access group (GRP-04)."""
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> Building:
        site = tx.require(SITE, site_id)
        return put_building(tx, site, name)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add building")


def put_building(tx: Tx, site: Site, name: str) -> Building:
    """The rows of `add_building` inside a transaction."""
    building = tx.put(BUILDING, Building(id=new_id(), scope_id=site.id, site_id=site.id, name=name))
    group = AccessGroup(
        id=new_id(),
        scope_id=site.id,
        site_id=site.id,
        name=f"Resident-Building {name}"[:128],
        code=next_group_code(tx, site.id),
        building_id=building.id,
    )
    tx.put(ACCESS_GROUP, group)
    return building


def next_group_code(reader: Reader, site_id: str) -> int:
    """A numeric ID for a new access group, unique at its site (GRP-04).

    Drawn at random: two workstations that make groups offline would both take the next number.
    """
    used = {g.code for g in reader.find(ACCESS_GROUP, site_id=site_id)}
    while (code := LOWEST_CODE + secrets.randbelow(HIGHEST_CODE - LOWEST_CODE)) in used:
        continue
    return code


LOWEST_CODE, HIGHEST_CODE = 10_000, 10_000_000


async def add_apartment(
    ctx: Context, *, building_id: str, number: str, name: str = "", floor: int | None = None
) -> Apartment:
    """Make an apartment of a building (SITE-10)."""
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> Apartment:
        building = tx.require(BUILDING, building_id)
        return put_apartment(tx, building, number, name=name, floor=floor)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add apartment")


def put_apartment(
    tx: Tx, building: Building, number: str, *, name: str = "", floor: int | None = None
) -> Apartment:
    """The row of `add_apartment` inside a transaction."""
    apartment = Apartment(
        id=new_id(),
        scope_id=building.site_id,
        site_id=building.site_id,
        building_id=building.id,
        number=number,
        name=name,
        floor=floor,
    )
    return tx.put(APARTMENT, apartment)
