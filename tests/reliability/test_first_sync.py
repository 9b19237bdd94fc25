"""A first sync that is killed again and again, at its real size (row 28).

GW_FILL_ROWS=1000000 .venv/bin/pytest tests/reliability/test_first_sync.py -m soak

GW_FIGURES names a file for what it took.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core.entities import SYNCED
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store import building
from core.store.reader import Reader
from core.store.tables import table_of
from tests.history.world import world
from tests.reliability.fills import SITES, life, seed
from tests.reliability.lives import begin, unix_only
from tests.sync.conftest import Desk

ROWS = int(os.environ.get("GW_FILL_ROWS", "1000000"))
LIMIT_S = 1800.0


@unix_only
@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "kills", "cuts"), [(1_500, 3, 1), pytest.param(ROWS, 20, 5, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(0)
async def test_f28_a_first_sync_killed_and_cut_goes_on_from_its_last_page(
    tmp_path: Path, rows: int, kills: int, cuts: int
) -> None:
    """At most one page is fetched again per kill or cut; nothing is missing, nothing is twice, indexes stand. In the
    long run it costs at most half as much again as one that nobody disturbs.
    """
    pages = kills + cuts
    page = -(-rows // (3 * pages)) // 2  # a first fill asks for twice as much at once
    disturbed, calm = tmp_path / "disturbed", tmp_path / "calm"
    async with world(disturbed) as w:
        seed(w.cloud, rows)
    calm.mkdir()
    for file in (*disturbed.glob("cloud.db*"), *disturbed.glob("*.key")):
        (calm / file.name).write_bytes(file.read_bytes())
    _live(calm, page, "", 0)
    for number in range(pages):
        if number % 5 == 4:
            _live(disturbed, page, "", 2)
        else:
            assert _live(disturbed, page, f"sync.page:{1 + number % 3}", 0) != 0, number
    assert _live(disturbed, page, "", 0) == 0
    undisturbed, asked = _asked(calm), _asked(disturbed)
    _tell(f"{rows} rows, {pages} ends: {asked} beside {undisturbed} (requests, seconds of a core)")
    assert asked[0] <= undisturbed[0] + 2 * pages, (
        "a page that is fetched ahead is lost with the one in flight"
    )
    # Each life costs some 0.1 s of its own, which is little only beside many rows.
    if rows >= 400_000:
        assert asked[1] <= 1.5 * undisturbed[1]
    await _whole(disturbed, rows)


def _live(folder: Path, page: int, moment: str, cut_after: int) -> int:
    """The exit code of a life that has ended."""
    process = begin(life, str(folder), page, moment, cut_after)
    process.join(LIMIT_S)
    code = process.exitcode
    process.close()
    assert code in {0, -signal.SIGKILL}, code
    return int(code)


def _asked(folder: Path) -> tuple[int, float]:
    """Requests for pages, and seconds of a core, over all lives: each begins to count at nothing."""
    lines = [line.split() for line in (folder / "asked").read_text("ascii").splitlines()]
    last = [
        one for one, after in zip(lines, [*lines[1:], ["0", "0"]], strict=True) if int(after[0]) < int(one[0])
    ]
    return sum(int(one[0]) for one in last), round(sum(float(one[1]) for one in last), 1)


def _tell(figures: str) -> None:
    with Path(os.environ.get("GW_FIGURES", os.devnull)).open("a", encoding="ascii") as out:
        out.write(f"{figures}\n")


async def _whole(folder: Path, rows: int) -> None:
    """Counted, compared value by value with the cloud's sums, each index there, the file sound."""
    async with world(folder) as w:
        lena = Desk(await w.station("lena", "lena", signed_in=False))
        await lena.sync()
        for _ in range(SITES + 1):
            checked = await lena.station.engine.check()
            assert (checked.compared, checked.differs) == (SITES + 1, ())
        assert await lena.station.mirror.read(_count, limit_ms=60_000) == rows
        names = await lena.station.mirror.read(_indexes)
        assert {str(i.name) for spec in SYNCED for i in building.indexes_of(spec)} <= names
        assert await lena.station.mirror.read(_integrity, limit_ms=600_000) == "ok"


def _count(r: Reader) -> int:
    counts = [select(func.count()).select_from(table_of(spec)) for spec in (SITE, BUILDING, APARTMENT)]
    return sum(int(r.connection.execute(one).scalar_one()) for one in counts)


def _indexes(r: Reader) -> set[str]:
    return {
        row[0] for row in r.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))
    }


def _integrity(r: Reader) -> str:
    return str(r.connection.execute(text("PRAGMA integrity_check")).scalar_one())
