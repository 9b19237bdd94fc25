"""A first sync brings what somebody looks at first, and tells how far it is: `prefer`, `filled` of `to_fill`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core.entities.site import BUILDING, SITE
from core.store import syncmeta
from core.store.reader import Reader
from core.store.tables import SYNC_SCOPE
from core.store.tx import Tx
from sync import pull
from sync.engine import SyncState
from tests.factories import plant
from tests.history.world import World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home

pytestmark = pytest.mark.timeout(240)


async def sites_of_sizes(anna: Desk, home: Home, sizes: tuple[int, ...]) -> list[str]:
    """Sites with so many buildings, smallest first; synced."""

    def fill(tx: Tx, site: str, count: int) -> None:
        for number in range(count):
            plant(tx, BUILDING, site_id=site, name=f"B{number}")

    made = []
    for size in sizes:
        site = await anna.put(SITE, org_id=home.site.org_id, name=f"S{size}")
        await anna.act(partial(fill, site=site.id, count=size))
        made.append(site.id)
    await anna.sync()
    return made


def watched(ben: Desk, at: Callable[[list[str]], Awaitable[None]] | None = None) -> list[str]:
    """Sites in the order in which they became live at a workstation; `at` is told of each look."""
    order: list[str] = []

    def live(r: Reader) -> list[str]:
        query = select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.state == "live", SYNC_SCOPE.c.kind == "site")
        return list(r.connection.execute(query).scalars())

    async def look() -> None:
        order.extend(s for s in await ben.station.mirror.read(live) if s not in order)
        if at is not None:
            await at(order)

    ben.station.wire.meanwhile = look
    return order


async def in_order(ben: Desk, order: list[str]) -> list[str]:
    """What `watched` has seen, after a last look behind the last page."""
    meanwhile = ben.station.wire.meanwhile
    assert meanwhile is not None
    await meanwhile()
    ben.station.wire.meanwhile = None
    return order


async def test_the_site_in_view_is_filled_before_smaller_ones(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, middle, large = await sites_of_sizes(anna, home, (2, 5, 12))
    monkeypatch.setattr(pull, "PAGE", 2)
    ben = Desk(await w.station("ben", "ben"))
    await ben.station.engine.prefer(large)
    seen = watched(ben)
    await ben.sync()
    order = await in_order(ben, seen)
    assert order[0] == large
    assert order.index(small) < len(order)
    await hold(w, home.site.org_id, anna, ben)
    assert middle in await ben.ids(SITE)


async def test_another_site_is_looked_at_while_the_fill_is_on_its_way(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of one site the person goes to another: that comes next, the first goes on from where it was."""
    _, middle, large, huge = await sites_of_sizes(anna, home, (2, 5, 12, 24))
    monkeypatch.setattr(pull, "PAGE", 2)
    ben = Desk(await w.station("ben", "ben"))
    engine, asked = ben.station.engine, []
    await engine.prefer(huge)

    async def change_of_mind(order: list[str]) -> None:
        asked.append([*order])
        if len(asked) == 8:
            await engine.prefer(large)

    seen = watched(ben, change_of_mind)
    await ben.sync()
    order = await in_order(ben, seen)
    assert order.index(large) < order.index(huge), order
    assert asked[7] == [], "nothing of them was whole yet"
    assert order.index(huge) < order.index(middle) or middle in order
    fills = [line for line in ben.station.wire.seen if line.endswith("/fill")]
    assert len(fills) <= (2 + 5 + 12 + 24 + 12) // pull.PAGE + 10, "no page is asked for twice"
    await hold(w, home.site.org_id, anna, ben)
    assert await ben.station.mirror.read(lambda r: syncmeta.get(r, syncmeta.FIRST_SCOPE)) == large


async def test_a_first_fill_tells_how_far_it_is(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sites_of_sizes(anna, home, (5, 12))
    monkeypatch.setattr(pull, "PAGE", 2)
    ben = Desk(await w.station("ben", "ben"))
    told: list[SyncState] = []
    stop: Any = ben.station.engine.listen(told.append)
    await ben.sync()
    stop()
    steps = [(s.filled, s.to_fill) for s in told if s.to_fill]
    assert len(steps) > 5
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert all(0 < done <= of for done, of in steps)
    assert len({of for _, of in steps}) == 1
    assert steps[-1][0] == steps[-1][1], "the last page is the last row"
    assert (told[-1].filled, told[-1].to_fill) == (0, 0)
    quiet: list[SyncState] = []
    stop = ben.station.engine.listen(quiet.append)
    await ben.sync()
    stop()
    assert all(s.to_fill == 0 for s in quiet), "a round that fills nothing counts nothing"
