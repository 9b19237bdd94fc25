"""A site's settings, its deletion, and the list over all kinds (SITE-01 to SITE-08, SITE-20, 25, 30, SET-01)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities import SYNCED
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.place import PUBLIC_AREA, PublicArea
from core.entities.site import SITE, CallMode, Site, SiteKind
from core.rules.plain_codes import new_uid
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, run_act
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_change
from core.usecases.places import check_plan, new_proof_key

SEARCHED = ("name", "email", "mobile", "sip_number")
"""SITE-06."""


async def change_site(ctx: Context, *, site_id: str, **changes: Any) -> Site:
    """Change settings of a site. What the plan, the kind of site or the role forbids is refused with its reason."""
    ctx.require(Permission.SET_SITES)

    def work(tx: Tx) -> Site:
        site = tx.require(SITE, site_id)
        guard_change(ctx, tx, SITE, site, changes)
        account = {"email", "mobile", "calling_code"} & {
            n for n, v in changes.items() if getattr(site, n) != v
        }
        if (
            account
            and any(p.linked for p in tx.find(RESIDENT, scope_id=site.id))
            and site.kind is SiteKind.HOUSE
        ):
            words = (
                "E-mail, mobile number and area code cannot be changed while the account has linked sites."
            )
            raise UserError("residents.linked", words, remedy="Unlink the sites first.", field=min(account))
        return tx.patch(SITE, site, **changes)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change site")


async def add_house(
    ctx: Context, *, name: str, owner: tuple[str, str], time_zone: str, **settings: Any
) -> Site:
    """SITE-01: a single-family house with its owner's account; IP calls when all devices are in one place, else SIP."""
    actor = ctx.require(Permission.EDIT_SITES)
    site_id = new_id()
    kept = {"call_mode": CallMode.SIP, **settings}
    site = Site(
        id=site_id,
        scope_id=site_id,
        org_id=actor.org_id,
        name=name,
        kind=SiteKind.HOUSE,
        time_zone=time_zone,
        proof_key=new_proof_key(),
        **kept,
    )
    check_plan(site, settings, ctx.clock.now())

    def work(tx: Tx) -> Site:
        tx.grouped()
        tx.put(SITE, site)
        same = ("email", "mobile", "calling_code", "country", "phone_1", "phone_2", "phone_3", "call_mode")
        account = {n: kept[n] for n in same if n in kept}
        first, last = owner
        person = Resident(
            id=new_id(),
            scope_id=site_id,
            site_id=site_id,
            first_name=first,
            last_name=last,
            account_type=AccountType.MASTER,
            uid=new_uid(),
            **account,
        )
        tx.put(RESIDENT, person)
        return site

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add house")


async def list_sites(
    ctx: Context, *, kinds: Sequence[SiteKind] = (), search: str = "", descending: bool = False
) -> list[Site]:
    """SITE-06, SITE-25, SITE-30: all kinds in one list, by name; found by name, e-mail, mobile or SIP number."""
    ctx.require_signed_in()
    words = search.strip().lower()

    def work(reader: Reader) -> list[Site]:
        found = [s for s in reader.find(SITE) if not kinds or s.kind in kinds]
        hits = [s for s in found if not words or any(words in getattr(s, n).lower() for n in SEARCHED)]
        return sorted(hits, key=lambda s: (s.name.lower(), s.id), reverse=descending)

    return await ctx.mirror.read(work)


async def remove_site(ctx: Context, site_id: str, *, check: bool = False) -> BulkReport:
    """SITE-08, SITE-25: delete a site with everything in it; UserError while devices are bound.

    One line per row that goes, its kind as title. Making an account after a delete costs (SITE-07).
    """
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> BulkReport:
        site = tx.require(SITE, site_id)
        if devices := tx.find(DEVICE, scope_id=site.id):
            words = f"{len(devices)} devices are still bound to '{site.name}'."
            raise UserError("sites.devices", words, remedy="Remove them first; their MACs are free then.")
        for entry in tx.find(MAC_ENTRY, site_id=site.id):
            tx.patch(MAC_ENTRY, entry, site_id=None)
        gone: list[Line] = []
        # A default group stays as long as its building does (GRP-01), so groups go last.
        last = {"access_groups": 1, SITE.name: 2}
        backwards = SYNCED[::-1]
        for spec in sorted(backwards, key=lambda s: last.get(s.name, 0)):
            for row in tx.find(spec, scope_id=site.id):
                tx.remove(spec, row.id)
                gone.append(Line(row.id, spec.label))
        return BulkReport(False, tuple(gone))

    return await run_act(ctx, "Remove site", work, check=check, site_id=site_id)


def counts_of(report: BulkReport) -> dict[str, int]:
    """How many rows of each kind a deletion takes."""
    return dict(Counter(line.title for line in report.changed))


async def add_public_area(
    ctx: Context, *, site_id: str, name: str, building_id: str | None = None
) -> PublicArea:
    """SITE-10, SITE-21: a public area of a building or of the whole site."""
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> PublicArea:
        site = tx.require(SITE, site_id)
        row = PublicArea(id=new_id(), scope_id=site.id, site_id=site.id, name=name, building_id=building_id)
        return tx.put(PUBLIC_AREA, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add public area")
