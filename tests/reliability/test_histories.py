"""All of the fault table mixed, by dice (row 37)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from core.cloud.app import create_app
from tests.history.opening import OPENING
from tests.history.play import check_all, settle_all
from tests.history.test_histories import History
from tests.history.world import SeededIds


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(range(100, 400), marks=pytest.mark.soak, id="many")])
@pytest.mark.timeout(0)
async def test_f37_random_histories_with_two_nodes(tmp_path: Path, seed: int | range) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        assert await _history(tmp_path / str(one), one) > 5


async def _history(folder: Path, seed: int) -> int:
    """One history in which each request goes to one of two nodes; returns how many edits there were."""
    dice = Random(seed)
    with SeededIds(seed + 1).used():
        async with OPENING.world(folder) as w:
            other = create_app(w.settings)
            async with other.router.lifespan_context(other):
                history = History(w, seed)
                await history.begin()
                for station in w.stations:
                    station.wire._app = lambda: dice.choice([w.app, other]) if w.app else None
                for _ in range(40):
                    await history.step()
                await settle_all(w)
                await check_all(w, OPENING.orgs)
                return sum(len(station.noted) for station in w.stations)
