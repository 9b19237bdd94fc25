"""Random histories: workstations edit, lose the network, get their answers twice or never, are restarted, gain and lose
sites, while the cloud is restarted under them; then everything is compared (sync.md 5.5 and 6, in small).

    .venv/bin/pytest tests/history -m soak          many more; GW_HISTORIES=n says how many, GW_SEED where to start
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from random import Random

import pytest

from core.cloud import admin
from core.entities.site import SITE
from core.store import apply, outbox
from sync import pull
from tests.history import acts, oracle
from tests.history.opening import OPENING
from tests.history.play import check_all, settle_all
from tests.history.world import Fault, SeededIds, Station, World

SEEDS = 6
STEPS = 45
FAULTS = [Fault.NONE] * 6 + [
    Fault.LOSE_ANSWER,
    Fault.LOSE_REQUEST,
    Fault.TWICE,
    Fault.GHOST,
    Fault.CUT_ANSWER,
]


PEOPLE = ("anna", "ben", "carl", "maya")


class History:
    """One random history of two workstations of the first firm, one of the second, and in every other history one of
    the first firm's property manager, who is given sites and loses them.
    """

    def __init__(self, w: World, seed: int) -> None:
        self.world = w
        self.seed = seed
        self.rng = Random(seed)
        self.orgs = OPENING.orgs

    async def begin(self) -> None:
        for user in PEOPLE if self.seed % 2 else PEOPLE[:3]:
            station = await self.world.station(user, user, signed_in=False)
            await station.engine.sync_once()
            station.wire.next_fault = lambda: self.rng.choice(FAULTS)
            station.wire.meanwhile = partial(self.meanwhile, station)

    async def meanwhile(self, station: Station) -> None:
        """While a request is on its way, the person goes on working."""
        if self.rng.random() < 0.15:
            await acts.edit(station, self.rng, self.orgs[station.user])

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
            await self.assign()
        if rng.random() < 0.2:
            await oracle.check_in_view(self.world)

    async def assign(self) -> None:
        """The manager gains or loses a site; or loses it and gets it back after others have changed something."""
        north = self.orgs["anna"]
        sites = [i for (name, i) in oracle.server_rows(self.world.cloud, north) if name == SITE.name]
        if not sites:
            return
        give = partial(
            admin.assign_manager, self.world.cloud, account_id=OPENING.manager, site_id=self.rng.choice(sites)
        )
        if self.rng.random() < 0.5:
            give(active=self.rng.random() < 0.7)
            return
        give(active=True)
        await self.world.stations[-1].sync()
        give(active=False)
        for _ in range(3):
            await acts.edit(self.world.stations[0], self.rng, north)
        self.world.stations[0].wire.online = True
        await self.world.stations[0].sync()
        give(active=True)


async def _run(folder: Path, seed: int) -> int:
    """Play one history; returns how many edits people made."""
    rng = Random(seed)
    pull.PAGE, apply.DROP_PIECE, outbox.BATCH = (
        rng.choice([2, 3, 50]),
        rng.choice([2, 50]),
        rng.choice([1, 3, 50]),
    )
    with SeededIds(seed + 1).used():
        async with OPENING.world(folder) as w:
            history = History(w, seed)
            await history.begin()
            for _ in range(STEPS):
                await history.step()
            await oracle.check_nothing_lost(w)
            await settle_all(w)
            await check_all(w, OPENING.orgs)
            return sum(len(station.noted) for station in w.stations)


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and batches are small, so that histories of a few rows have many of them; set back after each test."""
    for module, name in ((pull, "PAGE"), (apply, "DROP_PIECE"), (outbox, "BATCH")):
        monkeypatch.setattr(module, name, getattr(module, name))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_history_converges_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    assert await _run(tmp_path / str(seed), seed) >= 8, "a history without edits proves nothing"


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
