"""The end of every history: the network is back for good, and everything is compared."""

from __future__ import annotations

from collections.abc import Mapping

from core.store import tray
from tests.history import acts, oracle
from tests.history.world import Fault, World


async def settle_all(world: World, *, watch: bool = True) -> None:
    """All edits get their verdict, all trays are emptied, all are at head. `watch`: nothing is lost meanwhile."""
    for station in world.stations:
        station.wire.online, station.wire.next_fault = True, lambda: Fault.NONE
        station.wire.meanwhile = None
    for _ in range(20):
        moved, pending = 0, 0
        for station in world.stations:
            report = await station.engine.sync_once()
            moved += report.pushed + report.pulled + report.refused + report.conflicts
            pending += report.pending
        if watch:
            await oracle.check_nothing_lost(world)
            await oracle.check_in_view(world)
        for station in world.stations:
            moved += await acts.give_in(station)
        if not moved:
            assert pending == 0
            return
    raise AssertionError("the workstations do not come to rest")


async def check_all(world: World, orgs: Mapping[str, str]) -> None:
    """The cloud's rows are what its log says, nothing is lost, every mirror is what its account may see. `orgs`: the
    tenant of each user.
    """
    tenants = {org: oracle.server_rows(world.cloud, org) for org in set(orgs.values())}
    oracle.check_cloud(world.cloud, world.stations, tenants)
    await oracle.check_nothing_lost(world)
    for station in world.stations:
        assert not await station.mirror.read(tray.entries)
        org = orgs[station.user]
        await oracle.check_converged(world, station, org, tenants[org])
