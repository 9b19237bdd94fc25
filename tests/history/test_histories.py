"""Random histories: workstations edit, lose the network, get their answers twice or never, are restarted, gain and lose
sites, while the cloud is restarted under them; then everything is compared (sync.md 5.5 and 6, in small).

    .venv/bin/pytest tests/history -m soak          many more; GW_HISTORIES=n says how many, GW_SEED where to start
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from core.cloud import admin
from core.entities.organisation import Role
from core.entities.site import SITE
from core.store import tray
from tests.history import acts, oracle
from tests.history.world import PASSWORD, Fault, World, world

SEEDS = 40
STEPS = 50
FAULTS = [Fault.NONE] * 6 + [
    Fault.LOSE_ANSWER,
    Fault.LOSE_REQUEST,
    Fault.TWICE,
    Fault.GHOST,
    Fault.CUT_ANSWER,
]


class History:
    """One random history of two firms: two workstations of the first, one of the second, and in every other history one
    of the first firm's property manager, who is given sites and loses them.
    """

    def __init__(self, w: World, seed: int) -> None:
        self.world = w
        self.seed = seed
        self.rng = Random(seed)
        self.orgs: dict[str, str] = {}
        self.manager = ""

    async def begin(self) -> None:
        cloud = self.world.cloud
        north = admin.create_installer(cloud, name="North", user="anna", password=PASSWORD)
        admin.create_account(
            cloud, org_id=north.org_id, user="ben", password=PASSWORD, role=Role.SUB_INSTALLER
        )
        pm = admin.create_account(
            cloud, org_id=north.org_id, user="maya", password=PASSWORD, role=Role.MANAGER
        )
        south = admin.create_installer(cloud, name="South", user="carl", password=PASSWORD)
        self.manager = pm.account_id
        people = {"anna": north, "ben": north, "carl": south} | ({"maya": north} if self.seed % 2 else {})
        for user, org in people.items():
            station = await self.world.station(user, user)
            self.orgs[user] = org.org_id
            await station.engine.sync_once()
            if user in {"anna", "carl"}:
                await acts.settle_in(station, self.rng, org.org_id)
            await station.engine.sync_once()
            station.wire.next_fault = lambda: self.rng.choice(FAULTS)

    async def step(self) -> None:
        rng = self.rng
        station = rng.choice(self.world.stations)
        chance = rng.random()
        if chance < 0.54:
            await acts.edit(station, rng, self.orgs[station.user])
        elif chance < 0.83:
            station.wire.online = rng.random() < 0.8
            report = await station.sync()
            if report and report.refused + report.conflicts and rng.random() < 0.7:
                await acts.settle_one(station, rng)
        elif chance < 0.92:
            await acts.settle_one(station, rng)
        elif chance < 0.94:
            await station.restart()
        elif chance < 0.96:
            await self.world.stop_cloud()
            await self.world.start_cloud()
        else:
            self.assign()

    def assign(self) -> None:
        """The manager gains or loses a site."""
        north = self.orgs["anna"]
        sites = [i for (name, i) in oracle.server_rows(self.world.cloud, north) if name == SITE.name]
        if sites:
            wanted = self.rng.random() < 0.6
            admin.assign_manager(
                self.world.cloud, account_id=self.manager, site_id=self.rng.choice(sites), active=wanted
            )

    async def settle(self) -> None:
        """The network is back for good: all edits get their verdict, all trays are emptied, all are at head."""
        for station in self.world.stations:
            station.wire.online, station.wire.next_fault = True, lambda: Fault.NONE
        for _ in range(20):
            moved = 0
            for station in self.world.stations:
                report = await station.engine.sync_once()
                moved += report.pushed + report.pulled + report.refused + report.conflicts
            await oracle.check_nothing_lost(self.world)
            for station in self.world.stations:
                moved += await acts.give_in(station)
            if not moved:
                break
        for station in self.world.stations:
            report = await station.engine.sync_once()
            assert report.pending == 0, station.name

    async def check(self) -> None:
        oracle.check_cloud(self.world.cloud)
        await oracle.check_nothing_lost(self.world)
        for station in self.world.stations:
            assert not await station.mirror.read(tray.entries)
            await oracle.check_converged(self.world, station, self.orgs[station.user])


async def _run(folder: Path, seed: int) -> int:
    """Play one history; returns how many edits people made."""
    async with world(folder) as w:
        history = History(w, seed)
        await history.begin()
        for _ in range(STEPS):
            await history.step()
        await oracle.check_nothing_lost(w)
        await history.settle()
        await history.check()
        return sum(len(station.noted) for station in w.stations)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_history_converges_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    assert await _run(tmp_path / str(seed), seed) >= 10, "a history without edits proves nothing"


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_many_histories(tmp_path: Path) -> None:
    first, count = int(os.environ.get("GW_SEED", "1000")), int(os.environ.get("GW_HISTORIES", "1000"))
    for seed in range(first, first + count):
        try:
            await _run(tmp_path / str(seed), seed)
        except BaseException as fault:
            fault.add_note(f"history of seed {seed}")
            raise
    assert count
