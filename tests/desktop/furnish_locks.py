"""Locks of other makers at the furnished site: codes to enter and to take away, one refused, some that do not fit."""

from __future__ import annotations

from core.entities.lock import LockBrand
from core.rules.lock_codes import Todo
from core.usecases.doors import set_group_doors
from core.usecases.groups import NewGroup, add_group
from core.usecases.lock_codes import lock_work, note_lock_items
from core.usecases.locks import add_lock
from core.usecases.people import remove_resident
from core.usecases.sites import change_site
from tests.desktop.furnish_window import Furnished

REFUSED = "The card is on another account"


async def furnish_locks(made: Furnished) -> None:
    """By use cases, as an installer: five people open the store, two of them the bicycle cellar as well."""
    ctx, site = made.ctx, made.site.id
    await change_site(ctx, site_id=site, itec=True, dormakaba=True)
    people = [person.id for person in made.residents[:5]]
    locks = {}
    for name, brand, serial in (
        ("Store", LockBrand.ITEC, "IT-40017"),
        ("Bicycle cellar", LockBrand.DORMAKABA, "DK-8812"),
    ):
        locks[name] = await add_lock(ctx, site_id=site, name=name, brand=brand, serial=serial)
        members = people if brand is LockBrand.ITEC else people[:2]
        group = await add_group(ctx, NewGroup(site, f"{name}: keys", [], members))
        await set_group_doors(ctx, group_id=group.id, relay_ids=[], lock_ids=[locks[name].id])
    to_enter = [one for one in await lock_work(ctx, site_id=site) if one.todo is Todo.ADD]
    stand = [one.key for one in to_enter if one.person in {people[0], people[4]}]
    await note_lock_items(ctx, site_id=site, keys=stand)
    refused = next(one.key for one in to_enter if one.person == people[1])
    await note_lock_items(ctx, site_id=site, keys=[refused], failed=REFUSED)
    await remove_resident(ctx, people[4])
