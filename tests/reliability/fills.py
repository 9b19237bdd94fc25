"""Lives of a workstation in its first sync of a large firm, each ended by SIGKILL or by the network (row 28)."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from core.base import killpoints
from core.base.clock import to_ms
from core.base.errors import UnreachableError
from core.base.ids import new_id
from core.cloud import admin
from core.cloud.access import SITE_KIND, Grant
from core.cloud.cloud import Cloud
from core.cloud.rows import Held
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.schema.entity import EntitySpec, Row
from core.store import syncmeta
from sync import pull
from tests.history.world import PASSWORD, Fault, Station, world

SITES, PIECE = 10, 20_000


def seed(cloud: Cloud, rows: int) -> str:
    """A firm with `rows` rows in ten sites, published as pushes publish them; its tenant."""
    made = admin.create_installer(cloud, name="Large", user="lena", password=PASSWORD)
    sites = [new_id() for _ in range(SITES)]
    buildings = {site: new_id() for site in sites}
    held = partial(_held, made.tenant)
    first = [
        held(SITE, Site(id=s, scope_id=s, org_id=made.org_id, name=f"Site {n}", time_zone="UTC"))
        for n, s in enumerate(sites)
    ] + [held(BUILDING, Building(id=b, scope_id=s, site_id=s, name="A")) for s, b in buildings.items()]
    _publish(cloud, made.tenant, first, [Grant(s, made.org_id, SITE_KIND) for s in sites])
    for start in range(0, rows - len(first), PIECE):
        flats = []
        for number in range(start, min(start + PIECE, rows - len(first))):
            site = sites[number % SITES]
            flat = Apartment(
                id=new_id(), scope_id=site, site_id=site, building_id=buildings[site], number=f"{number}"
            )
            flats.append(held(APARTMENT, flat))
        _publish(cloud, made.tenant, flats)
    return made.tenant


def _held(tenant: str, spec: EntitySpec[Any], row: Row) -> Held:
    return Held(spec, tenant, row.id, row.scope_id, 1, spec.store(row), {"*": (1, "cloud")})


def _publish(cloud: Cloud, tenant: str, rows: list[Held], grants: list[Grant] | None = None) -> None:
    with cloud.database.write(tenant) as connection:
        cloud.publisher.publish(connection, tenant, rows, at=to_ms(cloud.clock.now()), grants=grants or ())


def life(folder: str, page: int, moment: str, cut_after: int) -> None:
    """Sync a first time with pages of `page` rows. Dies at the moment; or ends when the network does, after so many
    pages. What was asked for, and the processor time until then, is written down before each request.
    """
    asyncio.run(_life(Path(folder), page, moment, cut_after))


async def _life(folder: Path, page: int, moment: str, cut_after: int) -> None:
    pull.PAGE = page
    async with world(folder) as w:
        station = await w.station("lena", "lena", signed_in=False)
        if not await station.mirror.read(syncmeta.session_of):
            await station.sign_in()
        station.wire.seen = Noted(folder / "asked")
        if cut_after:
            station.wire.next_fault = lambda: Fault.LOSE_ANSWER if _fills(station) > cut_after else Fault.NONE
        if moment:
            killpoints.arm(moment)
        try:
            await station.engine.sync_once()
        except UnreachableError:
            assert cut_after
        station.wire.seen.append("the end")


def _fills(station: Station) -> int:
    return sum(line.endswith("/fill") for line in station.wire.seen)


class Noted(list[str]):
    """The requests of a life; written down as they leave, since the life may end before it could tell."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def append(self, line: str) -> None:
        """How many requests for pages there were, and the processor time until now."""
        super().append(line)
        fills = sum(one.endswith("/fill") for one in self)
        with self._path.open("a", encoding="ascii") as file:
            file.write(f"{fills} {time.process_time():.2f}\n")
