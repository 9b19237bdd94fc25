"""Where the row of a site leads to, by kind of site and role."""

from __future__ import annotations

from collections.abc import Callable

from core.entities.lock import LockBrand
from core.entities.person import AccountType
from core.entities.site import Payer, SiteKind
from core.usecases import imports
from core.usecases.locks import add_lock
from core.usecases.places import add_site
from core.usecases.site_ways import IMPORT_KINDS, Way, WayTo, site_ways
from core.usecases.sites import add_house, change_site
from tests.core.usecases.conftest import Desk


async def ways(desk: Desk, site_id: str) -> dict[WayTo, Way]:
    return {way.to: way for way in await site_ways(desk.ctx, site_id)}


async def test_site_09_a_house_leads_to_edit_reset_family_devices_by_brand_and_smart_home(desk: Desk) -> None:
    house = await add_house(desk.ctx, name="Ryan's", owner=("Ryan", "Hale"), time_zone="UTC")
    for name, brand in (("Front", LockBrand.SALTO), ("Back", LockBrand.SALTO), ("Shed", LockBrand.ITEC)):
        await add_lock(desk.ctx, site_id=house.id, name=name, brand=brand)
    found = await ways(desk, house.id)
    assert list(found)[:5] == [WayTo.EDIT, WayTo.RESET, WayTo.FAMILY, WayTo.INTERCOMS, WayTo.LOCKS]
    assert found[WayTo.LOCKS].parts == (("itec", 1), ("salto", 2))
    assert (found[WayTo.FAMILY].count, found[WayTo.INTERCOMS].count) == (0, 0)
    assert WayTo.SMART_HOME not in found, "SITE-04: only once the link is on"
    await change_site(desk.ctx, site_id=house.id, smart_home=True)
    assert WayTo.SMART_HOME in await ways(desk, house.id)


async def test_site_28_an_office_leads_to_the_smart_home_portal(desk: Desk) -> None:
    office = await add_site(desk.ctx, name="Larch", kind=SiteKind.OFFICE, time_zone="UTC")
    assert WayTo.SMART_HOME in await ways(desk, office.id)
    assert WayTo.SMART_HOME not in await ways(desk, desk.site.id)


async def test_site_29_an_offices_row_imports_users_and_devices(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    office = await add_site(desk.ctx, name="Larch", kind=SiteKind.OFFICE, time_zone="UTC")
    found = await ways(desk, office.id)
    assert {WayTo.IMPORT_USERS, WayTo.IMPORT_DEVICES} <= found.keys()
    known = {kind.name for kind in imports.kinds()}
    assert {IMPORT_KINDS[to] for to in (WayTo.IMPORT_USERS, WayTo.IMPORT_DEVICES)} <= known, "TPL-04"
    assert len(set(IMPORT_KINDS.values())) == 2
    assert not IMPORT_KINDS.keys() & (await ways(desk, desk.site.id)).keys()
    as_manager()
    assert not IMPORT_KINDS.keys() & (await ways(desk, office.id)).keys()


async def test_site_30_every_site_leads_to_users_devices_autop_upgrades_and_subscriptions(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    found = await ways(desk, desk.site.id)
    assert {WayTo.USERS, WayTo.INTERCOMS, WayTo.AUTOP, WayTo.UPGRADES, WayTo.SUBSCRIPTIONS} <= found.keys()
    assert (found[WayTo.USERS].count, found[WayTo.INTERCOMS].count) == (1, 1)
    as_manager()
    mine = await ways(desk, desk.site.id)
    assert not {WayTo.AUTOP, WayTo.UPGRADES, WayTo.RESET, WayTo.SUBSCRIPTIONS} & mine.keys()


async def test_site_30_subscriptions_are_the_managers_where_the_manager_pays(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    await change_site(desk.ctx, site_id=desk.site.id, charge_mode=Payer.MANAGER)
    as_manager()
    assert WayTo.SUBSCRIPTIONS in await ways(desk, desk.site.id)


async def test_site_09_family_members_are_counted(desk: Desk) -> None:
    await desk.person("Kit", account_type=AccountType.MEMBER)
    assert (await ways(desk, desk.site.id))[WayTo.USERS].count == 2
