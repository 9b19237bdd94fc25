"""Histories found by hypothesis: two to five workstations of different roles at one cloud, people who edit, networks
that lose, repeat and reorder requests, restarts, sites that are given and taken away; then everything is compared. A
history that fails is made as short as it can be.

    .venv/bin/pytest tests/history/test_stateful.py -m soak    GW_HISTORIES: how many, GW_POSTGRES: on which server
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from core.cloud import admin
from core.entities.site import SITE
from core.store import apply, outbox
from sync import pull
from tests.history import acts, oracle
from tests.history.opening import OPENING, STATIONS
from tests.history.play import check_all, settle_all
from tests.history.world import Fault, SeededIds, Station, World

T = TypeVar("T")
CREWS = (
    ("anna", "ben"),
    ("anna", "anna-2"),
    ("anna", "maya"),
    ("anna", "ben", "carl"),
    ("anna", "ben", "maya"),
    ("anna", "anna-2", "ben", "maya"),
    ("anna", "anna-2", "ben", "carl", "maya"),
)
FAULTS = st.lists(st.sampled_from([*Fault]), max_size=3)
SEEDS = st.integers(0, 2**16)
WHO = st.integers(0, 4)


class Histories(RuleBasedStateMachine):
    """One history. What people do is drawn by a seed, so that hypothesis chooses acts and order, not every word."""

    edits = 0
    """Of people, in all histories of this kind."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(SeededIds(1).used())
        self.loop = asyncio.new_event_loop()
        self.stack.callback(self.loop.close)
        self.folder = Path(tempfile.mkdtemp(prefix="history-")) / "w"
        self.stack.callback(shutil.rmtree, self.folder.parent)
        for module, name in ((pull, "PAGE"), (apply, "DROP_PIECE"), (outbox, "BATCH")):
            self.stack.callback(setattr, module, name, getattr(module, name))
        self.world: World | None = None

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        crew=st.sampled_from(CREWS),
        page=st.sampled_from([2, 3, 50]),
        batch=st.sampled_from([1, 3, 50]),
        first=st.integers(0, 2**32),
    )
    def begin(self, crew: tuple[str, ...], page: int, batch: int, first: int) -> None:
        pull.PAGE, apply.DROP_PIECE, outbox.BATCH = page, page, batch
        self.do(self._begin(crew))
        for turn in range(6):
            self.edit(turn, first + turn, 1)

    async def _begin(self, crew: tuple[str, ...]) -> None:
        life = OPENING.world(self.folder)
        self.world = await life.__aenter__()
        self.stack.callback(lambda: self.do(life.__aexit__(None, None, None)))
        for name in crew:
            await self.world.station(name, STATIONS[name], signed_in=False)

    def station(self, who: int) -> Station:
        assert self.world is not None
        return self.world.stations[who % len(self.world.stations)]

    @rule(who=WHO, seed=SEEDS, times=st.integers(1, 3))
    def edit(self, who: int, seed: int, times: int) -> None:
        rng, station = Random(seed), self.station(who)
        for _ in range(times):
            self.do(acts.edit(station, rng, OPENING.orgs[station.user]))

    @rule(who=WHO, faults=FAULTS, meanwhile=st.none() | SEEDS)
    def sync(self, who: int, faults: list[Fault], meanwhile: int | None) -> None:
        station, left = self.station(who), list(faults)
        station.wire.next_fault = lambda: left.pop() if left else Fault.NONE
        rng = Random(meanwhile)

        async def work() -> None:
            if meanwhile is not None and rng.random() < 0.5:
                await acts.edit(station, rng, OPENING.orgs[station.user])

        station.wire.meanwhile = work
        self.do(station.sync())
        station.wire.meanwhile = None

    @rule(who=WHO, online=st.booleans())
    def network(self, who: int, online: bool) -> None:
        self.station(who).wire.online = online

    @rule(who=WHO, seed=SEEDS)
    def settle(self, who: int, seed: int) -> None:
        self.do(acts.settle_one(self.station(who), Random(seed)))

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.do(self.station(who).restart())

    @rule()
    def restart_cloud(self) -> None:
        assert self.world is not None
        self.do(self.world.stop_cloud())
        self.do(self.world.start_cloud())

    @rule(active=st.booleans(), which=SEEDS)
    def assign(self, active: bool, which: int) -> None:
        """The manager gains or loses a site of the first firm."""
        assert self.world is not None
        rows = oracle.server_rows(self.world.cloud, OPENING.orgs["anna"])
        if sites := sorted(i for (name, i) in rows if name == SITE.name):
            site = sites[which % len(sites)]
            admin.assign_manager(self.world.cloud, account_id=OPENING.manager, site_id=site, active=active)

    def teardown(self) -> None:
        try:
            if self.world is not None and self.world.stations:
                self.do(settle_all(self.world, watch=False))
                self.do(check_all(self.world, OPENING.orgs))
                type(self).edits += sum(len(station.noted) for station in self.world.stations)
        finally:
            self.stack.close()


def run(start: int, count: int, steps: int) -> int:
    """Returns how many people's edits there were. `start` decides which histories are played: what a run of all tests
    plays is the same each time.
    """
    kind: type[Histories] = type("History", (Histories,), {"edits": 0})
    run_state_machine_as_test(
        seed(start)(kind),
        settings=settings(
            max_examples=count,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[*HealthCheck],
        ),
    )
    return kind.edits


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", range(4))
def test_two_hundred_histories_converge_and_lose_nothing(start: int) -> None:
    assert run(start, 50, 6) >= 50, "histories without edits prove nothing"


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_ten_thousand_histories() -> None:
    first, count = int(os.environ.get("GW_SEED", "1000")), int(os.environ.get("GW_HISTORIES", "10000"))
    for start in range(first, first + -(-count // 50)):
        assert run(start, min(50, count), 12)
        with Path(os.environ.get("GW_PROGRESS", os.devnull)).open("a", encoding="ascii") as out:
            out.write(f"{start}\n")
