"""The MAC library by requirement (MAC-01 to MAC-05): whose it is, how it is searched, what belongs to an office."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from core.base.errors import NotAllowedError, UserError
from core.base.ids import new_id
from core.entities.device import MAC_ENTRY
from core.entities.organisation import ORGANISATION, OrgKind, Role
from core.entities.site import SITE, SiteKind
from core.sheets.office_devices import DeviceBook
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import generic, maclib, supply
from core.usecases.context import Actor
from core.usecases.devices import NewDevice, add_device
from core.usecases.sites import remove_site
from tests.core.usecases.conftest import Desk
from tests.factories import plant, random_mac


def shown(mac: str) -> str:
    return ":".join(mac[i : i + 2] for i in range(0, 12, 2)).lower()


async def office(desk: Desk, name: str = "Quay 4") -> Any:
    org = desk.ctx.me.org_id
    make = lambda tx: plant(tx, SITE, name=name, kind=SiteKind.OFFICE, org_id=org)  # noqa: E731  one line
    return await desk.ctx.mirror.write(make, origin=Origin.USER)


async def test_mac_01_a_distributor_hands_macs_to_its_installers_and_bound_ones_stay(desk: Desk) -> None:
    """MAC-01: registered by the distributor, handed to an installer; who removes free ones and sees its own."""
    installer = desk.ctx.me
    above = Actor(new_id(), new_id(), Role.DISTRIBUTOR, "Distributor")

    def orgs(tx: Tx) -> None:
        tx.put(
            ORGANISATION,
            ORGANISATION.row(id=above.org_id, scope_id=above.org_id, name="Above", kind=OrgKind.DISTRIBUTOR),
        )
        mine = tx.require(ORGANISATION, installer.org_id)
        tx.patch(ORGANISATION, mine, kind=OrgKind.INSTALLER, parent_id=above.org_id)

    await desk.ctx.mirror.write(orgs, origin=Origin.USER)
    desk.ctx.actor = above
    fresh = random_mac()
    assert [line.outcome for line in await maclib.add_macs(desk.ctx, [shown(fresh)], model="R29")] == [
        "added"
    ]
    [row] = await maclib.search_macs(desk.ctx)
    assert (row.entry.mac, row.bound_to) == (fresh, "")
    done = await supply.hand_over(desk.ctx, [row.entry.id], org_id=installer.org_id)
    assert len(done.changed) == 1
    assert await maclib.search_macs(desk.ctx) == [], "it lies in one library"
    desk.ctx.actor = installer
    assert [row.entry.mac for row in await maclib.search_macs(desk.ctx, bound=False)] == [fresh]
    await maclib.remove_mac(desk.ctx, fresh)
    assert await maclib.search_macs(desk.ctx, bound=False) == []
    desk.ctx.actor = Actor(new_id(), installer.org_id, Role.MANAGER, "Pia Manager")
    with pytest.raises(NotAllowedError):
        await maclib.search_macs(desk.ctx)


async def test_mac_02_good_lines_are_kept_and_each_faulty_one_is_named(desk: Desk) -> None:
    fresh = random_mac()
    texts = [shown(fresh), fresh.lower(), "0C-11-05", f" {desk.device.mac} "]
    told = await maclib.add_macs(desk.ctx, texts)
    assert [line.outcome for line in told] == ["added", "there", "refused", "there"]
    assert "twelve hexadecimal digits" in told[2].reason


async def test_mac_03_the_library_is_searched_by_mac_model_bound_or_free_and_site(desk: Desk) -> None:
    """MAC-03: and a bound MAC is not removed before it is unbound."""
    free = random_mac()
    await maclib.add_macs(desk.ctx, [free], model="X916")

    async def found(**wanted: Any) -> list[str]:
        return [row.entry.mac for row in await maclib.search_macs(desk.ctx, **wanted)]

    assert await found(part=shown(free)[3:]) == [free]
    assert await found(model="X916") == await found(bound=False) == [free]
    assert await found(bound=True) == await found(site_id=desk.site.id) == [desk.device.mac]
    assert await found(part="zz:zz", model="E12") == []
    [row] = await maclib.search_macs(desk.ctx, bound=True)
    assert (row.bound_to, row.site) == ("Main entrance", "Tamarind Court")
    with pytest.raises(UserError, match="bound to 'Main entrance'"):
        await maclib.remove_mac(desk.ctx, desk.device.mac)
    with pytest.raises(UserError, match="Remove the device first"):
        await generic.remove_row(desk.ctx, MAC_ENTRY, row.entry.id)


async def test_mac_04_a_mac_is_found_by_an_index_and_a_page_of_many_is_a_page(desk: Desk) -> None:
    """MAC-04: nothing that is asked of the library on every key press walks through it."""
    many = [random_mac() for _ in range(300)]
    await maclib.add_macs(desk.ctx, many)

    def look(reader: Reader) -> tuple[str, int]:
        plan = reader.connection.execute(
            text("EXPLAIN QUERY PLAN SELECT id FROM mac_entries WHERE mac = :mac"), {"mac": many[7]}
        )
        words = " ".join(str(row[-1]) for row in plan)
        return words, len(rows(reader, ListQuery(MAC_ENTRY, {}, "", "mac", 50)))

    words, page = await desk.ctx.mirror.read(look)
    assert "USING" in words
    assert "INDEX" in words
    assert "SCAN" not in words
    assert page == 50


async def test_mac_05_what_is_added_for_an_office_is_bound_there_only(desk: Desk) -> None:
    """MAC-05, DEV-01: it belongs to that office, and devices of it need it there first."""
    here, other = await office(desk), await office(desk, "Quay 5")
    mine = random_mac()
    with pytest.raises(UserError, match="Only an office"):
        await maclib.add_macs(desk.ctx, [mine], office_id=desk.site.id)
    await maclib.add_macs(desk.ctx, [mine], office_id=here.id)
    for wrong in (other, desk.site):
        with pytest.raises(UserError, match="belongs to the office 'Quay 4'"):
            await add_device(desk.ctx, NewDevice(wrong.id, mine, "Desk", model="R29"))
    blamed: list[str] = []

    def book(reader: Reader, site_id: str) -> Any:
        cell = f"Desk,1,{shown(mine)}"
        return DeviceBook(reader, site_id, desk.ctx.me.org_id).read(
            cell, "", None, 2, lambda _code, words: blamed.append(words)
        )

    assert await desk.ctx.mirror.read(lambda r: book(r, other.id)) == []
    assert "not in the MAC library of this office" in blamed[0]
    assert len(await desk.ctx.mirror.read(lambda r: book(r, here.id))) == 1
    [row] = await maclib.search_macs(desk.ctx, site_id=here.id)
    assert (row.entry.mac, row.site, row.bound_to) == (mine, "Quay 4", "")
    device = await add_device(desk.ctx, NewDevice(here.id, mine, "Desk", model="R29"))
    assert device.site_id == here.id


async def test_mac_05_an_office_that_is_removed_leaves_its_macs_to_the_firm(desk: Desk) -> None:
    here = await office(desk)
    mine = random_mac()
    await maclib.add_macs(desk.ctx, [mine], office_id=here.id)
    await remove_site(desk.ctx, here.id)
    [row] = await maclib.search_macs(desk.ctx, part=mine)
    assert row.entry.site_id is None
    assert (await add_device(desk.ctx, NewDevice(desk.site.id, mine, "Gate", model="R29"))).mac == mine
