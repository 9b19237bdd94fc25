"""The end of every history: the network is back for good, and everything is compared."""

from __future__ import annotations

from collections.abc import Mapping

from core.store import tray
from tests.history import acts, oracle
from tests.history.world import Fault, World


async def settle_all(world: World) -> None:
    """All edits get their verdict, all trays are emptied, all are at head."""
    for station in world.stations:
        station.wire.online, station.wire.next_fault = True, lambda: Fault.NONE
        station.wire.meanwhile = None
    for _ in range(20):
        moved = 0
        for station in world.stations:
            report = await station.engine.sync_once()
            moved += report.pushed + report.pulled + report.refused + report.conflicts
        await oracle.check_nothing_lost(world)
        await oracle.check_in_view(world)
        for station in world.stations:
            moved += await acts.give_in(station)
        if not moved:
            break
    for station in world.stations:
        report = await station.engine.sync_once()
        assert report.pending == 0, station.name


async def check_all(world: World, orgs: Mapping[str, str]) -> None:
    """The cloud's rows are what its log says, nothing is lost, every mirror is what its account may see. `orgs`: the
    tenant of each user.
    """
    oracle.check_cloud(world.cloud, world.stations)
    await oracle.check_nothing_lost(world)
    for station in world.stations:
        assert not await station.mirror.read(tray.entries)
        await oracle.check_converged(world, station, orgs[station.user])
